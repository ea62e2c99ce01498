//! The query of a request to the redirect URI, which anybody on the machine can send.
#![no_main]

use kclogin::oidc::authorization::{AuthorizationRequest, AuthorizationResponse};
use kclogin::secret::Secret;
use libfuzzer_sys::fuzz_target;
use url::Url;

const STATE: &str = "st-fuzz";
const ISSUER: &str = "https://kc.example/realms/fuzz";

fn request(issuer: Option<&str>, issuer_announced: bool) -> AuthorizationRequest {
    AuthorizationRequest {
        url: Url::parse("https://kc.example/auth").expect("a URL"),
        state: Secret::from(STATE),
        nonce: Secret::from("nonce-SECRET"),
        code_verifier: Secret::from("verifier-SECRET"),
        redirect_uri: Url::parse("http://127.0.0.1:1/callback").expect("a URL"),
        issuer: issuer.map(str::to_owned),
        issuer_announced,
    }
}

/// What a query says, by a decoder that has nothing in common with the one under test (WHATWG URL, application/x-www-form-urlencoded).
fn decoded(query: &str) -> Vec<(String, String)> {
    let text = |part: &str| {
        let (bytes, mut out, mut at) = (part.as_bytes(), Vec::new(), 0);
        let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        while at < bytes.len() {
            match (bytes[at], hex(at + 1), hex(at + 2)) {
                (b'%', Some(high), Some(low)) => {
                    out.push(u8::try_from(high * 16 + low).expect("a byte"));
                    at += 2;
                }
                (b'+', ..) => out.push(b' '),
                (byte, ..) => out.push(byte),
            }
            at += 1;
        }
        String::from_utf8_lossy(&out).into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (text(name), text(value))).collect()
}

fuzz_target!(|query: &str| {
    let said = decoded(query);
    let all = |name: &str| said.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>();
    for (issuer, announced) in [(Some(ISSUER), true), (Some(ISSUER), false), (None, false)] {
        match request(issuer, announced).check(query) {
            Ok(response) => {
                assert_eq!(all("state"), [STATE], "an answer to another request was taken");
                match all("iss").as_slice() {
                    [] => assert!(!announced, "the promised issuer is missing"),
                    [iss] => assert!(issuer.is_none_or(|issuer| issuer == *iss), "an answer of another issuer was taken"),
                    _ => panic!("two issuers"),
                }
                assert!(!format!("{response:?}").contains("SECRET"));
                match response {
                    AuthorizationResponse::Code { code, .. } => {
                        assert!(all("error").is_empty() && !code.expose().is_empty(), "a code beside an error was taken");
                        assert_eq!(all("code"), [code.expose()]);
                    }
                    AuthorizationResponse::Refused { error, description } => {
                        assert_eq!(all("error"), [error.as_str()]);
                        assert_eq!(all("error_description"), description.as_deref().into_iter().collect::<Vec<_>>());
                    }
                }
            }
            // What is wrong is told in words of ours: this is shown in a browser and must not hold a character of the query.
            Err(rejection) => assert!(rejection.sentence().is_ascii() && !rejection.sentence().contains(['<', '&', '"', '%'])),
        }
    }
    // The true answer is taken whatever else stands beside it, as long as it repeats nothing and is not an error.
    let ours = ["state", "code", "iss", "error", "error_description", "kc_action_status"];
    if !said.iter().any(|(name, _)| ours.contains(&name.as_str())) {
        let issuer: String = url::form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect();
        let answer = request(Some(ISSUER), true).check(&format!("{query}&state={STATE}&code=c&iss={issuer}"));
        assert!(matches!(answer, Ok(AuthorizationResponse::Code { .. })), "{answer:?}");
    }
});
