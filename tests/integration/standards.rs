//! The table of requirements, and that of symptoms and their causes, name tests that exist.

use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources in these directories.
fn sources(dirs: &[&str]) -> String {
    let files = dirs.iter().flat_map(|dir| std::fs::read_dir(root().join(dir)).expect("a directory")).map(|file| file.expect("a file").path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    sources.map(|path| std::fs::read_to_string(path).expect("text")).collect()
}

/// The names of tests in a text: in backquotes, with more than two underscores.
fn named(text: &str) -> Vec<&str> {
    let is_name = |text: &&str| text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    text.split('`').skip(1).step_by(2).filter(is_name).filter(|name| name.matches('_').count() > 2).collect()
}

#[track_caller]
fn all_exist(named: &[&str], sources: &str) {
    let missing: Vec<&&str> = named.iter().filter(|name| !sources.contains(&format!("#[test]\nfn {name}()"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_test_that_the_standards_name_exists() {
    let table = std::fs::read_to_string(root().join("docs/standards.md")).expect("text");
    let named = named(&table);
    assert!(named.len() > 80, "{}", named.len());
    all_exist(&named, &sources(&["tests/integration", "tests/live", "tests/served"]));
}

#[test]
fn every_symptom_is_brought_about_by_a_test_and_every_check_that_is_named_is_one_of_the_doctor_s() {
    let guide = std::fs::read_to_string(root().join("docs/troubleshooting.md")).expect("text");
    let found = crate::machine::Machine::new().run(&["doctor", "--json"]).stdout;
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    let checks = found["checks"].as_array().expect("checks");
    let sources =
        sources(&["tests/integration", "tests/live", "tests/programs/node_provider", "src"]).replace("    #[test]\n    fn ", "#[test]\nfn ");
    // What comes before the first row of each table is its head and a rule.
    let rows = guide.lines().filter(|line| line.starts_with("| ") && !line.ends_with("shown by |"));
    let mut count = 0;
    for row in rows {
        count += 1;
        let last = row.trim_end_matches(" |").rsplit(" | ").next().expect("a column");
        let named = named(last);
        assert!(!named.is_empty(), "no test brings this about: {row}");
        all_exist(&named, &sources);
        for (group, names) in last.split('*').skip(1).step_by(2).filter_map(|check| check.split_once(": ")) {
            assert!(checks.iter().any(|check| check["group"] == group && check["name"] == names), "{group}: {names} is no check of the doctor's");
        }
    }
    assert!(count > 40, "{count}");
}
