//! Profiles out of the files that Keycloak's users already have.

use std::fs;
use std::net::TcpListener;
use std::sync::Mutex;

use crate::bench::{Person, keycloak};

/// The Flask application's redirect URI has one port for all.
static PORT_5000: Mutex<()> = Mutex::new(());

fn client_secrets(issuer: &str) -> String {
    let endpoint = format!("{issuer}/protocol/openid-connect");
    serde_json::json!({"web": {
        "client_id": "flask-app", "client_secret": "flask-secret", "auth_uri": format!("{endpoint}/auth"), "token_uri": format!("{endpoint}/token"),
        "userinfo_uri": format!("{endpoint}/userinfo"), "redirect_uris": ["http://localhost:5000/oidc/callback"],
    }})
    .to_string()
}

#[test]
fn a_flask_applications_client_signs_in_at_its_fixed_redirect_uri() {
    let _port = PORT_5000.lock();
    let person = Person::new();
    let file = person.path("client_secrets.json");
    fs::write(&file, client_secrets(&person.issuer())).expect("written");
    let imported = person.run(&["profile", "import", file.to_str().expect("UTF-8")]);
    assert_eq!((imported.code, imported.stdout.as_str()), (0, ""), "{}", imported.stderr);
    assert!(imported.stderr.contains(&format!("Note: the file's URLs are Keycloak's, so the issuer is {}.", person.issuer())), "{}", imported.stderr);
    assert!(!person.config().contains("flask-secret"));

    let login = person.run(&["login", "-v", "--timeout", "60s"]);
    assert_eq!(login.code, 0, "{}", login.stderr);
    assert!(!login.stderr.contains("openid-configuration"), "no discovery: {}", login.stderr);
    assert!(person.seen()["address"].as_str().expect("an address").starts_with("http://localhost:5000/oidc/callback?"));
    assert!(person.run(&["whoami"]).done().contains("\n  Client    flask-app\n"));
    person.run(&["token", "--force-refresh"]).done();
    person.run(&["logout"]).done();
    assert_eq!(person.sessions(), 0);
}

#[test]
fn a_taken_port_is_named_with_who_holds_it() {
    let _port = PORT_5000.lock();
    let person = Person::new();
    let file = person.path("client_secrets.json");
    fs::write(&file, client_secrets(&person.issuer())).expect("written");
    person.run(&["profile", "import", file.to_str().expect("UTF-8")]).done();
    for address in ["127.0.0.1:5000", "[::1]:5000"] {
        let Ok(held) = TcpListener::bind(address) else {
            assert!(address.starts_with('['), "only ::1 may be missing on a machine");
            continue;
        };
        let stderr = person.run(&["login", "--timeout", "5s"]).failed(1);
        let host = address.trim_end_matches(":5000").trim_matches(['[', ']']);
        assert!(stderr.contains(&format!("error: port 5000 on {host} is taken by ")), "{stderr}");
        assert!(stderr.contains(&format!("(process {})", std::process::id())), "{stderr}");
        drop(held);
    }
}

#[test]
fn keycloaks_own_adapter_file_makes_a_profile() {
    let person = Person::new();
    let file = person.path("keycloak.json");
    let adapter = serde_json::json!({
        "realm": "demo", "auth-server-url": keycloak(), "ssl-required": "none", "resource": "kclogin-confidential", "credentials": {"secret": "demo-secret"},
    });
    fs::write(&file, adapter.to_string()).expect("written");
    person.run(&["profile", "import", file.to_str().expect("UTF-8")]).done();
    person.run(&["login", "--timeout", "60s"]).done();
    assert!(person.run(&["whoami"]).done().contains("\n  Client    kclogin-confidential\n"));
}
