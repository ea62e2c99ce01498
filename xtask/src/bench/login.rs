//! Part `login`: what a person waits for after the browser has come back, beside the token endpoint's own answer.
//! Owns the contenders; the browser is `form`'s, and the bare client is curl, with a login of its own.

use std::time::Duration;

use super::form::sign_in;
use super::person::Person;
use super::report::{Report, Unit, Wanted};
use super::site::{CLIENT, Provider, Site};
use super::timing::{Contender, in_turn};
use crate::failure::{Failure, Outcome};

const OURS: &str = "kclogin, after a second at the login page";
const AT_ONCE: &str = "kclogin, after a login page filled in at once";
const BARE: &str = "the token endpoint's answer to curl, for a code";

/// What a person needs at the least.
const TYPING: Duration = Duration::from_secs(1);

/// Rounds before what is counted: Keycloak's first answers are compiled while they are made.
const WARM_UP: usize = 3;

/// The example of RFC 7636 Appendix B. Here it protects nothing.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Nobody listens there; the bare client takes the address from its browser.
const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

pub(super) fn measure(site: &Site, runs: usize) -> Outcome<Report> {
    let provider = site.provider()?;
    let issuer = provider.issuer();
    let (slow, quick) = (Person::new(site, "typing")?, Person::new(site, "quick")?);
    let results = in_turn(
        vec![
            Contender::new(OURS, || slow.log_in(&issuer, "keyring", TYPING)),
            Contender::new(AT_ONCE, || quick.log_in(&issuer, "keyring", Duration::ZERO)),
            Contender::new(BARE, || redeem(site, provider, &issuer)),
        ],
        WARM_UP,
        runs,
    )?;

    let mut report =
        Report::new(format!("login: after the browser has come back, over TLS ({runs} runs of each, in turn; median, shortest .. nine of ten)"));
    for (name, sample) in results.iter() {
        report.sample(name, sample);
    }
    let what = ["what kclogin adds, after a second at the login page", "what kclogin adds, filled in at once"];
    for (what, ours, wanted) in [(what[0], OURS, Wanted::AtMost(30.0)), (what[1], AT_ONCE, Wanted::Nothing)] {
        report.judge(what, results.difference(ours, BARE)?, Unit::Milliseconds, wanted);
        report.judge("    the same, round by round", results.difference_by_round(ours, BARE)?, Unit::Milliseconds, Wanted::Nothing);
    }
    report.note("From the connection with the redirect to the end of the process: the exchange of the code, the checks of the ID token, the saving in the keyring and");
    report.note(
        "the page for the browser. Not in it: what came before (discovery, the start of the browser, Keycloak's pages), and a browser's own time.",
    );
    report.note("Curl's is its own `time_total`: connection, TLS handshake, request and answer. What kclogin does while a person types is not waited for, so that");
    report.note("the difference can be less than nothing. Who fills in at once still waits for Keycloak to look at the password, some 100 ms.");
    Ok(report)
}

/// The same login by a bare client: its code for tokens.
fn redeem(site: &Site, provider: &Provider, issuer: &str) -> Outcome<Duration> {
    let endpoints = format!("{issuer}/protocol/openid-connect");
    let request = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        // Nothing here has to be escaped.
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid+profile+email"),
        ("state", "bench"),
        ("nonce", "bench"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let query: Vec<String> = request.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let redirect = sign_in(&provider.curl, site.scratch.path(), &format!("{endpoints}/auth?{}", query.join("&")), Duration::ZERO)?;
    let code = code(&redirect.address).ok_or_else(|| Failure::new(format!("there is no code in {}", redirect.address)))?;
    let form =
        [("grant_type", "authorization_code"), ("client_id", CLIENT), ("code", code), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)];
    Ok(provider.curl.post(&format!("{endpoints}/token"), &form)?.took)
}

/// The code in a redirect. Keycloak's has no character that would be escaped.
fn code(redirect: &str) -> Option<&str> {
    redirect.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix("code="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_redirects() {
        assert_eq!(code("http://127.0.0.1:9/callback?state=bench&session_state=x&iss=https%3A%2F%2Fh&code=a.b.c"), Some("a.b.c"));
        assert_eq!(code("http://127.0.0.1:9/callback?error=access_denied"), None);
    }
}
