//! The workbench of the live tests: one person with a home of their own, the demo realm behind them, and the administrator beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::schemas;

/// A person of their own for one test: a user in Keycloak, a home, and a profile whose name nobody else's keyring entries have.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) realm: String,
    home: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// stdout of a run that ended well.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }

    /// stderr of a run that ended with this code and printed nothing on stdout.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "stderr: {}", self.stderr);
        self.stderr
    }
}

pub(crate) const PASSWORD: &str = "correct horse";

impl Person {
    /// A new person, with a user in the realm `demo`.
    pub(crate) fn new() -> Self {
        Self::in_realm("demo")
    }

    /// A new person, with a user in this realm.
    pub(crate) fn in_realm(realm: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("live-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let user = json!({
            "username": name, "enabled": true, "firstName": "Live", "lastName": name, "email": format!("{name}@example.test"), "emailVerified": true,
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": false}],
        });
        admin("POST", &format!("/admin/realms/{realm}/users"), Some(&user));
        Self { name, realm: realm.to_owned(), home: tempfile::tempdir().expect("a home"), variables: BTreeMap::new() }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/realms/{}", keycloak(), self.realm)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Tells the headless browser what to do; see `cargo xtask browser --help`.
    pub(crate) fn browser(&mut self, action: &str) {
        self.set("XTASK_BROWSER_ACTION", action);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn config(&self) -> String {
        fs::read_to_string(self.path(".config/kclogin/config.toml")).unwrap_or_default()
    }

    /// The command, with this person's home and browser, and the keyring of the whole run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kclogin"));
        for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "NO_COLOR"] {
            command.env_remove(variable);
        }
        command
            .args(arguments)
            .env("HOME", self.home.path())
            .env("KCLOGIN_PROFILE", &self.name)
            .env("BROWSER", required("KCLOGIN_LIVE_BROWSER"))
            .env("XTASK_BROWSER_USER", &self.name)
            .env("XTASK_BROWSER_PASSWORD", PASSWORD)
            .env("XTASK_BROWSER_LOG", self.path("browser.log"))
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    /// Runs kclogin. What it prints as JSON is held against the schema for it.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let outcome = outcome(self.command(arguments).output().expect("kclogin runs"));
        schemas::check(arguments, outcome.code == 0, &outcome.stdout);
        outcome
    }

    /// Signs in at this person's realm.
    #[track_caller]
    pub(crate) fn log_in(&self, more: &[&str]) -> Outcome {
        self.run(&[&["login", "--issuer", &self.issuer(), "--timeout", "90s"], more].concat())
    }

    /// Starts a login and does not wait for it.
    pub(crate) fn start_login(&self, more: &[&str]) -> Child {
        let issuer = self.issuer();
        let arguments = [&["login", "--issuer", &issuer], more].concat();
        self.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts")
    }

    /// What the browser reported at its end: waits for it, as it may outlive kclogin by a moment.
    #[track_caller]
    pub(crate) fn seen(&self) -> Value {
        let log = self.path("browser.log");
        let text = eventually("the browser's report", || fs::read_to_string(&log).ok().filter(|text| text.ends_with('\n')));
        serde_json::from_str(text.lines().last().expect("a line")).expect("JSON")
    }

    /// Waits for the browser's report and removes it, so that a later one would be noticed.
    pub(crate) fn forget_seen(&self) {
        self.seen();
        fs::remove_file(self.path("browser.log")).expect("removed");
    }

    /// Keycloak's own name for this person.
    pub(crate) fn id(&self) -> String {
        let users = admin("GET", &format!("/admin/realms/{}/users?exact=true&username={}", self.realm, self.name), None);
        users[0]["id"].as_str().expect("a user").to_owned()
    }

    /// How many sessions Keycloak has for this person.
    pub(crate) fn sessions(&self) -> usize {
        let sessions = admin("GET", &format!("/admin/realms/{}/users/{}/sessions", self.realm, self.id()), None);
        sessions.as_array().expect("sessions").len()
    }

    /// How many events of a type Keycloak has for this person.
    pub(crate) fn events(&self, kind: &str) -> usize {
        let events = admin("GET", &format!("/admin/realms/{}/events?type={kind}&max=1000&user={}", self.realm, self.id()), None);
        events.as_array().expect("events").len()
    }

    /// Ends every session of this person, as an administrator can.
    pub(crate) fn end_sessions(&self) {
        admin("POST", &format!("/admin/realms/{}/users/{}/logout", self.realm, self.id()), None);
    }

    /// Changes this person's user.
    pub(crate) fn change_user(&self, change: &Value) {
        admin("PUT", &format!("/admin/realms/{}/users/{}", self.realm, self.id()), Some(change));
    }
}

/// A realm of its own, with these settings and a client `kclogin`, for a test that changes what belongs to all of a realm.
pub(crate) fn new_realm(settings: &Value) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("realm-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let mut realm = json!({
        "realm": name, "enabled": true, "sslRequired": "none", "eventsEnabled": true, "enabledEventTypes": ["REFRESH_TOKEN", "REFRESH_TOKEN_ERROR"],
    });
    realm.as_object_mut().expect("an object").extend(settings.as_object().expect("an object").clone());
    admin("POST", "/admin/realms", Some(&realm));
    new_client(&name, "kclogin", &json!({}));
    name
}

