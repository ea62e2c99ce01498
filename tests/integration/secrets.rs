//! No secret is ever seen: not on stderr at any verbosity, not on stdout but where `token` was asked for it, not in a `Debug` text.

use kclogin::environment::Environment;
use kclogin::exit::Exit;
use kclogin::oidc::http::Settings;
use serde_json::json;

use crate::machine::{Machine, Outcome};
use crate::provider::{Algorithm, Endpoint, Provider, Respond};
use crate::store::Fault;

const SECRET: &str = "s3cr3t-of-backend";
/// What becomes of a stored entry.
type Damage = fn(&mut Vec<u8>);

const VERBOSITIES: [Option<&str>; 3] = [None, Some("-q"), Some("-v")];

/// A provider and a machine, and what was printed there.
struct Watched {
    provider: Provider,
    machine: Machine,
    verbosity: Option<&'static str>,
}

impl Watched {
    /// A confidential client is used, so that there is a client secret as well.
    fn new(verbosity: Option<&'static str>) -> Self {
        let (provider, machine) = (Provider::start(), Machine::new());
        provider.confidential_client("backend", SECRET);
        machine.set("KCLOGIN_CLIENT_SECRET", SECRET);
        machine.set("KCLOGIN_CLIENT_ID", "backend");
        machine.set("KCLOGIN_ISSUER", &provider.issuer());
        Self { provider, machine, verbosity }
    }

    fn signed_in(verbosity: Option<&'static str>) -> Self {
        let watched = Self::new(verbosity);
        watched.run(&["login"]);
        watched
    }

    /// Runs, and shows that no secret known by now is on either stream; but the one that `token` is asked for on stdout.
    #[track_caller]
    fn run(&self, call: &[&str]) -> Outcome {
        let call: Vec<&str> = call.iter().copied().chain(self.verbosity).collect();
        let outcome = self.machine.run(&call);
        let asked: &[&str] = match (call[0], call.contains(&"--id-token"), outcome.exit) {
            ("token", false, Exit::Done) => &["access token"],
            ("token", true, Exit::Done) => &["ID token"],
            _ => &[],
        };
        assert_eq!(self.provider.leaks_in(&outcome.stderr), Vec::<&str>::new(), "{call:?} said {}", outcome.stderr);
        assert_eq!(self.provider.leaks_in(&outcome.stdout), asked, "{call:?} printed {}", outcome.stdout);
        assert_eq!(self.provider.leaks_in(&self.machine.config()), Vec::<&str>::new());
        outcome
    }

    #[track_caller]
    fn fails(&self, call: &[&str]) {
        let outcome = self.run(call);
        assert_ne!(outcome.exit, Exit::Done, "{call:?}: {}", outcome.stderr);
    }
}

#[test]
fn no_command_that_succeeds_shows_a_secret() {
    for verbosity in VERBOSITIES {
        let watched = Watched::signed_in(verbosity);
        let calls = [
            &["whoami"][..],
            &["whoami", "--json"],
            &["status"],
            &["status", "--json"],
            &["token"],
            &["token", "--format", "header"],
            &["token", "--format", "json"],
            &["token", "--id-token"],
            &["token", "--force-refresh"],
            &["profile", "list"],
            &["profile", "show"],
            &["login", "--scope", "offline_access"],
            &["logout"],
        ];
        for call in calls {
            let outcome = watched.run(call);
            assert_eq!(outcome.exit, Exit::Done, "{call:?}: {}", outcome.stderr);
        }
        assert!(watched.provider.secrets().len() > 10, "there were secrets to be seen");
    }
}

#[test]
fn verbose_says_what_is_sent_where() {
    let watched = Watched::signed_in(Some("-v"));
    let stderr = watched.run(&["token", "--force-refresh"]).stderr;
    assert!(stderr.starts_with(&format!("POST {}: 200 OK, ", watched.provider.url(Endpoint::Token))), "{stderr}");
}

#[test]
fn no_failing_login_shows_a_secret() {
    for verbosity in VERBOSITIES {
        let spoil: [&dyn Fn(&Provider); 12] = [
            &|provider| provider.deny("access_denied", Some("no")),
            &|provider| provider.respond(Endpoint::Token, Respond::status(503)),
            &|provider| provider.respond(Endpoint::Token, Respond::lost()),
            &|provider| provider.respond(Endpoint::Token, Respond::error(400, "invalid_grant", "Code not valid")),
            &|provider| provider.alter_id_token(|_, claims| claims["nonce"] = json!("another")),
            &|provider| provider.alter_id_token(|_, claims| claims["at_hash"] = json!("another")),
            &|provider| provider.alter_id_token(|_, claims| claims["exp"] = json!("soon")),
            &|provider| provider.sign_with(Algorithm::None),
            &|provider| provider.sign_badly(),
            &|provider| provider.alter_token_response(|response| response["token_type"] = json!("mac")),
            // Secrets where they don't belong, as a confused proxy or a hostile provider might put them.
            &|provider| provider.alter_token_response(|response| response["expires_in"] = response["access_token"].clone()),
            &|provider| provider.alter_token_response(|response| response["refresh_expires_in"] = response["refresh_token"].clone()),
        ];
        for spoil in spoil {
            let watched = Watched::new(verbosity);
            spoil(&watched.provider);
            watched.fails(&["login", "--timeout", "5s"]);
        }
    }
}

