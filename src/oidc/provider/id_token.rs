//! Verifying an ID token (OpenID Connect Core 1.0 sections 3.1.3.7, 3.1.3.8 and 12.2). The library checks iss, aud, the signature, exp and the nonce;
//! azp, nbf, iat, at_hash, the algorithm list and the clock's tolerance are ours.

use std::str::FromStr;

use openidconnect::core::{
    CoreGenderClaim, CoreJsonCurveType, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims, IdTokenVerifier, IssuerUrl,
    JsonWebKeySet, Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::Provider;
use crate::clock::Timestamp;
use crate::encoding::from_base64url;
use crate::error::{Error, Result};
use crate::oidc::claims::{ClaimSet, Identity, unverified_payload};
use crate::oidc::document::{Unsound, require_sound};
use crate::secret::Secret;

/// How far the provider's clock and ours may be apart, in seconds.
pub const CLOCK_TOLERANCE: i64 = 30;

/// Claims that the library's type leaves out.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct MoreClaims {
    nbf: Option<Number>,
}

impl AdditionalClaims for MoreClaims {}

type WireIdToken = IdToken<MoreClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type WireClaims = IdTokenClaims<MoreClaims, CoreGenderClaim>;
type Verifier<'a> = IdTokenVerifier<'a, CoreJsonWebKey>;

/// What an ID token is checked against.
#[derive(Debug)]
pub struct IdTokenChecks<'a> {
    /// The client it must be for.
    pub client_id: &'a str,
    /// The nonce it must hold; none after a refresh (section 12.2).
    pub nonce: Option<&'a Secret<String>>,
    /// The access token that came with it.
    pub access_token: &'a Secret<String>,
    /// The present moment.
    pub now: Timestamp,
    /// Whether to check the signature. After a refresh it isn't, so that a refresh is one request: the token came straight from the token endpoint,
    /// over TLS or the loopback, which section 3.1.3.7 (6) lets stand for it.
    pub signature: bool,
}

/// An ID token that has been verified.
#[derive(Debug)]
pub struct VerifiedIdToken {
    /// `iss`
    pub issuer: String,
    /// Who it is about.
    pub identity: Identity,
    /// Whether the signature was checked; not where no keys are known.
    pub signature_checked: bool,
}

