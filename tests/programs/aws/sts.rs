//! A stand-in for AWS's Security Token Service, with one role. It takes the web identities that the role's trust policy names, checking each by itself, and
//! knows whoever comes with the keys that it gave by their signature
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kclogin::clock::Timestamp;
use ring::{digest, hmac};
use serde_json::Value;
use tiny_http::{Request, Response, Server};

use crate::realm_token;

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/developer";

/// The trust policy: whose tokens are taken, and from which client.
struct Trust {
    issuer: String,
    audience: String,
}

#[derive(Default)]
struct State {
    /// The claims of the web identities that got in.
    taken: Vec<Value>,
    /// What was answered to each request: `ok` or the error's code.
    answers: Vec<String>,
    /// The secret and the session's name for each access key.
    keys: BTreeMap<String, (String, String)>,
    lifetime: Duration,
}

/// A running service, which ends with the test.
pub(crate) struct Sts {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    server: Arc<Server>,
}

impl Sts {
    /// A service whose role trusts this client's tokens from this issuer.
    pub(crate) fn trusting(issuer: &str, audience: &str) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a port"));
        let url = format!("http://{}", server.server_addr().to_ip().expect("an address"));
        let state = Arc::new(Mutex::new(State { lifetime: Duration::from_secs(3600), ..State::default() }));
        let (trust, theirs, listening) = (Trust { issuer: issuer.to_owned(), audience: audience.to_owned() }, state.clone(), server.clone());
        thread::spawn(move || {
            for request in listening.incoming_requests() {
                serve(request, &trust, &theirs);
            }
        });
        Self { url, state, server }
    }

    /// Gives keys from now on that live for so long. With less than a quarter of an hour left, the CLI asks for new ones each time.
    pub(crate) fn keys_live_for(&self, lifetime: Duration) {
        self.state.lock().expect("state").lifetime = lifetime;
    }

    /// The claims of the web identities that got in.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.state.lock().expect("state").taken.clone()
    }

    /// What was answered to each request: `ok` or the error's code.
    pub(crate) fn answers(&self) -> Vec<String> {
        self.state.lock().expect("state").answers.clone()
    }
}

impl Drop for Sts {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn serve(mut request: Request, trust: &Trust, state: &Mutex<State>) {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).expect("text");
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let mut state = state.lock().expect("state");
    let answer = match form.get("Action").map(String::as_str) {
        Some("AssumeRoleWithWebIdentity") => assume_role(&form, trust, &mut state),
        Some("GetCallerIdentity") => caller_identity(&request, &body, &state),
        _ => Err(("InvalidAction", "there is no such action".to_owned())),
    };
    let (status, code, xml) = match answer {
        Ok(xml) => (200, "ok", xml),
        Err((code, message)) => {
            (400, code, format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"))
        }
    };
    state.answers.push(code.to_owned());
    // Whoever has gone away needs no answer.
    let _ = request.respond(Response::from_string(xml).with_status_code(status));
}

type Answer = Result<String, (&'static str, String)>;

/// An answer in the API's own form.
fn answered(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    )
}

fn assume_role(form: &BTreeMap<String, String>, trust: &Trust, state: &mut State) -> Answer {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("RoleArn") != ROLE {
        return Err(("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned()));
    }
    let claims = realm_token::claims(field("WebIdentityToken"), &trust.issuer).map_err(|reason| ("InvalidIdentityToken", reason))?;
    // Where there is an `azp`, AWS takes it for the audience.
    let is_for_us = claims["azp"].as_str().map_or_else(|| realm_token::is_for(&claims, &trust.audience), |client| client == trust.audience);
    if !is_for_us {
        return Err(("InvalidIdentityToken", "Incorrect token audience".to_owned()));
    }
    let (number, session) = (state.taken.len(), field("RoleSessionName"));
    let (key, secret) = (format!("ASIALIVE{number}"), format!("secret-{number}"));
    let expiry =
        Timestamp(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs()).expect("a time")).after(state.lifetime);
    let subject = claims["sub"].as_str().unwrap_or_default();
    let result = format!(
        "<SubjectFromWebIdentityToken>{subject}</SubjectFromWebIdentityToken><Audience>{}</Audience><Provider>{}</Provider>\
         <AssumedRoleUser><Arn>{}</Arn><AssumedRoleId>AROALIVE:{session}</AssumedRoleId></AssumedRoleUser><Credentials>\
         <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>session of {key}</SessionToken>\
         <Expiration>{}</Expiration></Credentials>",
        trust.audience,
        trust.issuer,
        assumed(session),
        expiry.to_rfc3339(),
    );
    state.keys.insert(key, (secret, session.to_owned()));
    state.taken.push(claims);
    Ok(answered("AssumeRoleWithWebIdentity", &result))
}

fn assumed(session: &str) -> String {
    format!("arn:aws:sts::123456789012:assumed-role/developer/{session}")
}

/// Who signed this request.
fn caller_identity(request: &Request, body: &str, state: &State) -> Answer {
    let field = |name: &str| {
        let header = request.headers().iter().find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
        header.map_or("", |header| header.value.as_str())
    };
    let denied = || ("InvalidClientTokenId", "The security token included in the request is invalid".to_owned());
    let part = |name: &str| {
        let (_, rest) = field("authorization").split_once(&format!("{name}="))?;
        Some(rest.split(", ").next().unwrap_or_default())
    };
    let (key, scope) = part("Credential").and_then(|credential| credential.split_once('/')).ok_or_else(denied)?;
    let (secret, session) = state.keys.get(key).ok_or_else(denied)?;
    let signed = part("SignedHeaders").ok_or_else(denied)?;
    let headers: String = signed.split(';').map(|name| format!("{name}:{}\n", field(name).trim())).collect();
    let canonical =
        format!("{}\n{}\n\n{headers}\n{signed}\n{}", request.method(), request.url(), hex(digest::digest(&digest::SHA256, body.as_bytes())));
    let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hash}", field("x-amz-date"));
    let signing_key = scope.split('/').fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    let is_signed = part("Signature") == Some(hex(mac(&signing_key, &to_sign)).as_str());
    if !is_signed || field("x-amz-security-token") != format!("session of {key}") {
        return Err(denied());
    }
    let arn = assumed(session);
    Ok(answered("GetCallerIdentity", &format!("<Arn>{arn}</Arn><UserId>AROALIVE:{session}</UserId><Account>123456789012</Account>")))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
