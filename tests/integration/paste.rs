//! `kclogin login --paste`: a browser on another machine, and what a person copies from it.

use kclogin::exit::Exit;
use kclogin::secret::Secret;
use kclogin::typed::Entry;
use url::Url;

use crate::machine::{Machine, Outcome, follow, redirect_of};
use crate::provider::Provider;

/// A person far away, who opens the printed address there, and whose browser ends at this address.
fn end(said: &str) -> Option<Url> {
    let address = said.lines().find_map(|line| Url::parse(line.trim()).ok())?;
    Some(redirect_of(&address))
}

fn line(text: impl AsRef<str>) -> Option<Entry> {
    Some(Entry::Line(Secret::from(text.as_ref())))
}

/// A login, in which these lines are typed, each made of the address at which the browser ended.
fn login(machine: &Machine, provider: &Provider, lines: &[fn(&Url) -> String], more: &[&str]) -> Outcome {
    let mut left = lines.to_vec();
    left.reverse();
    let mut ended = None;
    machine.type_when(move |said| {
        if ended.is_none() {
            ended = end(said);
        }
        line(left.pop()?(ended.as_ref()?))
    });
    machine.run(&[&["login", "--paste", "--timeout", "30s", "--issuer", &provider.issuer()], more].concat())
}

#[test]
fn the_address_or_what_matters_of_it_signs_in() {
    let forms: [fn(&Url) -> String; 4] = [
        |end| end.to_string(),
        |end| format!("  {end}\r"),
        |end| end.query().expect("a query").to_owned(),
        |end| end.as_str().trim_start_matches("http://").to_owned(),
    ];
    for form in forms {
        let (provider, machine) = (Provider::start(), Machine::new());
        let outcome = login(&machine, &provider, &[form], &[]);
        assert!(outcome.stderr.ends_with(&format!(" at {}.\n", provider.issuer())), "{}", outcome.stderr);
        assert_eq!((outcome.done().as_str(), machine.opened()), ("", 0));
        machine.run(&["token"]).done();
    }
}

#[test]
fn what_is_no_answer_is_said_and_asked_for_again() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let lines: [fn(&Url) -> String; 6] = [
        |_| String::new(),
        |end| end.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned(),
        |end| end.as_str().replace("state=", "state=x"),
        |_| "https://keycloak.example.com/realms/x/protocol/openid-connect/auth?client_id=kclogin".to_owned(),
        |end| format!("\u{1b}[2J{end}"),
        |end| end.to_string(),
    ];
    let outcome = login(&machine, &provider, &lines, &[]);
    let complaint = |why: &str| format!("That is not the answer to this login: {why}. Copy the address again, and paste it here:\n");
    let complaints = [
        complaint("it had no state, so it belongs to no login"),
        complaint("its state belongs to another login"),
        complaint("it is not the address that the provider sends the browser back to"),
        complaint("it is not the address that the provider sends the browser back to"),
    ];
    assert!(outcome.stderr.contains(&complaints.concat()), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains('\u{1b}'), "{}", outcome.stderr);
    outcome.done();
}

#[test]
fn the_browser_may_come_back_by_itself_all_the_same() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let mut came = false;
    machine.type_when(move |said| {
        if !came && let Some(address) = said.lines().find_map(|line| Url::parse(line.trim()).ok()) {
            came = true;
            std::thread::spawn(move || follow(&address));
        }
        None
    });
    machine.run(&["login", "--paste", "--timeout", "30s", "--issuer", &provider.issuer()]).done();
    machine.run(&["token"]).done();
}

#[test]
fn what_the_provider_refuses_is_said_as_after_any_login() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let outcome = login(
        &machine,
        &provider,
        &[|end| {
            let kept = end.query().expect("a query").split('&').filter(|pair| !pair.starts_with("code="));
            kept.chain(["error=access_denied"]).collect::<Vec<_>>().join("&")
        }],
        &[],
    );
    assert!(outcome.failed(Exit::Failed).ends_with("error: the sign-in was denied at the provider\n"));
}

#[test]
fn a_line_that_no_terminal_takes_is_explained_and_a_closed_stdin_leaves_the_listener() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let mut entries = vec![line(format!("http://127.0.0.1/{}", "x".repeat(4095))), Some(Entry::Unusable), Some(Entry::Closed)].into_iter();
    machine.type_when(move |_| entries.next()?);
    let said = machine.run(&["login", "--paste", "--issuer", &provider.issuer(), "--timeout", "1s"]).failed(Exit::Failed);
    let expected = "The address was cut off, as terminals take no longer lines. Paste only what is in it from `code=` on, or sign in another way:\n\
         That is not an address. Copy it again, and paste it here:\n\
         Nothing can be pasted any more; the browser may still come back by itself.\n\
         error: nobody signed in within 1 s\n";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn who_came_by_ssh_is_told_how_to_bring_the_browser_back() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("SSH_CONNECTION", "198.51.100.7 50000 203.0.113.5 2222");
    machine.set("USER", "alice");
    let said = login(&machine, &provider, &[|end| end.to_string()], &[]).stderr;
    let port = said.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).expect("a port");
    let port = if said.contains(&format!("ssh -N -L {port}:")) { port.to_owned() } else { said.split("-L ").nth(1).expect("a line")[..5].to_owned() };
    assert!(said.contains(&format!("\n  ssh -N -L {port}:127.0.0.1:{port} -p 2222 alice@203.0.113.5\n")), "{said}");
    assert!(said.contains(&format!("begins with http://127.0.0.1:{port}/callback.")), "{said}");
    let said = machine.run(&["login", "--paste", "--quiet", "--timeout", "1s"]).failed(Exit::Failed);
    assert!(said.starts_with("To sign in to ") && !said.contains("ssh -N"), "{said}");
}

#[test]
fn two_ways_at_once_are_a_wrong_call() {
    let (provider, machine) = (Provider::start(), Machine::new());
    for other in [&["--no-browser"][..], &["--browser", "x"], &["--client-secret-stdin"]] {
        let issuer = provider.issuer();
        machine.run(&[&["login", "--paste", "--issuer", &issuer], other].concat()).failed(Exit::Usage);
    }
}