/// Such a realm that is gone with the test.
pub(crate) struct PassingRealm(pub(crate) String);

impl PassingRealm {
    pub(crate) fn new(settings: &Value) -> Self {
        Self(new_realm(settings))
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/realms/{}", keycloak(), self.0)
    }

    /// A call to its part of the admin API.
    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        admin(method, &format!("/admin/realms/{}/{path}", self.0), Some(body).filter(|body| !body.is_null()))
    }
}

impl Drop for PassingRealm {
    fn drop(&mut self) {
        // A test that fails leaves it to be looked at.
        if !thread::panicking() {
            admin("DELETE", &format!("/admin/realms/{}", self.0), None);
        }
    }
}

/// A public client of its own in the realm, with these attributes, whose redirect URIs are the usual ones.
pub(crate) fn new_client(realm: &str, id: &str, attributes: &Value) {
    let client = json!({
        "clientId": id, "publicClient": true, "standardFlowEnabled": true, "redirectUris": ["http://127.0.0.1/*"], "attributes": attributes,
    });
    admin("POST", &format!("/admin/realms/{realm}/clients"), Some(&client));
}

/// A client's place in the admin API.
pub(crate) fn client_path(realm: &str, id: &str) -> String {
    let clients = admin("GET", &format!("/admin/realms/{realm}/clients?clientId={id}"), None);
    format!("/admin/realms/{realm}/clients/{}", clients[0]["id"].as_str().expect("a client"))
}

/// Changes a client.
pub(crate) fn change_client(realm: &str, id: &str, change: &Value) {
    admin("PUT", &client_path(realm, id), Some(change));
}

/// Somebody whose access token has expired, and whose next one lives for minutes: in a realm with one-use refresh tokens, a second refresh with the
/// same one would end the session.
pub(crate) fn with_an_expired_token(realm: &str) -> Person {
    let person = Person::in_realm(realm);
    new_client(realm, &person.name, &json!({"access.token.lifespan": "2"}));
    person.log_in(&["--client-id", &person.name]).done();
    change_client(realm, &person.name, &json!({"attributes": {"access.token.lifespan": "300"}}));
    thread::sleep(Duration::from_secs(3));
    person
}

/// How Keycloak answers a token at its UserInfo endpoint.
pub(crate) fn user_info_status(issuer: &str, access_token: &str) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.get(format!("{issuer}/protocol/openid-connect/userinfo")).header("authorization", format!("Bearer {access_token}"));
    request.call().expect("an answer").status().as_u16()
}

/// How Keycloak answers a refresh: the error code, or `ok`.
pub(crate) fn refresh_answer(issuer: &str, refresh_token: &str) -> String {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let form = [("grant_type", "refresh_token"), ("client_id", "kclogin"), ("refresh_token", refresh_token)];
    let mut response = agent.post(format!("{issuer}/protocol/openid-connect/token")).send_form(form).expect("an answer");
    let body: Value = serde_json::from_str(&response.body_mut().read_to_string().expect("a body")).expect("JSON");
    body["error"].as_str().unwrap_or("ok").to_owned()
}

/// Keycloak's address.
pub(crate) fn keycloak() -> String {
    required("KCLOGIN_LIVE_KEYCLOAK")
}

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: the live tests are run by `cargo xtask test`, which starts what they need"))
}

/// A call to Keycloak's admin API.
pub(crate) fn admin(method: &str, path: &str, body: Option<&Value>) -> Value {
    static TOKEN: OnceLock<std::sync::Mutex<(String, Instant)>> = OnceLock::new();
    let token = {
        let mut held = TOKEN.get_or_init(|| (admin_token(), Instant::now()).into()).lock().expect("a token");
        // It lives for a minute.
        if held.1.elapsed() > Duration::from_secs(40) {
            *held = (admin_token(), Instant::now());
        }
        held.0.clone()
    };
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", keycloak()))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map(ToString::to_string).unwrap_or_default())
        .expect("a request");
    let mut response = agent.run(request).expect("an answer");
    let text = response.body_mut().read_to_string().expect("a body");
    assert!(response.status().is_success(), "{method} {path}: {} {text}", response.status());
    serde_json::from_str(&text).unwrap_or_default()
}

fn admin_token() -> String {
    let credentials = required("KCLOGIN_LIVE_ADMIN");
    let (user, password) = credentials.split_once(':').expect("user:password");
    let form = [("grant_type", "password"), ("client_id", "admin-cli"), ("username", user), ("password", password)];
    let url = format!("{}/realms/master/protocol/openid-connect/token", keycloak());
    let text = ureq::post(url).send_form(form).expect("a token").body_mut().read_to_string().expect("a body");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}

pub(crate) fn outcome(output: Output) -> Outcome {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Waits for something for at most half a minute.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "{what} did not come");
        thread::sleep(Duration::from_millis(50));
    }
}
