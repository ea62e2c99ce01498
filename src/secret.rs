//! Values that must never be seen: a token, a verifier, a client secret.
//!
//! [`Secret`] owns the rule that such a value is redacted wherever it is formatted and wiped when it is dropped. What is done with an exposed
//! value is the caller's affair; searching for `expose` finds every place.

use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

/// A value that is redacted in `Debug`, has no `Display`, and is wiped from memory when dropped.
///
/// It can be written by serde, because a token set has to reach the store: only `token_set` and the stores serialise one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in; from here on it can only be seen through [`expose`](Self::expose).
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Every call is a place where a secret leaves the type's protection.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<T: Zeroize + Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// What a secret is replaced with.
const REDACTED: &[u8] = b"[redacted]";

/// Passes text on without a secret that may be in it.
pub struct Redacting<W: Write> {
    to: W,
    secret: Secret<String>,
    /// What may be the beginning of the secret.
    held: Zeroizing<Vec<u8>>,
}

impl<W: Write> Redacting<W> {
    /// Passes on what is written, to there and without this.
    pub fn new(to: W, secret: Secret<String>) -> Self {
        Self { to, secret, held: Zeroizing::new(Vec::new()) }
    }

    /// Nothing more will come, so that what is held is no beginning.
    fn release(&mut self) -> io::Result<()> {
        self.to.write_all(&std::mem::take(&mut self.held))
    }
}

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        let secret = self.secret.expose().as_bytes();
        let (mut text, mut rest) = (Vec::new(), &self.held[..]);
        while let Some(at) = rest.windows(secret.len().max(1)).position(|window| window == secret) {
            text.extend_from_slice(&rest[..at]);
            text.extend_from_slice(REDACTED);
            rest = &rest[at + secret.len()..];
        }
        let begun = (1..secret.len().min(rest.len() + 1)).rev().find(|length| rest.ends_with(&secret[..*length])).unwrap_or(0);
        text.extend_from_slice(&rest[..rest.len() - begun]);
        self.held = Zeroizing::new(rest[rest.len() - begun..].to_vec());
        self.to.write_all(&text)?;
        self.to.flush()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl<W: Write> Drop for Redacting<W> {
    fn drop(&mut self) {
        // Nobody is left to be told that it can't be written.
        let _ = self.release();
        let _ = self.to.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret = Secret::from("s3cr3t");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[redacted] Some([redacted])");
    }

    #[test]
    fn a_secret_is_taken_out_of_a_text_however_that_is_cut() {
        let text = "a s3 s3cs3cr3t.s3cr3ts3cr3 s3cr3";
        for size in 1..text.len() {
            let mut written = Vec::new();
            let mut redacting = Redacting::new(&mut written, Secret::from("s3cr3t"));
            text.as_bytes().chunks(size).for_each(|chunk| redacting.write_all(chunk).expect("written"));
            drop(redacting);
            assert_eq!(String::from_utf8(written).expect("text"), "a s3 s3c[redacted].[redacted]s3cr3 s3cr3", "{size}");
        }
    }

    #[test]
    fn what_is_no_secret_s_beginning_is_passed_on_at_once() {
        let mut written = Vec::new();
        let mut redacting = Redacting::new(&mut written, Secret::from("s3cr3t"));
        redacting.write_all(b"who? s3").expect("written");
        assert_eq!(redacting.to.as_slice(), b"who? ");
    }
}
