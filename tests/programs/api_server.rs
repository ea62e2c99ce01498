//! A stand-in for a Kubernetes API server: TLS, the few answers that kubectl needs, and what a real one does with a bearer token. That it checks by
//! itself, past kclogin.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::certificate::{Certificate, pem};
use crate::realm_token;

/// A running server, which ends with the tests.
pub(crate) struct ApiServer {
    /// Where it listens.
    pub(crate) url: String,
    /// The authority that vouches for it, as PEM.
    pub(crate) ca: String,
    seen: Arc<Mutex<Vec<(String, u16)>>>,
}

/// Whose tokens it takes.
#[derive(Clone)]
struct Trust {
    issuer: String,
    audience: String,
}

impl ApiServer {
    /// A server that takes this issuer's tokens for this audience.
    pub(crate) fn trusting(issuer: &str, audience: &str) -> Self {
        let (config, ca) = certificate();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let (trust, seen) = (Trust { issuer: issuer.to_owned(), audience: audience.to_owned() }, Arc::<Mutex<Vec<(String, u16)>>>::default());
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (config, trust, log) = (Arc::clone(&config), trust.clone(), Arc::clone(&log));
                thread::spawn(move || serve(socket, config, &trust, &log));
            }
        });
        Self { url, ca, seen }
    }

    /// What was asked for, and the status of each answer; no tokens.
    pub(crate) fn seen(&self) -> Vec<(String, u16)> {
        self.seen.lock().expect("a log").clone()
    }
}

/// The server's side of TLS, and the authority's certificate.
fn certificate() -> (Arc<ServerConfig>, String) {
    let certificate = Certificate::new();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.own.into()], PrivateKeyDer::Pkcs8(certificate.key.into()))
        .expect("a certificate with its key");
    (Arc::new(config), pem("CERTIFICATE", &certificate.authority))
}

/// Answers one request; what is no request is somebody who looks whether the port is open.
fn serve(socket: TcpStream, config: Arc<ServerConfig>, trust: &Trust, log: &Mutex<Vec<(String, u16)>>) {
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config).expect("TLS"), socket));
    let mut head = Vec::new();
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|count| count > 2) {
        head.push(std::mem::take(&mut line).trim_end().to_owned());
    }
    let Some((first, fields)) = head.split_first() else { return };
    let field = |name: &str| fields.iter().filter_map(|field| field.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v);
    let length = field("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length]).expect("a body");
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let token = field("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let (status, body) = match user(token, trust) {
        Ok(user) => answer(&path, &user),
        Err(reason) => refusal(401, "Unauthorized", &reason),
    };
    log.lock().expect("a log").push((path, status));
    let body = body.to_string();
    let written = write!(
        stream.get_mut(),
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    written.and_then(|()| stream.get_mut().flush()).expect("written");
    stream.get_mut().conn.send_close_notify();
    let _ = stream.get_mut().flush();
}

/// Whose token this is.
fn user(token: &str, trust: &Trust) -> Result<String, String> {
    let claims = realm_token::claims(token, &trust.issuer)?;
    if !realm_token::is_for(&claims, &trust.audience) {
        return Err(format!("it is for {}", claims["aud"]));
    }
    Ok(claims["preferred_username"].as_str().unwrap_or_default().to_owned())
}

fn refusal(status: u16, reason: &str, message: &str) -> (u16, Value) {
    (status, json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": status}))
}

fn answer(path: &str, user: &str) -> (u16, Value) {
    let verbs = ["get", "list"];
    let body = match path {
        "/version" => json!({"major": "1", "minor": "32", "gitVersion": "v1.32.0"}),
        "/api" => json!({"kind": "APIVersions", "versions": ["v1"]}),
        "/apis" => json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []}),
        "/api/v1" => {
            let pods = json!({"name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod", "shortNames": ["po"], "verbs": verbs});
            json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [pods]})
        }
        "/api/v1/namespaces/default/pods" => {
            let metadata = json!({"name": format!("pod-of-{user}"), "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"});
            let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": {}, "status": {}});
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": [pod]})
        }
        "/apis/authentication.k8s.io/v1/selfsubjectreviews" => {
            json!({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "status": {"userInfo": {"username": user}}})
        }
        _ => return refusal(404, "NotFound", "there is no such thing"),
    };
    (200, body)
}
