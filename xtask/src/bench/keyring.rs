//! Part `keyring`: a fresh token out of a real Secret Service, beside what others take for the same.
//! Owns the contenders and what is made of their times.

use std::process::Command;

use super::peers::Peers;
use super::person::Person;
use super::report::{Report, Unit, Wanted};
use super::site::{CLIENT, Provider, Site};
use super::timing::{Contender, Results, bare, in_turn, printed};
use super::trace::trace;
use crate::failure::{Failure, Outcome};
use crate::keycloak::password_of;
use crate::packages::{self, Tool};

const OURS: &str = "kclogin token (keyring)";
const SECRET_TOOL: &str = "secret-tool lookup of the same item";
const KUBELOGIN: &str = "kubelogin get-token (keyring)";
const KUBELOGIN_FILE: &str = "kubelogin get-token (plain file)";
const OIDC: &str = "oidc token (oidc-cli, plain file)";
const NOTHING: &str = "a process that does nothing";

/// Rounds before what is counted.
const WARM_UP: usize = 10;

pub(super) fn measure(site: &Site, peers: &Peers, runs: usize) -> Outcome<Report> {
    let provider = site.provider()?;
    let issuer = provider.issuer();
    let person = Person::signed_in(site, "keyring", &issuer, "keyring")?;
    let token = person.command(&["token"]);
    let counts = trace(site, &token)?;

    let mut contenders = vec![Contender::program(OURS, token)];
    contenders.push(Contender::program(SECRET_TOOL, lookup(site, &person.item(&issuer))?));
    if let Some(program) = &peers.kubelogin {
        for (name, store) in [(KUBELOGIN, "keyring"), (KUBELOGIN_FILE, "disk")] {
            let command = || Ok(kubelogin(site, provider, site.surroundings.command(program), store));
            printed(&mut command()?)?;
            contenders.push(Contender::program(name, command()?));
        }
    }
    if let Some(program) = &peers.oidc {
        contenders.push(Contender::program(OIDC, oidc(provider, &|| oidc_command(site, site.surroundings.command(program)))?));
    }
    contenders.push(Contender::silent(NOTHING, bare(Command::new(&site.nothing))));
    let results = in_turn(contenders, WARM_UP, runs)?;

    let mut report =
        Report::new(format!("keyring: a fresh token from the Secret Service ({runs} runs of each, in turn; median, shortest .. nine of ten)"));
    for (name, sample) in results.iter() {
        report.sample(name, sample);
    }
    let ratio = |results: &Results, other: &str| Ok::<_, Failure>(results.of(OURS)?.middle() / results.of(other)?.middle());
    report.judge("kclogin / secret-tool", ratio(&results, SECRET_TOOL)?, Unit::Times, Wanted::AtMost(0.3));
    if peers.kubelogin.is_some() {
        report.judge("kclogin / kubelogin, both from the keyring", ratio(&results, KUBELOGIN)?, Unit::Times, Wanted::AtMost(0.4));
        report.judge("kclogin from the keyring / kubelogin from a plain file", ratio(&results, KUBELOGIN_FILE)?, Unit::Times, Wanted::Nothing);
    }
    if peers.oidc.is_some() {
        report.judge("kclogin from the keyring / oidc-cli from a plain file", ratio(&results, OIDC)?, Unit::Times, Wanted::Nothing);
    }
    report.judge("threads beside the first", counts.threads as f64, Unit::Count, Wanted::Exactly(0.0));
    report.judge("connections", counts.connections as f64, Unit::Count, Wanted::Exactly(1.0));
    report.judge("directories opened", counts.directories as f64, Unit::Count, Wanted::Exactly(0.0));
    report.note("From before the start of the process to after its end, with its output read from a pipe, as `$(kclogin token)` does.");
    report.note("The keyring is gnome-keyring, unlocked, with the items of this run only; its own work is in the figures of all who ask it.");
    report.note("oidc-cli has a service's token, which is somewhat shorter; kubelogin prints its token in an object. The last three are counted once, by strace.");
    Ok(report)
}

/// Reads the very item in which kclogin keeps its session.
pub(super) fn lookup(site: &Site, item: &[String]) -> Outcome<Command> {
    let mut command = site.surroundings.command(packages::program(Tool::Libsecret)?);
    command.arg("lookup").args(item);
    Ok(bare(command))
}

/// kubelogin, whose first call fills its cache: its key is all that is named, so that later calls name the same, though they don't use it.
pub(super) fn kubelogin(site: &Site, provider: &Provider, mut command: Command, store: &str) -> Command {
    let cache = site.scratch.path().join("kubelogin");
    command.args(["get-token", "--oidc-issuer-url", &provider.plain_issuer(), "--oidc-client-id", CLIENT, "--grant-type", "password"]);
    command.args(["--username", "alice", "--password", password_of("alice"), "--token-cache-storage", store, "--token-cache-dir"]).arg(cache);
    bare(command)
}

/// oidc-cli, after its first token, which it gets as a service.
fn oidc(provider: &Provider, command: &dyn Fn() -> Command) -> Outcome<Command> {
    let mut create = command();
    create.args([
        "create",
        "confidential",
        "it",
        "--issuer",
        &provider.plain_issuer(),
        "--client-id",
        "backend",
        "--client-secret",
        "backend-secret",
    ]);
    printed(&mut create)?;
    let mut token = command();
    token.args(["token", "it"]);
    Ok(token)
}

fn oidc_command(site: &Site, mut command: Command) -> Command {
    command.env("XDG_CONFIG_HOME", site.scratch.path().join("oidc"));
    bare(command)
}
