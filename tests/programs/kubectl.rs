//! kubectl, which gets its token from `kclogin kubectl`: the system's own, over v1beta1, and today's, which xtask builds, over v1.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::api_server::ApiServer;
use crate::bench::{Outcome, Person, outcome};
use crate::shells;

/// The kubectl of a test, and by which version of the interface it is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kubectl {
    /// The system's, by v1beta1, which all know.
    System,
    /// Today's, by v1.
    Today,
    TodayByV1beta1,
}

/// A command line in the person's surroundings, where `kubectl` is the one that is meant.
fn shell(person: &Person, kubectl: Kubectl, program: &str, arguments: &[&str]) -> Command {
    let mut command = shells::program(person, program, arguments);
    command.env("KUBECONFIG", person.path("kubeconfig"));
    if kubectl != Kubectl::System {
        let built = std::env::var_os("KCLOGIN_LIVE_KUBECTL").map(PathBuf::from).expect("KCLOGIN_LIVE_KUBECTL is not set: run `cargo xtask test`");
        let _ = fs::create_dir(person.path("bin"));
        let _ = symlink(built, person.path("bin/kubectl"));
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).expect("a path").to_owned();
        command.env("PATH", std::env::join_paths([person.path("bin")].into_iter().chain(std::env::split_paths(&path))).expect("a path"));
    }
    command
}

/// Runs a command line without a terminal.
fn run(person: &Person, kubectl: Kubectl, line: &str) -> Outcome {
    outcome(shell(person, kubectl, "sh", &["-c", line]).output().expect("sh"))
}

/// Makes a kubeconfig for the server, whose user asks this program with these options.
#[track_caller]
fn set_up_for(person: &Person, kubectl: Kubectl, server: &ApiServer, program: &str, options: &[&str]) {
    fs::write(person.path("ca.pem"), &server.ca).expect("written");
    if kubectl == Kubectl::System {
        // Debian 12's reads such a file, and crashes where it is to write a user into one.
        let arguments = [&["kubectl", "--profile", &person.name], options].concat();
        let exec = json!({"apiVersion": "client.authentication.k8s.io/v1beta1", "command": program, "args": arguments});
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server.url, "certificate-authority": "ca.pem"}}],
            "users": [{"name": "me", "user": {"exec": exec}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        });
        return fs::write(person.path("kubeconfig"), config.to_string()).expect("written");
    }
    let version = if kubectl == Kubectl::TodayByV1beta1 { "v1beta1" } else { "v1" };
    let line = format!(
        "set -e
        kubectl config set-cluster it --server={} --certificate-authority=ca.pem
        kclogin kubectl setup --quiet --user me --exec-api-version {version} --command {program} {} | sh
        kubectl config set-context it --cluster=it --user=me
        kubectl config use-context it",
        server.url,
        options.join(" "),
    );
    run(person, kubectl, &line).done();
}

#[track_caller]
fn set_up(person: &Person, kubectl: Kubectl, server: &ApiServer, options: &[&str]) {
    set_up_for(person, kubectl, server, "kclogin", options);
}

/// A browser that only leaves a note that it was opened.
fn forbid_browsers(person: &mut Person) {
    let (script, note) = (person.path("browser"), person.path("opened"));
    fs::write(&script, format!("#!/bin/sh\ntouch {}\n", note.display())).expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("set");
    person.set("BROWSER", script.to_str().expect("UTF-8"));
}

/// A `kclogin` that counts how often it is started, for `--command`.
fn counting(person: &Person) -> PathBuf {
    // kubectl writes paths down as seen from its configuration, and takes a file beside that for a name on the search path.
    let (script, count) = (person.path("tools/counting"), person.path("count"));
    fs::create_dir(person.path("tools")).expect("made");
    fs::write(&script, format!("#!/bin/sh\necho >> {}\nexec kclogin \"$@\"\n", count.display())).expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("set");
    script
}

fn counted(person: &Person) -> usize {
    fs::read_to_string(person.path("count")).map_or(0, |text| text.lines().count())
}

