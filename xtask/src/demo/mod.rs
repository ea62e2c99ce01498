//! `cargo xtask demo`: from a fresh checkout to a real sign-in at a real Keycloak, with one command.
//! Owns the order of things, what is needed for them, and the last words; the sign-in itself is in `steps`.

mod steps;

use clap::Args;
use steps::{Browser, Demo};

use crate::failure::Outcome;
use crate::keycloak::{self, Keycloak, Origin};
use crate::keyring::{self, Surroundings};
use crate::packages::{self, Tool};
use crate::progress::say;
use crate::scratch::Scratch;
use crate::undo::Undo;
use crate::workspace;

/// The options of `xtask demo`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Stop everything at the end
    #[arg(long)]
    once: bool,
    /// Sign in with a headless Chromium, even where a person could
    #[arg(long)]
    headless: bool,
    /// Build kclogin as it is shipped
    #[arg(long)]
    release: bool,
}

/// The realm in which the demo signs in.
const REALM: &str = "demo";

/// `cargo xtask demo`
pub(crate) fn run(options: &Options) -> Outcome {
    let headless = options.headless || !workspace::has_display();
    let own_keyring = !headless && keyring::has_own();

    let mut needed = keycloak::needs()?;
    needed.extend(Surroundings::needs(own_keyring));
    if headless {
        needed.push(Tool::Chromium);
    }
    packages::ensure(&needed)?;

    let keycloak = Keycloak::ensure()?;
    let stop = options.once.then(|| Undo::later(|| drop(keycloak::stop())));
    let signed_in = sign_in(&keycloak, headless, own_keyring, options.release);
    match stop {
        // Not ours to stop.
        Some(undo) if keycloak.origin == Origin::Named => undo.keep(),
        Some(undo) => drop(undo),
        None => last_words(&keycloak),
    }
    signed_in
}

fn sign_in(keycloak: &Keycloak, headless: bool, own_keyring: bool, release: bool) -> Outcome {
    say("Building kclogin");
    let kclogin = workspace::build_kclogin(release)?;
    let scratch = Scratch::new()?;
    let browser = workspace::copy_of_this_program(&scratch)?;
    let surroundings = if own_keyring { Surroundings::own() } else { Surroundings::throwaway(&scratch, !headless)? };
    let browser = match headless {
        true => Browser::Headless(browser),
        // These start browsers without asking our environment.
        false if cfg!(any(windows, target_os = "macos")) => Browser::Own,
        false => Browser::HandedOver(browser),
    };
    say(&setting(headless, own_keyring));
    Demo { kclogin: &kclogin, issuer: &keycloak.issuer(REALM), scratch: &scratch, surroundings: &surroundings, browser }.run()
}

fn setting(headless: bool, own_keyring: bool) -> String {
    let browser = if headless { "a headless Chromium signs in as alice" } else { "your browser opens: sign in as alice, password wonderland" };
    let keyring = if own_keyring { "the tokens go into your keyring until the end" } else { "the tokens go into a throwaway keyring" };
    format!("In this demo {browser}; {keyring}.")
}

fn last_words(keycloak: &Keycloak) {
    say("");
    say(&format!("Keycloak is still running at {}", keycloak.url));
    say(&format!("  its admin console:   {}/admin  (user {}, password {})", keycloak.url, keycloak.admin.user(), keycloak.admin.password()));
    say(&format!("  sign in by hand:     cargo run -p kclogin -- login --issuer {}", keycloak.issuer(REALM)));
    say("                       as alice, password wonderland, or as bob, password builder");
    say("  and clean up:        cargo run -p kclogin -- logout");
    if keycloak.origin != Origin::Named {
        say("  stop Keycloak:       cargo xtask keycloak stop");
    }
}
