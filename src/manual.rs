//! The completions and the man pages, as they lie in `completions/` and `man/`. `cargo xtask generate` writes them there out of the command line's
//! definition, and tests see to it that they are what would be written; so the program has no need to carry the generators, nor to run them. The build packs
//! them, since as text they would be a sixteenth of the program.

use miniz_oxide::inflate::decompress_to_vec;

use crate::cli::Shell;

include!(concat!(env!("OUT_DIR"), "/manual.rs"));

/// The completion script for a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let name = match shell {
        Shell::Bash => "kclogin.bash",
        Shell::Zsh => "_kclogin",
        Shell::Fish => "kclogin.fish",
        Shell::Powershell => "_kclogin.ps1",
    };
    find(COMPLETIONS, name).unwrap_or_default()
}

/// The man page with this file name, if there is one.
#[must_use]
pub fn page(name: &str) -> Option<String> {
    find(PAGES, name)
}

/// Every man page with its file name.
pub fn pages() -> impl ExactSizeIterator<Item = (&'static str, String)> {
    PAGES.iter().map(|(name, packed)| (*name, unpack(packed)))
}

fn find(all: &[(&str, &[u8])], name: &str) -> Option<String> {
    all.iter().find(|(known, _)| *known == name).map(|(_, packed)| unpack(packed))
}

/// What the build has packed can be unpacked; the tests do so with all of it.
fn unpack(packed: &[u8]) -> String {
    decompress_to_vec(packed).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_default()
}
