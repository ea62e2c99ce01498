//! A token that is handed out: what is asked of it, what is known of it, and the forms in which programs want it.
//!
//! Where it comes from is left to what implements [`Source`]: a person's session or a service account. Printing it is left to the commands.

mod curl;
mod exec_credential;
mod git;
mod shell;

use std::fmt;
use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::derived::Target;
use crate::error::{Error, Result};
use crate::oidc::proof::ProofKey;
use crate::secret::Secret;

pub use curl::{Answers, CurlRequest, Said, curl_config};
pub use exec_credential::{ExecInfo, exec_credential};
pub use git::{GitRequest, is_on_this_machine, require_username};
pub use shell::{Shell, assignment, require_variable_name, word};

/// What is asked of a token.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Which token is meant.
    pub kind: TokenKind,
    /// For how long it must still be valid.
    pub min_validity: Duration,
    /// Whether to refresh even where it is.
    pub refresh: Refresh,
}

/// Which token is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The access token, for resource servers.
    Access,
    /// The ID token, for programs that want to know who signed in and take nothing else for it.
    Id,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Id => "ID token",
        })
    }
}

/// When to refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Where the stored token is not valid for long enough.
    WhereNeeded,
    /// In any case; but where the provider can't be reached, the stored token will do if it is valid for long enough.
    Wished,
    /// In any case, and nothing else will do: the stored token has been refused although it is valid.
    Required,
}

impl Need {
    /// An access token that is valid for half a minute more: long enough to be used at once.
    pub const USUAL: Self = Self { kind: TokenKind::Access, min_validity: Duration::from_secs(30), refresh: Refresh::WhereNeeded };
}

/// Which token is asked for, and what of it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// For whom, and with which scope.
    pub target: Target,
    /// What it must meet.
    pub need: Need,
}

/// What hands out tokens.
pub trait Source {
    /// A token that meets what is asked for.
    ///
    /// # Errors
    /// [`LoginRequired`](crate::error::ErrorKind::LoginRequired) where only a person can go on; the store or the provider fails, which leaves what is
    /// stored as it was; or the provider does not give what is asked for.
    fn issue(&self, ask: &Ask) -> Result<Issued>;
}

/// A token in place of one that was refused although it is still valid: another process's, where one has come meanwhile, else one from the provider.
/// `refuses` says whether a token is the one that was refused.
///
/// # Errors
/// As [`Source::issue`].
pub fn renewed(source: &dyn Source, ask: &Ask, refuses: impl Fn(&Secret<String>) -> bool) -> Result<Issued> {
    let current = Ask { need: Need { min_validity: Duration::ZERO, refresh: Refresh::WhereNeeded, ..ask.need }, ..ask.clone() };
    let issued = source.issue(&current)?;
    if !refuses(&issued.token) {
        return Ok(issued);
    }
    source.issue(&Ask { need: Need { refresh: Refresh::Required, ..current.need }, ..current })
}

/// A token and what is known of it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: Secret<String>,
    /// When it expires; nothing where the provider did not say.
    pub expiry: Option<Timestamp>,
    /// The scopes granted.
    pub scope: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Whom it is about; nothing for a service account whose token does not say.
    pub subject: Option<String>,
    /// The key that it is bound to, if it is (RFC 9449).
    pub proof_key: Option<ProofKey>,
}

impl Issued {
    /// The token, if whoever holds it can use it: programs that send a token as a bearer can't prove possession of a key.
    ///
    /// # Errors
    /// It is bound to kclogin's key.
    pub fn for_bearer(self) -> Result<Self> {
        match self.proof_key {
            None => Ok(self),
            Some(_) => Err(Error::failed("the access token is bound to kclogin's key (DPoP), so no other program can use it").hint(
                "`kclogin token --dpop METHOD URL` gives token and proof for one request; `kclogin login --dpop=false` signs in without, where the client may",
            )),
        }
    }

    /// The JSON object of `kclogin token --format json`, with the proof for a request where there is one.
    #[must_use]
    pub fn to_json(&self, now: Timestamp, proof: Option<&Secret<String>>) -> String {
        let document = json!({
            "token": self.token.expose(),
            "type": if self.proof_key.is_some() { "DPoP" } else { "Bearer" },
            "expiry": self.expiry.map(Timestamp::to_rfc3339),
            "seconds_left": self.expiry.map(|expiry| expiry.seconds_from(now).max(0)),
            "scope": self.scope.join(" "),
            "issuer": self.issuer,
            "subject": self.subject,
            "proof": proof.map(Secret::expose),
        });
        format!("{document:#}")
    }

    /// The header field that carries it (RFC 6750 section 2.1).
    #[must_use]
    pub fn to_header(&self) -> String {
        format!("Authorization: Bearer {}", self.token.expose())
    }
}
