//! What a login would meet at a provider, found out without signing in: its metadata, its clock, and what it thinks of a client and a redirect URI.
//!
//! It asks as a login does, with requests that can lead to no token. What the answers mean to the person is left to the doctor.

use std::time::{Duration, Instant};

use openidconnect::http::HeaderValue;
use serde_json::Value;
use url::{Position, Url, form_urlencoded};

use super::discovery::{ask_for_metadata, get, metadata_addresses};
use super::dpop::Proving;
use super::form::form;
use super::refusal::NO_PROOF;
use super::response::{date, document};
use super::{Client, Provider, PushRefusal, Wishes, random_secret};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::authorization::{AuthorizationResponse, Rejection};
use crate::oidc::http::{Http, Response, Stage};
use crate::profile::Settings;
use crate::secret::Secret;
use crate::text;

/// The longest that each request may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The most of a web page's words that are repeated, in characters.
const WORDS: usize = 160;

/// A provider's first answer.
pub struct Contact {
    response: Response,
    at: Url,
    is_metadata: bool,
    /// How long it took, with the connection.
    pub took: Duration,
    /// When it had come.
    pub answered: Instant,
    /// The time at the provider, by the answer's `Date`, where it has one. Keycloak itself sends none, but the proxies do that stand before it.
    pub date: Option<Timestamp>,
}

/// What the metadata says beside the endpoints.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Whether PKCE by S256 is announced (`code_challenge_methods_supported`, RFC 8414 section 2).
    pub s256: bool,
    /// Whether an authorization response can be a signed one (JARM), which names a time.
    pub signed_responses: bool,
}

/// How the authorization endpoint takes a request.
#[derive(Debug)]
pub enum Reaction {
    /// The client, the redirect URI and the scopes are accepted: only the person was missing.
    Accepted,
    /// It sends the browser back with an error, so the redirect URI is accepted.
    Refused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
    /// It sends the browser back with an answer that a login would not take.
    Mistaken(Rejection),
    /// It does not take the request that was pushed.
    NotPushed(PushRefusal),
    /// It shows a page.
    Page {
        /// The status.
        status: u16,
        /// The page's words.
        words: String,
    },
    /// It sends the browser to this host.
    Elsewhere(String),
}

/// What the token endpoint thinks of a client.
#[derive(Debug)]
pub enum Standing {
    /// The client is who it says: only the code was wrong.
    Accepted,
    /// It is not.
    Refused(String),
    /// It has to prove possession of a key first (DPoP).
    WantsProof(String),
    /// It says something else.
    Unclear(String),
}

impl<'a> Provider<'a> {
    /// The address that a login asks first: that of the metadata or, where the endpoints are written down, an endpoint.
    ///
    /// # Errors
    /// There is none, or it is none to talk to.
    pub fn first_address(settings: &Settings) -> Result<Url> {
        if let Some(endpoints) = settings.endpoints.complete() {
            endpoints.require_secure()?;
            return Ok(endpoints.jwks.unwrap_or(endpoints.token));
        }
        let none = || Error::usage("no provider is known").hint("name it: `kclogin doctor --issuer https://HOST/realms/NAME`");
        let [at, _] = metadata_addresses(settings.issuer.as_deref().ok_or_else(none)?)?;
        Ok(at)
    }

    /// Asks there.
    ///
    /// # Errors
    /// No answer came; with how far the request came.
    pub fn contact(http: &Http<'_>, settings: &Settings) -> std::result::Result<Contact, (Stage, Error)> {
        let is_metadata = settings.endpoints.complete().is_none();
        let started = Instant::now();
        let ask = |request| http.look(LIMIT, request);
        let no_way = |error| (Stage::Way, error);
        let (at, response) = match settings.issuer.as_deref().filter(|_| is_metadata) {
            Some(issuer) => ask_for_metadata(metadata_addresses(issuer).map_err(no_way)?, ask)?,
            None => {
                let at = Self::first_address(settings).map_err(no_way)?;
                let response = ask(get(&at))?;
                (at, response)
            }
        };
        let answered = Instant::now();
        Ok(Contact { date: date(&response), took: answered - started, answered, is_metadata, response, at })
    }