#[track_caller]
fn a_call_is_answered(kubectl: Kubectl) {
    let person = Person::new();
    person.log_in(&[]).done();
    let server = ApiServer::trusting(&person.issuer(), "kclogin");
    set_up(&person, kubectl, &server, &[]);
    let kubeconfig = fs::read_to_string(person.path("kubeconfig")).expect("a kubeconfig");
    assert!(!kubeconfig.contains("eyJ"), "no token is in it: {kubeconfig}");
    let pods = run(&person, kubectl, "kubectl get --raw /api/v1/namespaces/default/pods");
    assert_eq!((pods.code, pods.stderr.as_str()), (0, ""));
    assert!(pods.stdout.contains(&format!("\"pod-of-{}\"", person.name)), "{}", pods.stdout);
    assert!(server.seen().iter().all(|(_, status)| *status != 401), "{:?}", server.seen());
}

#[track_caller]
fn an_expired_token_is_refreshed(kubectl: Kubectl) {
    let person = crate::bench::with_an_expired_token("rotating");
    let server = ApiServer::trusting(&person.issuer(), &person.name);
    set_up(&person, kubectl, &server, &[]);
    for _ in 0..2 {
        let version = run(&person, kubectl, "kubectl get --raw /version");
        assert_eq!((version.code, version.stderr.as_str()), (0, ""), "{}", version.stdout);
    }
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
    assert!(server.seen().len() >= 2 && server.seen().iter().all(|(_, status)| *status == 200), "{:?}", server.seen());
}

#[track_caller]
fn a_refusal_is_no_loop(kubectl: Kubectl) {
    let mut person = Person::new();
    person.log_in(&[]).done();
    forbid_browsers(&mut person);
    // The token is good and for somebody else: as one that was revoked, it is refused although it is fresh.
    let server = ApiServer::trusting(&person.issuer(), "another-client");
    set_up_for(&person, kubectl, &server, counting(&person).to_str().expect("UTF-8"), &["--login"]);
    let refused = run(&person, kubectl, "kubectl get --raw /version");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("You must be logged in to the server") && refused.stderr.contains("it is for "), "{}", refused.stderr);
    let (asked, runs) = (server.seen(), counted(&person));
    assert!(!asked.is_empty() && asked.len() <= 6 && asked.iter().all(|(_, status)| *status == 401), "{asked:?}");
    assert!((2..=12).contains(&runs), "asked again after a refusal, and not for ever: {runs}");
    assert!(!person.path("opened").exists());
    assert_eq!(person.run(&["status"]).code, 0, "the session is kept");
}

#[track_caller]
fn whoever_is_not_logged_in_is_told_so(kubectl: Kubectl) {
    let mut person = Person::new();
    person.log_in(&[]).done();
    forbid_browsers(&mut person);
    let server = ApiServer::trusting(&person.issuer(), "kclogin");
    set_up(&person, kubectl, &server, &[]);
    person.run(&["logout"]).done();
    let refused = run(&person, kubectl, "kubectl get --raw /version");
    assert_eq!(refused.code, 1, "{refused:?}");
    let expected = format!(
        "error: not logged in to {} (profile `{name}`)\nhint: sign in with `kclogin login --profile {name}`\n",
        person.issuer(),
        name = person.name
    );
    assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
    assert!(server.seen().iter().all(|(_, status)| *status == 401) && !person.path("opened").exists(), "{:?}", server.seen());
}

mod the_system_s_kubectl {
    use super::Kubectl::System;

    #[test]
    fn is_answered_by_v1beta1() {
        super::a_call_is_answered(System);
    }

    #[test]
    fn gets_a_new_token_where_the_old_one_has_expired() {
        super::an_expired_token_is_refreshed(System);
    }

    #[test]
    fn asks_again_after_a_refusal_and_not_for_ever() {
        super::a_refusal_is_no_loop(System);
    }

    #[test]
    fn shows_what_kclogin_says() {
        super::whoever_is_not_logged_in_is_told_so(System);
    }
}

mod todays_kubectl {
    use std::fs::{self, File};

    use super::Kubectl::{Today, TodayByV1beta1};
    use super::{ApiServer, Person, forbid_browsers, outcome, run, set_up, shell};

    #[test]
    fn is_answered_by_v1_and_by_v1beta1() {
        super::a_call_is_answered(Today);
        super::a_call_is_answered(TodayByV1beta1);
    }

