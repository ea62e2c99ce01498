//! What `kclogin doctor` says of certificates: whose they are, who issued them, and when they end.

use std::net::TcpListener;
use std::thread;

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::doctor::{Found, doctor};
use crate::machine::Machine;
use crate::networks::{behind_a_proxy, demanding, put};
use crate::provider::{Provider, TlsSetup};

const DAY: i64 = 86_400;
/// When the tests' certificates end: 2090-01-01T00:00:00Z.
const END: i64 = 3_786_912_000;

/// What a doctor finds at a provider with this certificate, whose authority is trusted or not, and the call that found it.
fn found(setup: TlsSetup, trust: bool) -> (Provider, Machine, Vec<String>) {
    let (provider, machine) = (Provider::start_tls(setup), Machine::new());
    let file = put(&machine, "ca.pem", provider.ca_pem());
    let mut call = vec!["--issuer".to_owned(), provider.issuer()];
    call.extend(trust.then(|| ["--ca-file".to_owned(), file]).into_iter().flatten());
    (provider, machine, call)
}

fn look(machine: &Machine, call: &[String]) -> Found {
    doctor(machine, &call.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The members of a check in the JSON.
fn certificate(machine: &Machine, call: &[String], name: &str) -> Value {
    let call: Vec<&str> = ["doctor", "--json"].into_iter().chain(call.iter().map(String::as_str)).collect();
    let document: Value = serde_json::from_str(&machine.run(&call).stdout).expect("JSON");
    document["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name).expect("the check")["certificate"].clone()
}

#[test]
fn a_certificate_that_is_trusted_says_whose_it_is_who_issued_it_and_until_when_it_is_valid() {
    let (_provider, machine, call) = found(TlsSetup::Trusted, true);
    let facts = ": certificate of 127.0.0.1, localhost, issued by kclogin test CA, valid until 2090-01-01";
    let outcome = look(&machine, &call);
    outcome.is("Network certificate", "ok", facts);
    assert!(outcome.check("Network certificate").1.ends_with(facts), "{:?}", outcome.check("Network certificate"));
    let expected = json!({
        "names": ["127.0.0.1", "localhost"], "subject": "kclogin test provider", "issuer": "kclogin test CA",
        "valid_from": "2020-01-01T00:00:00Z", "valid_until": "2090-01-01T00:00:00Z",
    });
    assert_eq!(certificate(&machine, &call, "certificate"), expected);
    assert_eq!(certificate(&machine, &call, "DNS"), Value::Null);
}

#[test]
fn a_certificate_that_ends_within_two_weeks_is_warned_of_by_this_machine_s_clock() {
    let (_provider, machine, call) = found(TlsSetup::Trusted, true);
    for (left, outcome, text) in [
        (14 * DAY + 1, "ok", "valid until 2090-01-01"),
        (14 * DAY, "warning", "valid until 2090-01-01 (14 days more)"),
        (3_600, "warning", "valid until 2090-01-01 (1 h more)"),
        (-1, "warning", "expired on 2090-01-01"),
    ] {
        machine.clock.set(END - left);
        let found = look(&machine, &call);
        found.is("Network certificate", outcome, text);
        assert!(found.check("Network certificate").1.ends_with(text), "{left}: {:?}", found.check("Network certificate"));
        if outcome == "warning" {
            found.advises("Network certificate", "tell whoever runs the provider to renew it");
        }
    }
}

#[test]
fn of_a_certificate_that_is_refused_the_same_is_said_beside_the_fault() {
    for (setup, trust, fault, facts) in [
        (
            TlsSetup::Trusted,
            false,
            "an authority this machine does not know",
            "127.0.0.1, localhost, issued by kclogin test CA, valid until 2090-01-01",
        ),
        (TlsSetup::Expired, true, "has expired", "127.0.0.1, localhost, issued by kclogin test CA, expired on 2002-01-01"),
        (TlsSetup::NotYetValid, true, "is not valid yet", "127.0.0.1, localhost, issued by kclogin test CA, valid from 2090-01-01 until 2091-01-01"),
        (TlsSetup::WrongHost, true, "is for another host", "elsewhere.example.test, issued by kclogin test CA, valid until 2090-01-01"),
        (TlsSetup::SelfSigned, true, "is an authority's own", "127.0.0.1, localhost, issued by itself, valid until 2090-01-01"),
    ] {
        let (provider, machine, call) = found(setup, trust);
        let found = look(&machine, &call);
        found.is("Network certificate", "failed", fault);
        let detail = found.check("Network certificate").1;
        assert!(detail.ends_with(&format!("): certificate of {facts}")), "{setup:?}: {detail}");
        assert_eq!(certificate(&machine, &call, "certificate")["subject"], "kclogin test provider", "{setup:?}");
        assert_eq!(provider.request_count(), 0, "nothing is sent to whoever shows it");
    }
}

#[test]
fn names_out_of_a_certificate_do_not_act_on_the_terminal() {
    for trust in [true, false] {
        let (_provider, machine, call) = found(TlsSetup::Hostile, trust);
        machine.terminals(true, true);
        let call: Vec<&str> = ["doctor", "--color", "never"].into_iter().chain(call.iter().map(String::as_str)).collect();
        let text = machine.run(&call).stdout;
        let line = text.lines().find(|line| line.contains("  certificate  ")).expect("the line");
        let facts = ": certificate of 127.0.0.1, a\u{fffd}[2J.example, a\u{fffd}\u{fffd}.example and 2 more, issued by CA\u{fffd}]0;x\u{fffd}\u{fffd}31m\u{fffd}, valid";
        assert!(line.contains(facts), "{line:?}");
        let json = machine.run(&[&call[..], &["--json"]].concat()).stdout;
        assert!(!json.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\r']) && json.contains("\\u001b[2J.example"), "{json:?}");
    }
}

#[test]
fn a_certificate_behind_a_proxy_is_that_of_the_provider() {
    let (_provider, machine, proxy, login) = behind_a_proxy(Some("alice:hunter2"));
    machine.set("HTTPS_PROXY", &format!("http://alice:hunter2@{}", proxy.address));
    let facts = ": certificate of elsewhere.example.test, issued by kclogin test CA, valid until 2090-01-01";
    look(&machine, &login[3..]).is("Network certificate", "ok", facts);
    // Beside them the doctor only sees whether the proxy takes connections.
    let asked = || proxy.heads().into_iter().filter(|head| !head.is_empty()).collect::<Vec<_>>();
    let count = asked().len();
    look(&machine, &login[5..]).is("Network certificate", "failed", facts);
    assert!(asked().len() >= count + 2 && asked().iter().all(|head| head.starts_with("CONNECT elsewhere.example.test:")), "{:?}", asked());
}

#[test]
fn who_breaks_off_before_its_certificate_has_come_is_not_called_trusted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("https://{}/realms/a", listener.local_addr().expect("an address"));
    thread::spawn(move || listener.incoming().for_each(drop));
    doctor(&Machine::new(), &["--issuer", &issuer]).is("Network certificate", "skipped", "none came that could be read");
}

#[test]
fn rfc8705_2_a_client_certificate_says_whose_it_is_and_when_it_ends() {
    let (_provider, machine, login) = demanding();
    let file = |name: &str| machine.path(name).to_str().expect("UTF-8").to_owned();
    let (certificate_file, key) = (file("client.pem"), file("client.key"));
    let mut call: Vec<String> = login.into_iter().skip(1).filter(|word| word != "--timeout" && word != "10s").collect();
    call.extend(["--client-certificate", &certificate_file, "--client-key", &key].map(str::to_owned));
    for (left, outcome, text) in [
        (14 * DAY + 1, "ok", "valid until 2090-01-01"),
        (14 * DAY, "warning", "valid until 2090-01-01 (14 days more)"),
        (-1, "failed", "expired on 2090-01-01"),
    ] {
        machine.clock.set(END - left);
        let found = look(&machine, &call);
        let facts = format!("{certificate_file} (from --client-certificate): of kclogin test client, issued by kclogin test CA, {text}");
        found.is("Configuration shown", outcome, &facts);
        assert!(found.check("Configuration shown").1.ends_with(&facts), "{:?}", found.check("Configuration shown"));
        if outcome != "ok" {
            found.advises("Configuration shown", "`--client-certificate FILE`");
        }
    }
    machine.clock.set(1);
    look(&machine, &call).is("Configuration shown", "warning", "valid from 2020-01-01").advises("Configuration shown", "clock");
    assert_eq!(certificate(&machine, &call, "shown")["subject"], "kclogin test client");
    put(&machine, "client.pem", "nothing");
    let outcome = look(&machine, &call);
    outcome.is("Configuration shown", "ok", "(from --client-certificate)").is("Network certificate", "failed", "holds no certificate in PEM form");
    assert_eq!(machine.run(&[&["doctor"][..], &call.iter().map(String::as_str).collect::<Vec<_>>()].concat()).exit, Exit::Failed);
}
