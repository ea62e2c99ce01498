//! The house rules, read from the tree: the one-way order of the crate's own documentation, one file for each outside crate, and the few places where
//! printing, the environment, the clock and the end of the process may appear.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One source file without its tests.
struct Source {
    /// From `src/`, such as `oidc/provider/mod.rs`.
    path: String,
    /// What it is called in a path of Rust, such as `oidc::provider`; empty for `lib` and `main`.
    module: String,
    text: String,
    /// Its code without tests, comments, and what is in quotes.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut left) = (Vec::new(), vec![root.clone()]);
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                let path = path.strip_prefix(&root).expect("below src").to_str().expect("UTF-8").replace('\\', "/");
                let module = path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
                let module = if matches!(module.as_str(), "lib" | "main") { String::new() } else { module };
                let code = code_of(&text);
                found.push(Source { path, module, text, code });
            }
        }
    }
    assert!(found.len() > 30, "the sources are there");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The code of a file, up to its tests, with comments and quoted text taken out.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let (mut code, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            end_of_string(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            2 + rest[2..].find('\'').map_or(0, |end| end + 1)
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Every path in the code that starts with this, without it: for `crate::`, such as `oidc::claims::Identity`.
fn paths_after<'c>(code: &'c str, start: &str) -> Vec<&'c str> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let found = code.match_indices(start).filter(|(at, _)| !code[..*at].ends_with(is_path));
    found.map(|(at, _)| &code[at + start.len()..]).map(|rest| rest.split(|c| !is_path(c)).next().unwrap_or_default()).collect()
}

/// The rooms of the crate's documentation, in its order: each with its modules, in theirs.
fn rooms() -> Vec<Vec<String>> {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("text");
    let is_room = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let lines = lib.lines().filter_map(|line| line.strip_prefix("//! ")).filter(is_room);
    let rooms: Vec<Vec<String>> = lines.map(|line| line.split('`').skip(1).step_by(2).map(str::to_owned).collect()).collect();
    assert_eq!(rooms.len(), 7, "{rooms:?}");
    rooms
}

/// The place of a module in the order: its room's and its own number; nothing for `lib` and `main`, which stand after all.
fn place(module: &str, rooms: &[Vec<String>]) -> Option<(usize, usize)> {
    let is_in = |room: &String| module == room || module.strip_prefix(room.as_str()).is_some_and(|rest| rest.starts_with("::"));
    rooms.iter().enumerate().find_map(|(number, room)| Some((number, room.iter().position(is_in)?)))
}

#[test]
fn a_file_uses_only_what_stands_before_it() {
    let rooms = rooms();
    for source in sources() {
        if source.module.is_empty() || source.module == "oidc" {
            continue;
        }
        let own = place(&source.module, &rooms).unwrap_or_else(|| panic!("{} is in no room of the crate's documentation", source.path));
        for used in paths_after(&source.code, "crate::") {
            let theirs = place(used, &rooms).unwrap_or_else(|| panic!("{} uses `crate::{used}`, which names no room: write it out", source.path));
            assert!(theirs <= own, "{} uses `crate::{used}`, which stands after it", source.path);
            let is_command = source.module.starts_with("command::") && used.starts_with("command::");
            assert!(!is_command, "{} uses `crate::{used}`: commands never call commands", source.path);
        }
        for used in paths_after(&source.code, "super::") {
            // What stands above is the folder's own `mod.rs`, which must be in the same room.
            let parent = source
                .path
                .strip_suffix("/mod.rs")
                .map_or_else(|| source.path.rsplit_once('/').map(|(dir, _)| dir), |dir| dir.rsplit_once('/').map(|(dir, _)| dir));
            let parent = parent.unwrap_or_default().replace('/', "::");
            assert_eq!(place(&parent, &rooms), Some(own), "{} uses `super::{used}`: write the path from `crate`", source.path);
            assert!(!used.starts_with("super"), "{} goes up twice: write the path from `crate`", source.path);
        }
    }
}

#[test]
fn every_room_and_module_of_the_documentation_exists() {
    let modules: BTreeSet<String> = sources().into_iter().map(|source| source.module).collect();
    let named: Vec<String> = rooms().into_iter().flatten().filter(|name| name != "run").collect();
    for name in &named {
        assert!(modules.contains(name), "the crate's documentation names `{name}`");
    }
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "each is named once: {named:?}");
}

#[test]
fn the_command_line_s_definition_uses_nothing_of_ours_and_commands_don_t_know_it() {
    for source in sources() {
        let is_cli = source.path.starts_with("cli/");
        assert!(!is_cli || paths_after(&source.code, "crate::").is_empty(), "{} uses something of ours", source.path);
        let knows_clap = !paths_after(&source.code, "clap::").is_empty() || source.code.contains("crate::cli");
        assert!(!source.path.starts_with("command/") || !knows_clap, "{} knows the command line", source.path);
    }
}

