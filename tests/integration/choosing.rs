//! Which way a login takes where nobody has said, and the line that says so. The whole table is in `login_way`.

use kclogin::exit::Exit;
use kclogin::secret::Secret;
use kclogin::typed::Entry;
use url::Url;

use crate::machine::{Machine, redirect_of};
use crate::provider::{Endpoint, Members, Provider, Respond};

/// A terminal that somebody sits at, on a machine where no browser can be opened; they paste the address where another machine's browser ends.
fn far_away() -> (Provider, Machine) {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.terminals(true, true);
    machine.set("NO_COLOR", "1");
    machine.without_browser("there is no display here");
    let mut came = false;
    machine.type_when(move |said| {
        let address = said
            .lines()
            .rev()
            .find_map(|line| Url::parse(line.trim()).ok().filter(|url| url.query().is_some_and(|query| query.contains("state="))))?;
        let first = !std::mem::replace(&mut came, true);
        first.then(|| Entry::Line(Secret::from(redirect_of(&address).as_str())))
    });
    (provider, machine)
}

#[test]
fn without_a_display_it_is_a_code_and_a_line_says_so() {
    for (variables, place) in [
        (&[][..], "There is no display here"),
        (&[("SSH_CONNECTION", "198.51.100.7 50000 203.0.113.5 22")], "You came by SSH"),
        (&[("container", "podman")], "This container has no display"),
    ] {
        let (provider, machine) = far_away();
        variables.iter().for_each(|(name, value)| machine.set(name, value));
        let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
        let line = format!("{place}, so you sign in with a code on another device. (Or choose `--paste` or `--no-browser`.)\n");
        assert!(outcome.stderr.starts_with(&line), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("    WDJB-MJHT\n"), "{}", outcome.stderr);
        outcome.done();
        assert!(!machine.config().contains("login-method"), "what was guessed is not remembered: {}", machine.config());
    }
}

#[test]
fn where_the_client_may_not_have_codes_an_address_is_pasted() {
    let (provider, machine) = far_away();
    provider.respond(Endpoint::DeviceAuthorization, Respond::error(400, "unauthorized_client", "The flow is disabled for the client."));
    let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
    let line =
        "That can't be: the sign-in failed: the client `kclogin` may not sign in with a code. So you sign in with a browser on another machine.\n";
    assert!(outcome.stderr.contains(line) && outcome.stderr.contains("copy the whole address, and paste it here."), "{}", outcome.stderr);
    outcome.done();
}

#[test]
fn a_provider_without_codes_has_an_address_pasted() {
    let (provider, machine) = far_away();
    provider.alter_metadata(|metadata| drop(metadata.remove("device_authorization_endpoint")));
    let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
    assert!(outcome.stderr.contains(", so you sign in with a browser on another machine. (Or choose `--no-browser`.)\n"), "{}", outcome.stderr);
    outcome.done();
}

#[test]
fn a_provider_that_can_t_be_reached_is_no_reason_to_paste() {
    let (provider, machine) = far_away();
    provider.respond(Endpoint::DeviceAuthorization, Respond::status(503));
    machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::ProviderUnreachable);
}

#[test]
fn pasting_is_remembered_where_it_was_asked_for() {
    let (provider, machine) = far_away();
    machine.run(&["login", "--timeout", "20s", "--paste", "--issuer", &provider.issuer()]).done();
    assert!(machine.config().contains("login-method = \"paste\"\n"), "{}", machine.config());
    let (again, others) = far_away();
    others.write_config(&machine.config().replace(&provider.issuer(), &again.issuer()));
    let outcome = others.run(&["login", "--timeout", "20s"]);
    assert!(outcome.stderr.contains("copy the whole address, and paste it here."), "{}", outcome.stderr);
    outcome.done();
    others.run(&["login", "--device"]).done();
    assert!(others.config().contains("login-method = \"device\"\n"), "{}", others.config());
}

#[test]
fn in_ci_without_a_terminal_nobody_is_waited_for() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("CI", "true");
    machine.without_browser("there is no display here");
    let said = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::LoginRequired);
    assert_eq!(
        said,
        "error: nobody is here to sign in: this is CI, and there is no terminal\n\
         hint: let it be a service account, with `--client-credentials`; or name a way to sign in, such as `--device`\n"
    );
    machine.set("KCLOGIN_ISSUER", &provider.issuer());
    machine.run(&["token", "--login"]).failed(Exit::LoginRequired);
    assert_eq!(provider.request_count(), 0, "and nothing is asked");
    // Whoever says how to sign in knows why.
    machine.run(&["login", "--device"]).done();
}