    /// The provider that answered, and what it announces; nothing of that where its endpoints are written down.
    ///
    /// # Errors
    /// As [`discover`](Self::discover).
    pub fn of_contact(http: &'a Http<'a>, settings: &Settings, contact: &Contact) -> Result<(Self, Option<Announced>)> {
        if !contact.is_metadata {
            return Ok((Self::of_settings(http, settings)?, None));
        }
        let issuer = settings.issuer.as_deref().unwrap_or_default();
        if contact.response.status().is_redirection() {
            return Err(Error::failed(format!("{} redirects elsewhere, which is not followed", contact.at))
                .hint("configure the address it redirects to, if that is the provider"));
        }
        let provider = Self::of_metadata(http, issuer, &contact.at, &contact.response)?.corrected_by(settings)?;
        let metadata: Value = document(&contact.response).unwrap_or_default();
        let lists = |name: &str, what: &str| metadata[name].as_array().is_some_and(|list| list.iter().any(|one| one == what));
        let announced =
            Announced { s256: lists("code_challenge_methods_supported", "S256"), signed_responses: lists("response_modes_supported", "query.jwt") };
        Ok((provider, Some(announced)))
    }

    /// How many keys the provider publishes; nothing where no `jwks_uri` is known.
    ///
    /// # Errors
    /// They can't be fetched, or are no key set.
    pub fn count_keys(&self) -> Result<Option<usize>> {
        Ok(self.keys()?.map(|keys| keys.keys().len()))
    }

    /// Sends the authorization request of a login with `prompt=none`, as a browser that nobody is signed in with. The provider then refuses for the lack
    /// of a person (OpenID Connect Core 1.0 section 3.1.2.6), if it has nothing else to object to. Where a login pushes its request, this one is pushed too.
    ///
    /// # Errors
    /// No answer came, or one that means "try again later"; or the request can't be pushed.
    pub fn try_authorization(&self, client: &Client, redirect_uri: &Url, scope: &[String]) -> Result<Reaction> {
        let wishes = Wishes { scope: scope.to_vec(), parameters: vec![("prompt".to_owned(), "none".to_owned())] };
        let request = self.authorization_request(&client.id, redirect_uri.clone(), &wishes);
        let at = match self.pushes.then(|| self.push(client, &request)).transpose()? {
            Some(Ok(pushed)) => pushed.url,
            Some(Err(refusal)) => return Ok(Reaction::NotPushed(refusal)),
            None => request.url.clone(),
        };
        let response = self.look_at(&at)?;
        let Some(to) = location(&at, &response) else {
            let words = words(&String::from_utf8_lossy(response.body()));
            return Ok(Reaction::Page { status: response.status().as_u16(), words });
        };
        if to[..Position::AfterPath] != redirect_uri[..Position::AfterPath] {
            return Ok(Reaction::Elsewhere(to.host_str().unwrap_or_default().to_owned()));
        }
        Ok(match request.check(to.query().unwrap_or_default()) {
            Err(rejection) => Reaction::Mistaken(rejection),
            // Whoever needs no person, as a provider that knows one by the network, has nothing to object to either. The code is not looked at.
            Ok(AuthorizationResponse::Code { .. }) => Reaction::Accepted,
            Ok(AuthorizationResponse::Refused { error, description }) => match error.as_str() {
                "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => Reaction::Accepted,
                _ => Reaction::Refused { error, description },
            },
        })
    }

