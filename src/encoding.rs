//! Bytes as text: base64, and digests in hexadecimal. What is encoded, and whether a digest is enough, its caller knows.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Decodes base64url without padding, the encoding of every part of a JWT (RFC 7515 section 2).
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Encodes as base64url without padding.
#[must_use]
pub fn to_base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Encodes as base64 with padding (RFC 4648 section 4).
#[must_use]
pub fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Decodes base64 with padding.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The SHA-256 digest in base64url.
#[must_use]
pub fn sha256_base64url(bytes: impl AsRef<[u8]>) -> String {
    to_base64url(Sha256::digest(bytes))
}

/// The SHA-256 digest in lower-case hexadecimal.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
