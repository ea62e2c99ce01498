//! A provider that is not Keycloak: one made with the certified library oidc-provider. Its access tokens are opaque, a refresh token that is used twice ends all that
//! came of it, and it names no interval for a device. curl is the browser here, as Chromium's journey knows Keycloak's pages only.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{eventually, outcome};
use crate::elsewhere::{Home, Process, free_port};

/// RFC 8628 section 3.5: what a client waits that is named no interval.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// What a provider was asked: when in milliseconds, and with which method and path.
type Requests = Arc<Mutex<Vec<(u64, String)>>>;

/// The provider, until it is dropped.
struct Other {
    _process: Process,
    issuer: String,
    requests: Requests,
}

impl Other {
    fn start() -> Self {
        Self::that(&[])
    }

    /// One that was started with these words.
    fn that(words: &[&str]) -> Self {
        let folder =
            PathBuf::from(std::env::var("KCLOGIN_LIVE_NODE_PROVIDER").expect("KCLOGIN_LIVE_NODE_PROVIDER is not set: run `cargo xtask test`"));
        let port = free_port();
        let issuer = format!("http://127.0.0.1:{port}");
        let mut command = Command::new("node");
        command.arg(folder.join("provider.mjs")).arg(port.to_string()).args(words).current_dir(&folder).stdout(Stdio::piped());
        let mut process = Process::start(&mut command, &issuer);
        let lines = BufReader::new(process.0.stdout.take().expect("stdout")).lines();
        let requests = Requests::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The library has lines of its own.
                if let Some((Ok(time), rest)) = line.split_once(' ').map(|(time, rest)| (time.parse(), rest.to_owned())) {
                    seen.lock().expect("no panic").push((time, rest));
                }
            }
        });
        Self { _process: process, issuer, requests }
    }

    /// When it was asked this, in milliseconds.
    fn times(&self, request: &str) -> Vec<u64> {
        self.requests.lock().expect("no panic").iter().filter(|(_, asked)| asked == request).map(|(time, _)| *time).collect()
    }
}

/// curl with a jar of cookies.
struct Browser(tempfile::TempDir);

impl Browser {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    /// Goes to an address, with a form where there is one, and wherever it leads. Gives the last address and its page.
    fn go(&self, address: &str, form: &[(&str, &str)]) -> (String, String) {
        let jar = self.0.path().join("jar");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--location", "--max-time", "30", "--noproxy", "*", "--write-out", "\n%{url_effective}"]);
        curl.arg("--cookie").arg(&jar).arg("--cookie-jar").arg(&jar);
        for (name, value) in form {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        let page = outcome(curl.arg(address).output().expect("curl")).done();
        let (page, address) = page.rsplit_once('\n').expect("an address");
        (address.to_owned(), page.to_owned())
    }

    /// Signs in with this name, whatever the password, grants what is asked for, and gives the page at the end.
    fn sign_in(&self, address: &str, name: &str) -> String {
        let (login, page) = self.go(address, &[]);
        self.sign_in_from(&login, &page, name)
    }

    fn sign_in_from(&self, login: &str, page: &str, name: &str) -> String {
        assert!(page.contains("name=\"password\""), "{login}: {page}");
        let (consent, page) = self.go(login, &[("prompt", "login"), ("login", name), ("password", "any")]);
        assert!(page.contains("value=\"consent\""), "{consent}: {page}");
        self.go(&consent, &[("prompt", "consent")]).1
    }
}

/// The hidden fields of a page's form.
fn fields(page: &str) -> BTreeMap<&str, &str> {
    let attribute = |tag: &'_ str, name: &str| -> Option<(usize, usize)> {
        let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
        Some((start, start + tag[start..].find('"')?))
    };
    let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    inputs
        .filter_map(|tag| {
            let (name, value) = (attribute(tag, "name")?, attribute(tag, "value")?);
            Some((&tag[name.0..name.1], &tag[value.0..value.1]))
        })
        .collect()
}

/// The one file with the tokens.
fn tokens(home: &Home) -> PathBuf {
    let mut files = std::fs::read_dir(home.store()).expect("a folder").flatten().map(|entry| entry.path());
    files.find(|file| std::fs::metadata(file).is_ok_and(|file| file.is_file() && file.len() > 100)).expect("tokens")
}

/// What it wants for a refresh token (OpenID Connect Core 1.0 section 11).
const LASTING: [&str; 5] = ["--no-browser", "--scope", "openid profile offline_access", "--prompt", "consent"];

fn signed_in() -> (Other, Home) {
    signed_in_at(Other::start())
}

