//! The provider's own tests: it refuses what it has to refuse, so that a product which passes against it has shown something.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

const VERIFIER: &str = "a-code-verifier-of-at-least-forty-three-characters";
const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";

fn authorize(provider: &Provider, scope: &str) -> Params {
    let challenge = base64url(&sha256(VERIFIER.as_bytes()));
    let asked = Params(
        [
            ("response_type", "code"),
            ("client_id", "kclogin"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", scope),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
    );
    let answer = http_get(&format!("{}?{}", provider.url(Endpoint::Authorization), asked.encode()), &[]);
    assert_eq!(answer.0, 302);
    location(&answer).expect("the browser is sent back").1
}

fn token(provider: &Provider, form: &[(&str, &str)]) -> (u16, Value) {
    let (status, _, body) = http_post_form(&provider.url(Endpoint::Token), &[], &[&[("client_id", "kclogin")], form].concat());
    (status, serde_json::from_slice(&body).expect("the token endpoint speaks JSON"))
}

fn exchange(provider: &Provider, code: &str, verifier: &str) -> (u16, Value) {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI), ("code_verifier", verifier)];
    token(provider, &form)
}

fn sign_in(provider: &Provider, scope: &str) -> Value {
    let answer = authorize(provider, scope);
    let (status, tokens) = exchange(provider, answer.get("code").unwrap_or_default(), VERIFIER);
    assert_eq!((status, tokens["error_description"].as_str()), (200, None));
    tokens
}

fn refresh(provider: &Provider, tokens: &Value) -> (u16, Value) {
    token(provider, &[("grant_type", "refresh_token"), ("refresh_token", text(&tokens["refresh_token"]))])
}