    #[test]
    fn gets_a_new_token_where_the_old_one_has_expired() {
        super::an_expired_token_is_refreshed(Today);
    }

    #[test]
    fn asks_again_after_a_refusal_and_not_for_ever() {
        super::a_refusal_is_no_loop(Today);
    }

    #[test]
    fn shows_what_kclogin_says() {
        super::whoever_is_not_logged_in_is_told_so(Today);
    }

    #[test]
    fn without_a_terminal_opens_no_browser_even_if_a_sign_in_is_wished() {
        let mut person = Person::new();
        person.log_in(&[]).done();
        forbid_browsers(&mut person);
        let server = ApiServer::trusting(&person.issuer(), "kclogin");
        set_up(&person, Today, &server, &["--login"]);
        person.run(&["logout"]).done();
        let refused = run(&person, Today, "kubectl get --raw /version");
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains("error: not logged in to ") && refused.stderr.contains("\nhint: sign in with "), "{}", refused.stderr);
        assert!(!person.path("opened").exists() && server.seen().is_empty());
    }

    #[test]
    fn on_a_terminal_opens_the_browser_once_if_a_sign_in_is_wished() {
        let person = Person::new();
        person.log_in(&[]).done();
        let server = ApiServer::trusting(&person.issuer(), "kclogin");
        set_up(&person, Today, &server, &["--login"]);
        person.forget_seen();
        person.run(&["logout"]).done();
        let line = "kubectl auth whoami > who 2> said < /dev/tty";
        let told = outcome(shell(&person, Today, "script", &["--quiet", "--return", "--command", line, "/dev/null"]).output().expect("script"));
        let read = |name: &str| fs::read_to_string(person.path(name)).unwrap_or_default();
        assert_eq!(told.code, 0, "{told:?} {}", read("said"));
        assert!(read("who").contains(&person.name), "{}", read("who"));
        run(&person, Today, "kubectl get pods").done();
        person.seen();
        assert_eq!(read("browser.log").lines().count(), 1, "{}", read("browser.log"));
    }

    #[test]
    fn gives_an_access_token_that_was_exchanged_for_the_cluster() {
        let person = Person::new();
        let file = person.path("secret");
        fs::write(&file, "backend-secret").expect("written");
        let issuer = person.issuer();
        let login = ["login", "--issuer", &issuer, "--client-id", "backend", "--client-secret-stdin", "--timeout", "90s"];
        outcome(person.command(&login).stdin(File::open(&file).expect("opened")).output().expect("kclogin runs")).done();
        let server = ApiServer::trusting(&issuer, "orders-api");
        set_up(&person, Today, &server, &["--access-token", "--audience", "orders-api"]);
        let pods = run(&person, Today, "kubectl get pods").done();
        assert!(pods.contains(&format!("pod-of-{}", person.name)), "{pods}");
        set_up(&person, Today, &server, &[]);
        assert_eq!(run(&person, Today, "kubectl get pods").code, 1, "an ID token is for its client");
    }

    #[test]
    fn without_a_person_is_a_service_account() {
        let mut person = Person::new();
        let issuer = person.issuer();
        person.set("KCLOGIN_PROFILE", "");
        person.set("KCLOGIN_ISSUER", &issuer);
        person.set("KCLOGIN_CLIENT_ID", "backend");
        person.set("KCLOGIN_CLIENT_SECRET", "backend-secret");
        person.set("DBUS_SESSION_BUS_ADDRESS", "");
        person.set("KCLOGIN_STORE", "");
        let server = ApiServer::trusting(&issuer, "orders-api");
        set_up(&person, Today, &server, &["--client-credentials"]);
        let kubeconfig = fs::read_to_string(person.path("kubeconfig")).expect("a kubeconfig");
        assert!(!kubeconfig.contains("backend-secret") && !kubeconfig.contains("eyJ"), "{kubeconfig}");
        let pods = run(&person, Today, "kubectl get pods").done();
        assert!(pods.contains("pod-of-service-account-backend"), "{pods}");
        person.set("KCLOGIN_CLIENT_SECRET", "wrong");
        let refused = run(&person, Today, "kubectl get pods");
        assert!(refused.code == 1 && refused.stderr.contains("does not accept the client `backend`"), "{refused:?}");
    }
}
