//! Keycloak as companies serve it: below a path, over TLS with their own authority, and asking its clients for certificates.
//!
//! Apart from the other live tests, as Keycloak builds such settings into itself. `cargo xtask test` says where this one is to listen, and which program starts
//! it there; without it this test fails: it never skips.
#![cfg(unix)]
#![allow(missing_docs, reason = "tests say what they show by their names")]

#[path = "../live/bench.rs"]
#[allow(dead_code, reason = "the other live tests use the rest of it")]
mod bench;
#[path = "../programs/certificate.rs"]
#[allow(dead_code, reason = "the programs' tests use the rest of it")]
mod certificate;
#[allow(dead_code, reason = "the tests in process use the rest")]
#[path = "../integration/schemas.rs"]
mod schemas;
#[path = "../restart/server.rs"]
#[allow(dead_code, reason = "the test of a restart uses the rest of it")]
mod server;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kclogin::encoding::sha256_base64url;
use serde_json::{Value, json};

use bench::{Person, admin, keycloak, new_realm, user_info_status};
use certificate::{Authority, Certificate, pem};
use server::Server;

/// Where everything of this Keycloak is.
const PATH: &str = "/auth";

/// Certificates in files: the authority's, and each with its key.
struct Files {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().expect("a folder"), authority: Authority::new() };
        files.issue("127.0.0.1");
        files
    }

    /// `NAME.pem`, `NAME.key`, and what is in the first.
    fn issue(&self, name: &str) -> Certificate {
        let certificate = self.authority.issue(name);
        self.put(&format!("{name}.pem"), &pem("CERTIFICATE", &certificate.own));
        self.put(&format!("{name}.key"), &pem("PRIVATE KEY", &certificate.key));
        self.put("ca.pem", &pem("CERTIFICATE", &certificate.authority));
        certificate
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn named(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }
}

/// Starts it with a port for TLS, and says where that is.
fn start(folder: &Path, files: &Files) -> (Server, String) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a free port").port();
    let options = [
        format!("--https-port={port}"),
        format!("--https-certificate-file={}", files.named("127.0.0.1.pem")),
        format!("--https-certificate-key-file={}", files.named("127.0.0.1.key")),
        format!("--truststore-paths={}", files.named("ca.pem")),
        // The browser has none.
        "--https-client-auth=request".to_owned(),
    ];
    let options: Vec<&str> = ["--path", PATH, "--"].into_iter().chain(options.iter().map(String::as_str)).collect();
    (Server::start(folder, &options), format!("https://127.0.0.1:{port}{PATH}"))
}

#[test]
fn keycloak_below_a_path_and_with_client_certificates_is_an_issuer_as_any_other() {
    let (folder, files) = (tempfile::tempdir().expect("a folder"), Files::new());
    let (_server, secured) = start(folder.path(), &files);
    let realm = new_realm(&json!({}));
    below_a_path(&realm);
    by_another_name_than_its_own(&secured, &files);
    proving_who_the_client_is(&realm, &secured, &files);
}

/// By its server, and by its issuer.
fn below_a_path(realm: &str) {
    let issuer = format!("{}/realms/{realm}", keycloak());
    for options in [["--server", &keycloak(), "--realm", realm].as_slice(), &["--issuer", &issuer]] {
        let person = Person::in_realm(realm);
        person.run(&[&["login", "--timeout", "90s"], options].concat()).done();
        assert!(person.config().contains(&format!("issuer = \"{issuer}\"")), "{}", person.config());
        assert!(person.run(&["whoami"]).done().contains(&format!("\n  Issuer    {issuer}\n")));
        person.run(&["token", "--force-refresh"]).done();
        assert_eq!(person.sessions(), 1);
        person.run(&["logout"]).done();
        assert_eq!(person.sessions(), 0);
    }
    let root = keycloak().strip_suffix(PATH).expect("a path").to_owned();
    let said = Person::in_realm(realm).run(&["login", "--server", &root, "--realm", realm]).failed(1);
    assert!(said.contains(&format!("there is no provider at {root}/realms/{realm}")) && said.contains("/auth/realms/NAME"), "{said}");
}

