//! Signing in with a code (RFC 8628), which somebody enters in a real browser.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::json;

use crate::bench::{Outcome, Person, new_client, user_info_status};

/// A login with a code that is under way, and what it has shown.
struct Login {
    process: Child,
    stderr: BufReader<ChildStderr>,
    shown: String,
}

impl Login {
    #[track_caller]
    fn start(person: &Person, client: &str, more: &[&str]) -> Self {
        let mut process = person.start_login(&[&["--device", "--client-id", client], more].concat());
        let mut stderr = BufReader::new(process.stderr.take().expect("stderr"));
        let mut shown = String::new();
        while !shown.contains("\nWaiting") {
            assert_ne!(stderr.read_line(&mut shown).expect("text"), 0, "{shown}");
        }
        Self { process, stderr, shown }
    }

    /// The addresses that it shows, the plain one and the one with the code in it, and the code.
    fn addresses(&self) -> (String, String, String) {
        let indented: Vec<&str> = self.shown.lines().filter_map(|line| line.strip_prefix("  ")).map(str::trim).collect();
        let [plain, complete, code] = indented[..] else { panic!("{}", self.shown) };
        (plain.to_owned(), complete.to_owned(), code.to_owned())
    }

    fn end(mut self) -> Outcome {
        self.stderr.read_to_string(&mut self.shown).expect("text");
        let mut stdout = String::new();
        self.process.stdout.take().expect("stdout").read_to_string(&mut stdout).expect("text");
        Outcome { code: self.process.wait().expect("an end").code().unwrap_or(-1), stdout, stderr: self.shown }
    }
}

/// A client that may use the device grant and demands PKCE, with these attributes besides.
fn device_client(person: &Person, more: &serde_json::Value) -> String {
    let mut attributes = json!({"oauth2.device.authorization.grant.enabled": "true", "pkce.code.challenge.method": "S256"});
    attributes.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    new_client(&person.realm, &person.name, &attributes);
    person.name.clone()
}

/// The person's browser, on whichever device it is.
fn browser(person: &Person, action: &str, address: &str) -> Command {
    let mut browser = Command::new(std::env::var("KCLOGIN_LIVE_BROWSER").expect("the live tests' browser"));
    let kclogin = person.command(&[]);
    let for_browser = kclogin.get_envs().filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("XTASK_")));
    browser.envs(for_browser.filter_map(|(name, value)| Some((name, value?))));
    browser.arg(address).env("XTASK_BROWSER_ACTION", action).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    browser
}

#[test]
fn rfc8628_a_code_is_approved_in_a_browser_where_the_client_demands_pkce() {
    let person = Person::new();
    let login = Login::start(&person, &device_client(&person, &json!({})), &[]);
    let (plain, complete, code) = login.addresses();
    assert_eq!((plain.clone(), complete), (format!("{}/device", person.issuer()), format!("{plain}?user_code={code}")));
    assert!(browser(&person, "approve-device", &plain).env("XTASK_BROWSER_CODE", &code).status().expect("a browser").success(), "{}", person.seen());
    let outcome = login.end();
    assert!(outcome.stderr.ends_with(&format!("Logged in as Live {0} ({0}) at {1}.\n", person.name, person.issuer())), "{}", outcome.stderr);
    assert_eq!(outcome.done(), "");
    let token = person.run(&["token", "--force-refresh"]).done();
    assert_eq!(user_info_status(&person.issuer(), token.trim_end()), 200);
    assert!(person.config().contains("login-method = \"device\""), "{}", person.config());
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}

#[test]
fn rfc8628_3_5_a_sign_in_is_denied_in_the_browser() {
    let person = Person::new();
    let login = Login::start(&person, &device_client(&person, &json!({})), &[]);
    assert!(browser(&person, "deny", &login.addresses().1).status().expect("a browser").success(), "{}", person.seen());
    let stderr = login.end().failed(1);
    assert!(stderr.ends_with("error: the sign-in was denied at the provider\n"), "{stderr}");
    assert_eq!(person.config(), "");
}

#[test]
fn rfc8628_3_5_a_code_expires() {
    let person = Person::new();
    let client = device_client(&person, &json!({"oauth2.device.code.lifespan": "6", "oauth2.device.polling.interval": "2"}));
    let login = Login::start(&person, &client, &["-v"]);
    let stderr = login.end().failed(1);
    assert!(stderr.contains("error: the code has expired: nobody signed in with it within 6 s\n"), "{stderr}");
    let asked = stderr.lines().filter(|line| line.starts_with("POST ") && line.contains("/protocol/openid-connect/token: 400")).count();
    assert!((2..=3).contains(&asked), "the interval that the client has: {stderr}");
}

#[test]
fn two_people_sign_in_with_codes_at_once_and_stay_apart() {
    let people = [Person::new(), Person::new()];
    let logins = people.each_ref().map(|person| Login::start(person, &device_client(person, &json!({})), &[]));
    let browsers: Vec<Child> = people
        .iter()
        .zip(&logins)
        .map(|(person, login)| browser(person, "approve-device", &login.addresses().1).spawn().expect("a browser"))
        .collect();
    for mut browser in browsers {
        assert!(browser.wait().expect("an end").success());
    }
    for (person, login) in people.iter().zip(logins) {
        login.end().done();
        let status = person.run(&["status", "--json"]).done();
        assert!(status.contains(&format!("\"username\": \"{}\"", person.name)), "{status}");
    }
}

#[test]
fn a_client_that_may_not_sign_in_with_a_code_is_said_with_the_setting_s_name() {
    let person = Person::new();
    new_client(&person.realm, &person.name, &json!({}));
    let stderr = person.log_in(&["--device", "--client-id", &person.name]).failed(1);
    let expected = format!(
        "error: the sign-in failed: the client `{}` may not sign in with a code\nhint: ask an administrator to switch on `OAuth 2.0 Device Authorization Grant` ",
        person.name
    );
    assert!(stderr.starts_with(&expected), "{stderr}");
}
