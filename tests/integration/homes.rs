//! Homes of every kind: strange names, none at all, none yet.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::provider::{Provider, Rotation};
use crate::real::Home;

#[test]
fn a_home_of_any_name_works() {
    let mut names: Vec<OsString> =
        ["with some spaces", "Zoë's «Büro» 日本", "quo\"te'$(x);&|", "-flag", "new\nline", "home"].map(OsString::from).into_iter().collect();
    if cfg!(target_os = "linux") {
        names.push(OsString::from_vec(b"no \xff UTF-8".to_vec()));
    }
    for name in names {
        // It isn't there either, until something is written to it.
        let home = Home::called(&name).signed_in();
        for call in
            [&["token"][..], &["token", "--force-refresh"], &["whoami"], &["status"], &["profile", "list"], &["exec", "--", "true"], &["logout"]]
        {
            let output = home.run(call);
            assert_eq!(output.status.code(), Some(0), "{name:?} {call:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(home.run(&["token"]).status.code(), Some(3));
        assert!(home.path.join(".config/kclogin/config.toml").exists() && home.path.join(".local/state/kclogin/tokens").exists(), "{name:?}");
        assert_eq!(home.provider.live_sessions(), 0);
    }
}

#[test]
fn a_session_that_could_not_be_kept_is_not_refreshed() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new().signed_in();
    home.provider.rotation(Rotation::RevokeOnReuse);
    home.provider.forget_requests();
    // What others can write to is read, but not written to.
    let tokens = home.path.join(".local/state/kclogin/tokens");
    let set = |mode| std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(mode)).expect("set");
    set(0o770);
    assert_eq!(home.run(&["token"]).status.code(), Some(0));
    assert_eq!(home.run(&["token", "--force-refresh"]).status.code(), Some(4));
    assert_eq!((home.provider.request_count(), home.provider.live_sessions()), (0, 1), "the refresh token is not spent");
    set(0o700);
    assert_eq!(home.run(&["token", "--force-refresh"]).status.code(), Some(0));
}

#[test]
fn a_relative_home_is_none() {
    let mut home = Home::new();
    home.path = "relative".into();
    let issuer = home.provider.issuer();
    let output = home.run(&["login", "--no-browser", "--issuer", &issuer]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), stderr.as_str()), (Some(4), NO_HOME_FOR_TOKENS));
    assert_eq!(home.provider.request_count(), 0);
}

const NO_HOME_FOR_TOKENS: &str = "error: there is no home directory to keep tokens in\nhint: set HOME, or XDG_STATE_HOME\n";

#[test]
fn a_configuration_that_can_t_be_written_is_found_out_before_the_browser_opens() {
    let (provider, machine) = (Provider::start(), Machine::new());
    // A file where the directory should be: not even root can write below it.
    std::fs::write(machine.path(".config"), "").expect("written");
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let path = machine.path(".config/kclogin/config.toml");
    assert!(stderr.starts_with(&format!("error: the configuration {} can't be ", path.display())), "{stderr}");
    assert_eq!((machine.opened(), machine.store.kept().len()), (0, 0));
}

/// A process whose user is in no database and that has no HOME, as in many containers.
#[test]
fn without_a_home_what_needs_one_says_so() {
    let (provider, machine) = (Provider::start(), Machine::homeless());
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert_eq!(stderr, "error: there is no home directory to keep the configuration in\nhint: set HOME, or XDG_CONFIG_HOME\n");
    assert_eq!((machine.opened(), machine.store.kept().len()), (0, 0), "found out before the browser opens");
    machine.run(&["token"]).failed(Exit::LoginRequired);
    machine.run(&["logout"]).done();
    machine.run(&["profile", "list"]).done();
}
