//! In which order a login does things, so that neither the browser nor the terminal ever says more than is true, and nothing is lost on the way.

use std::time::Duration;

use kclogin::exit::Exit;

use crate::machine::{Machine, follow};
#[cfg(unix)]
use crate::person::eventually;
use crate::person::{Page, error_in, printed_address, redirect_uri, sign_in, visit};
use crate::provider::{Endpoint, Provider, Respond};
use crate::store::Fault;

/// The session that is stored, as bytes.
fn stored_session(machine: &Machine) -> Option<Vec<u8>> {
    machine.store.kept().into_iter().find(|(account, _)| account.starts_with("token-set ")).map(|(_, bytes)| bytes)
}

#[test]
fn a_locked_store_ends_the_login_before_the_browser_opens() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.store.fail_once(0, Fault::Locked);
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::StoreUnavailable);
    assert_eq!(stderr, "error: the keyring is locked\n");
    assert_eq!((machine.opened(), machine.config().as_str()), (0, ""));
    assert_eq!(provider.requests(Endpoint::Authorization).len(), 0);
}

#[test]
fn without_a_store_not_even_the_provider_is_asked() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.store.fail_to_open(Some(Fault::Absent));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::StoreUnavailable);
    assert_eq!(stderr, "error: there is no keyring here\n");
    assert_eq!((machine.opened(), provider.request_count()), (0, 0));
}

#[test]
fn the_store_is_tried_out_before_the_browser_opens() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let store = machine.store.clone();
    let calls = visit(&machine, move |url| {
        let calls = store.calls();
        follow(url);
        calls
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let account = format!("probe test kclogin {}", provider.issuer());
    assert_eq!(calls.next(), ["save", "load", "delete"].map(|call| format!("{call} {account}")));
    assert_eq!(machine.store.kept().into_keys().collect::<Vec<_>>(), [format!("token-set test kclogin {}", provider.issuer())]);
}

#[test]
fn the_page_comes_only_after_the_token_set_is_stored() {
    let (provider, machine) = (Provider::start(), Machine::new());
    // Slow enough that a page shown early would be seen early.
    provider.respond(Endpoint::Token, Respond::normally().after(Duration::from_millis(200)));
    let store = machine.store.clone();
    let seen = visit(&machine, move |url| {
        let (status, html) = follow(url);
        (status, html, store.kept().keys().any(|account| account.starts_with("token-set ")))
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let (status, html, was_stored) = seen.next();
    assert_eq!((status, was_stored), (200, true));
    assert!(html.contains("<h1>Signed in as Alice Adams</h1>"), "{html}");
}

#[test]
fn the_page_says_who_signed_in_to_what_and_holds_no_secret() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = sign_in(&machine);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let (_, page) = visits.next();
    assert_eq!((page.status, page.heading()), (200, "Signed in as Alice Adams"));
    for row in [("Account", "alice"), ("Provider", &provider.issuer()), ("Client", "kclogin")] {
        // A long value has places where a line may break.
        let html = page.html.replace("<wbr>", "");
        assert!(html.contains(&format!("<dt>{}</dt><dd>{}</dd>", row.0, row.1)), "{row:?} in {html}");
    }
    assert!(page.html.contains("You can close this window"), "{}", page.html);
    assert_eq!(provider.leaks_in(&page.html), Vec::<&str>::new());
}

#[test]
fn a_token_set_that_can_t_be_stored_is_no_login() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = sign_in(&machine);
    // After the three calls of the trial, the saving of the token set.
    machine.store.fail_once(3, Fault::Locked);
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::StoreUnavailable);
    assert_eq!(error_in(&stderr), "error: the keyring is locked\n");
    let (_, page) = visits.next();
    assert_eq!((page.status, page.heading()), (200, "Not signed in"));
    assert!(page.html.contains("<p>The keyring is locked.</p>"), "{}", page.html);
    assert_eq!((machine.store.kept().len(), machine.config().as_str()), (0, ""));
}

