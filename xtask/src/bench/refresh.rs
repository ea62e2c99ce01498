//! Part `refresh`: what a refresh takes beside the token endpoint's own answer, and how often it asks.
//! Owns the contenders; the bare client is curl, with a session of its own.

use std::cell::RefCell;
use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::curl::{Answer, Curl};
use super::forwarder::{Forwarder, Seen};
use super::person::Person;
use super::report::{Report, Unit, Wanted};
use super::site::{CLIENT, Provider, Site, issuer};
use super::timing::{Contender, in_turn, printed};
use crate::failure::{Context, Failure, Outcome};
use crate::keycloak::password_of;

const KEYRING: &str = "kclogin token --force-refresh (keyring, TLS)";
const MANY: &str = "kclogin token --force-refresh (keyring, TLS, a system's authorities)";
const FILE: &str = "kclogin token --force-refresh (file, TLS)";
const PLAIN: &str = "kclogin token --force-refresh (keyring, plain HTTP)";
const BARE: &str = "the token endpoint's answer to curl (TLS)";
const BARE_PLAIN: &str = "the token endpoint's answer to curl (plain HTTP)";

/// How many authorities a system trusts, more or less. Debian's has 140, Mozilla's list some more.
const AUTHORITIES: usize = 150;

/// Rounds before what is counted: Keycloak's first answers are compiled while they are made.
const WARM_UP: usize = 40;

/// The one command that is measured.
const COMMAND: [&str; 2] = ["token", "--force-refresh"];

pub(super) fn measure(site: &Site, runs: usize) -> Outcome<Report> {
    let provider = site.provider()?;
    let refresh = |name, issuer: &str, store| Ok::<_, Failure>(Person::signed_in(site, name, issuer, store)?.command(&COMMAND));
    let (bare, bare_plain) = (Session::begin(&provider.curl, &provider.issuer())?, Session::begin(&provider.curl, &provider.plain_issuer())?);
    let results = in_turn(
        vec![
            Contender::program(KEYRING, refresh("refreshing", &provider.issuer(), "keyring")?),
            Contender::program(MANY, with_many_authorities(site, provider)?.command(&COMMAND)),
            Contender::program(FILE, refresh("refreshing-file", &provider.issuer(), "file")?),
            Contender::new(BARE, || bare.refresh()),
            Contender::program(PLAIN, refresh("refreshing-plain", &provider.plain_issuer(), "keyring")?),
            Contender::new(BARE_PLAIN, || bare_plain.refresh()),
        ],
        WARM_UP,
        runs,
    )?;
    let (plain, secure) = count(site, provider)?;

    let mut report =
        Report::new(format!("refresh: beside the token endpoint's own answer ({runs} runs of each, in turn; median, shortest .. nine of ten)"));
    for (name, sample) in results.iter() {
        report.sample(name, sample);
    }
    let (adds, round) = (|one, other| results.difference(one, other), |one, other| results.difference_by_round(one, other));
    report.judge("what kclogin adds (keyring, TLS)", adds(KEYRING, BARE)?, Unit::Milliseconds, Wanted::AtMost(10.0));
    report.judge("    the same, round by round", round(KEYRING, BARE)?, Unit::Milliseconds, Wanted::Nothing);
    for (name, one, other) in [
        ("what kclogin adds (keyring, TLS, a system's authorities)", MANY, BARE),
        ("what kclogin adds (file, TLS)", FILE, BARE),
        ("what kclogin adds (keyring, plain HTTP)", PLAIN, BARE_PLAIN),
    ] {
        report.judge(name, adds(one, other)?, Unit::Milliseconds, Wanted::Nothing);
        report.judge("    the same, round by round", round(one, other)?, Unit::Milliseconds, Wanted::Nothing);
    }
    report.judge("connections over TLS", secure.connections as f64, Unit::Count, Wanted::Exactly(1.0));
    report.judge("connections over plain HTTP", plain.connections as f64, Unit::Count, Wanted::Exactly(1.0));
    report.judge("requests over plain HTTP", plain.requests.len() as f64, Unit::Count, Wanted::Exactly(1.0));
    let elsewhere = plain.requests.iter().filter(|request| !request.ends_with("/protocol/openid-connect/token")).count();
    report.judge("of them to other places than the token endpoint", elsewhere as f64, Unit::Count, Wanted::Exactly(0.0));
    report.note("kclogin's time is that of its process, with the reading and the writing of the store. Curl's is its own `time_total`: connection, TLS handshake,");
    report.note(
        "request and answer, without the process. Both trust one file with one authority, and resume no TLS session; each has a session of its own.",
    );
    report.note("A system's authorities are 150 in one file, as kclogin reads them where nothing else is named; curl's is always the file with one.");
    report.note("Round by round is the median of the differences within each round, from which a slow drift of Keycloak and the machine is gone.");
    report.note("Connections and requests are those of one more refresh each, counted at a door before Keycloak.");
    Ok(report)
}

