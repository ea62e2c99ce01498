//! Signing in with a code that is entered in a browser on any device (RFC 8628): showing it, and waiting for the person.
//!
//! What is asked of the provider, and what its answers mean, is left to `provider`; how the code for a camera is drawn, to `terminal`.

use std::time::Duration;

use super::keep::{Granted, keep};
use super::{Attempt, Input, Parts, countdown};
use crate::clock::lasting;
use crate::error::{Error, ErrorKind, Result};
use crate::oidc::provider::{DeviceAuthorization, Polled};
use crate::profile::config_file::Config;
use crate::terminal::Line;
use crate::token_set::TokenSet;

/// How much longer the pause becomes where the provider says that it is asked too often, in seconds (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause while the provider can't be reached: longer would leave whoever has signed in waiting for nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often the time that is left is shown anew.
const TICK: Duration = Duration::from_secs(1);
/// The longest that one question may take.
const POLL_LIMIT: Duration = Duration::from_secs(30);

/// Has the person sign in, and keeps what comes of it, with the name of its profile.
pub(super) fn sign_in(attempt: Attempt<'_>, device: &DeviceAuthorization, config: &mut Config) -> Result<(TokenSet, String)> {
    show(attempt, device);
    // Nobody can have signed in yet, and the provider is not to be asked before its interval is over.
    attempt.provider.prefetch_keys();
    let granted = wait(attempt, device);
    attempt.parts.terminal.clear_progress();
    keep(granted?, attempt, config)
}

/// Shows the code. It comes last, so that what is above it may leave the screen.
fn show(attempt: Attempt<'_>, device: &DeviceAuthorization) {
    let Attempt { input, client, parts, .. } = attempt;
    let terminal = parts.terminal;
    let to = Line::new().plain("To sign in to ").strong(input.profile.provider()).plain(format!(" with the client {}, ", client.id));
    let complete = device.verification_uri_complete.as_ref();
    let is_drawn = complete.is_some_and(|address| terminal.qr_code(address.as_str()));
    terminal.prompt(to.plain("open this address in any browser and enter the code below:"));
    terminal.prompt(Line::new().plain("  ").link(device.verification_uri.as_str()));
    if let Some(address) = complete {
        let or = if is_drawn { "Or scan the square above with a phone, or open" } else { "Or open" };
        terminal.prompt(format!("{or} this one, which has the code in it:"));
        terminal.prompt(Line::new().plain("  ").link(address.as_str()));
    }
    terminal.prompt("");
    // Alone between spaces, so that a double click takes all of it and nothing else.
    terminal.prompt(Line::new().plain("    ").strong(&device.user_code));
    terminal.prompt("");
    if !terminal.shows_progress() {
        terminal.status(format!("Waiting for the sign-in, for {} at most.", lasting(input.timeout.min(device.expires_in))));
    }
}

/// Asks again and again, as often as the provider allows, until somebody has signed in or the time is over.
fn wait(attempt: Attempt<'_>, device: &DeviceAuthorization) -> Result<Granted> {
    let Attempt { input, provider, client, parts } = attempt;
    let begun = parts.clock.now();
    let limit = input.timeout.min(device.expires_in);
    let left = || limit.saturating_sub(Duration::from_secs(u64::try_from(parts.clock.now().seconds_from(begun)).unwrap_or(0)));
    let (mut interval, mut pause) = (device.interval, device.interval);
    let mut trouble: Option<Error> = None;
    while pause <= left() {
        pass(pause, &left, trouble.is_some(), parts);
        let obtained = parts.clock.now();
        let (error, wanted) = match provider.poll_device(client, device, POLL_LIMIT.min(left().max(interval)), obtained) {
            Ok(Polled::Granted(tokens)) => return Ok(Granted { tokens, nonce: None, obtained }),
            Ok(Polled::Pending) => {
                (pause, trouble) = (interval, None);
                continue;
            }
            Ok(Polled::SlowDown) => {
                interval = interval.saturating_add(SLOWER);
                (pause, trouble) = (interval, None);
                continue;
            }
            Ok(Polled::InTrouble(error, wanted)) => (error, wanted),
            Err(error) if error.kind() == ErrorKind::ProviderUnreachable => (error, Duration::ZERO),
            Err(error) => return Err(error),
        };
        parts.terminal.trace(format!("asked in vain: {}", error.sentence()));
        (pause, trouble) = (slower(pause, interval, wanted), Some(error));
    }
    pass(left(), &left, trouble.is_some(), parts);
    Err(nobody_came(input, device, trouble))
}

/// The pause before a provider is asked again that does not answer: longer each time (section 3.5), and as long as it wants, within limits.
fn slower(pause: Duration, interval: Duration, wanted: Duration) -> Duration {
    pause.saturating_mul(2).max(wanted).min(interval.max(LONGEST_PAUSE))
}

/// Lets a pause pass, with the time that is left on the screen.
fn pass(pause: Duration, left: &dyn Fn() -> Duration, in_trouble: bool, parts: &Parts<'_>) {
    if !parts.terminal.shows_progress() {
        return parts.clock.pause(pause);
    }
    let mut rest = pause;
    while !rest.is_zero() {
        let seconds = left().as_secs();
        // Short enough for a terminal of 80 columns: of a line that wraps, only the end would be rewritten.
        let what = if in_trouble { "The provider does not answer; asking again ... " } else { "Waiting for the sign-in ... " };
        parts.terminal.progress(Line::new().plain(what).strong(countdown(seconds)).dim(" (Ctrl-C to stop)"));
        let tick = rest.min(TICK);
        parts.clock.pause(tick);
        rest -= tick;
    }
}

/// The time is over.
fn nobody_came(input: &Input, device: &DeviceAuthorization, trouble: Option<Error>) -> Error {
    let error = if device.expires_in <= input.timeout {
        device.expired()
    } else {
        Error::failed(format!("nobody signed in within {}", lasting(input.timeout))).hint("`--timeout` gives more time")
    };
    match trouble {
        // It may well be that somebody has signed in.
        Some(trouble) => Error::provider_unreachable(format!("{}, as far as is known: {}", error.sentence(), trouble.sentence()))
            .hint("try again later")
            .detail(trouble.detail_text().unwrap_or_default()),
        None => error,
    }
}
