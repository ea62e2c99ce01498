//! `cargo xtask bench`: how fast, how large and how frugal kclogin is, against its peers and against nothing, all measured in one run.
//! Owns the parts, their order and what each needs; how each is measured is in its own file.
//!
//! Nothing is asserted about speed: a figure depends on the machine and on what else runs there, so a verdict is read by a person. It fails where
//! something can't be measured. How to read the figures is told in `docs/development.md`.

mod authority;
mod build;
mod curl;
mod figures;
mod form;
mod forwarder;
mod functions;
mod instructions;
mod keyring;
mod login;
mod machine;
mod memory;
mod parallel;
mod peers;
mod person;
mod refresh;
mod report;
mod site;
mod size;
mod start;
mod timing;
mod trace;
mod visit;

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::failure::{Context, Failure, Outcome};
use crate::keycloak;
use crate::keyring::Surroundings;
use crate::packages::{self, Tool};
use crate::scratch::Scratch;
use crate::stages::Stages;
use crate::workspace;
use peers::Peers;
use report::{Report, print};
use site::Site;

/// The options of `xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Which parts [default: all but build]
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// How often each is run, in place of the parts' own numbers
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    runs: Option<u16>,
    /// Measure this program instead of a release build of this tree
    #[arg(long, value_name = "PATH")]
    kclogin: Option<PathBuf>,
    /// Keep the numbers of instructions as those that later ones are compared with
    #[arg(long)]
    keep: bool,
    /// Show in which functions most of the instructions are, of a program with its symbols
    #[arg(long)]
    functions: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A fresh token from the Secret Service, against secret-tool, kubelogin and oidc-cli
    Keyring,
    /// A fresh token from a file, the help and the completions, against a process that does nothing
    Start,
    /// A refresh over TLS, against the token endpoint's own answer
    Refresh,
    /// What follows the browser's return, against the token endpoint's own answer
    Login,
    /// A hundred calls at once, against as many one after another
    Parallel,
    /// The most that a call has in memory
    Memory,
    /// The program's bytes, its crates and its libraries
    Size,
    /// The instructions of a call, against those that were kept
    Instructions,
    /// A build from nothing, which takes minutes
    Build,
}

/// All that is measured where nothing is named.
const USUAL: &[Part] = &[Part::Keyring, Part::Start, Part::Refresh, Part::Login, Part::Parallel, Part::Memory, Part::Size, Part::Instructions];

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// How often each thing is run, where nothing else is said.
    fn runs(self) -> usize {
        match self {
            Self::Keyring | Self::Start => 200,
            Self::Refresh => 150,
            Self::Login => 25,
            Self::Parallel => 10,
            Self::Memory | Self::Instructions => 5,
            Self::Size | Self::Build => 1,
        }
    }

    fn takes_kclogin(self) -> bool {
        self != Self::Build
    }

    fn takes_keyring(self) -> bool {
        !matches!(self, Self::Size | Self::Build)
    }

    fn takes_keycloak(self) -> bool {
        self.takes_keyring() && self != Self::Instructions
    }

    /// Whether the clock decides, and the load is others'.
    fn takes_time(self) -> bool {
        matches!(self, Self::Keyring | Self::Start | Self::Refresh | Self::Login)
    }

    fn takes_peers(self) -> bool {
        matches!(self, Self::Keyring | Self::Memory)
    }

    fn needs(self) -> &'static [Tool] {
        match self {
            Self::Keyring => &[Tool::Libsecret, Tool::Strace],
            Self::Memory => &[Tool::Libsecret],
            Self::Instructions => &[Tool::Libsecret, Tool::Valgrind],
            _ => &[],
        }
    }
}

/// `cargo xtask bench`
pub(crate) fn run(options: &Options) -> Outcome {
    if !cfg!(target_os = "linux") {
        return Err(Failure::new("what is measured is looked for in /proc and by tools that this system has not"));
    }
    let parts = if options.parts.is_empty() { USUAL } else { &options.parts };
    let any = |asks: fn(Part) -> bool| parts.iter().any(|part| asks(*part));
    if (options.keep || options.functions) && !parts.contains(&Part::Instructions) {
        return Err(Failure::new("--keep and --functions are about instructions").hint("name the part instructions as well"));
    }
    packages::ensure(&needs(parts)?)?;

    let mut stages = Stages::default();
    let named = match &options.kclogin {
        Some(named) => named.canonicalize().context(format_args!("looking for {}", named.display()))?,
        None if any(Part::takes_kclogin) => workspace::build_kclogin(true)?,
        None => PathBuf::new(),
    };
    let scratch = Scratch::new()?;
    // A copy, as cargo may build it anew meanwhile: all parts measure the same.
    let kclogin = scratch.path().join("kclogin");
    if any(Part::takes_kclogin) {
        fs::copy(&named, &kclogin).context(format_args!("copying {}", named.display()))?;
    }
    let peers = if any(Part::takes_peers) { Peers::build(&mut stages) } else { Peers::default() };
    print(&machine::facts(&kclogin, &named, &peers));
    let mut site = if any(Part::takes_keyring) { Some(Site::set_up(&kclogin, any(Part::takes_keycloak))?) } else { None };
    let mut short = Vec::new();
    for part in parts {
        let runs = options.runs.map_or(part.runs(), usize::from);
        stages.check(&part.name(), || {
            let at = || site.as_ref().ok_or_else(|| Failure::new("there is nothing to measure it with"));
            let mut report: Report = match part {
                Part::Keyring => keyring::measure(at()?, &peers, runs),
                Part::Start => start::measure(at()?, runs),
                Part::Refresh => refresh::measure(at()?, runs),
                Part::Login => login::measure(at()?, runs),
                Part::Parallel => parallel::measure(at()?, runs),
                Part::Memory => memory::measure(at()?, &peers, runs),
                Part::Size => size::measure(&kclogin),
                Part::Instructions => instructions::measure(at()?, runs, options.keep, options.functions),
                Part::Build => build::measure(),
            }?;
            if let Some(busy) = machine::busy().filter(|_| part.takes_time()) {
                report.note(busy);
            }
            report.print();
            short.extend(report.shortfalls());
            Ok(())
        });
    }
    if !short.is_empty() {
        print(&[vec![String::new(), "== over or missed".to_owned()], short].concat());
    }
    if let Some(site) = &mut site {
        stages.check("the keyring outlived it", || site.surroundings.still_there());
    }
    stages.summary()
}

fn needs(parts: &[Part]) -> Outcome<Vec<Tool>> {
    let mut needed: Vec<Tool> = parts.iter().flat_map(|part| part.needs()).copied().collect();
    if parts.iter().any(|part| part.takes_keyring()) {
        needed.extend(Surroundings::needs(false));
    }
    if parts.iter().any(|part| part.takes_keycloak()) {
        needed.extend(keycloak::own_needs()?);
        needed.push(Tool::Curl);
    }
    Ok(needed)
}