impl Provider<'_> {
    /// Verifies an ID token. If it names a key that the provider's key set did not hold, the set is fetched anew, once (section 10.1.1).
    ///
    /// # Errors
    /// Any of the checks fails, or the keys can't be fetched.
    pub fn verify_id_token(&self, id_token: &Secret<String>, checks: &IdTokenChecks<'_>) -> Result<VerifiedIdToken> {
        let malformed = |detail: String| invalid("it is not a signed JWT with the claims it needs").detail(detail);
        require_sound_parts(id_token).map_err(|unsound| malformed(unsound.to_string()))?;
        let wire = WireIdToken::from_str(id_token.expose()).map_err(|error| malformed(error.to_string()))?;
        let keys = if checks.signature { self.keys()? } else { None };
        let Some(keys) = keys else { return self.verify_with(&wire, id_token, checks, None).map_err(Fault::into_error) };
        match self.verify_with(&wire, id_token, checks, Some(keys)) {
            Err(Fault::UnknownKey) => {
                // Keys that were known are never traded for none: that would leave the signature unchecked.
                let fetched = self.fetch_keys()?.ok_or_else(|| Fault::UnknownKey.into_error())?;
                self.verify_with(&wire, id_token, checks, Some(&fetched)).map_err(Fault::into_error)
            }
            verified => verified.map_err(Fault::into_error),
        }
    }

    fn verify_with(
        &self,
        wire: &WireIdToken,
        raw: &Secret<String>,
        checks: &IdTokenChecks<'_>,
        keys: Option<&CoreJsonWebKeySet>,
    ) -> std::result::Result<VerifiedIdToken, Fault> {
        // The library looks at the algorithm only where it checks the signature, and an unsigned token is accepted from nobody.
        match wire.signing_alg() {
            Ok(algorithm) if self.algorithms.contains(algorithm) => {}
            Ok(_) => return Err(Fault::Invalid(invalid("it is signed with an algorithm that is not accepted"))),
            Err(_) => return Err(Fault::Invalid(invalid("it is not signed"))),
        }
        let verifier = self.verifier(checks, keys);
        let nonce_matches = |nonce: Option<&Nonce>| match (checks.nonce, nonce) {
            (Some(expected), Some(nonce)) if nonce.secret() == expected.expose() => Ok(()),
            (Some(_), _) => Err("it is not the one that was sent".to_owned()),
            // Section 12.2: after a refresh it should not be there; that it may be is common.
            (None, _) => Ok(()),
        };
        let claims = wire.claims(&verifier, nonce_matches).map_err(|error| self.fault(&error, checks.now))?;
        check_times(claims, checks.now)?;
        check_authorized_party(claims, checks.client_id)?;
        check_access_token_hash(wire, claims, checks.access_token)?;
        let payload: ClaimSet = unverified_payload(raw.expose()).unwrap_or_default();
        Ok(VerifiedIdToken {
            issuer: claims.issuer().as_str().to_owned(),
            identity: Identity::from_claims(&payload).ok_or_else(|| Fault::Invalid(invalid("it has no subject")))?,
            signature_checked: keys.is_some(),
        })
    }

    fn verifier<'v>(&self, checks: &IdTokenChecks<'_>, keys: Option<&CoreJsonWebKeySet>) -> Verifier<'v> {
        let client_id = ClientId::new(checks.client_id.to_owned());
        let keys_or_none = keys.cloned().unwrap_or_else(|| JsonWebKeySet::new(Vec::new()));
        // The library compares issuers as text, so what was configured must go in unchanged. Without a known issuer the comparison is off.
        let issuer = self.issuer.clone().and_then(|issuer| IssuerUrl::new(issuer).ok());
        let known = issuer.is_some();
        let issuer = issuer.unwrap_or_else(|| IssuerUrl::from_url(self.endpoints.token.clone()));
        let tolerant = Timestamp(checks.now.0.saturating_sub(CLOCK_TOLERANCE));
        let verifier = Verifier::new_public_client(client_id, issuer, keys_or_none)
            .set_allowed_algs(self.algorithms.iter().cloned())
            .set_time_fn(move || tolerant.to_calendar())
            // Further audiences are for `check_authorized_party` to judge.
            .set_other_audience_verifier_fn(|_| true)
            .require_issuer_match(known);
        if keys.is_some() { verifier } else { verifier.insecure_disable_signature_check() }
    }

    fn fault(&self, error: &ClaimsVerificationError, now: Timestamp) -> Fault {
        use ClaimsVerificationError as E;
        let issuer = self.issuer.as_deref().unwrap_or("the provider");
        Fault::Invalid(match error {
            E::SignatureVerification(SignatureVerificationError::NoMatchingKey) => return Fault::UnknownKey,
            E::SignatureVerification(SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_)) => {
                invalid("it is signed with an algorithm that is not accepted")
            }
            E::SignatureVerification(SignatureVerificationError::NoSignature) => invalid("it is not signed"),
            E::SignatureVerification(SignatureVerificationError::AmbiguousKeyId(_)) => {
                invalid("it names no key, and the provider has several that fit")
            }
            E::SignatureVerification(_) => invalid("its signature is wrong"),
            E::Expired(_) => clock_fault("it has already expired", now),
            E::InvalidIssuer(_) => invalid(format!("it does not come from {issuer}")),
            E::InvalidAudience(_) => invalid("it is not for this client"),
            E::InvalidNonce(_) => invalid("its nonce is not the one that was sent"),
            _ => invalid("it is not well-formed"),
        })
        .with_detail(error)
    }
}

enum Fault {
    /// The token names a key that the key set doesn't hold: perhaps the provider has changed its keys.
    UnknownKey,
    Invalid(Error),
}

impl Fault {
    fn into_error(self) -> Error {
        match self {
            Self::UnknownKey => invalid("the provider has no key that fits its signature"),
            Self::Invalid(error) => error,
        }
    }

    fn with_detail(self, error: &ClaimsVerificationError) -> Self {
        match self {
            Self::Invalid(fault) => Self::Invalid(fault.detail(error.to_string())),
            Self::UnknownKey => self,
        }
    }
}

fn invalid(reason: impl AsRef<str>) -> Error {
    Error::failed(format!("the provider's ID token is refused: {}", reason.as_ref()))
}

fn clock_fault(reason: &str, now: Timestamp) -> Error {
    invalid(reason).hint(format!("this machine's clock says {}; if that is wrong, set it right", now.to_rfc3339()))
}

/// Refuses a token whose header or payload could be understood in two ways. What is no JWT at all is for the library to refuse.
fn require_sound_parts(id_token: &Secret<String>) -> std::result::Result<(), Unsound> {
    id_token.expose().split('.').take(2).filter_map(from_base64url).try_for_each(|part| require_sound(&part))
}

/// exp is the library's; iat and nbf may be at most the tolerance in the future (section 3.1.3.7 (10), RFC 7519 section 4.1.5).
fn check_times(claims: &WireClaims, now: Timestamp) -> std::result::Result<(), Fault> {
    let latest = now.0.saturating_add(CLOCK_TOLERANCE);
    if claims.issue_time().timestamp() > latest {
        return Err(Fault::Invalid(clock_fault("it was issued in the future", now)));
    }
    let not_before = claims.additional_claims().nbf.as_ref().map(|nbf| nbf.as_f64().unwrap_or(f64::INFINITY));
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double for some million years")]
    if not_before.is_some_and(|nbf| nbf > latest as f64) {
        return Err(Fault::Invalid(clock_fault("it is not valid yet", now)));
    }
    Ok(())
}

