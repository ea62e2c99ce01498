//! Starting a Keycloak on a free loopback port and waiting until it answers.
//! Owns its command line, its log and the record of it; where its files come from is `distribution`'s business.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::record::{How, Record};
use super::{READY, VERSION, distribution, docker};
use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process::{self, Running};
use crate::progress::Step;
use crate::undo::Undo;
use crate::{http, workspace};

/// The name of the log in the cache.
pub(crate) const LOG: &str = "keycloak.log";

/// Starts one, waits for it, and writes down how to stop it.
pub(crate) fn start((user, password): (String, String)) -> Outcome<Record> {
    let cache = workspace::cache();
    fs::create_dir_all(&cache).context(format_args!("making {}", cache.display()))?;
    let _ = fs::remove_file(cache.join(LOG));
    let port = free_port()?;
    let url = url(port);
    let how = match means()? {
        Means::Files(_) => {
            let running = launch(port, Setting::default(), &cache.join(LOG), (&user, &password))?;
            let id = running.id();
            running.leave();
            How::Process(id)
        }
        Means::Docker(program) => {
            let name = docker::start(&program, port, &user, &password)?;
            let doomed = name.clone();
            let undo = Undo::later(move || drop(docker::stop(&doomed)));
            wait_until_ready(&url, &cache.join(LOG), || None)?;
            undo.keep();
            How::Container(name)
        }
    };
    let record = Record { url, how, user, password };
    record.save()?;
    Ok(record)
}

/// The address of one that listens here.
pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// What one may have beside a port for http.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Setting<'a> {
    /// It knows what an earlier one with the same database knew, and is stopped gently.
    pub(super) database: Option<&'a Path>,
    pub(super) tls: Option<Tls<'a>>,
    /// The path below which everything of it is.
    pub(super) path: &'a str,
    /// More of its own options.
    pub(super) more: &'a [String],
    /// Where it gets a copy of the files for itself: it writes what it is built with into them.
    pub(super) files: Option<&'a Path>,
}

/// A port for https as well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tls<'a> {
    pub(super) port: u16,
    /// Its certificate with the key, in the form PKCS #12.
    pub(super) key_store: &'a Path,
    pub(super) password: &'a str,
}

/// Starts one from its files and waits for it.
pub(super) fn launch(port: u16, setting: Setting<'_>, log: &Path, (user, password): (&str, &str)) -> Outcome<Running> {
    packages::ensure(&needs()?)?;
    let home = match means()? {
        Means::Files(Some(home)) => home,
        Means::Files(None) => distribution::fetch(&packages::program(Tool::Maven)?)?,
        Means::Docker(_) => {
            return Err(Failure::new("a Keycloak of a task's own can't be run in a container here").hint("install Java (17 or newer) and Maven"));
        }
    };
    let home = match setting.files {
        Some(own) => distribution::copied(&home, own)?,
        None => home,
    };
    let mut command = command(&home, &arguments(port, free_port()?, setting), log)?;
    command.env("KC_BOOTSTRAP_ADMIN_USERNAME", user).env("KC_BOOTSTRAP_ADMIN_PASSWORD", password);
    if let Some(java_home) = packages::java_home() {
        command.env("JAVA_HOME", java_home);
    }
    let mut running = if setting.database.is_some() { Running::start_gently(&mut command)? } else { Running::start(&mut command)? };
    wait_until_ready(&(url(port) + setting.path), log, || running.ended().map(|status| status.to_string()))?;
    Ok(running)
}

/// Whether one can be run from its files, and not only in a container.
pub(crate) fn can_last() -> Outcome<bool> {
    Ok(matches!(means()?, Means::Files(_)))
}

/// How this machine can run a Keycloak.
enum Means {
    /// From its files, which are here or will be fetched.
    Files(Option<PathBuf>),
    /// In a container.
    Docker(PathBuf),
}

fn means() -> Outcome<Means> {
    let present = distribution::present()?;
    if present.is_none() && !packages::can_bring(&[Tool::Java, Tool::Maven]) {
        let docker = process::find(&["docker"]).filter(|program| docker::works(program));
        if let Some(docker) = docker {
            return Ok(Means::Docker(docker));
        }
    }
    Ok(Means::Files(present))
}

/// The programs without which none can be started here.
pub(crate) fn needs() -> Outcome<Vec<Tool>> {
    Ok(match means()? {
        Means::Files(Some(_)) => vec![Tool::Java],
        Means::Files(None) => vec![Tool::Java, Tool::Maven],
        Means::Docker(_) => Vec::new(),
    })
}

