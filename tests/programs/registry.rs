//! A registry for images: the real `docker-registry`, which lets in whoever brings a token of the token server here, and that server, which gives one to
//! whoever has an access token that Keycloak takes. What docker's clients do with the two is
//! <https://distribution.github.io/distribution/spec/auth/token/>.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use url::Url;

use crate::bench::{eventually, user_info_status};

const SERVICE: &str = "the registry";
const ISSUER: &str = "the token server";

/// A registry that runs until it is dropped.
pub(crate) struct Registry {
    /// Where it listens, as an image's name begins.
    pub(crate) host: String,
    /// What the token server was asked.
    pub(crate) asked: Asked,
    process: Child,
    _dir: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It is there or has ended by itself; neither helps the test now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Registry {
    /// One for those who sign in at this issuer.
    pub(crate) fn start(issuer: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec!["tokens.example.test".to_owned()]).expect("a name").self_signed(&key).expect("a certificate");
        let signer = Signer { key: key.serialize_der(), certificate: STANDARD.encode(certificate.der()) };
        fs::write(
            dir.path().join("tokens.pem"),
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", wrapped(&signer.certificate)),
        )
        .expect("written");
        let issuer = issuer.to_owned();
        let (realm, asked) = serve(move |head| give_token(head, &issuer, &signer));
        let config = json!({
            "version": 0.1,
            "log": {"level": "info", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": dir.path().join("images")}},
            "http": {"addr": "127.0.0.1:0", "secret": "of this test"},
            "auth": {"token": {"realm": format!("http://{realm}/token"), "service": SERVICE, "issuer": ISSUER, "rootcertbundle": dir.path().join("tokens.pem")}},
        });
        // JSON is YAML.
        let (file, log) = (dir.path().join("config.yml"), dir.path().join("log"));
        fs::write(&file, config.to_string()).expect("written");
        let stderr = fs::File::create(&log).expect("a log");
        let process =
            Command::new("docker-registry").arg("serve").arg(&file).stdout(Stdio::null()).stderr(stderr).spawn().expect("docker-registry starts");
        let host = eventually("the registry's port", || {
            let text = fs::read_to_string(&log).expect("text");
            let (_, rest) = text.split_once("listening on ")?;
            rest.split(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).next().filter(|host| host.len() < rest.len()).map(str::to_owned)
        });
        Self { host, asked, process, _dir: dir }
    }
}

/// What a server was asked: the head of each request.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    pub(crate) fn heads(&self) -> Vec<String> {
        self.0.lock().expect("requests").clone()
    }

    /// The user names and passwords that came.
    pub(crate) fn credentials(&self) -> Vec<(String, String)> {
        self.heads().iter().filter_map(|head| basic(head)).collect()
    }
}

/// A registry that asks for a password and never takes one.
pub(crate) fn strange_registry() -> (String, Asked) {
    serve(|_| (401, json!({"errors": [{"code": "UNAUTHORIZED"}]})))
}

/// Answers each request by its head; gives the address, as a host with a port.
fn serve(answer: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (host, asked) = (listener.local_addr().expect("an address").to_string(), Asked::default());
    let (answer, heads) = (Arc::new(answer), asked.clone());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, heads) = (answer.clone(), heads.clone());
            thread::spawn(move || converse(stream.expect("a connection"), &heads, &*answer));
        }
    });
    (host, asked)
}

fn converse(mut stream: TcpStream, heads: &Asked, answer: &dyn Fn(&str) -> (u16, Value)) {
    let head: Vec<String> = BufReader::new((&stream).take(64 * 1024)).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let head = head.join("\n");
    heads.0.lock().expect("requests").push(head.clone());
    let (status, body) = answer(&head);
    let body = body.to_string();
    let headers =
        format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\nWWW-Authenticate: Basic realm=\"x\"", body.len());
    // Whoever has gone away needs no answer.
    let _ = stream.write_all(format!("HTTP/1.1 {status} x\r\n{headers}\r\n\r\n{body}").as_bytes());
}

/// The user name and password of a request.
pub(crate) fn basic(head: &str) -> Option<(String, String)> {
    let value = head.lines().find_map(|line| line.strip_prefix("Authorization: Basic "))?;
    let text = String::from_utf8(STANDARD.decode(value).expect("base64")).expect("text");
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

struct Signer {
    key: Vec<u8>,
    certificate: String,
}

/// Gives what is asked for to anybody whose password is an access token that Keycloak takes.
fn give_token(head: &str, issuer: &str, signer: &Signer) -> (u16, Value) {
    let refused = (401, json!({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}));
    let Some((name, password)) = basic(head) else { return refused };
    if !head.starts_with("GET ") || name != "oauth2" || user_info_status(issuer, &password) != 200 {
        return refused;
    }
    let target = head.split(' ').nth(1).expect("a target");
    let url = Url::parse("http://tokens.example.test").and_then(|base| base.join(target)).expect("a URL");
    let scopes = url.query_pairs().filter(|(name, _)| name == "scope").map(|(_, scope)| scope.into_owned());
    let access: Vec<Value> = scopes.flat_map(|scope| scope.split(' ').map(access).collect::<Vec<_>>()).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let claims = json!({
        "iss": ISSUER, "sub": name, "aud": SERVICE, "iat": now, "nbf": now - 60, "exp": now + 300, "jti": format!("{now}"), "access": access,
    });
    let token = signer.sign(&claims);
    (200, json!({"token": token, "access_token": token, "expires_in": 300}))
}

/// `repository:NAME:pull,push`, as the registry wants it in the token.
fn access(scope: &str) -> Value {
    let (rest, actions) = scope.rsplit_once(':').expect("actions");
    let (kind, name) = rest.split_once(':').expect("a name");
    json!({"type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>()})
}

impl Signer {
    fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.certificate]});
        let input = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key, &random).expect("a key");
        let signature = key.sign(&random, input.as_bytes()).expect("a signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn wrapped(base64: &str) -> String {
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    lines.join("\n")
}
