//! The completions and man pages in the tree are what the program prints.

use std::collections::BTreeMap;
use std::path::Path;

use crate::machine::Machine;
use crate::provider::Provider;

fn in_the_tree(dir: &str) -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let files = std::fs::read_dir(dir).expect("a directory").map(|file| file.expect("a file").path());
    files.map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read_to_string(path).expect("text"))).collect()
}

/// What writes the files of the tree, which the program takes from there.
#[allow(dead_code, reason = "it is a program of its own too")]
#[path = "../../examples/generate/main.rs"]
mod generator;

#[test]
fn the_completions_are_what_is_generated() {
    let generated: BTreeMap<_, _> = generator::completions().into_iter().collect();
    assert!(generated == in_the_tree("completions"), "`cargo xtask generate` makes them anew");
    let shells = [("bash", "kclogin.bash"), ("zsh", "_kclogin"), ("fish", "kclogin.fish"), ("powershell", "_kclogin.ps1")];
    let printed = shells.map(|(shell, file)| (file.to_owned(), Machine::new().run(&["completions", shell]).done()));
    assert!(generated == BTreeMap::from(printed), "each shell gets its own");
}

#[test]
fn the_man_pages_are_what_is_generated_and_every_one_is_printed() {
    let machine = Machine::new();
    let dir = machine.path("man");
    assert_eq!(machine.run(&["man", "--dir", dir.to_str().expect("UTF-8")]).done(), "");
    let generated: BTreeMap<_, _> = generator::man_pages().into_iter().collect();
    assert!(generated == in_the_tree("man"), "`cargo xtask generate` makes them anew");
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    let written = in_the_tree(dir.to_str().expect("UTF-8"));
    assert_eq!(names(&written), names(&generated), "the build packs what is in the tree");
    assert!(written == generated, "each command has its own page");
}

#[test]
fn a_page_is_printed_for_each_way_to_name_its_command() {
    let machine = Machine::new();
    let page = in_the_tree("man").remove("kclogin-profile-import.1").expect("a page");
    for words in [["man", "profile", "import"].as_slice(), &["man", "kclogin-profile-import"], &["man", "kclogin", "profile", "import"]] {
        assert_eq!(machine.run(words).done(), page, "{words:?}");
    }
    assert_eq!(machine.run(&["man"]).done(), in_the_tree("man").remove("kclogin.1").expect("a page"));
    let stderr = machine.run(&["man", "nothing"]).failed(kclogin::exit::Exit::Usage);
    assert_eq!(stderr, "error: there is no command called `nothing`\nhint: `kclogin --help` shows those there are\n");
}

#[test]
fn wherever_a_profile_is_meant_the_shells_complete_its_name() {
    let script = |shell: &str| Machine::new().run(&["completions", shell]).done();
    let bash = script("bash");
    let after = |option: &str| {
        bash.lines().zip(bash.lines().skip(1)).filter(|(line, _)| line.trim() == option).map(|(_, next)| next.trim().to_owned()).collect::<Vec<_>>()
    };
    for option in ["--profile)", "-p)"] {
        let offered = after(option);
        assert!(offered.len() > 20 && offered.iter().all(|line| line.contains("$(kclogin profile list --names 2>/dev/null)")), "{offered:?}");
    }
    assert_eq!(bash.matches("opts=\"$(kclogin profile list --names 2>/dev/null) ").count(), 4, "show, use, remove and move-store");
    let zsh = script("zsh");
    let is_left = |line: &&str| {
        (line.starts_with("'-p+[") || line.starts_with("'--profile=[") || line.contains("-- The profile")) && line.contains(":_default'")
    };
    assert!(zsh.matches(":_kclogin_profiles'").count() > 40 && zsh.lines().find(is_left).is_none());
    assert!(zsh.contains("\n_kclogin_profiles() {\n"));
    let fish = script("fish");
    let options: Vec<&str> = fish.lines().filter(|line| line.contains("-l profile ")).collect();
    assert!(options.len() > 20 && options.iter().all(|line| line.ends_with("-f -a \"(kclogin profile list --names 2>/dev/null)\"")), "{options:?}");
}

#[test]
fn the_man_page_names_every_member_of_our_json_objects() {
    let machine = Machine::signed_in_to(&Provider::start());
    let page = machine.run(&["man"]).done();
    let section = page.split(".SH JSON\n").nth(1).and_then(|rest| rest.split(".SH ").next()).expect("a section");
    for (command, title) in [
        (&["token", "--format", "json"][..], "kclogin token \\-\\-format json"),
        (&["status", "--json"], "kclogin status \\-\\-json"),
        (&["decode", "--json"], "kclogin decode \\-\\-json"),
    ] {
        let object: serde_json::Value = serde_json::from_str(&machine.run(command).done()).expect("JSON");
        let mut members: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
        let line = section.split(title).nth(1).and_then(|rest| rest.lines().nth(1)).expect("a line");
        let mut named: Vec<&str> = line.split(", ").collect();
        members.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, members, "{title}");
    }
}
