//! How a person would sign in here, where the login page is shown, and where its answer comes back to: the way, the listener, the browser and the display.

use url::Url;

use super::finding::{Finding, Outcome};
use super::{Input, Parts};
use crate::browser::{Browser, BrowserCommand, SystemBrowser, private_window};
use crate::environment::Environment;
use crate::error::Result;
use crate::login_way::{Situation, Way, choose, require_somebody};
use crate::loopback::Loopback;
use crate::oidc::authorization::AuthorizationRequest;
use crate::oidc::provider::random_secret;
use crate::profile::login_method::LoginMethod;
use crate::surroundings::{Place, Ssh, Surroundings};

/// What opens a desktop's default browser on the Unix systems, in the order in which it is tried.
const OPENERS: [&str; 9] = ["xdg-open", "gio", "kde-open", "kde-open5", "kfmclient", "gnome-open", "exo-open", "wslview", "x-www-browser"];
const BY_HAND: &str = "a login prints the address: open it in a browser on this machine, or name one with `--browser`; `--device` needs none here";

const ELSEWHERE: &str = "in a terminal a login shows a code for another device, or has an address pasted; or name a browser with `--browser`";

pub(super) fn look(listener: &mut Result<Loopback>, input: &Input, system: &SystemBrowser, parts: &Parts<'_>) -> Vec<Finding> {
    let environment = parts.environment;
    let (way, needs_browser) = way(input, system, parts.surroundings);
    let fixed = input.profile.as_ref().ok().and_then(|profile| profile.settings.redirect_uri.as_ref()).filter(|uri| uri.port().is_some());
    // It is still said what is there, for whoever wants to sign in otherwise.
    let as_needed = |finding: Finding| match finding.outcome {
        Outcome::Warning if !needs_browser => Finding::ok(finding.name, format!("none is needed ({})", finding.detail)),
        _ => finding,
    };
    let (browser, display) = (browser(input, system, environment), display(environment, fixed, !system.commands().is_empty()));
    vec![way, listening(listener), as_needed(browser), as_needed(display)]
}

/// The way that a login would take here, and whether that needs a browser that is opened here.
fn way(input: &Input, system: &SystemBrowser, surroundings: &Surroundings) -> (Finding, bool) {
    const NAME: &str = "way";
    // Both mean a browser, whatever the profile remembers.
    let is_asked_for = input.browser.is_some() || input.private;
    let kept = input.profile.as_ref().ok().and_then(|profile| profile.settings.login_method).filter(|_| !is_asked_for);
    let method = if is_asked_for { Some(LoginMethod::Browser) } else { kept };
    let no_browser = if is_asked_for { None } else { system.why_not() };
    let situation = Situation { method, is_asked_for, no_browser, surroundings };
    if let Err(error) = require_somebody(&situation) {
        return (Finding::failed_by(NAME, &error, "name a way to sign in, such as `--device`"), true);
    }
    let remembered = if kept.is_some() { " (remembered in the profile)" } else { "" };
    let in_words = |method: LoginMethod| format!("{}{remembered}", method.in_words());
    match (choose(&situation, true).0, no_browser) {
        (Way::Device, _) => (Finding::ok(NAME, in_words(LoginMethod::Device)), false),
        (Way::Paste, _) => (Finding::ok(NAME, in_words(LoginMethod::Paste)), false),
        (Way::DeviceOrPaste, why) => {
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            (Finding::ok(NAME, format!("with a code on another device, or by pasting the address of a browser elsewhere{why}")), true)
        }
        (Way::Browser, Some(why)) => (Finding::ok(NAME, format!("in a browser that you open at the printed address: {why}{remembered}")), true),
        (Way::Browser, None) => (Finding::ok(NAME, in_words(LoginMethod::Browser)), true),
    }
}

fn listening(listener: &mut Result<Loopback>) -> Finding {
    const NAME: &str = "listener";
    let loopback = match listener {
        Ok(loopback) => loopback,
        Err(error) => return Finding::failed_by(NAME, error, "look at the redirect URI"),
    };
    let uri = loopback.redirect_uri().clone();
    match loopback.try_out(&request(&uri)) {
        Ok(()) => Finding::ok(NAME, format!("{uri} is reached from this machine")),
        Err(error) => Finding::failed_by(NAME, &error, "look at what filters connections on this machine"),
    }
}

/// A request that is sent to nobody, for an answer to be one to it.
fn request(redirect_uri: &Url) -> AuthorizationRequest {
    let [state, nonce, code_verifier] = std::array::from_fn(|_| random_secret());
    AuthorizationRequest {
        url: redirect_uri.clone(),
        state,
        nonce,
        code_verifier,
        redirect_uri: redirect_uri.clone(),
        issuer: None,
        issuer_announced: false,
    }
}

