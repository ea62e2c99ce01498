//! The signature of a JWT (RFC 7515), whatever it holds, and a token's issuer and times: what the library verifies for ID tokens only.

use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, JsonWebKeyId};
use serde::Deserialize;
use serde_json::Value;

use super::Provider;
use super::id_token::CLOCK_TOLERANCE;
use crate::clock::Timestamp;
use crate::encoding::from_base64url;
use crate::error::{Error, Result};
use crate::oidc::claims::ClaimSet;
use crate::oidc::document;
use crate::secret::Secret;

#[derive(Deserialize)]
struct JoseHeader {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<JsonWebKeyId>,
    crit: Option<serde_json::Value>,
}

impl Provider<'_> {
    /// Verifies that a token with these claims comes from this provider and is valid at `now`. Whom it is for is not looked at.
    ///
    /// # Errors
    /// It doesn't or isn't, or the provider's keys can't be fetched.
    pub fn verify_token(&self, token: &Secret<String>, claims: &ClaimSet, now: Timestamp) -> Result<()> {
        let refused = |reason: &str| Error::failed(format!("the token is not valid: {reason}"));
        let issuer = claims.get("iss").and_then(Value::as_str);
        // Before its keys are fetched: the signature of a token that says that it is another's is no business of this provider's.
        if issuer.is_none() || issuer != self.issuer.as_deref() {
            return Err(refused("it does not come from this profile's provider").hint("choose another profile with `--profile NAME`"));
        }
        self.verify_signature(token.expose(), &refused)?;
        let time = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or_else(|| refused("it has a time that is none"))).transpose();
        #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double for some million years")]
        let (earliest, latest) = ((now.0 - CLOCK_TOLERANCE) as f64, (now.0 + CLOCK_TOLERANCE) as f64);
        match (time("exp")?, time("nbf")?) {
            (Some(exp), _) if exp <= earliest => Err(refused("it has expired")),
            (None, _) => Err(refused("it does not say when it expires")),
            (_, Some(nbf)) if nbf > latest => Err(refused("it is not valid yet")),
            _ => Ok(()),
        }
    }

    /// The payload of a JWT that this provider has signed, in its compact form. If it names a key that the provider's key set did not hold, the set is
    /// fetched anew, once.
    ///
    /// # Errors
    /// What `refused` makes of the reason: it is no JWT, nothing the provider signed, or signed in a way that is not accepted. Or the keys can't be
    /// fetched.
    pub fn verify_signature(&self, text: &str, refused: &dyn Fn(&str) -> Error) -> Result<Vec<u8>> {
        let (signed, signature) = text.rsplit_once('.').ok_or_else(|| refused("it is not a JWT"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| refused("it is not a JWT"))?;
        let header =
            from_base64url(header).and_then(|header| document::read::<JoseHeader>(&header).ok()).ok_or_else(|| refused("it is not a JWT"))?;
        let signature = from_base64url(signature).ok_or_else(|| refused("it is not a JWT"))?;
        // RFC 7515 section 4.1.11: what must be understood and isn't.
        if header.crit.is_some() {
            return Err(refused("it has extensions that are not understood"));
        }
        if !self.algorithms.contains(&header.alg) {
            return Err(refused("it is signed with an algorithm that is not accepted"));
        }
        let verifies = |keys: &CoreJsonWebKeySet| {
            fitting(keys, header.kid.as_ref()).any(|key| key.verify_signature(&header.alg, signed.as_bytes(), &signature).is_ok())
        };
        let Some(keys) = self.keys()? else { return Err(refused("the provider's keys are not known")) };
        let is_known = fitting(keys, header.kid.as_ref()).next().is_some();
        if !verifies(keys) && (is_known || !self.fetch_keys()?.as_ref().is_some_and(verifies)) {
            return Err(refused("its signature is wrong"));
        }
        from_base64url(payload).ok_or_else(|| refused("it is not a JWT"))
    }
}

fn fitting<'k>(keys: &'k CoreJsonWebKeySet, kid: Option<&'k JsonWebKeyId>) -> impl Iterator<Item = &'k CoreJsonWebKey> {
    keys.keys().iter().filter(move |key| kid.is_none() || key.key_id() == kid)
}
