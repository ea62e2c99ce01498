//! What others on the machine can see of kclogin: the files it makes, and on Linux its entry in `/proc`.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::provider::Provider;

/// Everything below a directory, with its mode; links are not followed.
fn modes(dir: &Path) -> Vec<(PathBuf, bool, u32)> {
    let (mut found, mut left) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("metadata");
            found.push((path.clone(), metadata.is_dir(), metadata.permissions().mode() & 0o7777));
            if metadata.is_dir() {
                left.push(path);
            }
        }
    }
    found
}

#[test]
fn every_file_and_directory_that_is_made_is_for_its_owner_only() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let places = [("XDG_CONFIG_HOME", "a/config"), ("XDG_STATE_HOME", "b/state")];
    for elsewhere in [false, true] {
        if elsewhere {
            places.iter().for_each(|(name, place)| machine.set(name, machine.path(place).to_str().expect("UTF-8")));
        }
        machine.run(&["login", "--issuer", &provider.issuer()]).done();
        machine.run(&["token", "--force-refresh"]).done();
        machine.run(&["--profile", "other", "login", "--issuer", &provider.issuer()]).done();
        machine.run(&["profile", "use", "other"]).done();
        machine.run(&["logout"]).done();
    }
    let made = modes(&machine.path(""));
    for (path, is_dir, mode) in &made {
        assert_eq!(*mode, if *is_dir { 0o700 } else { 0o600 }, "{} has the mode {mode:o}", path.display());
    }
    let is_there = |end: &str| made.iter().any(|(path, ..)| path.ends_with(end));
    for end in [".config/kclogin/config.toml", ".local/state/kclogin/other.lock", "a/config/kclogin/config.toml", "b/state/kclogin/other.lock"] {
        assert!(is_there(end), "{end} is not among {made:?}");
    }
}

#[test]
fn a_link_that_somebody_else_put_in_place_of_the_configuration_is_not_written_through() {
    let (provider, machine) = (Provider::start(), Machine::signed_in_to(&Provider::start()));
    let (config, behind) = (machine.path(".config/kclogin/config.toml"), machine.path("behind.toml"));
    fs::rename(&config, &behind).expect("moved");
    symlink(&behind, &config).expect("a link");
    machine.run(&["--profile", "own", "login", "--issuer", &provider.issuer()]).done();
    assert!(fs::read_to_string(&behind).expect("text").contains("[profile.own]"), "a link of one's own is followed");
    // Only root can make a link somebody else's; whose links are followed, a test beside the code shows without.
    if lchown(&config, Some(SOMEBODY), Some(SOMEBODY)).is_ok() {
        let stderr = machine.run(&["--profile", "other", "login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
        let said = format!("error: the configuration {} is a link that somebody else has put there\nhint: look where it leads", config.display());
        assert!(stderr.contains(&said), "{stderr}");
        assert!(!fs::read_to_string(&behind).expect("text").contains("[profile.other]"));
    }
}

/// A user that is neither root nor anybody here.
const SOMEBODY: u32 = 65_534;

/// On Linux the files of a process in `/proc` belong to its user, but to root where the process may not be dumped. That is the same on every machine,
/// whatever becomes of core dumps there. Root's own processes don't tell, so that root runs kclogin as somebody else.
#[cfg(target_os = "linux")]
#[test]
fn a_running_kclogin_may_not_be_dumped_and_its_memory_and_environment_are_closed() {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let own = fs::metadata("/proc/self").expect("/proc").uid();
    let user = if own == 0 { SOMEBODY } else { own };
    // Where somebody else can execute it. Copied by another process: this one's could still be open for writing when it is executed.
    let place = tempfile::tempdir().expect("a directory");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("open to all");
    let program = place.path().join("kclogin");
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_kclogin")).arg(&program).status().expect("cp runs").success());
    let spawn = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir("/").env("HOME", "/nowhere").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if own == 0 {
            command.uid(user).gid(user);
        }
        command.spawn().expect("it starts")
    };
    let owner = |id: u32, file: &str| fs::metadata(format!("/proc/{id}/{file}")).expect("a process").uid();

    let mut control = spawn(Path::new("cat"), &[]);
    // It waits for the rest of the secret.
    let mut kclogin = spawn(&program, &["login", "--issuer", "https://kc.example", "--client-secret-stdin"]);
    kclogin.stdin.as_mut().expect("stdin").write_all(b"s3cr3t-of-").expect("written");
    let until = Instant::now() + Duration::from_secs(30);
    while owner(kclogin.id(), "environ") == user {
        assert!(Instant::now() < until, "kclogin's files in /proc are still its user's");
        std::thread::sleep(Duration::from_millis(10));
    }
    for file in ["environ", "mem", "maps", "fd"] {
        assert_eq!(owner(control.id(), file), user, "another program's {file} is its user's");
        assert_ne!(owner(kclogin.id(), file), user, "kclogin's {file} is not");
    }
    assert!(own == 0 || fs::read(format!("/proc/{}/environ", kclogin.id())).is_err());
    for child in [&mut kclogin, &mut control] {
        assert!(child.try_wait().expect("a child").is_none(), "it is still running");
        child.kill().expect("ended");
        child.wait().expect("an end");
    }
}
