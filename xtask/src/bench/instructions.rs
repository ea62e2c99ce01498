//! Part `instructions`: how many instructions a call takes, which no load of the machine changes, beside those that were kept in the tree.
//! Owns the counting, by valgrind's callgrind, the session that is read, which is the same each time, and the file of what was kept.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::figures::{middle_count, thousands};
use super::functions::heaviest;
use super::machine;
use super::person::Person;
use super::report::Report;
use super::site::{CLIENT, Site};
use super::timing::{bare, printed};
use super::trace::take_environment;
use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process;
use crate::workspace;

/// Whose session it is. Nobody is asked, so nobody has to be there.
const ISSUER: &str = "https://keycloak.example.test/realms/bench";

pub(super) fn measure(site: &Site, runs: usize, keep: bool, functions: bool) -> Outcome<Report> {
    let (keyring, file) = (with_session(site, "instructions")?, with_session(site, "instructions-file")?);
    printed(&mut file.command(&["profile", "move-store", "instructions-file", "--to", "file"]))?;
    let commands = [
        ("a process that does nothing", bare(Command::new(&site.nothing))),
        ("kclogin token (file)", file.command(&["token"])),
        ("kclogin token (keyring)", keyring.command(&["token"])),
        ("kclogin --version", file.command(&["--version"])),
        ("kclogin --help", file.command(&["--help"])),
        ("kclogin completions bash", file.command(&["completions", "bash"])),
    ];
    let (now, kept) = (surroundings(), Kept::load()?);
    let mut report =
        Report::new(format!("instructions: of a whole process ({runs} runs of each; median, change since the kept number, least .. most)"));
    let mut counts = BTreeMap::new();
    for (name, command) in &commands {
        let row = (0..runs).map(|_| count(site, command)).collect::<Outcome<Vec<u64>>>()?;
        let middle = middle_count(&row);
        let spread = format!(
            "{} .. {}",
            row.iter().min().copied().map_or_else(String::new, thousands),
            row.iter().max().copied().map_or_else(String::new, thousands)
        );
        let change = kept.counts.get(*name).map_or_else(|| "new".to_owned(), |kept| change(*kept, middle));
        report.figure(*name, thousands(middle), format!("{change:>9}   {spread}"));
        counts.insert((*name).to_owned(), middle);
        if functions {
            for (function, count) in heaviest(&notes(site))? {
                report.figure(format!("    {function}"), thousands(count), "");
            }
        }
    }
    report.note("The loading of the program by the system is in it, which is most of what the process that does nothing takes. The session is the same each time.");
    for (name, before, after) in differences(&kept.surroundings, &now) {
        report.note(format!("The kept numbers are of another {name}: {before}, and this is {after}. Some of the change may come of that."));
    }
    if keep {
        let kept = Kept { surroundings: now, counts };
        kept.save()?;
        report.note(format!("Kept in {}.", file_of_kept().display()));
    }
    Ok(report)
}

/// Somebody with the same session in the keyring as everybody has here, past any provider.
fn with_session<'a>(site: &'a Site, name: &'static str) -> Outcome<Person<'a>> {
    let person = Person::new(site, name)?;
    let folder = person.folder().join("config").join("kclogin");
    fs::create_dir_all(&folder).context("making a configuration")?;
    let config = format!("default-profile = \"{name}\"\n\n[profile.{name}]\nissuer = \"{ISSUER}\"\nclient-id = \"{CLIENT}\"\nstore = \"keyring\"\n");
    fs::write(folder.join("config.toml"), config).context("writing a configuration")?;
    let mut command = site.surroundings.command(packages::program(Tool::Libsecret)?);
    command.args(["store", "--label=kclogin"]).args(person.item(ISSUER)).stdin(Stdio::piped());
    let mut tool = process::spawn(&mut command)?;
    if let Some(mut stdin) = tool.stdin.take() {
        stdin.write_all(session().to_string().as_bytes()).context("putting a session into the keyring")?;
    }
    let status = tool.wait().context("putting a session into the keyring")?;
    if status.success() { Ok(person) } else { Err(Failure::new(format!("putting a session into the keyring ended with {status}"))) }
}

/// What kclogin keeps of a login, with tokens as long as Keycloak's and for as long as this is going to be run.
fn session() -> Value {
    let endpoint = |name: &str| format!("{ISSUER}/protocol/openid-connect/{name}");
    let token = |length| "a".repeat(length);
    json!({
        "version": 1,
        "issuer": ISSUER,
        "client_id": CLIENT,
        "identity": { "subject": "8a5b7bd6-8f5c-4a39-9d0c-2f7d5c8b1e11", "username": "alice", "name": "Alice Adams", "email": "alice@example.test" },
        "access_token": token(1300),
        "expiry": 4_102_444_800_u64,
        "refresh_token": token(700),
        "refresh_expiry": 4_102_444_800_u64,
        "id_token": token(1000),
        "scope": ["openid", "profile", "email"],
        "endpoints": {
            "authorization": endpoint("auth"),
            "token": endpoint("token"),
            "userinfo": endpoint("userinfo"),
            "jwks": endpoint("certs"),
            "end_session": endpoint("logout"),
            "revocation": endpoint("revoke"),
            "introspection": endpoint("token/introspect"),
            "device_authorization": endpoint("auth/device"),
            "pushed_authorization_request": endpoint("ext/par/request"),
        },
        "client_authentication": "none",
        "obtained": 1_767_225_600_u64,
    })
}

