//! The login that the ID tokens of the targets belong to.

use kclogin::clock::Timestamp;
use kclogin::oidc::provider::IdTokenChecks;
use kclogin::secret::Secret;

use crate::common::CLIENT;

pub const NONCE: &str = "nonce-of-the-fuzzer";
pub const ACCESS_TOKEN: &str = "access-token-of-the-fuzzer";
pub const NOW: i64 = 1_800_000_000;

/// What is asked of a token at a login.
pub fn checks<'a>(nonce: &'a Secret<String>, access_token: &'a Secret<String>, signature: bool) -> IdTokenChecks<'a> {
    IdTokenChecks { client_id: CLIENT, nonce: Some(nonce), access_token, now: Timestamp(NOW), signature }
}
