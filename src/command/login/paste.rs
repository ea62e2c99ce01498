//! Signing in with a browser on another machine, which can't come back to this one: the person copies the address where it ends, and pastes it here.
//!
//! What is pasted has to be what the listener would have taken. The listener waits as well, for whoever has forwarded its port.

use std::time::{Duration, Instant};

use super::Attempt;
use super::entrance::Entrance;
use crate::clock::lasting;
use crate::error::Result;
use crate::loopback::{Arrival, Loopback, NoArrival};
use crate::oidc::authorization::{AuthorizationRequest, AuthorizationResponse};
use crate::terminal::{Line, Terminal};
use crate::typed::{Entry, Typed};

/// The longest line that a terminal takes, in bytes (N_TTY's on Linux; other systems take less). What is typed beyond it is lost.
const TERMINAL_LINE: usize = 4095;

/// Says what to do, and waits for what comes of it on either way.
pub(super) fn wait(
    attempt: Attempt<'_>,
    loopback: &mut Loopback,
    request: &AuthorizationRequest,
    entrance: &mut Entrance<'_>,
    typed: &mut dyn Typed,
) -> Result<std::result::Result<Arrival, NoArrival>> {
    let Attempt { input, parts, .. } = attempt;
    let terminal = parts.terminal;
    let to = input.profile.provider();
    terminal.prompt(Line::new().plain("To sign in to ").strong(to).plain(", open this address in a browser on any machine:"));
    let (address, lifetime) = entrance.address()?;
    terminal.prompt(Line::new().plain("  ").link(address.as_str()));
    if let Some(lifetime) = lifetime {
        terminal.prompt(format!("It can be opened for {}. Press Enter here for another.", lasting(lifetime)));
    }
    terminal.prompt(
        Line::new()
            .plain("There the browser ends at an address that begins with ")
            .strong(request.redirect_uri.as_str())
            .plain(". The page need not load: copy the whole address, and paste it here."),
    );
    if let Some(ssh) = &parts.surroundings.ssh {
        terminal.status("Or have the browser come back by itself, with this in a shell where it is:");
        terminal.status(Line::new().plain("  ").strong(ssh.forward(&request.redirect_uri)));
    }
    terminal.status(format!("Waiting for the address, for {} at most:", lasting(input.timeout)));
    let mut tick = |_: Duration| pasted(typed, request, entrance, terminal);
    loopback.wait(request, None, Instant::now() + input.timeout, &mut tick)
}

/// What was pasted since the last time, if it is the answer. What is not is said, and forgotten.
fn pasted(typed: &mut dyn Typed, request: &AuthorizationRequest, entrance: &mut Entrance<'_>, terminal: &Terminal) -> Option<AuthorizationResponse> {
    while let Some(entry) = typed.next() {
        match entry {
            Entry::Closed => terminal.status("Nothing can be pasted any more; the browser may still come back by itself."),
            Entry::Unusable => terminal.prompt("That is not an address. Copy it again, and paste it here:"),
            Entry::Line(line) if line.expose().trim().is_empty() => renew(entrance, terminal),
            Entry::Line(line) => match request.check_pasted(line.expose()) {
                Ok(response) => return Some(response),
                Err(_) if line.expose().len() >= TERMINAL_LINE => {
                    terminal.prompt("The address was cut off, as terminals take no longer lines. Paste only what is in it from `code=` on, or sign in another way:");
                }
                Err(rejection) => {
                    terminal.prompt(format!(
                        "That is not the answer to this login: {}. Copy the address again, and paste it here:",
                        rejection.sentence()
                    ));
                }
            },
        }
    }
    None
}

/// Shows another address, where they are good for a short time only.
fn renew(entrance: &mut Entrance<'_>, terminal: &Terminal) {
    if !entrance.is_pushed() {
        return;
    }
    match entrance.address() {
        Ok((address, _)) => {
            terminal.prompt("Open this address instead:");
            terminal.prompt(Line::new().plain("  ").link(address.as_str()));
        }
        Err(error) => terminal.prompt(format!("There is no other address: {}.", error.sentence())),
    }
}
