//! Signing in, and what a person reads afterwards.

use crate::bench::{Person, eventually};

#[test]
fn somebody_signs_in_and_everything_knows_who_they_are() {
    let person = Person::new();
    let (name, issuer) = (&person.name, person.issuer());
    let outcome = person.log_in(&[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with(&format!("Logged in as Live {name} ({name}) at {issuer}.\n")), "{}", outcome.stderr);

    let card = person.run(&["whoami"]).done();
    assert!(card.starts_with(&format!("Live {name} ({name})\n  E-mail    {name}@example.test (verified)\n  Subject   ")), "{card}");
    assert!(
        card.contains(&format!("\n  Issuer    {issuer}\n  Client    kclogin\n  Roles     default-roles-demo, offline_access, uma_authorization\n")),
        "{card}"
    );
    assert!(card.contains("\n  Session   ends in ") && card.contains("\n  Token     valid for "), "{card}");

    let document: serde_json::Value = serde_json::from_str(&person.run(&["whoami", "--json"]).done()).expect("JSON");
    assert_eq!(document["preferred_username"], name.as_str());
    let status = person.run(&["status"]).done();
    assert!(
        status.contains(&format!("  Profile   {name}\n  User      {name} (Live {name})\n")) && status.contains("keyring (Secret Service)"),
        "{status}"
    );
    assert_eq!(person.sessions(), 1);
}

#[test]
fn the_page_says_who_signed_in_and_holds_no_token() {
    let person = Person::new();
    person.log_in(&[]).done();
    let seen = person.seen();
    assert_eq!((&seen["outcome"], &seen["status"]), (&"done".into(), &200.into()), "{seen}");
    let text = seen["text"].as_str().expect("text");
    assert!(text.contains(&format!("Signed in as Live {}", person.name)) && text.contains(&person.issuer()), "{text}");
    let token = person.run(&["token"]).done();
    assert!(!text.contains(token.trim()) && !text.contains("eyJ"), "{text}");
}

#[test]
fn server_and_realm_are_the_issuer() {
    let person = Person::new();
    person.run(&["login", "--server", &format!("{}/", crate::bench::keycloak()), "--realm", "demo"]).done();
    assert!(person.config().contains(&format!("issuer = \"{}\"", person.issuer())), "{}", person.config());
}

#[test]
fn denied_consent_ends_the_login_and_both_sides_say_so() {
    let mut person = Person::new();
    person.browser("deny");
    let stderr = person.log_in(&["--client-id", "consent"]).failed(1);
    assert!(stderr.ends_with("error: the sign-in was denied at the provider\n"), "{stderr}");
    assert!(person.seen()["text"].as_str().expect("text").contains("The sign-in was denied at the provider."), "{}", person.seen());
    assert_eq!(person.config(), "", "a login that failed leaves no profile");
}

#[test]
fn granted_consent_is_a_login() {
    let person = Person::new();
    person.log_in(&["--client-id", "consent"]).done();
}

#[test]
fn two_people_sign_in_at_once_and_stay_apart() {
    let people = [Person::new(), Person::new()];
    let logins: Vec<_> = people.iter().map(|person| person.start_login(&["--timeout", "90s"])).collect();
    for login in logins {
        assert!(login.wait_with_output().expect("an end").status.success());
    }
    for person in &people {
        let status = person.run(&["status", "--json"]).done();
        assert!(status.contains(&format!("\"username\": \"{}\"", person.name)), "{status}");
    }
}

#[test]
fn a_scope_that_the_provider_does_not_know_is_said_on_both_sides() {
    let person = Person::new();
    let stderr = person.log_in(&["--scope", "profile nonsense"]).failed(1);
    assert!(stderr.contains("error: the provider does not know one of the scopes `openid profile nonsense`"), "{stderr}");
    assert!(stderr.contains("\nhint: choose others with `--scope`"), "{stderr}");
    assert_eq!(person.seen()["title"], "Not signed in");
}

#[test]
fn the_listener_is_on_the_loopback_only_and_gone_after_the_login() {
    let mut person = Person::new();
    person.browser("abandon");
    let mut login = person.start_login(&["--timeout", "60s"]);
    let port = eventually("a listener", || listening_port(login.id()));
    assert_eq!(port.0, "0100007F", "bound to 127.0.0.1");
    login.kill().expect("killed");
    login.wait().expect("an end");
    std::net::TcpListener::bind(("127.0.0.1", port.1)).expect("the port is free again");
}

/// The address and port a process listens on, by the kernel's own tables.
#[cfg(target_os = "linux")]
fn listening_port(process: u32) -> Option<(String, u16)> {
    let fds = std::fs::read_dir(format!("/proc/{process}/fd")).ok()?;
    let sockets: Vec<String> = fds
        .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (address, port) = fields[1].split_once(':')?;
        (fields[3] == "0A" && sockets.iter().any(|inode| inode == fields[9]))
            .then(|| (address.to_owned(), u16::from_str_radix(port, 16).unwrap_or(0)))
    })
}

#[cfg(not(target_os = "linux"))]
fn listening_port(_process: u32) -> Option<(String, u16)> {
    panic!("only Linux's kernel tells");
}

#[test]
fn keycloak_is_held_to_the_level_and_the_age_that_were_asked_for() {
    let person = Person::new();
    person.log_in(&["--max-age", "1h"]).done();
    let said = person.log_in(&["--acr-values", "gold"]).failed(1);
    let expected = "error: the provider vouches for the level of authentication `1` only, and not for `gold`\n";
    assert!(said.contains(expected), "{said}");
    assert!(person.run(&["whoami"]).done().contains(&person.name), "the session before it is still there");
    person.log_in(&["--acr-values", "gold 1"]).done();
}