/// The browser, or why none can be opened in the way that is asked for: a login that can't have a private window ends there.
fn browser(input: &Input, system: &SystemBrowser, environment: &Environment) -> Finding {
    const NAME: &str = "browser";
    let find = |command: &BrowserCommand| environment.find_program(command.program());
    if input.private && !matches!(input.browser, Some(None)) {
        return match private_window(input.browser.clone().flatten(), environment) {
            Err(error) => Finding::failed_by(NAME, &error, "leave out `--private`"),
            Ok(command) => match find(&command) {
                Some(program) => Finding::ok(NAME, format!("a private window of {} ({})", program.display(), input.origins.browser)),
                None => Finding::warning(NAME, format!("`{}` is not found ({})", command.program(), input.origins.browser), BY_HAND),
            },
        };
    }
    let commands = match &input.browser {
        Some(Some(command)) => std::slice::from_ref(command),
        Some(None) => return Finding::failed(NAME, "what `--browser` names is not a command", "look at its quotes"),
        None => system.commands(),
    };
    if let Some((command, program)) = commands.iter().find_map(|command| Some((command, find(command)?))) {
        let detail = format!("{} ({})", program.display(), input.origins.browser);
        if command.is_in_the_terminal() {
            return Finding::warning(NAME, format!("{detail} is a browser for the terminal, whose keyboard it does not get"), BY_HAND);
        }
        return Finding::ok(NAME, detail);
    }
    if let Some(first) = commands.first() {
        return Finding::warning(NAME, format!("`{}` is not found ({})", first.program(), input.origins.browser), BY_HAND);
    }
    if let Some(why) = system.refused() {
        return Finding::warning(NAME, format!("none is opened: {why}"), ELSEWHERE);
    }
    if !system.has_display() {
        return Finding::warning(NAME, "none is opened: there is no display, or this is a session over SSH", ELSEWHERE);
    }
    if cfg!(any(windows, target_os = "macos")) {
        return Finding::ok(NAME, "the system's default");
    }
    match OPENERS.iter().find_map(|name| environment.find_program(name)) {
        Some(opener) => Finding::ok(NAME, format!("the desktop's default, by {}", opener.display())),
        None => Finding::warning(NAME, "nothing here opens the desktop's default browser", "install xdg-utils, or name a browser with `--browser`"),
    }
}

/// The other way over SSH: a line that brings the browser back, to a port that has to be known beforehand.
fn forwarded(environment: &Environment, fixed: Option<&Url>) -> String {
    let usual = Url::parse("http://127.0.0.1:8400/callback").ok();
    let Some((ssh, uri)) = Ssh::of(environment).zip(fixed.or(usual.as_ref())) else { return String::new() };
    format!("; or on your own machine `{}`, and here `kclogin login --no-browser --redirect-uri {uri}`", ssh.forward(uri))
}

fn display(environment: &Environment, fixed: Option<&Url>, has_command: bool) -> Finding {
    const NAME: &str = "display";
    let surroundings = Place::all(environment);
    let has = |one| surroundings.contains(&one);
    if has(Place::Ci) {
        return Finding::warning(
            NAME,
            "this looks like CI, where nobody sits at a browser",
            "use a service account: `kclogin token --client-credentials`",
        );
    }
    if has(Place::Ssh) {
        return Finding::warning(
            NAME,
            "this is a session over SSH: the browser on your own machine does not reach the listener here",
            format!("`kclogin login --device` or `--paste`{}", forwarded(environment, fixed)),
        );
    }
    if has(Place::Container) {
        return Finding::warning(
            NAME,
            "this is a container, whose loopback a browser outside of it does not reach",
            "`kclogin login --device` or `--paste`; or give it the machine's network (`--network host`), and open the address that `kclogin login --no-browser` prints",
        );
    }
    if has(Place::Wsl) && !environment.has_display() && !has_command {
        return Finding::warning(
            NAME,
            "this is WSL without a display",
            "install wslu, whose `wslview` opens the browser of Windows, or name one with `--browser`",
        );
    }
    if has(Place::Sandbox) {
        return Finding::warning(NAME, "this is a Flatpak or a Snap, which may not see the browser or the keyring", "run kclogin outside of it");
    }
    if cfg!(any(windows, target_os = "macos")) {
        return Finding::ok(NAME, "the desktop's");
    }
    match ["WAYLAND_DISPLAY", "DISPLAY"].iter().find_map(|name| Some((name, environment.get(name)?))) {
        Some((name, value)) => Finding::ok(NAME, format!("{name}={value}")),
        None => Finding::warning(NAME, "none: neither DISPLAY nor WAYLAND_DISPLAY is set", BY_HAND),
    }
}