/// Where callgrind writes what it has counted last.
fn notes(site: &Site) -> PathBuf {
    site.scratch.path().join("callgrind")
}

/// Runs a command under callgrind.
fn count(site: &Site, plain: &Command) -> Outcome<u64> {
    let notes = notes(site);
    let mut counted = Command::new(packages::program(Tool::Valgrind)?);
    counted.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", notes.display()));
    counted.arg(plain.get_program()).args(plain.get_args());
    take_environment(&mut counted, plain);
    let is_silent = plain.get_program() == site.nothing;
    if printed(&mut counted)?.is_empty() && !is_silent {
        return Err(Failure::new("it printed nothing"));
    }
    let text = fs::read_to_string(&notes).context("reading callgrind's notes")?;
    total(&text).ok_or_else(|| Failure::new("callgrind's notes have no total"))
}

/// The total of all threads in callgrind's notes.
fn total(notes: &str) -> Option<u64> {
    let value = |name: &str| notes.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok();
    value("totals:").or_else(|| value("summary:"))
}

/// By how much a number has changed, in percent.
fn change(before: u64, now: u64) -> String {
    format!("{:+.2} %", (now as f64 / before as f64 - 1.0) * 100.0)
}

/// What was kept.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    /// What a number depends on, by its name.
    surroundings: BTreeMap<String, String>,
    counts: BTreeMap<String, u64>,
}

fn file_of_kept() -> PathBuf {
    Path::new("xtask").join("src").join("bench").join("instructions.json")
}

/// What a number depends on besides the program.
fn surroundings() -> BTreeMap<String, String> {
    let valgrind = machine::version_of(Tool::Valgrind);
    // The C library chooses among its own functions by what the processor can.
    let all = [("compiler", machine::compiler()), ("C library", machine::libc()), ("valgrind", valgrind), ("processor", machine::processor())];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The names of what differs, with what was kept and what is now.
fn differences<'a>(kept: &'a BTreeMap<String, String>, now: &'a BTreeMap<String, String>) -> Vec<(&'a str, &'a str, &'a str)> {
    let both = kept.iter().filter_map(|(name, before)| now.get(name).map(|after| (name.as_str(), before.as_str(), after.as_str())));
    both.filter(|(_, before, after)| before != after).collect()
}

impl Kept {
    /// Nothing where there is no file.
    fn load() -> Outcome<Self> {
        let file = workspace::root().join(file_of_kept());
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text).ok_or_else(|| Failure::new(format!("{} is damaged", file.display())).hint("write it anew with --keep")),
            Err(_) => Ok(Self::default()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let surroundings = value["surroundings"].as_object()?.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let counts = value["instructions"].as_object()?.iter().map(|(name, value)| Some((name.clone(), value.as_u64()?)));
        Some(Self { surroundings: surroundings.collect::<Option<_>>()?, counts: counts.collect::<Option<_>>()? })
    }

    fn to_json(&self) -> String {
        format!("{:#}\n", json!({ "surroundings": self.surroundings, "instructions": self.counts }))
    }

    fn save(&self) -> Outcome {
        let file = workspace::root().join(file_of_kept());
        fs::write(&file, self.to_json()).context(format_args!("writing {}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Kept { surroundings: [pair("compiler", "rustc 1"), pair("valgrind", "3")].into(), counts: [("--version".to_owned(), 1_000)].into() }
    }

    #[test]
    fn the_total_is_in_the_notes() {
        assert_eq!(total("events: Ir\nfn=(1) main\n16 3\n\ntotals: 1396763\n"), Some(1_396_763));
        assert_eq!(total("events: Ir\nsummary: 12\n"), Some(12));
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn a_change_is_told_in_percent() {
        assert_eq!([change(1000, 1004), change(1000, 900), change(1000, 1000)], ["+0.40 %", "-10.00 %", "+0.00 %"]);
    }

    #[test]
    fn what_is_kept_is_what_is_loaded_and_what_differs_is_named() {
        assert_eq!(Kept::parse(&kept().to_json()), Some(kept()));
        assert_eq!(Kept::parse("{}"), None);
        let mut now = kept().surroundings;
        assert_eq!(differences(&kept().surroundings, &now), []);
        now.insert("compiler".to_owned(), "rustc 2".to_owned());
        assert_eq!(differences(&kept().surroundings, &now), [("compiler", "rustc 1", "rustc 2")]);
    }

    #[test]
    fn the_numbers_in_the_tree_can_be_read() {
        assert!(!Kept::load().unwrap().counts.is_empty());
    }
}
