//! `cargo xtask soak`: one session in use for a long time by four processes, through a restart of Keycloak, and whether anything is lost or grows.
//! Owns the order of things and what is looked at in the end; the calls are `caller`'s, their verdict is `tally`'s.
//!
//! The realm's access tokens live for ten seconds and its refresh tokens are for one use, so that nothing is refreshed twice without being noticed.

mod caller;
mod tally;

use std::fs;
use std::sync::{Mutex, OnceLock};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::failure::{Context, Failure, Outcome};
use crate::keycloak::{self, Lasting, Served};
use crate::keyring::Surroundings;
use crate::packages::{self, Tool};
use crate::progress::say;
use crate::scratch::Scratch;
use crate::{process, workspace};
use caller::Caller;
use tally::{Call, Outage, Tally};

/// The options of `xtask soak`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Calls a second, of all four processes together
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
}

/// How many processes call, each without a pause beyond its part of the rate.
const CALLERS: u32 = 4;

/// The lifetime of an access token, in seconds.
const LIFETIME: u32 = 10;

/// How long Keycloak stays away at the least.
const AWAY: Duration = Duration::from_secs(5);

/// How long the calls go on after Keycloak is back, however long it takes.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// `cargo xtask soak`
pub(crate) fn run(options: &Options) -> Outcome {
    if !cfg!(target_os = "linux") {
        return Err(Failure::new("memory and descriptors are looked for in /proc, which this system has not"));
    }
    let mut needed = keycloak::needs()?;
    needed.extend(Surroundings::needs(false));
    needed.extend([Tool::Chromium, Tool::Libsecret]);
    packages::ensure(&needed)?;
    let built = workspace::build_kclogin(false)?;
    let scratch = Scratch::new()?;
    // A copy, as cargo may build it anew meanwhile.
    let kclogin = scratch.path().join("kclogin");
    fs::copy(&built, &kclogin).context(format_args!("copying {}", built.display()))?;
    let browser = workspace::copy_of_this_program(&scratch)?;
    let surroundings = Surroundings::throwaway(&scratch, false)?;
    let mut keycloak = Lasting::start(&scratch.dir("keycloak")?, keycloak::free_port()?, &Served::default())?;
    keycloak.admin.make_realm(&realm()?)?;

    let caller = Caller { kclogin, browser, folder: scratch.path().to_owned(), surroundings: &surroundings };
    caller.log_in(&format!("{}/realms/{}", keycloak.url, caller::PROFILE))?;
    let length = Duration::from_secs(options.minutes * 60);
    say(&format!("Calling {} times a second from {CALLERS} processes for {} min ...", options.rate, options.minutes));
    let daemon_before = surroundings.keyring_id().and_then(caller::look);
    let (calls, outage) = call(&caller, &mut keycloak, options.rate, length)?;
    let length = length.max(outage.to + AFTERWARDS);
    let daemon_after = surroundings.keyring_id().and_then(caller::look);

    let mut tally = Tally::new(&calls, outage, length);
    tally.daemon(daemon_before, daemon_after);
    let events = |kind| keycloak.admin.count_events(caller::PROFILE, kind);
    tally.refreshes(events("REFRESH_TOKEN")?, events("REFRESH_TOKEN_ERROR")?);
    for arguments in [["token", "--force-refresh"].as_slice(), &["whoami"]] {
        tally.at_the_end(&arguments.join(" "), &caller.call(arguments, Duration::ZERO)?);
    }
    tally.keyring_items(caller.keyring_items()?);
    tally.left_over("processes", &caller.strays());
    tally.left_over("files", &caller.stray_files()?);
    tally.verdict()
}

/// The rotating realm with tokens that live shorter still.
fn realm() -> Outcome<String> {
    let file = workspace::root().join("tests").join("live").join("keycloak").join("rotating-realm.json");
    let text = fs::read_to_string(&file).context(format_args!("reading {}", file.display()))?;
    let mut realm: Value = serde_json::from_str(&text).context(format_args!("reading {}", file.display()))?;
    realm["accessTokenLifespan"] = json!(LIFETIME);
    Ok(realm.to_string())
}

/// Makes the calls, with a restart in the middle.
fn call(caller: &Caller<'_>, keycloak: &mut Lasting, rate: u32, length: Duration) -> Outcome<(Vec<Call>, Outage)> {
    let (calls, end, begun) = (Mutex::new(Vec::new()), OnceLock::new(), Instant::now());
    let outage = thread::scope(|scope| {
        let (calls, end) = (&calls, &end);
        let started: Vec<_> = (0..CALLERS).map(|number| scope.spawn(move || keep_calling(caller, number, rate, begun, end, calls))).collect();
        let outage = restart(keycloak, begun, length);
        // Where it has failed there is nothing to wait for.
        let _ = end.set(outage.as_ref().map_or(Duration::ZERO, |outage| length.max(outage.to + AFTERWARDS)));
        let ended: Outcome = started.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(Failure::new("a caller gave up"))));
        ended.and(outage)
    })?;
    Ok((calls.into_inner().unwrap_or_default(), outage))
}

fn restart(keycloak: &mut Lasting, begun: Instant, length: Duration) -> Outcome<Outage> {
    sleep((length / 2).saturating_sub(begun.elapsed()));
    let from = begun.elapsed();
    keycloak.pause();
    sleep(AWAY);
    keycloak.resume()?;
    Ok(Outage { from, to: begun.elapsed() })
}

/// Calls until the end, which is not known before Keycloak is back.
fn keep_calling(caller: &Caller<'_>, number: u32, rate: u32, begun: Instant, end: &OnceLock<Duration>, calls: &Mutex<Vec<Call>>) -> Outcome {
    let interval = Duration::from_secs(1) * CALLERS / rate;
    let mut next = interval * number / CALLERS;
    for count in 0.. {
        sleep(next.saturating_sub(begun.elapsed()));
        if end.get().is_some_and(|end| begun.elapsed() >= *end) {
            break;
        }
        // Every tenth is a person who looks; the others are scripts, for whom two of the ten seconds are enough.
        let arguments: &[&str] = if count % 10 == 9 { &["whoami"] } else { &["token", "--min-validity", "2s"] };
        let call = caller.call(arguments, begun.elapsed())?;
        if let Ok(mut calls) = calls.lock() {
            calls.push(call);
        }
        // On a slow machine what is missed is not made up for.
        next = (next + interval).max(begun.elapsed().saturating_sub(interval));
    }
    Ok(())
}

impl Caller<'_> {
    fn log_in(&self, issuer: &str) -> Outcome {
        process::run(self.command(&["login", "--issuer", issuer, "--timeout", "90s"]).stdout(std::io::stderr()))
    }
}
