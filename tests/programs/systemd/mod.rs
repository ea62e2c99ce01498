//! A service of systemd's, `docs/recipes/job.service`, under a systemd of its own that is process 1 of its namespaces.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::bench::{Outcome, admin, eventually, keycloak, outcome};
use crate::orders::is_for_orders;
use crate::recipes::recipe;

/// What the service runs: it asks Keycloak again and again whether the token in its file is valid, and says what it finds.
const JOB: &str = r#"#!/bin/sh
trap 'echo "asked to end"; exit 0' TERM
echo "secret: ${KCLOGIN_CLIENT_SECRET-none}, mode: $(stat -c %a "$TOKEN_FILE")"
echo "path: $TOKEN_FILE"
while :; do
    token=$(cat "$TOKEN_FILE")
    answer=$(printf 'token=%s' "$token" | curl --silent --user orders-api:orders-secret --data @- "$KCLOGIN_ISSUER/protocol/openid-connect/token/introspect")
    case $answer in *'"active":true'*) echo "active $(printf %s "$token" | cksum)" ;; *) echo "refused" ;; esac
    sleep 1
done
"#;

/// A machine with the recipe's unit on it.
struct Machine {
    folder: tempfile::TempDir,
    outer: Child,
    init: u32,
}

impl Machine {
    /// Boots one whose service has these settings.
    fn boot(settings: &str) -> Self {
        // Owned by nobody but root, as /etc/kclogin is.
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["etc", "bin"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        for (name, text, mode) in [("etc/job.env", settings, 0o600), ("bin/job", JOB, 0o755)] {
            fs::write(folder.path().join(name), text).expect("written");
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).expect("set");
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/systemd/machine.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(folder.path()).arg(env!("CARGO_BIN_EXE_kclogin")).arg(recipe("job.service"));
        let said = fs::File::create(folder.path().join("boot")).expect("made");
        let outer = command.stdin(Stdio::null()).stdout(said.try_clone().expect("shared")).stderr(said).spawn().expect("started");
        let mut machine = Self { folder, outer, init: 0 };
        machine.init = eventually("process 1", || machine.find_init());
        eventually("a systemd that answers", || (machine.systemctl(&["show", "--property=Version"]).code == 0).then_some(()));
        machine
    }

    /// Systemd itself is in this group once it is up.
    fn find_init(&mut self) -> Option<u32> {
        if self.outer.try_wait().expect("a state").is_some() {
            panic!("no systemd: {}", fs::read_to_string(self.folder.path().join("boot")).expect("text"));
        }
        let group = PathBuf::from(format!("/proc/{}/root{}/cgroup/kclogin-test-{0}", self.outer.id(), self.folder.path().display()));
        fs::read_to_string(group.join("init.scope/cgroup.procs")).ok()?.lines().next()?.parse().ok()
    }

    fn systemctl(&self, arguments: &[&str]) -> Outcome {
        let init = self.init.to_string();
        outcome(
            Command::new("nsenter").args(["--target", &init, "--all", "systemctl"]).args(arguments).stdin(Stdio::null()).output().expect("nsenter"),
        )
    }

    fn property(&self, name: &str) -> String {
        self.systemctl(&["show", "job", "--value", "--property", name]).done().trim_end().to_owned()
    }

    /// What the service has said.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Without its process 1 a namespace's others end too.
        let _ = Command::new("kill").args(["-9", &self.init.to_string()]).status();
        let _ = self.outer.wait();
    }
}

/// A service account of its own, whose tokens live for this many seconds.
fn settings(id: &str, lifespan: u32) -> String {
    let client = json!({
        "clientId": id, "publicClient": false, "secret": "a secret", "serviceAccountsEnabled": true, "standardFlowEnabled": false,
        "attributes": {"access.token.lifespan": lifespan.to_string()},
    });
    admin("POST", "/admin/realms/demo/clients", Some(&client));
    is_for_orders("demo", id);
    format!("KCLOGIN_ISSUER={}/realms/demo\nKCLOGIN_CLIENT_ID={id}\nKCLOGIN_CLIENT_SECRET=\"a secret\"\n", keycloak())
}

#[test]
fn a_service_s_token_is_valid_for_as_long_as_it_runs_and_is_gone_afterwards() {
    // kclogin renews it where less than forty seconds are left.
    let machine = Machine::boot(&settings(&format!("job-{}", std::process::id()), 43));
    machine.systemctl(&["start", "job"]).done();
    let tokens = || {
        let log = machine.log();
        assert!(!log.contains("refused"), "{log}");
        let mut tokens: Vec<String> = log.lines().filter(|line| line.starts_with("active ")).map(str::to_owned).collect();
        tokens.dedup();
        tokens
    };
    eventually("a second and a third token", || (tokens().len() >= 3).then_some(()));
    let log = machine.log();
    assert!(log.contains("secret: none, mode: 600\n"), "{log}");
    let path = log.lines().find_map(|line| line.strip_prefix("path: ")).expect("a path");
    let here = PathBuf::from(format!("/proc/{}/root{path}", machine.init));
    assert!(path.starts_with("/run/job/") && here.exists(), "{path}");
    machine.systemctl(&["stop", "job"]).done();
    assert!(machine.log().ends_with("asked to end\n"), "{}", machine.log());
    assert_eq!(
        (machine.property("Result"), machine.property("SubState"), machine.property("NRestarts")),
        ("success".into(), "dead".into(), "0".into())
    );
    assert!(!here.exists() && !here.parent().expect("a folder").exists());
}

#[test]
fn a_service_is_started_again_where_the_provider_is_away_and_not_where_the_call_is_wrong() {
    for (issuer, sentence, status, state, result) in [
        ("http://127.0.0.1:9/realms/demo", "error: the provider at 127.0.0.1:9 can't be reached: ", "5", "auto-restart", "exit-code"),
        (
            "http://keycloak.example.com/realms/demo",
            "error: the issuer `http://keycloak.example.com/realms/demo` is plain http, ",
            "2",
            "failed",
            "exit-code",
        ),
    ] {
        let machine = Machine::boot(&format!("KCLOGIN_ISSUER={issuer}\nKCLOGIN_CLIENT_ID=job\nKCLOGIN_CLIENT_SECRET=x\n"));
        machine.systemctl(&["start", "job"]).done();
        eventually("its end", || (machine.property("SubState") == state).then_some(()));
        assert_eq!((machine.property("ExecMainStatus"), machine.property("Result")), (status.into(), result.into()), "{}", machine.log());
        assert!(machine.log().starts_with(sentence) && !machine.log().contains("secret:"), "{}", machine.log());
    }
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    // It looks for the programs.
    let unit = fs::read_to_string(recipe("job.service")).expect("a unit");
    let unit = unit.replace("=kclogin ", &format!("={} ", env!("CARGO_BIN_EXE_kclogin")));
    fs::write(folder.path().join("job.service"), unit).expect("written");
    let said = outcome(Command::new("systemd-analyze").args(["verify", "job.service"]).current_dir(&folder).output().expect("systemd-analyze"));
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}
