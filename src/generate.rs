//! Completions and man pages, out of the command line's own definition. Touches no file system: where the text goes is the caller's.

mod profiles;

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::{Shell as ClapShell, generate};
use clap_mangen::Man;

use crate::cli::{Cli, Shell};

/// The sections of the main page that no definition holds, in man's own language.
const MORE_SECTIONS: &str = include_str!("sections.roff");

/// The day of the release that the man pages belong to.
const RELEASED: &str = "2026-11-24";
const SOURCE: &str = concat!("kclogin ", env!("CARGO_PKG_VERSION"));

/// The completion script for a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let (generator, with_profiles): (_, fn(&str) -> String) = match shell {
        Shell::Bash => (ClapShell::Bash, profiles::in_bash),
        Shell::Zsh => (ClapShell::Zsh, profiles::in_zsh),
        Shell::Fish => (ClapShell::Fish, profiles::in_fish),
        Shell::Powershell => (ClapShell::PowerShell, str::to_owned),
    };
    let mut script = Vec::new();
    generate(generator, &mut Cli::command(), "kclogin", &mut script);
    with_profiles(&String::from_utf8_lossy(&script))
}

/// Every man page with its file name, the main one first.
#[must_use]
pub fn man_pages() -> Vec<(String, String)> {
    let mut command = Cli::command();
    command.build();
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
