//! What kclogin is measured with: a program, a keyring and, where it takes one, a Keycloak that speaks TLS, all of this run's own.
//! Owns their making; who uses kclogin there is `person`'s business.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::authority::Authority;
use super::curl::Curl;
use crate::failure::{Context, Failure, Outcome};
use crate::keycloak::{DEMO, Secured};
use crate::keyring::Surroundings;
use crate::process;
use crate::progress::say;
use crate::scratch::Scratch;

/// The client of all who sign in. Others than kclogin get their first token from it for a password.
pub(super) const CLIENT: &str = "kclogin";

/// The lifetime of an access token in seconds: longer than a run.
const LIFETIME: u32 = 3600;

/// Everything that is there. The order of the fields is the order of their end.
pub(super) struct Site {
    pub(super) surroundings: Surroundings,
    provider: Option<Provider>,
    pub(super) kclogin: PathBuf,
    /// A process that does nothing.
    pub(super) nothing: PathBuf,
    /// A process that does nothing but print a word.
    pub(super) word: PathBuf,
    pub(super) scratch: Scratch,
}

/// A Keycloak with its authority, and the bare client that trusts it.
pub(super) struct Provider {
    pub(super) keycloak: Secured,
    pub(super) authority: Authority,
    pub(super) curl: Curl,
}

impl Site {
    /// Makes all for this kclogin.
    pub(super) fn set_up(kclogin: &Path, with_provider: bool) -> Outcome<Self> {
        let scratch = Scratch::new()?;
        let nothing = compile(&scratch.path().join("nothing"), "fn main() {}")?;
        let word = compile(&scratch.path().join("word"), "fn main() { println!(\"word\"); }")?;
        let surroundings = Surroundings::throwaway(&scratch, false)?;
        let provider = if with_provider { Some(Provider::start(&scratch.dir("provider")?)?) } else { None };
        Ok(Self { surroundings, provider, kclogin: kclogin.to_owned(), nothing, word, scratch })
    }

    /// The Keycloak, for a part that has said that it takes one.
    pub(super) fn provider(&self) -> Outcome<&Provider> {
        self.provider.as_ref().ok_or_else(|| Failure::new("no Keycloak was started"))
    }
}

impl Provider {
    fn start(folder: &Path) -> Outcome<Self> {
        let authority = Authority::make(folder)?;
        let keycloak = Secured::start(folder, &authority.server)?;
        keycloak.admin.make_realm(&realm()?)?;
        let curl = Curl::new(&authority.certificate)?;
        Ok(Self { keycloak, authority, curl })
    }

    /// The issuer over TLS.
    pub(super) fn issuer(&self) -> String {
        issuer(&self.keycloak.https)
    }

    /// The same realm over plain HTTP.
    pub(super) fn plain_issuer(&self) -> String {
        issuer(&self.keycloak.http)
    }
}

/// The issuer at this address.
pub(super) fn issuer(address: &str) -> String {
    format!("{address}/realms/{}", DEMO.name)
}

/// The demo realm with tokens that outlive a run, and with the password grant for those who have no better way in without a person.
fn realm() -> Outcome<String> {
    let text = DEMO.description()?;
    let mut realm: Value = serde_json::from_str(&text).context("reading the demo realm")?;
    realm["accessTokenLifespan"] = json!(LIFETIME);
    for client in realm["clients"].as_array_mut().into_iter().flatten().filter(|client| client["clientId"] == CLIENT) {
        client["directAccessGrantsEnabled"] = json!(true);
    }
    Ok(realm.to_string())
}

/// Compiles a small program, optimized.
fn compile(program: &Path, source: &str) -> Outcome<PathBuf> {
    say(&format!("Compiling {source}"));
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--edition=2024", "--crate-name=small", "-O", "-o"]).arg(program).arg("-").stdin(Stdio::piped());
    let mut compiler = process::spawn(&mut command)?;
    if let Some(mut stdin) = compiler.stdin.take() {
        stdin.write_all(source.as_bytes()).context("telling rustc what to compile")?;
    }
    let status = compiler.wait().context("waiting for rustc")?;
    if status.success() { Ok(program.to_owned()) } else { Err(Failure::new(format!("rustc ended with {status}"))) }
}