fn command(home: &Path, arguments: &[String], log: &Path) -> Outcome<Command> {
    // A second start writes on: why the first one ended may be of interest.
    let written = File::options().create(true).append(true).open(log).context(format_args!("writing {}", log.display()))?;
    let script = distribution::script(home);
    let mut command = if cfg!(windows) {
        Command::new(&script)
    } else {
        // Through the shell, whatever became of the executable bit while unpacking.
        let mut command = Command::new("sh");
        command.arg(&script);
        command
    };
    command.args(arguments);
    command.stdin(Stdio::null()).stdout(written.try_clone().context("sharing a log file")?).stderr(written);
    Ok(command)
}

fn arguments(port: u16, management: u16, setting: Setting<'_>) -> Vec<String> {
    let mut arguments = vec![
        "start-dev".into(),
        "--http-host=127.0.0.1".into(),
        format!("--http-port={port}"),
        format!("--http-management-port={management}"),
        // In memory: every start is a clean one, and nothing is left on the disk.
        "--db=dev-mem".into(),
    ];
    if let Some(database) = setting.database {
        // The same database with another place for it, and not `--db=dev-file`: that would be in Keycloak's own folder, which all share, and a change of
        // `--db` makes Keycloak build itself anew there under the feet of another that runs.
        arguments.push(format!("--db-url=jdbc:h2:file:{};NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE", database.display()));
    }
    if let Some(tls) = setting.tls {
        let (port, store, password) = (tls.port, tls.key_store.display(), tls.password);
        arguments.extend([
            format!("--https-port={port}"),
            format!("--https-key-store-file={store}"),
            format!("--https-key-store-password={password}"),
        ]);
    }
    if !setting.path.is_empty() {
        arguments.push(format!("--http-relative-path={}", setting.path));
    }
    arguments.extend_from_slice(setting.more);
    arguments
}

/// A port that is free now. Somebody may take it before Keycloak does; then Keycloak ends at once and says so in its log.
pub(crate) fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    Ok(listener.local_addr().context("looking for a free port")?.port())
}

fn wait_until_ready(url: &str, log: &Path, mut ended: impl FnMut() -> Option<String>) -> Outcome {
    let mut step = Step::begin(format!("Starting Keycloak {VERSION} at {url}"));
    let begun = Instant::now();
    let realm = format!("{url}/realms/master");
    while begun.elapsed() < READY {
        if let Some(how) = ended() {
            step.done("failed");
            return Err(Failure::new(format!("Keycloak ended with {how}: {}", complaint(log))).hint(format!("its log is {}", log.display())));
        }
        if http::get(&realm, None).is_ok_and(|answer| answer.status == 200) {
            step.done("ready");
            return Ok(());
        }
        step.tick();
        sleep(Duration::from_millis(200));
    }
    step.done("no answer");
    Err(Failure::new(format!("Keycloak did not answer within {} s", READY.as_secs())).hint(format!("its log is {}", log.display())))
}

/// The first line of the log that reads like a reason.
fn complaint(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let reason = text.lines().find(|line| ["ERROR", "Error", "error"].iter().any(|word| line.contains(word)));
    reason.or_else(|| text.lines().next_back()).unwrap_or("it wrote nothing").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_on_the_loopback_address_and_keeps_nothing() {
        let line = arguments(4711, 4712, Setting::default()).join(" ");
        assert_eq!(line, "start-dev --http-host=127.0.0.1 --http-port=4711 --http-management-port=4712 --db=dev-mem");
    }

    #[test]
    fn with_a_database_it_is_built_the_same_way() {
        let kept = Setting { database: Some(Path::new("/data/database")), ..Setting::default() };
        let (none, some) = (arguments(4711, 4712, Setting::default()), arguments(4711, 4712, kept));
        assert_eq!(some[..none.len()], none);
        assert_eq!(some[none.len()..], ["--db-url=jdbc:h2:file:/data/database;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE"]);
    }

    #[test]
    fn with_a_certificate_it_speaks_tls_as_well() {
        let tls = Tls { port: 4713, key_store: Path::new("/c/leaf.p12"), password: "throwaway" };
        let line = arguments(4711, 4712, Setting { tls: Some(tls), ..Setting::default() }).join(" ");
        assert!(line.ends_with("--db=dev-mem --https-port=4713 --https-key-store-file=/c/leaf.p12 --https-key-store-password=throwaway"), "{line}");
    }

    #[test]
    fn below_a_path_it_takes_what_else_it_is_told() {
        let more = ["--https-client-auth=request".to_owned()];
        let line = arguments(4711, 4712, Setting { path: "/auth", more: &more, ..Setting::default() }).join(" ");
        assert!(line.ends_with("--db=dev-mem --http-relative-path=/auth --https-client-auth=request"), "{line}");
    }
}
