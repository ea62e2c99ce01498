//! The table of requirements names tests that exist.

use std::path::Path;

#[test]
fn every_test_that_the_standards_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: String = ["tests/integration", "tests/live"]
        .iter()
        .flat_map(|dir| std::fs::read_dir(root.join(dir)).expect("a directory"))
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| std::fs::read_to_string(path).expect("text"))
        .collect();
    let table = std::fs::read_to_string(root.join("docs/standards.md")).expect("text");
    let is_name = |text: &&str| text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let named: Vec<&str> = table.split('`').skip(1).step_by(2).filter(is_name).filter(|name| name.matches('_').count() > 2).collect();
    assert!(named.len() > 80, "{}", named.len());
    let missing: Vec<&&str> = named.iter().filter(|name| !sources.contains(&format!("#[test]\nfn {name}()"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
