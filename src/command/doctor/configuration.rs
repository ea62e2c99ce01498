//! The configuration file, the profile, and where each of its settings came from.

use std::path::Path;

use super::finding::Finding;
use super::{BrowserCommand, Input, Origin, Parts, certificate};
use crate::oidc::endpoints::ClientAuthentication;
use crate::private_file;
use crate::profile::Profile;
use crate::profile::config_file::Config;

pub(super) fn look(input: &Input, parts: &Parts<'_>) -> Vec<Finding> {
    let mut findings = vec![file(input)];
    let profile = match &input.profile {
        Ok(profile) => profile,
        Err(error) => {
            findings.push(Finding::failed_by("profile", error, "look at the options of this call"));
            return findings;
        }
    };
    let (settings, origins) = (&profile.settings, &input.origins);
    let is_kept = input.config.as_ref().is_ok_and(|config| config.profile(&profile.name).is_some());
    let found = match origins.profile {
        _ if !is_kept => "new: the first login makes it".to_owned(),
        Origin::Default => "the only one that fits, or the default".to_owned(),
        origin => origin.to_string(),
    };
    let row = |name, value: &str, origin: Origin| Finding::ok(name, format!("{value} ({origin})"));
    let redirect_uri = settings.redirect_uri.as_ref().map_or_else(|| "a free port of http://127.0.0.1/callback".to_owned(), ToString::to_string);
    let ca_file = settings.ca_file.as_deref().map_or_else(|| "the system's".to_owned(), |path| path.display().to_string());
    findings.extend([
        Finding::ok("profile", format!("{} ({found})", profile.name)),
        row("issuer", profile.provider(), origins.issuer),
        row("client ID", &settings.client_id, origins.client_id),
        row("scope", &profile.scope().join(" "), origins.scope),
        row("redirect URI", &redirect_uri, origins.redirect_uri),
        row("authorities", &ca_file, origins.ca_file),
        row("store", &parts.store.description, origins.store),
        browser(input),
    ]);
    findings.extend(settings.client_certificate.as_ref().map(|path| certificate::of_client(path, origins.client_certificate, parts)));
    findings.extend(further(profile, input));
    findings.extend(writable(input, profile));
    findings
}

/// What few profiles have: it is listed where it is set, or where this call says otherwise.
fn further(profile: &Profile, input: &Input) -> Vec<Finding> {
    let (settings, origins) = (&profile.settings, &input.origins);
    let switch = |is_on: bool, origin: Origin, [on, off]: [&str; 2]| match origin {
        Origin::Default if !is_on => None,
        _ => Some((if is_on { on } else { off }.to_owned(), origin)),
    };
    let kept = |value: Option<String>| value.map(|value| (value, Origin::Profile));
    let list = |names: &[String]| Some(names.join(", ")).filter(|names| !names.is_empty());
    let sent = settings.client_authentication.filter(|method| *method != ClientAuthentication::None);
    let given = input.endpoints.written();
    let endpoints: Vec<String> = settings
        .endpoints
        .written()
        .into_iter()
        .map(|(name, address)| {
            let origin = if given.iter().any(|(given, _)| *given == name) { format!("from --{name}") } else { Origin::Profile.to_string() };
            format!("{name} {address} ({origin})")
        })
        .collect();
    let rows = [
        ("secret", kept(sent.map(|method| format!("sent by {method}")))),
        ("login", kept(settings.login_method.map(|method| method.in_words().to_owned()))),
        (
            "requests",
            switch(
                settings.pushed_authorization_requests,
                origins.pushed,
                ["pushed before the browser opens", "pushed only where the provider requires it"],
            ),
        ),
        ("tokens", switch(settings.dpop, origins.dpop, ["bound to a key (DPoP)", "not bound to a key"])),
        ("key file", settings.client_key.as_ref().map(|path| (path.display().to_string(), origins.client_key))),
        ("sites", kept(list(&settings.sites))),
        ("docker", kept(settings.docker_username.as_ref().map(|name| format!("as the user {name}")))),
        ("left in", kept(list(&settings.uncleared_stores).map(|stores| stores + ", until it can be cleared"))),
    ];
    let rows = rows.into_iter().filter_map(|(name, found)| found.map(|(value, origin)| Finding::ok(name, format!("{value} ({origin})"))));
    rows.chain((!endpoints.is_empty()).then(|| Finding::ok("endpoints", endpoints.join(", ")))).collect()
}

fn file(input: &Input) -> Finding {
    const NAME: &str = "file";
    let Some(path) = input.config_path.as_deref() else {
        return Finding::failed(NAME, "there is no home directory to keep the configuration in", "set HOME, or XDG_CONFIG_HOME");
    };
    let shown = path.display();
    let config = match &input.config {
        Err(error) => return Finding::failed_by(NAME, error, "mend the file, or move it away and sign in anew"),
        Ok(config) => config,
    };
    if !path.exists() {
        return Finding::ok(NAME, format!("{shown} is not there yet: the first login makes it"));
    }
    let count = config.profiles().count();
    let profiles = if count == 1 { "1 profile".to_owned() } else { format!("{count} profiles") };
    if private_file::others_may_write(path).unwrap_or(false) {
        let advice = format!("chmod go-w '{shown}': whoever changes it decides where you sign in");
        return Finding::warning(NAME, format!("{shown} can be changed by others ({profiles})"), advice);
    }
    Finding::ok(NAME, format!("{shown} ({profiles})"))
}

/// Whether what a login finds out can be written down; looked at only where that leaves nothing behind.
fn writable(input: &Input, profile: &Profile) -> Option<Finding> {
    let config: &Config = input.config.as_ref().ok()?;
    input.config_path.as_deref().and_then(Path::parent).filter(|dir| dir.is_dir())?;
    let error = config.probe(profile).err()?;
    Some(Finding::failed_by("writing", &error, "make the directory of the configuration file writable"))
}

/// Of a command only its program: its arguments may be anything.
fn browser(input: &Input) -> Finding {
    let origin = input.origins.browser;
    let program = input.browser.as_ref().and_then(|command| command.as_ref()).map(BrowserCommand::program);
    match (program, origin) {
        (Some(program), _) => Finding::ok("browser", format!("{program} ({origin})")),
        (None, Origin::Default) => Finding::ok("browser", "the desktop's (the default)"),
        (None, _) => Finding::ok("browser", origin.to_string()),
    }
}