#[test]
fn a_code_that_can_t_be_redeemed_shows_the_failed_page() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = sign_in(&machine);
    provider.respond(Endpoint::Token, Respond::error(400, "invalid_grant", "Code not valid").after(Duration::from_millis(100)));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert_eq!(error_in(&stderr), "error: the sign-in failed: the provider refuses: Code not valid (invalid_grant)\n");
    let (_, page) = visits.next();
    assert_eq!((page.status, page.heading()), (200, "Not signed in"));
    assert!(page.html.contains("<p>The sign-in failed: the provider refuses: Code not valid (invalid_grant).</p>"), "{}", page.html);
    assert_eq!(machine.store.kept().len(), 0);
}

#[test]
fn a_provider_in_trouble_at_the_last_step_is_worth_another_try_later() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Token, Respond::status(503));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::ProviderUnreachable);
    assert_eq!(error_in(&stderr), "error: the provider at 127.0.0.1 is in trouble: it answers 503 Service Unavailable\nhint: try again later\n");
}

#[test]
fn a_failed_login_keeps_the_session_that_was_there() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let before = stored_session(&machine).expect("a session");
    let config = machine.config();
    provider.deny("access_denied", None);
    let stderr = machine.run(&["login"]).failed(Exit::Failed);
    assert_eq!(error_in(&stderr), "error: the sign-in was denied at the provider\n");
    provider.unaltered();
    provider.alter_id_token(|_, claims| claims["nonce"] = "another".into());
    machine.run(&["login", "--scope", "email"]).failed(Exit::Failed);
    assert_eq!((stored_session(&machine), machine.config()), (Some(before), config));
    machine.run(&["token"]).done();
}

#[test]
fn a_login_replaces_the_session_that_was_there() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let before = machine.run(&["token"]).done();
    machine.run(&["login"]).done();
    assert_ne!(machine.run(&["token"]).done(), before);
    assert_eq!(machine.store.kept().len(), 1);
}

#[test]
fn a_profile_that_can_t_be_written_down_leaves_no_session_behind() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", "s3cr3t-of-backend");
    // A file where the directory should be: not even root can write below it.
    let obstacle = machine.path(".config");
    let pages = visit(&machine, move |url| {
        // It was there when the login looked, before it opened the browser.
        std::fs::remove_dir_all(&obstacle).expect("removed");
        std::fs::write(&obstacle, "").expect("written");
        follow(url)
    });
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t-of-backend");
    let stderr = machine.run(&["login", "--client-id", "backend", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let path = machine.path(".config/kclogin/config.toml");
    assert!(error_in(&stderr).starts_with(&format!("error: the configuration {} can't be written: ", path.display())), "{stderr}");
    assert!(pages.next().1.contains("<h1>Not signed in</h1>"));
    assert_eq!(machine.store.kept().len(), 0, "nobody would find it again");
}

#[test]
fn without_a_browser_the_address_is_printed_and_the_login_waits() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--no-browser", "--issuer", &provider.issuer()]));
        let address = printed_address(&machine);
        assert_eq!(follow(&address).0, 200);
        let outcome = run.join().expect("no panic");
        assert_eq!((outcome.exit, outcome.stdout.as_str(), machine.opened()), (Exit::Done, "", 0));
        let issuer = provider.issuer();
        let expected = format!(
            "To sign in to {issuer}, open this address in a browser on this machine:\n  {address}\n\
             Waiting for the sign-in in the browser, for 5 min at most.\nLogged in as Alice Adams (alice) at {issuer}.\n"
        );
        assert_eq!(outcome.stderr, expected);
    });
}

#[test]
fn even_a_quiet_login_prints_the_address_that_nobody_opens() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "-q", "--no-browser", "--issuer", &provider.issuer()]));
        follow(&printed_address(&machine));
        run.join().expect("no panic").done();
    });
}

