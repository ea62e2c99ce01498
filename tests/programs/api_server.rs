//! A stand-in for a Kubernetes API server: TLS, the few answers that kubectl needs, and what a real one does with a bearer token. That it checks by
//! itself, past kclogin.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::https_server::{Answer, HttpsServer};
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
struct Trust {
    issuer: String,
    audience: String,
}

impl ApiServer {
    /// A server that takes this issuer's tokens for this audience.
    pub(crate) fn trusting(issuer: &str, audience: &str) -> Self {
        let (trust, seen) = (Trust { issuer: issuer.to_owned(), audience: audience.to_owned() }, Arc::<Mutex<Vec<(String, u16)>>>::default());
        let log = Arc::clone(&seen);
        let HttpsServer { host, ca } = HttpsServer::start(move |request| {
            let path = request.target.split('?').next().unwrap_or_default().to_owned();
            let (status, body) = match user(request.bearer().unwrap_or_default(), &trust) {
                Ok(user) => answer(&path, &user),
                Err(reason) => refusal(401, "Unauthorized", &reason),
            };
            log.lock().expect("a log").push((path, status));
            Answer(status, vec![("Content-Type", "application/json".to_owned())], body.to_string().into_bytes())
        });
        Self { url: format!("https://{host}"), ca, seen }
    }

    /// What was asked for, and the status of each answer; no tokens.
    pub(crate) fn seen(&self) -> Vec<(String, u16)> {
        self.seen.lock().expect("a log").clone()
    }
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
