//! The built program: its own home, its own tokens, other programs.

use std::ffi::OsStr;
use std::process::Output;

use crate::real::Home;
use crate::vault;

/// The exit code and both streams.
fn all(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn done(output: &Output) -> String {
    let (code, stdout, stderr) = all(output);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    stdout
}

#[test]
fn it_starts_and_says_that_nobody_is_signed_in() {
    let home = Home::new();
    assert_eq!(done(&home.run(&["--version"])), concat!("kclogin ", env!("CARGO_PKG_VERSION"), "\n"));
    for arguments in [["status"], ["token"]] {
        let (code, stdout, stderr) = all(&home.run(&arguments));
        assert_eq!((code, stdout.as_str()), (Some(3), ""));
        assert!(stderr.starts_with("error: not logged in: no profile is set up yet\n"), "{stderr}");
    }
}

#[test]
fn tokens_are_kept_in_files_below_a_name_with_spaces_and_letters_of_all_the_world() {
    let home = Home::called(OsStr::new("Jörg Müller’s 家 & 100%")).signed_in();
    let token = done(&home.run(&["token"]));
    assert_eq!(token.split('.').count(), 3, "{token}");
    let refreshed = done(&home.run(&["token", "--force-refresh"]));
    assert_ne!(refreshed, token);
    assert_eq!(done(&home.run(&["token"])), refreshed);
    let dir = home.path.join("Local").join("kclogin").join("tokens");
    assert!(done(&home.run(&["status"])).contains(&format!("file (not encrypted, in {})", dir.display())));
    assert!(!done(&home.run(&["whoami"])).is_empty());
    let files = || std::fs::read_dir(&dir).expect("the directory").count();
    assert_eq!(files(), 1);
    assert_eq!(home.run(&["logout"]).status.code(), Some(0));
    assert_eq!((files(), home.run(&["token"]).status.code()), (0, Some(3)));
}

#[test]
fn a_session_in_the_credential_manager_is_used_and_a_damaged_one_is_not() {
    const PROFILE: &str = "kclogin-tests-program";
    let _alone = vault::alone(PROFILE);
    let home = Home::new().with("KCLOGIN_STORE", "keyring").with("KCLOGIN_PROFILE", PROFILE).signed_in();
    let whole = vault::kept(PROFILE);
    let parts = vault::parts(&whole);
    assert!(parts.len() > 1, "the tokens are larger than one credential: {}", whole.len());
    let token = done(&home.run(&["token"]));
    vault::remove(parts[0]);
    let sentence = "error: what the token store keeps is not whole, so it is not used\nhint: `kclogin login` replaces it\n";
    assert_eq!(all(&home.run(&["token"])), (Some(3), String::new(), sentence.to_owned()));
    let home = home.signed_in();
    assert_ne!(done(&home.run(&["token"])), token);
    assert_eq!(home.run(&["logout"]).status.code(), Some(0));
    assert_eq!(vault::kept(PROFILE).len(), 0);
}

#[test]
fn a_command_gets_the_token_and_is_waited_for_and_its_code_is_ours() {
    let home = Home::called(OsStr::new("a home")).signed_in();
    let token = done(&home.run(&["token"]));
    let exec = |words: &[&str]| all(&home.run(&[&["exec", "--"], words].concat()));
    // What it starts itself comes to its end before it says anything, and it before we do.
    let program = env!("CARGO_BIN_EXE_kclogin");
    assert_eq!(exec(&["cmd", "/c", "echo %KCLOGIN_TOKEN%&exit 9"]), (Some(9), token.replace('\n', "\r\n"), String::new()));
    assert_eq!(exec(&[program, "token"]), (Some(0), token, String::new()));
    assert_eq!(exec(&[program, "--no-such-option"]).0, Some(2));
    // More than a byte is not passed on here, but is no success either.
    assert_eq!(exec(&["cmd", "/c", "exit 256"]).0, Some(255));
    let missing = "error: there is no command `no-such-command`\n";
    assert_eq!(exec(&["no-such-command", "x"]), (Some(127), String::new(), missing.to_owned()));
}