fn signed_in_at(other: Other) -> (Other, Home) {
    let home = signed_in_by(&Browser::new(), &other);
    (other, home)
}

#[track_caller]
fn signed_in_by(browser: &Browser, other: &Other) -> Home {
    signed_in_with(&LASTING, browser, other)
}

#[track_caller]
fn signed_in_with(options: &[&str], browser: &Browser, other: &Other) -> Home {
    let home = Home::new();
    let outcome = home.log_in(&other.issuer, options, |address| {
        let page = browser.sign_in(address, "carol");
        assert!(page.contains("Signed in as carol"), "{page}");
    });
    assert!(outcome.stderr.ends_with(&format!("Logged in as carol at {}.", other.issuer)), "{outcome:?}");
    outcome.done();
    home
}

#[test]
fn an_opaque_access_token_is_as_good_as_any() {
    let (other, home) = signed_in();
    let who = home.run(&["whoami"]).done();
    assert!(who.starts_with("carol of the other house (carol)\n"), "{who}");
    let info: Value = serde_json::from_str(&home.run(&["whoami", "--json"]).done()).expect("JSON");
    assert_eq!(info["sub"], "carol");
    let first = home.run(&["token"]).done();
    assert!(!first.contains('.'), "it is no JWT: {first}");
    assert_eq!(home.run(&["token"]).done(), first, "and it is known how long it lives");
    let second = home.run(&["token", "--force-refresh"]).done();
    assert_ne!(second, first, "it was refreshed");
    let said = home.run(&["decode"]).failed(1);
    assert!(said.starts_with("error: "), "{said}");
    let decoded = home.run(&["decode", "--id-token", "--verify"]).done();
    assert!(decoded.starts_with(&format!("Verified: signed by {}, and valid now.\n", other.issuer)), "{decoded}");
    assert!(home.run(&["doctor"]).stdout.contains("  ok       client     "), "the doctor finds its way");
    home.run(&["logout"]).done();
    home.run(&["token"]).failed(3);
}

#[test]
fn a_refresh_token_that_is_used_twice_ends_the_session_and_says_so() {
    let (other, home) = signed_in();
    let file = tokens(&home);
    let before = std::fs::read(&file).expect("tokens");
    let fresh = home.run(&["token", "--force-refresh"]).done();
    // A backup is put back, or another machine has a copy.
    std::fs::write(&file, before).expect("written");
    let said = home.run(&["token", "--force-refresh"]).failed(3);
    assert!(said.contains("hint: sign in again with `kclogin login"), "{said}");
    assert!(!home.run(&["token"]).failed(3).contains(fresh.trim()), "and it is forgotten");
    // All that came of it is ended with it, so there is nothing that would have been worth keeping.
    let answer = ureq::get(format!("{}/me", other.issuer)).header("Authorization", format!("Bearer {}", fresh.trim())).call();
    assert!(matches!(answer, Err(ureq::Error::StatusCode(401))), "{answer:?}");
}

#[test]
fn a_device_that_is_named_no_interval_asks_every_five_seconds() {
    let (other, home) = (Other::start(), Home::new());
    let outcome = home.log_in(&other.issuer, &["--device"], |address| {
        let browser = Browser::new();
        eventually("a first question", || (!other.times("POST /token").is_empty()).then_some(()));
        // Its page sends the code on by itself, and then wants it confirmed.
        let (device, page) = browser.go(address, &[]);
        let form: Vec<(&str, &str)> = fields(&page).into_iter().collect();
        let (device, page) = browser.go(device.split('?').next().expect("a path"), &form);
        let mut form = fields(&page);
        form.insert("confirm", "yes");
        let (login, page) = browser.go(&device, &form.into_iter().collect::<Vec<_>>());
        let page = browser.sign_in_from(&login, &page, "dave");
        assert!(page.contains("Sign-in Success"), "{page}");
    });
    assert!(outcome.stderr.ends_with(&format!("Logged in as dave at {}.", other.issuer)), "{outcome:?}");
    outcome.done();
    let times = other.times("POST /token");
    assert!(times.len() >= 2, "{times:?}");
    let least = times.windows(2).map(|two| two[1] - two[0]).min().expect("two");
    // It is the provider that says when, and it may have taken its time to say it the first time.
    assert!(Duration::from_millis(least) + Duration::from_millis(500) > DEFAULT_INTERVAL, "{times:?}");
    assert!(home.run(&["whoami"]).done().starts_with("dave of the other house (dave)\n"));
}