/// A realm that goes by its frontend URL wherever it is asked.
fn by_another_name_than_its_own(secured: &str, files: &Files) {
    let realm = new_realm(&json!({"attributes": {"frontendUrl": keycloak()}}));
    let issuer = format!("{secured}/realms/{realm}");
    let said = Person::in_realm(&realm).run(&["login", "--issuer", &issuer, "--ca-file", &files.named("ca.pem")]).failed(1);
    assert!(said.contains(&format!("calls itself {}/realms/{realm}\n", keycloak())), "{said}");
}

/// RFC 8705 section 2.1: the client is who its certificate says, without a secret; section 3: its tokens are of use with that certificate only.
fn proving_who_the_client_is(realm: &str, secured: &str, files: &Files) {
    let client = json!({
        "clientId": "machine", "publicClient": false, "standardFlowEnabled": true, "redirectUris": ["http://127.0.0.1/*"],
        "clientAuthenticatorType": "client-x509",
        "attributes": {
            "x509.subjectdn": "CN=somebody", "x509.allow.regex.pattern.comparison": "false", "tls.client.certificate.bound.access.tokens": "true",
        },
    });
    admin("POST", &format!("/admin/realms/{realm}/clients"), Some(&client));
    let certificate = files.issue("somebody");
    let other = files.issue("somebody-else");
    let issuer = format!("{secured}/realms/{realm}");
    let mut person = Person::in_realm(realm);
    person.set("XTASK_BROWSER_ANY_CERTIFICATE", "1");
    let ca = files.named("ca.pem");
    let login = ["login", "--timeout", "90s", "--ca-file", &ca, "--server", secured, "--realm", realm, "--client-id", "machine"];
    let showing = |name: &str| {
        let files = [files.named(&format!("{name}.pem")), files.named(&format!("{name}.key"))];
        let shown = ["--client-certificate", &files[0], "--client-key", &files[1]];
        person.run(&[login.as_slice(), &shown].concat())
    };
    for refused in [person.run(&login), showing("somebody-else")] {
        let said = refused.failed(1);
        assert!(
            said.contains("the provider does not accept the client `machine`") && said.contains("its certificate with `--client-certificate`"),
            "{said}"
        );
    }
    let said = showing("somebody");
    assert_eq!(said.code, 0, "{}", said.stderr);

    assert!(person.run(&["whoami"]).done().contains(&format!("\n  Issuer    {issuer}\n")));
    let token = person.run(&["token", "--force-refresh"]).done();
    let claims: Value = serde_json::from_str(&person.run(&["decode", "--json"]).done()).expect("JSON");
    assert_eq!(claims["claims"]["cnf"]["x5t#S256"], sha256_base64url(&certificate.own));
    assert_eq!(user_info_status(&format!("{}/realms/{realm}", keycloak()), token.trim_end()), 401, "without the certificate");
    let doctor = person.run(&["doctor"]);
    assert!(doctor.stdout.contains("none, and none is needed beside the certificate"), "{}", doctor.stdout);
    assert!(doctor.stdout.contains("  ok       certificate    ") && !doctor.stdout.contains("  failed   "), "{}", doctor.stdout);

    // Under the same names there is somebody else's now.
    files.put("somebody.pem", &pem("CERTIFICATE", &other.own));
    files.put("somebody.key", &pem("PRIVATE KEY", &other.key));
    let said = person.run(&["token", "--force-refresh"]).failed(1);
    assert!(said.contains("or wants another certificate"), "{said}");
    files.put("somebody.pem", &pem("CERTIFICATE", &certificate.own));
    files.put("somebody.key", &pem("PRIVATE KEY", &certificate.key));
    person.run(&["token", "--force-refresh"]).done();
    person.run(&["revoke"]).done();
    let sessions = person.sessions();
    person.run(&["logout"]).done();
    // Those of the refused sign-ins stay.
    assert_eq!(person.sessions(), sessions - 1);

    // Where the request goes before the browser does, the certificate is shown already.
    let said = person.run(&["login", "--timeout", "90s", "--pushed-authorization-requests"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
}