#[test]
fn each_outside_crate_is_named_in_one_file() {
    // These are words of the code more than tools of it; or their place is a folder, or several by their nature.
    let shared: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("url", &[""][..]),
        ("serde", &[""]),
        ("serde_json", &[""]),
        ("clap", &["cli/", "lib.rs"]),
        ("openidconnect", &["oidc/provider/"]),
        ("ureq", &["oidc/http"]),
        ("rustls", &["oidc/http/"]),
        ("signal_hook", &["interrupt.rs", "program/attend.rs"]),
        ("rustix", &["crash.rs", "program/attend.rs", "program/converse.rs", "token_store/file.rs", "typed/ready.rs"]),
    ]);
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("text");
    let manifest: toml_edit::DocumentMut = manifest.parse().expect("TOML");
    let mut crates: BTreeSet<String> = BTreeSet::new();
    let mut add = |table: Option<&toml_edit::Item>| {
        crates
            .extend(table.and_then(|table| table.as_table_like()).into_iter().flat_map(|table| table.iter()).map(|(name, _)| name.replace('-', "_")));
    };
    add(manifest.get("dependencies"));
    let targets = manifest.get("target").and_then(|targets| targets.as_table_like()).expect("dependencies of some systems");
    targets.iter().for_each(|(_, target)| add(target.get("dependencies")));
    assert!(crates.len() > 20 && crates.contains("keyring"), "{crates:?}");
    let sources = sources();
    // There for what others do with them, which `Cargo.toml` says.
    assert!(crates.remove("idna_adapter") && crates.remove("log"));
    for name in &crates {
        let declared = format!("mod {name};");
        let names = |source: &&Source| !source.code.contains(&declared) && !paths_after(&source.code, &format!("{name}::")).is_empty();
        let files: Vec<&str> = sources.iter().filter(names).map(|source| source.path.as_str()).collect();
        match shared.get(name.as_str()) {
            Some(places) => {
                let strays: Vec<_> = files.iter().filter(|file| !places.iter().any(|place| file.starts_with(place))).collect();
                assert!(!files.is_empty() && strays.is_empty(), "`{name}` is named in {strays:?}");
            }
            None => assert_eq!(files.len(), 1, "`{name}` is named in {files:?}"),
        }
    }
}

#[test]
fn printing_environment_clock_and_the_end_of_the_process_have_their_places() {
    let rules: [(&[&str], &[&str]); 6] = [
        (&["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!(", "io::stdout", "io::stderr"], &["terminal.rs"]),
        (&["io::stdin"], &["host.rs", "typed/ready.rs", "typed/thread.rs"]),
        (&["env::var", "env::home_dir", "env::current_dir", "env::set_var", "env::temp_dir"], &["environment.rs"]),
        (&["env::args"], &["main.rs"]),
        (&["SystemTime::now", "Utc::now", "Local::now"], &["clock.rs"]),
        (&["process::exit", "process::abort"], &["interrupt.rs"]),
    ];
    let sources = sources();
    for (words, places) in rules {
        let holds = |source: &Source| words.iter().any(|word| source.code.contains(word));
        for source in &sources {
            assert!(!holds(source) || places.contains(&source.path.as_str()), "{} must hold none of {words:?}", source.path);
        }
        assert!(sources.iter().any(holds), "the rule for {words:?} looks at something");
    }
    for source in &sources {
        let lines: Vec<&str> = source.code.lines().filter(|line| line.contains("std::env") && source.path != "environment.rs").collect();
        assert!(source.path == "main.rs" || lines.is_empty(), "{} reads the environment: {lines:?}", source.path);
        assert!(!source.code.contains("unsafe ") && !source.code.contains("async "), "{}", source.path);
    }
}

#[test]
fn every_file_says_what_it_owns_and_stays_small() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= 350, "{} has {lines} lines: it holds two things", source.path);
        let opening = source.text.lines().take_while(|line| line.starts_with("//!")).count();
        assert!(opening > 0, "{} does not open with a paragraph that says what it owns", source.path);
    }
}

#[test]
fn the_reader_of_code_leaves_out_comments_quotes_and_tests() {
    let text = "use crate::a::B; // crate::no\nlet s = \"crate::no \\\" crate::no\"; r#\"crate::no\"#; '\"'; '\\''; crate::c::d();\nxcrate::no;\n\
                #[cfg(test)]\nmod tests { crate::no }";
    assert_eq!(paths_after(&code_of(text), "crate::"), ["a::B", "c::d"]);
}