    /// When the signed answer (JARM) to such a request expires: Keycloak's clock, and the realm's time for redeeming a code.
    #[must_use]
    pub fn signed_answer_expiry(&self, client: &Client, redirect_uri: &Url) -> Option<Timestamp> {
        let parameters = [("prompt", "none"), ("response_mode", "query.jwt")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wishes = Wishes { scope: Vec::new(), parameters: parameters.to_vec() };
        let request = self.authorization_request(&client.id, redirect_uri.clone(), &wishes);
        let at = if self.pushes { self.push(client, &request).ok()?.ok()?.url } else { request.url };
        let to = location(&at, &self.look_at(&at).ok()?)?;
        let (_, answer) = form_urlencoded::parse(to.query()?.as_bytes()).find(|(name, _)| name == "response")?;
        let payload = crate::encoding::from_base64url(answer.split('.').nth(1)?)?;
        // Keycloak names its issuer twice in it, which `unverified_payload` would refuse. Nothing is trusted to it but a hint about the time.
        let payload: Value = serde_json::from_slice(&payload).ok()?;
        payload["exp"].as_i64().map(Timestamp)
    }

    /// Redeems a code that there never was: a provider looks at the client first (RFC 6749 section 4.1.3), and at the code only if that is accepted.
    ///
    /// # Errors
    /// No answer came, or one that means "try again later"; or the client has a secret that is not known here.
    pub fn try_client(&self, client: &Client, redirect_uri: &Url, now: Timestamp) -> Result<Standing> {
        let secret = client.known_secret()?;
        let (code, verifier) = (random_secret(), random_secret());
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose().as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", verifier.expose().as_str()),
        ];
        let request = form(&self.endpoints.token, client, &fields);
        let credentials = request.headers().get("authorization").and_then(|value| value.to_str().ok()?.split(' ').next_back().map(Secret::from));
        let ask = |request| self.http.look(LIMIT, request).map_err(|(_, error)| error);
        let response = self.send_proved(request, Proving { now, access_token: None }, &ask)?;
        super::response::require_service(self.name(), &response)?;
        let said: Value = document(&response).unwrap_or_default();
        let (error, description) = (said["error"].as_str().unwrap_or_default(), said["error_description"].as_str());
        let mut words = if error.is_empty() { response.status().to_string() } else { super::in_words(error, description) };
        // What a provider repeats of a request must not come out in what people paste.
        let encoded = secret.map(|secret| Secret::new(form_urlencoded::byte_serialize(secret.expose().as_bytes()).collect::<String>()));
        for secret in secret.into_iter().chain(&encoded).chain(&credentials).chain([&code, &verifier]) {
            words = words.replace(secret.expose(), "***");
        }
        Ok(match error {
            "invalid_grant" => Standing::Accepted,
            _ if description == Some(NO_PROOF) => Standing::WantsProof(words),
            "invalid_client" | "unauthorized_client" => Standing::Refused(words),
            _ => Standing::Unclear(words),
        })
    }

    /// What a browser without any cookie gets there.
    fn look_at(&self, url: &Url) -> Result<Response> {
        let mut request = get(url);
        request.headers_mut().insert("accept", HeaderValue::from_static("text/html"));
        request.headers_mut().insert("accept-language", HeaderValue::from_static("en"));
        let response = self.http.look(LIMIT, request).map_err(|(_, error)| error)?;
        super::response::require_service(self.name(), &response)?;
        Ok(response)
    }
}

/// Where a response sends the browser.
fn location(from: &Url, response: &Response) -> Option<Url> {
    let to = response.headers().get("location").filter(|_| response.status().is_redirection())?;
    from.join(to.to_str().ok()?).ok()
}

/// The first words of a page, from where Keycloak has its message, if it is one of its pages. They are for people to read: what is a tag and what is
/// none a browser would know better.
fn words(html: &str) -> String {
    let message = html.find("id=\"kc-error-message\"").and_then(|at| html[at..].find('>').map(|end| &html[at + end + 1..]));
    let message = message.and_then(|rest| rest.split("</p>").next()).unwrap_or(html);
    let (mut words, mut is_tag) = (String::new(), false);
    for c in message.chars() {
        match c {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                words.push(' ');
            }
            _ if is_tag => {}
            c => words.push(c),
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(words, |text, (from, to)| text.replace(from, to));
    text::neutralise(&words.chars().take(WORDS).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_keycloak_s_page_only_the_message_is_repeated() {
        let page = "<html><title>Sign in</title><div id=\"kc-error-message\">\n <p class=\"instruction\">Invalid parameter: &lt;redirect_uri&gt;</p> <a>Back</a>";
        assert_eq!(words(page), "Invalid parameter: <redirect_uri>");
        assert_eq!(words("<html><h1>No &amp; never</h1>\u{1b}[2J<p>again"), "No & never \u{fffd}[2J again");
        assert_eq!(words(&"x".repeat(1000)).len(), WORDS);
        assert_eq!(words("id=\"kc-error-message\""), "id=\"kc-error-message\"");
    }
}
