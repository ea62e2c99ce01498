//! The signature of a JWT (RFC 7515), whatever it holds: for what the library verifies for ID tokens only.

use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, JsonWebKeyId};
use serde::Deserialize;

use super::Provider;
use crate::encoding::from_base64url;
use crate::error::{Error, Result};
use crate::oidc::document;

#[derive(Deserialize)]
struct JoseHeader {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<JsonWebKeyId>,
    crit: Option<serde_json::Value>,
}

impl Provider<'_> {
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