fn user_info(provider: &Provider, tokens: &Value) -> Answer {
    http_get(&provider.url(Endpoint::UserInfo), &[("Authorization", &format!("Bearer {}", text(&tokens["access_token"])))])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn a_sign_in_succeeds_and_every_secret_is_known() {
    let provider = Provider::start();
    let tokens = sign_in(&provider, "openid");
    let (_, claims) = decode(text(&tokens["id_token"])).expect("the ID token is a JWT");
    assert_eq!((text(&claims["nonce"]), text(&claims["iss"])), ("the nonce", provider.issuer().as_str()));
    assert_eq!(user_info(&provider, &tokens).0, 200);
    assert_eq!(provider.request_count(), 3);
    assert_eq!(provider.requests(Endpoint::Token)[0].form.get("code_verifier"), Some(VERIFIER));
    let whats: Vec<_> = provider.secrets().iter().map(|secret| secret.what).collect();
    assert_eq!(whats, ["authorization code", "code verifier", "access token", "refresh token", "ID token"]);
    assert_eq!(provider.leaks_in(&format!("debug: {VERIFIER}")), ["code verifier"]);
}

#[test]
fn every_algorithm_verifies_with_the_published_key_and_a_flaw_does_not() {
    let provider = Provider::start();
    provider.publish_strange_keys();
    for algorithm in Algorithm::ASYMMETRIC {
        provider.sign_with(algorithm.clone());
        let tokens = sign_in(&provider, "openid");
        let (header, claims) = decode(text(&tokens["id_token"])).expect("the ID token is a JWT");
        assert_eq!(text(&header["alg"]), algorithm.name());
        assert_eq!(claims["at_hash"].as_str().map(str::to_owned), algorithm.at_hash(text(&tokens["access_token"])));
        assert!(verified_by(text(&tokens["id_token"]), &provider.key_set()), "{algorithm:?}");
    }
    for flaw in [Flaw::TurnedBit, Flaw::ForeignKey, Flaw::Missing] {
        provider.sign_with_flaw(flaw);
        assert!(!verified_by(text(&sign_in(&provider, "openid")["id_token"]), &provider.key_set()), "{flaw:?}");
    }
}

#[test]
fn a_rotated_key_is_no_longer_published() {
    let provider = Provider::start();
    let before = sign_in(&provider, "openid");
    provider.rotate_key();
    assert!(!verified_by(text(&before["id_token"]), &provider.key_set()));
    assert!(verified_by(text(&sign_in(&provider, "openid")["id_token"]), &provider.key_set()));
}

#[test]
fn a_code_works_once_with_its_verifier_only() {
    let provider = Provider::start();
    let code = |answer: &Params| answer.get("code").unwrap_or_default().to_owned();
    let first = code(&authorize(&provider, "openid"));
    let (status, refusal) = exchange(&provider, &first, &VERIFIER.to_uppercase());
    assert_eq!((status, text(&refusal["error_description"])), (400, "PKCE verification failed: Code mismatch"));
    assert_eq!(exchange(&provider, &first, VERIFIER).0, 400, "a wrong verifier burns the code");
    let second = code(&authorize(&provider, "openid"));
    let (status, tokens) = exchange(&provider, &second, VERIFIER);
    assert_eq!(status, 200);
    assert_eq!(exchange(&provider, &second, VERIFIER).0, 400);
    assert_eq!(user_info(&provider, &tokens).0, 401, "a code used twice ends the session");
    let third = code(&authorize(&provider, "openid"));
    let elsewhere = [("grant_type", "authorization_code"), ("code", &third), ("redirect_uri", "http://x/"), ("code_verifier", VERIFIER)];
    assert_eq!(text(&token(&provider, &elsewhere).1["error_description"]), "Incorrect redirect_uri");
}

#[test]
fn rotation_detects_reuse_and_ends_the_session() {
    let provider = Provider::start();
    provider.rotation(Rotation::RevokeOnReuse);
    let first = sign_in(&provider, "openid");
    let (status, second) = refresh(&provider, &first);
    assert_eq!(status, 200);
    assert_eq!(decode(text(&second["id_token"])).expect("a JWT").1["nonce"], Value::Null);
    let (status, refusal) = refresh(&provider, &first);
    assert_eq!((status, text(&refusal["error_description"])), (400, "Maximum allowed refresh token reuse exceeded"));
    assert_eq!(refresh(&provider, &second).0, 400);
    assert_eq!(user_info(&provider, &second).0, 401);
    assert_eq!(provider.live_sessions(), 0);
}

#[test]
fn time_is_its_clock_s() {
    let provider = Provider::start();
    provider.set_now(2_000_000_000);
    let tokens = sign_in(&provider, "openid");
    assert_eq!(decode(text(&tokens["id_token"])).expect("a JWT").1["exp"], json!(2_000_000_300));
    provider.advance(299);
    assert_eq!(user_info(&provider, &tokens).0, 200);
    provider.advance(1);
    assert_eq!(user_info(&provider, &tokens).0, 401);
    provider.advance(1500);
    assert_eq!(text(&refresh(&provider, &tokens).1["error_description"]), "Token is not active");
}

#[test]
fn an_offline_session_survives_end_session_and_not_revocation() {
    let provider = Provider::start();
    let form = |name, tokens: &Value| [("client_id", "kclogin".to_owned()), (name, text(&tokens["refresh_token"]).to_owned())];
    let post = |endpoint, form: [(&str, String); 2]| http_post_form(&provider.url(endpoint), &[], &form.each_ref().map(|(a, b)| (*a, b.as_str()))).0;
    let online = sign_in(&provider, "openid");
    assert_eq!(post(Endpoint::EndSession, form("refresh_token", &online)), 204);
    assert_eq!(refresh(&provider, &online).0, 400);
    let offline = sign_in(&provider, "openid offline_access");
    assert_eq!(offline["refresh_expires_in"], json!(0));
    assert_eq!(post(Endpoint::EndSession, form("refresh_token", &offline)), 204);
    assert_eq!(refresh(&provider, &offline).0, 200);
    assert_eq!(post(Endpoint::Revocation, form("token", &offline)), 200);
    assert_eq!(refresh(&provider, &offline).0, 400);
}

#[test]
fn basic_credentials_are_form_decoded() {
    let provider = Provider::start();
    provider.confidential_client("a:b", "p@ss w+rd%");
    provider.client_authentication(ClientAuthentication::Basic);
    let ask = |credentials: &str| {
        let header = format!("Basic {}", to_base64(credentials.as_bytes()));
        let form = [("grant_type", "refresh_token"), ("refresh_token", "none")];
        http_post_form(&provider.url(Endpoint::Token), &[("Authorization", &header)], &form).0
    };
    assert_eq!(ask("a%3Ab:p%40ss+w%2Brd%25"), 400, "the client is known, its token is not");
    assert_eq!(ask("a:b:p@ss w+rd%"), 401);
}

#[test]
fn a_script_is_followed_and_ends() {
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, Respond::status(503).times(2));
    provider.respond(Endpoint::Discovery, Respond::redirect("http://elsewhere/").once());
    provider.alter_metadata(|metadata| drop(metadata.remove("jwks_uri")));
    let answers: Vec<Answer> = (0..4).map(|_| http_get(&provider.url(Endpoint::Discovery), &[])).collect();
    assert_eq!(answers.iter().map(|answer| answer.0).collect::<Vec<_>>(), [503, 503, 302, 200]);
    let metadata: Value = serde_json::from_slice(&answers[3].2).expect("the document is JSON");
    assert_eq!((&metadata["jwks_uri"], text(&metadata["issuer"])), (&Value::Null, provider.issuer().as_str()));
    provider.respond(Endpoint::Jwks, Respond::reset());
    let error = http("GET", &provider.url(Endpoint::Jwks), &[], b"").expect_err("a reset is no answer");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    provider.respond(Endpoint::Jwks, Respond::drip("HTTP/1.1 200 OK\r\n\r\nslow", Duration::from_millis(1)));
    assert_eq!(http_get(&provider.url(Endpoint::Jwks), &[]).2, b"slow");
}

#[test]
fn dropping_ends_what_hangs_and_closes_the_port() {
    let mut provider = Provider::start();
    let url = provider.url(Endpoint::UserInfo);
    let address = provider.base().replace("http://", "");
    provider.respond(Endpoint::UserInfo, Respond::hang());
    let idle: Vec<_> = (0..50).map(|_| TcpStream::connect(&address).expect("the port is open")).collect();
    let hanging = std::thread::spawn(move || http("GET", &url, &[], b"").is_err());
    while provider.requests(Endpoint::UserInfo).is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let begun = Instant::now();
    provider.stop();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(hanging.join().expect("the client does not panic"));
    assert!(TcpStream::connect(&address).is_err());
    drop(idle);
}

#[test]
fn garbage_is_refused_and_forgotten() {
    let provider = Provider::start();
    let address = provider.base().replace("http://", "");
    for garbage in [&b"\x16\x03\x01\x00\xff\n\n"[..], b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 40000000000\r\n\r\n", &[b'a'; 100_000]] {
        let mut stream = TcpStream::connect(&address).expect("the port is open");
        let _ = stream.write_all(garbage);
        let _ = stream.read(&mut [0; 64]);
    }
    assert_eq!(provider.request_count(), 0);
    assert_eq!(http_get(&provider.url(Endpoint::Discovery), &[]).0, 200);
}