#[cfg(unix)]
#[test]
fn rfc8252_6_a_given_browser_command_gets_the_address_as_one_argument() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let (script, seen) = (machine.path("my browser"), machine.path("seen"));
    std::fs::write(&script, format!("printf '%s\\n' \"$#\" \"$@\" >'{0}.new' && mv '{0}.new' '{0}'\n", seen.display())).expect("written");
    let command = format!("sh '{}' --new-window %s", script.display());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--browser", &command, "--issuer", &provider.issuer()]));
        let arguments = eventually(|| std::fs::read_to_string(&seen).ok());
        let address = url::Url::parse(arguments.strip_prefix("2\n--new-window\n").expect("two arguments").trim_end()).expect("a URL");
        assert_eq!(follow(&address).0, 200);
        let outcome = run.join().expect("no panic");
        assert_eq!((outcome.exit, outcome.stdout.as_str(), machine.opened()), (Exit::Done, "", 0), "{}", outcome.stderr);
        let printed = printed_address(&machine);
        assert_eq!((address.origin(), printed.path().starts_with("/start/")), (printed.origin(), true), "an address is printed all the same");
        assert_ne!(address, printed, "but not the one that the list of processes shows");
    });
}

#[test]
fn a_browser_command_that_does_not_exist_leaves_the_printed_address() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "--browser", "/nonexistent/browser", "--issuer", &provider.issuer()]));
        follow(&printed_address(&machine));
        let outcome = run.join().expect("no panic");
        assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("(the browser `/nonexistent/browser` can't be started: "), "{}", outcome.stderr);
    });
}

#[cfg(unix)]
#[test]
fn a_browser_command_that_fails_is_said_while_the_login_waits() {
    let (provider, machine) = (Provider::start(), Machine::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.run(&["login", "-q", "--browser", "sh -c 'exit 3'", "--issuer", &provider.issuer()]));
        let told = "The browser could not be opened (`sh` ended with exit status: 3). Open this address yourself:\n  http://127.0.0.1:";
        eventually(|| machine.stderr_so_far().contains(told).then_some(()));
        follow(&printed_address(&machine));
        run.join().expect("no panic").done();
    });
}

#[test]
fn browser_quotes_that_don_t_match_are_a_wrong_call() {
    let machine = Machine::new();
    let stderr = machine.run(&["login", "--browser", "x 'y", "--issuer", "http://127.0.0.1:1/realms/a"]).failed(Exit::Usage);
    assert_eq!(stderr, "error: `x 'y` is not a command\nhint: look at its quotes\n");
}

#[test]
fn rfc8252_8_3_the_port_is_open_on_the_loopback_before_the_browser_opens_and_closed_afterwards() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = visit(&machine, |url| {
        let uri = redirect_uri(url);
        let addresses = listening_addresses(uri.port().expect("a port"));
        let before = Page::at(&uri).status;
        follow(url);
        (uri, addresses, before)
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let (uri, addresses, before) = visits.next();
    assert_eq!(before, 400, "it answers, and does not take what is no answer");
    if let Some(addresses) = addresses {
        assert_eq!(addresses, ["0100007F"], "127.0.0.1 and nothing else");
    }
    assert!(std::net::TcpStream::connect(("127.0.0.1", uri.port().expect("a port"))).is_err(), "the port is closed");
}

/// The addresses that are listened on at a port, in the kernel's own writing; nothing where there is no such table.
fn listening_addresses(port: u16) -> Option<Vec<String>> {
    let tables = [std::fs::read_to_string("/proc/net/tcp").ok()?, std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default()].concat();
    let wanted = format!(":{port:04X}");
    let columns = tables.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = columns.filter(|columns| columns.len() > 3 && columns[3] == "0A" && columns[1].ends_with(&wanted));
    Some(listening.filter_map(|columns| columns[1].split_once(':').map(|(address, _)| address.to_owned())).collect())
}