/// Section 3.1.3.7 (3) to (5): azp, where present, must be this client; where there are further audiences, it must be present.
fn check_authorized_party(claims: &WireClaims, client_id: &str) -> std::result::Result<(), Fault> {
    match claims.authorized_party() {
        Some(party) if party.as_str() == client_id => Ok(()),
        Some(_) => Err(Fault::Invalid(invalid("it was issued to another client"))),
        None if claims.audiences().len() > 1 => {
            Err(Fault::Invalid(invalid("it is for several audiences and does not say which client it was issued to")))
        }
        None => Ok(()),
    }
}

/// Section 3.1.3.8. It needs no key of the provider's, so that it is checked after a refresh as well, and where no keys are known.
fn check_access_token_hash(wire: &WireIdToken, claims: &WireClaims, access_token: &Secret<String>) -> std::result::Result<(), Fault> {
    let Some(expected) = claims.access_token_hash() else { return Ok(()) };
    let fault = |_| Fault::Invalid(invalid("its access token hash can't be checked"));
    let algorithm = wire.signing_alg().map_err(|_| fault(()))?;
    let token = AccessToken::new(access_token.expose().clone());
    let hash = AccessTokenHash::from_token(&token, algorithm, &any_key_for(algorithm)).map_err(|_| fault(()))?;
    if hash == *expected { Ok(()) } else { Err(Fault::Invalid(invalid("it belongs to another access token"))) }
}

/// A key that is none but in its kind: the library asks one which hash an algorithm uses, and looks at nothing else of it.
fn any_key_for(algorithm: &CoreJwsSigningAlgorithm) -> CoreJsonWebKey {
    use CoreJwsSigningAlgorithm as A;
    match algorithm {
        A::EcdsaP256Sha256 => CoreJsonWebKey::new_ec(Vec::new(), Vec::new(), CoreJsonCurveType::P256, None),
        A::EcdsaP384Sha384 => CoreJsonWebKey::new_ec(Vec::new(), Vec::new(), CoreJsonCurveType::P384, None),
        // Of EdDSA's two curves the library verifies with this one only.
        A::EdDsa => CoreJsonWebKey::new_okp(Vec::new(), CoreJsonCurveType::Ed25519, None),
        _ => CoreJsonWebKey::new_rsa(Vec::new(), Vec::new(), None),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::environment::Environment;
    use crate::oidc::endpoints::Endpoints;
    use crate::oidc::http::{Http, Settings};

    fn token(header: &str, payload: &str) -> Secret<String> {
        Secret::new(format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn neither_header_nor_payload_may_hold_a_member_twice() {
        let (header, payload) = (r#"{"alg":"RS256","kid":"a"}"#, r#"{"sub":"42"}"#);
        assert!(require_sound_parts(&token(header, payload)).is_ok());
        assert!(require_sound_parts(&token(r#"{"alg":"RS256","alg":"none"}"#, payload)).is_err());
        assert!(require_sound_parts(&token(header, r#"{"sub":"42","sub":"43"}"#)).is_err());
    }

    const ISSUER: &str = "https://kc.example/realms/a";

    /// What becomes of a token with these further claims, where these are the provider's keys, or none are known.
    fn verified(more: &str, keys: Option<&[u8]>) -> Result<VerifiedIdToken> {
        let http = Http::new(Settings::new(&Environment::default(), &crate::profile::Settings::default()), &|_| ());
        let endpoints = Endpoints { jwks: None, ..Endpoints::of_keycloak(ISSUER).expect("endpoints") };
        let payload = format!(r#"{{"iss":"{ISSUER}","sub":"42","aud":"c","exp":2000,"iat":1000,"nonce":"n"{more}}}"#);
        let token = token(r#"{"alg":"EdDSA","kid":"unknown"}"#, &payload);
        let (nonce, access_token) = (Secret::from("n"), Secret::from("at"));
        let checks = IdTokenChecks { client_id: "c", nonce: Some(&nonce), access_token: &access_token, now: Timestamp(1_000), signature: true };
        let provider = Provider::known(&http, Some(ISSUER.to_owned()), endpoints);
        keys.map_or(Ok(()), |keys| provider.know_keys(keys))?;
        provider.verify_id_token(&token, &checks)
    }

    #[test]
    fn known_keys_are_never_traded_for_an_unchecked_signature() {
        assert!(!verified("", None).expect("nothing to check it with").signature_checked);
        let refused = verified("", Some(br#"{"keys":[]}"#)).expect_err("refused");
        assert!(refused.sentence().ends_with("the provider has no key that fits its signature"), "{refused}");
    }

    #[test]
    fn the_access_token_s_hash_is_checked_where_no_keys_are_known_too() {
        // The first half of SHA-512 of `at`, in base64url.
        verified(r#","at_hash":"dTR5nNqNrsxqjWP_lCTH2ESWpeTv9f1yZraJ_wsSjjE""#, None).expect("its own hash");
        let refused = verified(r#","at_hash":"ATR5nNqNrsxqjWP_lCTH2ESWpeTv9f1yZraJ_wsSjjE""#, None).expect_err("refused");
        assert!(refused.sentence().ends_with("it belongs to another access token"), "{refused}");
    }
}