#[test]
fn the_browser_ends_the_session_that_it_has() {
    let (other, browser) = (Other::start(), Browser::new());
    let home = signed_in_by(&browser, &other);
    let file = tokens(&home);
    let aside = home.path("aside");
    std::fs::copy(&file, &aside).expect("copied");
    let opened = home.path("opened");
    let script = home.path("open.sh");
    std::fs::write(&script, format!("echo \"$1\" > {0}.new; mv {0}.new {0}", opened.display())).expect("written");
    let mut logout = home.command(&["logout", "--browser", "--timeout", "60s"]);
    logout.env("BROWSER", format!("sh {}", script.display())).stdout(Stdio::piped()).stderr(Stdio::piped());
    let logout = logout.spawn().expect("started");
    let address = eventually("an address", || std::fs::read_to_string(&opened).ok());
    let (_, page) = browser.go(address.trim(), &[]);
    // It asks, as it should of whoever is sent there, and goes back when it was told yes.
    let mut form = fields(&page);
    form.insert("logout", "yes");
    let (_, page) = browser.go(&format!("{}/session/end/confirm", other.issuer), &form.into_iter().collect::<Vec<_>>());
    assert!(page.contains("<h1>Signed out</h1>"), "{page}");
    let outcome = outcome(logout.wait_with_output().expect("an end"));
    assert!(outcome.stderr.ends_with(&format!("\nLogged out carol from {}.\n", other.issuer)), "{outcome:?}");
    outcome.done();
    let (_, page) = browser.go(&format!("{}/session/end", other.issuer), &[]);
    assert!(!page.contains("carol"), "nobody is signed in there any more: {page}");
    // What was copied before is of no use.
    std::fs::copy(&aside, &file).expect("copied, with its mode");
    home.run(&["token", "--force-refresh"]).failed(3);
}

/// Asks a resource with these header lines. Gives the status, and the nonce that it wants in the next proof.
fn ask(address: &str, lines: &str) -> (u16, Option<String>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let pairs = lines.lines().map(|line| line.split_once(": ").expect("a header"));
    let answer = pairs.fold(agent.get(address), |request, (name, value)| request.header(name, value)).call().expect("an answer");
    let nonce = answer.headers().get("dpop-nonce").map(|nonce| nonce.to_str().expect("text").to_owned());
    (answer.status().as_u16(), nonce)
}

#[test]
fn rfc9449_a_provider_that_wants_nonces_gets_proofs_with_them() {
    let (other, browser) = (Other::that(&["nonces"]), Browser::new());
    let home = signed_in_with(&[&LASTING[..], &["--dpop"]].concat(), &browser, &other);
    assert!(home.run(&["whoami"]).done().starts_with("carol of the other house (carol)\n"), "the UserInfo endpoint wants a nonce as well");
    let first = home.run(&["token"]).done();
    let second = home.run(&["token", "--force-refresh"]).done();
    assert_ne!(first, second, "the refresh has a proof of its own");
    let resource = format!("{}/me", other.issuer);
    assert_eq!(ask(&resource, &format!("Authorization: Bearer {}", second.trim())).0, 401, "alone it is worth nothing");
    let (status, nonce) = ask(&resource, &home.run(&["token", "--dpop", "GET", &resource]).done());
    let nonce = nonce.expect("it wants a nonce");
    assert_eq!(status, 401);
    let lines = home.run(&["token", "--dpop", "GET", &resource, "--dpop-nonce", &nonce]).done();
    assert_eq!(ask(&resource, &lines).0, 200, "{lines}");
    let elsewhere = home.run(&["token", "--dpop", "POST", &resource, "--dpop-nonce", &nonce]).done();
    assert_eq!(ask(&resource, &elsewhere).0, 401, "a proof is for its own request");
    home.run(&["logout"]).done();
}

#[test]
fn rfc9126_a_provider_that_takes_pushed_requests_only_gets_them() {
    let (other, home) = signed_in_at(Other::that(&["pushed-only"]));
    assert_eq!(other.times("POST /request").len(), 1, "{:?}", other.requests);
    home.run(&["token", "--force-refresh"]).done();
    let page = home.run(&["doctor"]);
    assert!(page.stdout.contains("  ok       client     "), "{}", page.stdout);
}

#[test]
fn without_a_refresh_token_it_is_said_how_one_is_to_be_had() {
    let (other, home) = (Other::start(), Home::new());
    home.log_in(&other.issuer, &["--no-browser"], |address| drop(Browser::new().sign_in(address, "erin"))).done();
    assert!(home.run(&["token"]).done().len() > 20);
    let said = home.run(&["token", "--force-refresh"]).failed(3);
    assert!(said.contains("no refresh token") && said.contains("the scope `offline_access` and `--prompt consent`"), "{said}");
}
