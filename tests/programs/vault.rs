//! A real server of OpenBao, which is Vault under a free licence and speaks as Vault does, with its own method of JWTs: it checks the token by the realm's
//! discovery and keys.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::bench::{Outcome, Person, eventually, outcome, with_an_expired_token};
use crate::http_clients::with_pypi;
use crate::recipes::recipe;

const ROOT: &str = "of-this-test";

/// A server in memory, which ends with the test.
struct Vault {
    url: String,
    process: Child,
    /// Whose home it is set up from.
    owner: Person,
}

impl Drop for Vault {
    fn drop(&mut self) {
        // It is there or has ended by itself; neither helps the test now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Vault {
    /// One that lets in this issuer's users by JWTs, and has a secret.
    fn trusting(issuer: &str) -> Self {
        let owner = Person::new();
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let address = format!("127.0.0.1:{port}");
        let log = fs::File::create(owner.path("log")).expect("a log");
        let mut command = with_pypi(&owner, "bao", &["server", "-dev", "-dev-no-store-token"]);
        command.arg(format!("-dev-root-token-id={ROOT}")).arg(format!("-dev-listen-address={address}"));
        let process = command.stdout(log.try_clone().expect("a log")).stderr(log).spawn().expect("bao");
        let vault = Self { url: format!("http://{address}"), process, owner };
        eventually("the server", || fs::read_to_string(vault.owner.path("log")).ok().filter(|text| text.contains("Development mode should NOT")));
        vault.set_up(&["auth", "enable", "jwt"], None);
        vault.set_up(&["write", "auth/jwt/config", "-"], Some(&json!({"oidc_discovery_url": issuer, "bound_issuer": issuer})));
        vault.set_up(&["policy", "write", "app", "-"], Some(&json!({"path": {"secret/data/app": {"capabilities": ["read"]}}})));
        vault.set_up(&["kv", "put", "-mount=secret", "app", "-"], Some(&json!({"colour": "green"})));
        vault
    }

    /// The role `developer`, for whose tokens have this audience and this user's name.
    fn let_in(&self, audience: &str, name: &str) {
        let role = json!({
            "role_type": "jwt", "user_claim": "preferred_username", "bound_audiences": [audience], "bound_claims": {"preferred_username": name},
            "token_policies": ["app"],
        });
        self.set_up(&["write", "auth/jwt/role/developer", "-"], Some(&role));
    }

    #[track_caller]
    fn set_up(&self, arguments: &[&str], input: Option<&Value>) {
        let mut command = self.command(&self.owner, "bao", arguments);
        let mut child = command.env("VAULT_TOKEN", ROOT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bao");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.map(ToString::to_string).unwrap_or_default().as_bytes()).expect("written");
        drop(stdin);
        outcome(child.wait_with_output().expect("an end")).done();
    }

    fn command(&self, person: &Person, program: &str, arguments: &[&str]) -> Command {
        let mut command = with_pypi(person, program, arguments);
        command.env("VAULT_ADDR", &self.url).env("VAULT_ROLE", "developer");
        command
    }

    /// Runs the recipe for this person.
    fn run(&self, person: &Person, arguments: &[&str]) -> Outcome {
        outcome(self.command(person, &recipe("vault.sh"), arguments).output().expect("the recipe"))
    }
}

const READ: [&str; 6] = ["bao", "kv", "get", "-mount=secret", "-field=colour", "app"];

#[test]
fn vault_gives_its_own_token_for_one_of_kclogin_s() {
    let person = Person::new();
    person.log_in(&[]).done();
    let vault = Vault::trusting(&person.issuer());
    vault.let_in("kclogin", &person.name);
    assert_eq!(vault.run(&person, &READ).done(), "green");
    let told = vault.run(&person, &["bao", "token", "lookup", "-format=json"]).done();
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["data"]["display_name"], format!("jwt-{}", person.name), "{told}");
    assert!(told["data"]["policies"].as_array().expect("policies").contains(&"app".into()), "{told}");
    // No token of either is left behind.
    assert!(!person.path(".vault-token").exists());
    // One that is there is not in the way of it, and is not used.
    let mut command = vault.command(&person, &recipe("vault.sh"), &READ);
    assert_eq!(outcome(command.env("VAULT_TOKEN", "nonsense").output().expect("the recipe")).done(), "green");
}

#[test]
fn vault_refuses_another_audience_and_another_user() {
    let (person, other) = (Person::new(), Person::new());
    person.log_in(&[]).done();
    let vault = Vault::trusting(&person.issuer());
    for (audience, name, reason) in [("another", &person.name, "invalid audience (aud) claim"), ("kclogin", &other.name, "does not match")] {
        vault.let_in(audience, name);
        let refused = vault.run(&person, &READ);
        assert!(refused.code != 0 && refused.stdout.is_empty() && refused.stderr.contains(reason), "{audience} {name}: {refused:?}");
    }
}

#[test]
fn vault_is_asked_with_a_renewed_token_and_not_at_all_where_nobody_is_signed_in() {
    let person = with_an_expired_token("demo");
    let vault = Vault::trusting(&person.issuer());
    vault.let_in(&person.name, &person.name);
    assert_eq!(vault.run(&person, &READ).done(), "green");
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
    person.run(&["logout"]).done();
    let said = vault.run(&person, &READ).failed(3);
    assert!(said.ends_with(&format!("hint: sign in with `kclogin login --profile {}`\n", person.name)), "{said}");
}
