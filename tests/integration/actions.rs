//! `kclogin login --action`: something that Keycloak has the person do at its pages, and what it says became of it.

use kclogin::exit::Exit;

use crate::machine::{Machine, Outcome};
use crate::provider::{Endpoint, Provider};

/// A login that asks for an action, at a provider that says this of it.
fn asked(status: Option<&'static str>) -> (Provider, Machine, Outcome) {
    let (provider, machine) = (Provider::start(), Machine::new());
    if let Some(status) = status {
        provider.alter_authorization_response(move |answer| answer.push("kc_action_status", status));
    }
    let outcome = machine.run(&["login", "--issuer", &provider.issuer(), "--action", "UPDATE_PASSWORD"]);
    (provider, machine, outcome)
}

#[test]
fn an_action_is_asked_for_by_its_name_and_done() {
    let (provider, _machine, outcome) = asked(Some("success"));
    let end = format!("Logged in as Alice Adams (alice) at {}.\nThe action `UPDATE_PASSWORD` is done.\n", provider.issuer());
    assert!(outcome.stderr.ends_with(&end), "{}", outcome.stderr);
    assert_eq!(provider.requests(Endpoint::Authorization)[0].query.get("kc_action"), Some("UPDATE_PASSWORD"));
    outcome.done();
}

#[test]
fn an_action_that_is_not_known_to_be_done_is_a_failure_of_somebody_who_is_signed_in() {
    for (status, said) in [
        (Some("cancelled"), "the action `UPDATE_PASSWORD` was cancelled"),
        (Some("error"), "the provider could not do the action `UPDATE_PASSWORD`"),
        (Some("succes\u{1b}[31ms"), "what became of the action `UPDATE_PASSWORD` is not known: the provider says `succes"),
        (None, "the provider does not say what became of the action `UPDATE_PASSWORD`"),
    ] {
        let (provider, machine, outcome) = asked(status);
        let stderr = outcome.failed(Exit::Failed);
        let (login, error) = stderr.split_once("error: ").expect("an error");
        assert!(login.ends_with(&format!("Logged in as Alice Adams (alice) at {}.\n", provider.issuer())), "{stderr}");
        assert!(error.starts_with(said) && error.contains("\nhint: you are signed in all the same; "), "{stderr}");
        assert!(!stderr.contains('\u{1b}'), "{stderr}");
        machine.run(&["whoami"]).done();
    }
}

#[test]
fn a_status_that_comes_twice_is_no_answer_and_one_that_nobody_asked_for_means_nothing() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.alter_authorization_response(|answer| answer.push("kc_action_status", "error"));
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    provider.alter_authorization_response(|answer| answer.push("kc_action_status", "success"));
    let stderr = machine.run(&["login", "--timeout", "1s", "--action", "UPDATE_PASSWORD"]).failed(Exit::Failed);
    assert!(stderr.contains("its parameter `kc_action_status` came more than once"), "{stderr}");
}

#[test]
fn an_action_needs_a_name_and_a_page() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let issuer = provider.issuer();
    for bad in ["", "UPDATE PASSWORD", "UPDATE_PASSWORD\n", "\u{1b}[31m", "PASSWÖRD"] {
        let stderr = machine.run(&["login", "--issuer", &issuer, "--action", bad]).failed(Exit::Usage);
        assert!(stderr.contains("is not the name of an action\nhint: write it as Keycloak does, such as UPDATE_PASSWORD\n"), "{stderr}");
    }
    let expected = "error: a sign-in with a code can't ask for an action: the device request has no room for one\n\
                    hint: use a browser: `--action` with `--browser CMD`, `--no-browser` or `--paste`\n";
    assert_eq!(machine.run(&["login", "--issuer", &issuer, "--device", "--action", "UPDATE_PASSWORD"]).failed(Exit::Usage), expected);
    assert_eq!(provider.request_count(), 0, "nobody was asked");
    let config = format!("[profile.a]\nissuer = \"{issuer}\"\nclient-id = \"kclogin\"\nlogin-method = \"device\"\n");
    machine.write_config(&config);
    assert_eq!(machine.run(&["login", "--action", "UPDATE_PASSWORD"]).failed(Exit::Usage), expected, "it is remembered");
}