/// Somebody who trusts as many authorities as a system does: kclogin reads them all before its first request over TLS, from one file.
fn with_many_authorities<'a>(site: &'a Site, provider: &Provider) -> Outcome<Person<'a>> {
    let person = Person::signed_in(site, "refreshing-many", &provider.issuer(), "keyring")?;
    let (one, many) = (&provider.authority.certificate, person.folder().join("authorities.pem"));
    let config = person.folder().join("config/kclogin/config.toml");
    let read = |path| fs::read_to_string(path).context(format_args!("reading {path:?}"));
    fs::write(&many, read(one)?.repeat(AUTHORITIES)).context("writing certificates")?;
    let text = read(&config)?;
    let changed = text.replace(&*one.to_string_lossy(), &many.to_string_lossy());
    if changed == text {
        return Err(Failure::new("a profile does not name its authority"));
    }
    fs::write(&config, changed).context("writing a profile")?;
    Ok(person)
}

/// What passes a door before Keycloak when there is a refresh: over plain HTTP, and over TLS.
fn count(site: &Site, provider: &Provider) -> Outcome<(Seen, Seen)> {
    let seen = |name, scheme: &str, address: &str| {
        let door = Forwarder::start(port(address)?)?;
        let person = Person::signed_in(site, name, &issuer(&format!("{scheme}://127.0.0.1:{}", door.port)), "file")?;
        door.look();
        printed(&mut person.command(&COMMAND))?;
        Ok::<_, Failure>(door.look())
    };
    Ok((seen("counted", "http", &provider.keycloak.http)?, seen("counted-tls", "https", &provider.keycloak.https)?))
}

fn port(address: &str) -> Outcome<u16> {
    address.rsplit(':').next().unwrap_or_default().parse().context(format_args!("reading the port in {address}"))
}

/// The bare client's own session.
pub(super) struct Session<'a> {
    curl: &'a Curl,
    endpoint: String,
    refresh_token: RefCell<String>,
}

impl<'a> Session<'a> {
    /// Begins one with a password, which is the shortest way.
    pub(super) fn begin(curl: &'a Curl, issuer: &str) -> Outcome<Self> {
        let session = Self { curl, endpoint: format!("{issuer}/protocol/openid-connect/token"), refresh_token: RefCell::default() };
        let who = [("username", "alice"), ("password", password_of("alice")), ("scope", "openid profile email")];
        session.ask(&[&[("grant_type", "password")], &who[..]].concat())?;
        Ok(session)
    }

    fn refresh(&self) -> Outcome<Duration> {
        let token = self.refresh_token.borrow().clone();
        Ok(self.ask(&[("grant_type", "refresh_token"), ("refresh_token", &token)])?.took)
    }

    fn ask(&self, form: &[(&str, &str)]) -> Outcome<Answer> {
        let answer = self.curl.post(&self.endpoint, &[form, &[("client_id", CLIENT)]].concat())?;
        let tokens: Value = serde_json::from_str(&answer.body).context("reading a token response")?;
        let token = tokens["refresh_token"].as_str().ok_or_else(|| Failure::new("there is no refresh token in a token response"))?;
        token.clone_into(&mut self.refresh_token.borrow_mut());
        Ok(answer)
    }
}
