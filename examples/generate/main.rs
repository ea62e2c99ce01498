//! Writes the completions and the man pages out of the command line's own definition: `cargo run --example generate FOLDER`, which makes `completions` and
//! `man` in there. `cargo xtask generate` puts them into the tree, where the program takes them from.

mod profiles;

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::{Shell as ClapShell, generate};
use clap_mangen::Man;

use kclogin::cli::Cli;

/// The sections of the main page that no definition holds, in man's own language.
const MORE_SECTIONS: &str = include_str!("sections.roff");

/// The day of the release that the man pages belong to.
const RELEASED: &str = "2026-11-24";
const SOURCE: &str = concat!("kclogin ", env!("CARGO_PKG_VERSION"));

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("where to? name a folder"))?;
    for (name, files) in [("completions", completions()), ("man", man_pages())] {
        let folder = Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder)?;
        files.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))?;
    }
    Ok(())
}

/// The completion script for each shell, with its file name: for zsh and PowerShell the name is what they look for.
pub(crate) fn completions() -> Vec<(String, String)> {
    type Finish = fn(&str) -> String;
    let shells: [(ClapShell, &str, Finish); 4] = [
        (ClapShell::Bash, "kclogin.bash", profiles::in_bash),
        (ClapShell::Zsh, "_kclogin", profiles::in_zsh),
        (ClapShell::Fish, "kclogin.fish", profiles::in_fish),
        (ClapShell::PowerShell, "_kclogin.ps1", str::to_owned),
    ];
    let script = |(shell, name, finish): (ClapShell, &str, Finish)| {
        let mut script = Vec::new();
        generate(shell, &mut Cli::command(), "kclogin", &mut script);
        (name.to_owned(), finish(&String::from_utf8_lossy(&script)))
    };
    shells.map(script).into()
}

/// Every man page with its file name, the main one first.
pub(crate) fn man_pages() -> Vec<(String, String)> {
    let command = Cli::definition();
    let mut pages = Vec::new();
    collect(&command, true, &mut pages);
    pages
}

fn collect(command: &Command, is_main: bool, pages: &mut Vec<(String, String)>) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    // Writing to memory can't fail.
    let page = render(command, &name, is_main).unwrap_or_default();
    pages.push((format!("{name}.1"), page));
    command.get_subcommands().for_each(|subcommand| collect(subcommand, false, pages));
}

fn render(command: &Command, name: &str, is_main: bool) -> io::Result<String> {
    let man = Man::new(command.clone()).title(name.to_uppercase()).date(RELEASED).source(SOURCE).manual("kclogin manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    if let Some(examples) = command.get_after_help() {
        page.extend_from_slice(examples_section(&examples.to_string()).as_bytes());
    }
    if is_main {
        page.extend_from_slice(MORE_SECTIONS.as_bytes());
    } else {
        page.extend_from_slice(b".SH \"SEE ALSO\"\n.BR kclogin (1)\n");
    }
    Ok(tidy(&String::from_utf8_lossy(&page)))
}

/// Takes out what the generator writes too much: its preamble once more before every section, and an empty line between two line breaks, which man
/// page checkers complain about.
fn tidy(page: &str) -> String {
    const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
    format!("{PREAMBLE}{}", page.replace(PREAMBLE, "").replace(".br\n\n.br\n", ".br\n"))
}

fn examples_section(text: &str) -> String {
    let lines = text.lines().skip(1).map(|line| {
        let line = line.strip_prefix("  ").unwrap_or(line).replace('\\', "\\e").replace('-', "\\-");
        // A line that starts with one of man's control characters would be taken for a request.
        if line.starts_with(['.', '\'']) { format!("\\&{line}\n") } else { format!("{line}\n") }
    });
    format!(".SH EXAMPLES\n.nf\n{}.fi\n", lines.collect::<String>())
}