#[test]
fn no_failing_refresh_shows_a_secret() {
    for verbosity in VERBOSITIES {
        let watched = Watched::signed_in(verbosity);
        watched.machine.clock.advance(301);
        let responses = [Respond::status(503), Respond::reset(), Respond::error(400, "invalid_request", "x"), Respond::body("text/html", "<html>")];
        for respond in responses {
            watched.provider.respond(Endpoint::Token, respond.once());
            watched.fails(&["token"]);
        }
        watched.machine.store.fail_once(2, Fault::Locked);
        watched.fails(&["token"]);
        watched.provider.end_sessions();
        watched.fails(&["token"]);
    }
}

#[test]
fn no_failing_whoami_or_logout_shows_a_secret() {
    for verbosity in VERBOSITIES {
        let mut watched = Watched::signed_in(verbosity);
        watched.provider.respond(Endpoint::UserInfo, Respond::status(500).once());
        watched.fails(&["whoami"]);
        watched.provider.respond(Endpoint::UserInfo, Respond::body("text/plain", "no").once());
        watched.fails(&["whoami"]);
        watched.provider.alter_user_info(|claims| claims["sub"] = json!("mallory"));
        watched.fails(&["whoami"]);
        watched.provider.stop();
        let outcome = watched.run(&["logout"]);
        assert!(outcome.exit == Exit::Done && outcome.stderr.contains("warning: "), "{}", outcome.stderr);
    }
}

#[test]
fn no_damaged_session_is_repeated() {
    for verbosity in VERBOSITIES {
        let watched = Watched::signed_in(verbosity);
        let damages: [Damage; 3] = [
            |bytes| bytes.truncate(bytes.len() - 1),
            |bytes| *bytes = String::from_utf8_lossy(bytes).replace("\"version\":1", "\"version\":3").into_bytes(),
            // A token where a number belongs: parsers like to repeat such a value.
            |bytes| {
                let mut value: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
                value["expiry"] = value["access_token"].clone();
                *bytes = value.to_string().into_bytes();
            },
        ];
        for damage in damages {
            watched.run(&["login"]);
            watched.machine.store.change("token-set ", damage);
            watched.fails(&["token"]);
            watched.fails(&["whoami"]);
            watched.fails(&["status"]);
        }
    }
}

#[test]
fn a_secret_given_as_an_argument_is_no_option_at_all() {
    let stderr = Machine::new().run(&["login", "--client-secret", SECRET]).failed(Exit::Usage);
    assert!(stderr.contains("--client-secret-stdin") && !stderr.contains(SECRET), "{stderr}");
    let stderr = Machine::new().run(&["login", "--password", SECRET]).failed(Exit::Usage);
    assert!(stderr.contains("--password") && !stderr.contains(SECRET), "{stderr}");
}

#[test]
fn debug_texts_show_no_secret() {
    let environment =
        Environment::from_pairs([("KCLOGIN_CLIENT_SECRET", SECRET), ("HTTPS_PROXY", "http://alice:s3cr3t-of-backend@proxy.example:3128")]);
    assert!(!format!("{environment:?}").contains(SECRET), "{environment:?}");
    let settings = Settings::new(&environment, &kclogin::profile::Settings::default());
    assert!(!format!("{settings:?}").contains(SECRET), "{settings:?}");
    let client = kclogin::oidc::provider::Client {
        id: "backend".to_owned(),
        secret: Some(SECRET.into()),
        authentication: kclogin::oidc::endpoints::ClientAuthentication::ClientSecretPost,
    };
    assert!(!format!("{client:?}").contains(SECRET), "{client:?}");
    let imported = kclogin::profile::import::import(
        &json!({ "realm": "a", "auth-server-url": "https://kc.example", "resource": "b", "credentials": { "secret": SECRET } }).to_string(),
    );
    assert!(!format!("{:?}", imported.expect("imported")).contains(SECRET));
}

#[test]
fn a_stored_token_set_s_debug_text_shows_no_secret() {
    let provider = Provider::start();
    let machine = Machine::signed_in_to(&provider);
    let bytes = machine.store.kept().into_values().next().expect("a session");
    let set = kclogin::token_set::TokenSet::from_stored(&kclogin::secret::Secret::new(bytes)).expect("a token set");
    let text = format!("{set:?} {set:#?}");
    assert!(text.contains("alice") && provider.leaks_in(&text).is_empty(), "{text}");
}
