//! What a server that is offered a token of a realm checks by itself, past kclogin: the signature by the realm's keys, then issuer and expiry. For whom the
//! token is, each server judges in its own way.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

/// The claims of a token that this issuer has signed and that is valid now, or what is wrong with it.
pub(crate) fn claims(token: &str, issuer: &str) -> Result<Value, String> {
    let parts: Vec<&str> = token.split('.').collect();
    let [head, payload, signature] = parts[..] else { return Err("it is no JWT".to_owned()) };
    let bytes = |part: &str| kclogin::encoding::from_base64url(part).ok_or("it is not base64url".to_owned());
    let object = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).map_err(|error| error.to_string());
    let (header, claims) = (object(head)?, object(payload)?);
    let keys = ureq::get(format!("{issuer}/protocol/openid-connect/certs")).call().map_err(|error| error.to_string())?;
    let keys: Value =
        serde_json::from_str(&keys.into_body().read_to_string().map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    let key = keys["keys"].as_array().and_then(|keys| keys.iter().find(|key| key["kid"] == header["kid"])).ok_or("its key is unknown")?;
    if header["alg"] != "RS256" || key["use"] != "sig" {
        return Err("it is signed in another way".to_owned());
    }
    let number = |name: &str| bytes(key[name].as_str().unwrap_or_default());
    let key = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
    let signed = &token[..head.len() + 1 + payload.len()];
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &bytes(signature)?).map_err(|_| "its signature is wrong".to_owned())?;
    if claims["iss"] != issuer {
        return Err(format!("it comes from {}", claims["iss"]));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    if claims["exp"].as_u64().is_none_or(|expiry| expiry <= now) {
        return Err("it has expired".to_owned());
    }
    Ok(claims)
}

/// Whether the token is for this audience.
pub(crate) fn is_for(claims: &Value, audience: &str) -> bool {
    claims["aud"] == audience || claims["aud"].as_array().is_some_and(|all| all.iter().any(|one| one == audience))
}
