//! The terminal: what of kclogin's output is seen, and how.

use super::Parts;
use super::finding::Finding;
use crate::environment::Environment;
use crate::surroundings::Surroundings;
use crate::terminal::Terminal;

pub(super) fn look(parts: &Parts<'_>) -> Vec<Finding> {
    let Parts { terminal, environment, surroundings, .. } = *parts;
    vec![streams(terminal, surroundings), colour(terminal, environment), encoding(terminal, environment)]
}

fn streams(terminal: &Terminal, surroundings: &Surroundings) -> Finding {
    let [out, err] = terminal.streams();
    let kind = |is_terminal| if is_terminal { "a terminal" } else { "no terminal" };
    let width = terminal.columns().map_or_else(String::new, |columns| format!(" of {columns} columns"));
    let reader = if surroundings.has_terminal { "; somebody can be asked to type" } else { "" };
    Finding::ok("streams", format!("stdout is {}, stderr is {}{width}{reader}", kind(out.0), kind(err.0)))
}

fn colour(terminal: &Terminal, environment: &Environment) -> Finding {
    let [out, err] = terminal.streams();
    let kind = environment.get("TERM").map_or_else(|| "TERM is not set".to_owned(), |term| format!("TERM={term}"));
    let switch = ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"].into_iter().find(|name| environment.has(name));
    let switch = switch.map_or_else(String::new, |name| format!(", {name} is set"));
    let on = match (out.1, err.1) {
        (true, true) => "on both streams",
        (true, false) => "on stdout",
        (false, true) => "on stderr",
        (false, false) => "none",
    };
    Finding::ok("colour", format!("{on} ({kind}{switch})"))
}

/// kclogin writes UTF-8, whatever the locale.
fn encoding(terminal: &Terminal, environment: &Environment) -> Finding {
    const NAME: &str = "locale";
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, environment.get(name)?)));
    let shown = named.map_or_else(|| "none is set".to_owned(), |(name, value)| format!("{name}={value}"));
    let is_utf8 = environment.has_utf8();
    let is_seen = terminal.streams().iter().any(|(is_terminal, _)| *is_terminal);
    if is_utf8 || !is_seen {
        Finding::ok(NAME, shown)
    } else {
        Finding::warning(NAME, format!("{shown}, and not UTF-8"), "`export LANG=C.UTF-8`, or names may be shown wrongly")
    }
}
