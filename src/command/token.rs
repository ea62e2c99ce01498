//! `kclogin token`: a token that is valid now, on stdout and nothing else. It opens no browser.

use url::Url;

use crate::clock::Clock;
use crate::derived::is_valid_for;
use crate::error::{Error, Result};
use crate::issued::{Ask, ExecInfo, Issued, Shell, Source, assignment, exec_credential, require_variable_name};
use crate::oidc::proof::Proof;
use crate::oidc::provider::random_secret;
use crate::secret::Secret;
use crate::terminal::Terminal;

/// How the token is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// The token and a newline.
    Raw,
    /// An object with the token and what is known of it.
    Json,
    /// `Authorization: Bearer ...`, for `curl -H @-`.
    Header,
    /// A command that sets this variable, for a shell to evaluate.
    Env(Shell, String),
    /// What a Kubernetes credential plug-in answers.
    ExecCredential(ExecInfo),
}

/// The request that a proof is for (RFC 9449 section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    /// Its method.
    pub method: String,
    /// Where it goes.
    pub url: Url,
    /// The nonce that the resource server has asked for, if it has.
    pub nonce: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// How it is written.
    pub format: Format,
    /// The request that it is wanted for with a proof, if it is.
    pub proof_for: Option<For>,
    /// Which token.
    pub ask: Ask,
}

/// Prints a token, and with it the proof for a request, where that is asked for: as two header fields, or in the object.
///
/// # Errors
/// As [`Source::issue`]; the variable's name can't be one; the token is bound to a key and can't be used as it is asked for, or is bound to none and a proof is
/// asked for; or stdout can't be written to.
pub fn token(input: &Input, source: &dyn Source, clock: &dyn Clock, terminal: &Terminal) -> Result<()> {
    if let Format::Env(_, variable) = &input.format {
        require_variable_name(variable)?;
    }
    let issued = source.issue(&input.ask)?;
    let (now, need) = (clock.now(), input.ask.need);
    if !is_valid_for(issued.expiry, now, need.min_validity) {
        let (has, wanted) = (issued.expiry.map_or(0, |expiry| expiry.seconds_from(now)), need.min_validity.as_secs());
        terminal.warning(format!("the provider's newest {} is valid for {has} s only, less than the {wanted} s asked for", need.kind));
    }
    let proof = input.proof_for.as_ref().map(|request| prove(&issued, request, clock)).transpose()?;
    match (&input.format, &proof) {
        (Format::Json, _) => terminal.result_json(&issued.to_json(now, proof.as_ref())),
        (_, Some(proof)) => terminal.result_verbatim(&format!("Authorization: DPoP {}\nDPoP: {}\n", issued.token.expose(), proof.expose())),
        (Format::Raw, None) => {
            if issued.proof_key.is_some() && terminal.output_is_terminal() {
                terminal.status("It is bound to kclogin's key, and works with a proof only: `kclogin token --dpop METHOD URL`.");
            }
            terminal.result_verbatim(&format!("{}\n", issued.token.expose()))
        }
        (Format::Header, None) => terminal.result_verbatim(&format!("{}\n", issued.for_bearer()?.to_header())),
        (Format::Env(shell, variable), None) => terminal.result_verbatim(&format!("{}\n", assignment(*shell, variable, issued.token.expose()))),
        (Format::ExecCredential(info), None) => terminal.result_json(&exec_credential(info, &issued.for_bearer()?)),
    }
}

fn prove(issued: &Issued, request: &For, clock: &dyn Clock) -> Result<Secret<String>> {
    let key = issued.proof_key.as_ref().ok_or_else(|| {
        Error::failed("the token is bound to no key, so there is nothing to prove")
            .hint("send it as it is (`kclogin token`), or sign in for one that is bound: `kclogin login --dpop`; a service account's is by `dpop = true` in the profile")
    })?;
    Ok(key.prove(&Proof {
        method: &request.method,
        url: &request.url,
        id: &random_secret(),
        now: clock.now(),
        nonce: request.nonce.as_deref(),
        access_token: Some(&issued.token),
    }))
}
