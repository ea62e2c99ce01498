//! The few HTTP requests made here, all to a Keycloak on this machine or to one that a person named.
//! The only file that names the HTTP client; every answer with a status is an answer, also a 404.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::failure::{Context, Failure, Outcome};

/// An answer: its status and its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Outcome<Value> {
        serde_json::from_str(&self.body).context("reading an answer of Keycloak as JSON")
    }

    /// Fails unless the status is one of those expected.
    pub(crate) fn expect(self, statuses: &[u16], doing: &str) -> Outcome<Self> {
        if statuses.contains(&self.status) {
            return Ok(self);
        }
        let body: String = self.body.chars().take(300).collect();
        Err(Failure::new(format!("{doing}: Keycloak answered {} {body}", self.status)))
    }
}

/// Creating a realm takes Keycloak seconds on a slow machine; readiness is asked with a limit of its own by asking again.
fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).max_redirects(0).build().into()
}

fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>, url: &str) -> Outcome<Answer> {
    let mut response = sent.map_err(|error| refused(url, &error))?;
    let status = response.status().as_u16();
    let body = response.body_mut().read_to_string().context(format_args!("reading the answer of {url}"))?;
    Ok(Answer { status, body })
}

fn refused(url: &str, error: &ureq::Error) -> Failure {
    let failure = Failure::new(format!("asking {url}: {error}"));
    // Built without TLS: this is compiled before a newcomer's first command, and the Keycloak meant is one on this machine.
    if url.starts_with("https:") {
        failure.hint("only http is spoken here: name the http address of a Keycloak on this machine")
    } else {
        failure.hint("is it running?")
    }
}

/// GET, with an access token where one is needed.
pub(crate) fn get(url: &str, token: Option<&str>) -> Outcome<Answer> {
    let mut request = agent().get(url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    answer(request.call(), url)
}

/// POST of a form.
pub(crate) fn post_form(url: &str, form: &[(&str, &str)]) -> Outcome<Answer> {
    answer(agent().post(url).send_form(form.iter().copied()), url)
}

/// POST of JSON text, with an access token.
pub(crate) fn post_json(url: &str, token: &str, body: &str) -> Outcome<Answer> {
    let request = agent().post(url).header("Authorization", format!("Bearer {token}")).header("Content-Type", "application/json");
    answer(request.send(body), url)
}

/// DELETE, with an access token.
pub(crate) fn delete(url: &str, token: &str) -> Outcome<Answer> {
    answer(agent().delete(url).header("Authorization", format!("Bearer {token}")).call(), url)
}
