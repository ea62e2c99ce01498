//! The recipes of `docs/recipes/`, as they are there.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::bench::Person;
use crate::shells::{program, run};

/// A recipe's file.
pub(crate) fn recipe(name: &str) -> String {
    recipes().join(name).to_str().expect("text").to_owned()
}

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes")
}

/// A search path with something before kclogin that counts in the file `count` how often it is asked.
pub(crate) fn counted(person: &Person, path: &OsStr) -> OsString {
    let (dir, count) = (person.path("bin"), person.path("count"));
    fs::create_dir_all(&dir).expect("made");
    let script = format!("#!/bin/sh\necho x >> '{}'\nexec '{}' \"$@\"\n", count.display(), env!("CARGO_BIN_EXE_kclogin"));
    fs::write(dir.join("kclogin"), script).expect("written");
    fs::set_permissions(dir.join("kclogin"), fs::Permissions::from_mode(0o755)).expect("set");
    std::env::join_paths([dir].into_iter().chain(std::env::split_paths(path))).expect("a path")
}

#[track_caller]
fn asks_once_for_two_calls(interpreter: &str, file: &str) {
    let person = Person::new();
    let path = counted(&person, &std::env::var_os("PATH").expect("a path"));
    let url = format!("{}/protocol/openid-connect/userinfo", person.issuer());
    let call = || program(&person, interpreter, &[&recipe(file), &url, &url]).env("PATH", &path).output().expect("started");
    let without = call();
    assert!(!without.status.success());
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(said.contains("hint: make it by signing in: `kclogin login "), "{said}");
    person.log_in(&[]).done();
    fs::remove_file(person.path("count")).expect("counted");
    let output = call();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{0}\n{0}\n", person.name), "{output:?}");
    assert_eq!(fs::read_to_string(person.path("count")).expect("counted"), "x\n");
}

#[test]
fn a_python_program_keeps_its_token_until_it_expires() {
    asks_once_for_two_calls("python3", "access_token.py");
}

#[test]
fn a_node_program_keeps_its_token_until_it_expires() {
    asks_once_for_two_calls("node", "token.mjs");
}

#[test]
fn a_makefile_uses_a_token_that_is_in_no_list_of_processes_and_stops_without_one() {
    let person = Person::new();
    let make = |person: &Person| run(person, "make", &["-f", &recipe("Makefile"), "who", &format!("ISSUER={}", person.issuer())]);
    let refused = make(&person);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("hint: make it by signing in: `kclogin login "), "{}", refused.stderr);
    person.log_in(&[]).done();
    let who = make(&person).done();
    assert!(who.contains(&format!("\"preferred_username\":\"{}\"", person.name)), "{who}");
}

#[test]
fn a_job_of_ci_has_a_service_account_s_token_and_not_the_secret() {
    let mut person = Person::new();
    let issuer = person.issuer();
    let job = |person: &Person| {
        let ask = "printf 'token=%s' \"$API_TOKEN\" | curl --silent --user orders-api:orders-secret --data @- \"$0\"; echo; printenv KCLOGIN_CLIENT_SECRET || echo none";
        run(person, &recipe("ci.sh"), &["sh", "-c", ask, &format!("{}/protocol/openid-connect/token/introspect", person.issuer())])
    };
    assert_eq!(job(&person).code, 2, "a variable is missing");
    person.set("KCLOGIN_ISSUER", &issuer);
    person.set("KCLOGIN_CLIENT_ID", "backend");
    person.set("KCLOGIN_CLIENT_SECRET", "backend-secret");
    person.set("DBUS_SESSION_BUS_ADDRESS", "");
    let printed = job(&person).done();
    assert!(printed.contains("\"active\":true") && printed.contains("\"username\":\"service-account-backend\""), "{printed}");
    assert!(printed.ends_with("none\n"), "{printed}");
}

#[test]
fn every_recipe_is_in_the_table_and_run_here() {
    let table = fs::read_to_string(recipes().with_extension("md")).expect("docs/recipes.md");
    let tests = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")).expect("tests").map(|entry| entry.expect("one").path());
    let tests = tests.map(|path| if path.is_dir() { path.join("mod.rs") } else { path }).filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let here: String = tests.filter_map(|path| fs::read_to_string(path).ok()).collect();
    let files = fs::read_dir(recipes()).expect("recipes").map(|entry| entry.expect("one").file_name().into_string().expect("text"));
    for file in files {
        assert!(table.contains(&format!("[{file}](recipes/{file})")) && here.contains(&format!("\"{file}\"")), "{file}");
    }
}
