//! `kclogin kubectl`: a token for Kubernetes' clients, in the way of their credential plug-ins, and the command that makes kubectl ask for it.

use crate::error::{Error, Result};
use crate::issued::{Ask, ExecInfo, Source, exec_credential, word};
use crate::terminal::{Line, Terminal};

/// What the plug-in is asked for.
#[derive(Clone, Debug)]
pub struct Input {
    /// What the client said.
    pub info: ExecInfo,
    /// Which token.
    pub ask: Ask,
}

/// Answers a client that has started us as its plug-in.
///
/// # Errors
/// As [`Source::issue`]; or stdout can't be written to.
pub fn credential(input: &Input, source: &dyn Source, terminal: &Terminal) -> Result<()> {
    terminal.result_json(&exec_credential(&input.info, &source.issue(&input.ask)?.for_bearer()?))
}

/// What a user of a kubeconfig is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What the user is called.
    pub user: String,
    /// The version of the plug-in's interface, without its group.
    pub version: &'static str,
    /// The program to start.
    pub command: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Who the API server has to trust, where that is known.
    pub issuer: Option<String>,
    /// Whom the token is for; nothing where that is the provider's to say.
    pub audience: Option<String>,
}

/// Prints the command that makes the user, and on stderr what else it takes.
///
/// # Errors
/// A name holds control characters; or stdout can't be written to.
pub fn setup(input: &Setup, terminal: &Terminal) -> Result<()> {
    let texts = [&input.user, &input.command].into_iter().chain(&input.arguments);
    if let Some(bad) = texts.into_iter().find(|text| text.is_empty() || text.chars().any(char::is_control)) {
        return Err(Error::usage(format!("`{bad}` can't be written into a kubeconfig")));
    }
    let user = word(&input.user);
    let mut words = vec!["kubectl config set-credentials".to_owned(), user.clone()];
    words.push(format!("--exec-api-version=client.authentication.k8s.io/{}", input.version));
    // Version v1 wants to be told; a kubectl that has no such option speaks v1beta1, where this is what it is without being told.
    words.extend((input.version != "v1beta1").then(|| "--exec-interactive-mode=IfAvailable".to_owned()));
    words.push(word(&format!("--exec-command={}", input.command)));
    words.extend(input.arguments.iter().map(|argument| word(&format!("--exec-arg={}", list_item(argument)))));
    terminal.result_verbatim(&format!("{}\n", words.join(" ")))?;

    terminal.status(Line::new().plain("Run this, for instance by `kclogin kubectl setup | sh`, and choose the user for your context:"));
    terminal.status(format!("  kubectl config set-context --current --user={user}"));
    let issuer = input.issuer.as_deref().unwrap_or("ISSUER");
    match &input.audience {
        Some(audience) => {
            terminal.status("The API server has to be started with");
            terminal.status(format!("  {} {}", word(&format!("--oidc-issuer-url={issuer}")), word(&format!("--oidc-client-id={audience}"))));
            terminal.status("or to have both in its AuthenticationConfiguration, as `issuer.url` and in `issuer.audiences`.");
        }
        None => terminal.status(format!("The API server has to trust {issuer}, for an audience that the provider writes into the access token.")),
    }
    if issuer.starts_with("http://") {
        terminal.warning("an API server takes no issuer over plain http");
    }
    Ok(())
}

/// One value of an option that kubectl reads as a line of comma-separated values (RFC 4180).
fn list_item(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_begins_no_second_argument() {
        assert_eq!(list_item("--audience=a"), "--audience=a");
        assert_eq!(list_item("a,b"), "\"a,b\"");
        assert_eq!(list_item("a\"b"), "\"a\"\"b\"");
    }
}
