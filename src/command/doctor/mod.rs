//! `kclogin doctor`: why a login fails here, line by line.
//!
//! It looks at each thing in the order in which a login needs it, does what the login does as far as nobody has to sign in, and keeps nothing. Each
//! family of checks has a file. No secret is in what it says, so that it can be pasted anywhere: a URL is shown without its user name and password.

mod certificate;
mod client;
mod configuration;
mod desktop;
mod finding;
mod network;
mod origin;
mod provider;
mod store;
mod surface;

use std::path::PathBuf;

use serde_json::{Value, json};
use url::Url;

use crate::browser::{BrowserCommand, SystemBrowser};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::Result;
use crate::loopback::Loopback;
use crate::oidc::http::{Http, Settings as HttpSettings};
use crate::profile::config_file::Config;
use crate::profile::{ExplicitEndpoints, Profile};
use crate::secret::Secret;
use crate::surroundings::Surroundings;
use crate::terminal::{Line, Terminal};
use crate::token_store::{StoreName, TokenStore};
use finding::{Finding, Outcome};

pub use origin::{Origin, Origins};

/// What is looked at.
pub struct Input {
    /// Whether an object is printed instead of text.
    pub json: bool,
    /// Where the configuration file is, if there is a home for it.
    pub config_path: Option<PathBuf>,
    /// What it holds.
    pub config: Result<Config>,
    /// The profile that a login would be for.
    pub profile: Result<Profile>,
    /// Where each of its settings came from.
    pub origins: Origins,
    /// The endpoints that this call names.
    pub endpoints: ExplicitEndpoints,
    /// The client's secret, where it is given.
    pub client_secret: Option<Secret<String>>,
    /// The command that was given for the browser; the inner `None` where it is none.
    pub browser: Option<Option<BrowserCommand>>,
    /// Whether it is to be a private window.
    pub private: bool,
}

/// The token store, with what it is called.
pub struct Store {
    /// Its name, or that there is none of that name.
    pub name: Result<StoreName>,
    /// What a person calls it.
    pub description: String,
    /// The store, opened so that it asks nobody for anything.
    pub opened: Result<Box<dyn TokenStore>>,
}

/// What a doctor uses.
pub struct Parts<'a> {
    /// How the provider is reached.
    pub http: &'a Http<'a>,
    /// The proxies and the trust of that.
    pub http_settings: &'a HttpSettings,
    /// Where a login would keep its tokens.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The environment variables.
    pub environment: &'a Environment,
    /// Where this runs, and whether somebody reads and types here.
    pub surroundings: &'a Surroundings,
    /// stdout and stderr.
    pub terminal: &'a Terminal,
}

/// Looks at everything and says what it found. Whether nothing failed is the answer.
///
/// # Errors
/// stdout can't be written to.
pub fn doctor(input: &Input, parts: &Parts<'_>) -> Result<bool> {
    let mut page = Page { json: input.json, terminal: parts.terminal, found: Vec::new() };
    page.add("Configuration", configuration::look(input, parts))?;
    let profile = input.profile.as_ref().ok();
    page.wait("the network");
    let (findings, contact) = network::look(profile, parts);
    page.add("Network", findings)?;
    page.wait("the provider");
    let mut listener = Loopback::bind(profile.and_then(|profile| profile.settings.redirect_uri.as_ref()));
    let redirect_uri = listener.as_ref().map(|listener| listener.redirect_uri().clone()).ok();
    // A port that is taken is no reason not to ask whether it is allowed.
    let redirect_uri = redirect_uri.or_else(|| profile.and_then(|profile| profile.settings.redirect_uri.clone()));
    page.add("Provider", provider::look(input, contact.as_ref(), redirect_uri.as_ref(), parts))?;
    let browser = SystemBrowser::new(parts.environment);
    page.add("Browser", desktop::look(&mut listener, input, &browser, parts))?;
    drop(listener);
    page.wait("the token store");
    page.add("Store", store::look(profile, parts))?;
    page.add("Terminal", surface::look(parts))?;
    page.finish()
}

/// What has been found so far; as text it is said at once, since some of it takes a while.
struct Page<'a> {
    json: bool,
    terminal: &'a Terminal,
    found: Vec<(&'static str, Finding)>,
}

impl Page<'_> {
    fn wait(&self, what: &str) {
        self.terminal.progress(Line::new().plain(format!("Looking at {what} ... ")).dim("(Ctrl-C to stop)"));
    }

    fn add(&mut self, group: &'static str, findings: Vec<Finding>) -> Result<()> {
        self.terminal.clear_progress();
        if !self.json {
            self.terminal.result(Line::new().strong(group))?;
            findings.iter().flat_map(Finding::lines).try_for_each(|line| self.terminal.result(line))?;
        }
        self.found.extend(findings.into_iter().map(|finding| (group, finding)));
        Ok(())
    }

    fn finish(self) -> Result<bool> {
        let count = |outcome| self.found.iter().filter(|(_, finding)| finding.outcome == outcome).count();
        let (failed, warnings) = (count(Outcome::Failed), count(Outcome::Warning));
        if self.json {
            let checks: Vec<Value> = self.found.iter().map(|(group, finding)| finding.member(group)).collect();
            self.terminal.result_json(&format!("{:#}", json!({ "failed": failed, "warnings": warnings, "checks": checks })))?;
        } else {
            let warned = match warnings {
                0 => "no warning".to_owned(),
                1 => "1 warning".to_owned(),
                _ => format!("{warnings} warnings"),
            };
            let line = match failed {
                0 => Line::new().good("Nothing failed").plain(format!(", {warned}.")),
                _ => Line::new().bad(format!("{failed} failed")).plain(format!(", {warned}.")),
            };
            self.terminal.result(line)?;
        }
        Ok(failed == 0)
    }
}

/// A host as people write it, with the port where it is not the usual one.
fn at(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
