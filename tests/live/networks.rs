//! Networks that a machine seldom has, in a namespace of their own.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use crate::bench::outcome;

/// Runs a shell script in a network that has only a loopback, in which `kclogin` is the program, in a home of its own.
fn in_a_network_of_its_own(script: &str) -> crate::bench::Outcome {
    let home = tempfile::tempdir().expect("a home");
    let is_root = Command::new("id").arg("-u").output().expect("id runs").stdout == b"0\n";
    let mut command = Command::new("unshare");
    command.args(if is_root { &["--net"][..] } else { &["--net", "--map-root-user"] });
    // `ip` may be where only root looks for programs.
    let preamble = "set -e\nPATH=$PATH:/usr/sbin:/sbin\ncd \"$HOME\"\nprogram=$0\nkclogin() { \"$program\" \"$@\"; }\nip link set lo up\n";
    command.args(["sh", "-c", &format!("{preamble}{script}"), env!("CARGO_BIN_EXE_kclogin")]);
    command.env("HOME", home.path()).env("KCLOGIN_STORE", "file").env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME").env_remove("BROWSER");
    outcome(command.stdin(Stdio::null()).output().expect("unshare runs"))
}

#[test]
fn without_ipv4_the_browser_comes_back_by_ipv6() {
    // The token endpoint is not there: what counts is that the answer arrived, and where.
    let script = r#"ip address delete 127.0.0.1/8 dev lo
        kclogin login --no-browser --timeout 30s --authorization-endpoint 'http://[::1]:9/auth' --token-endpoint 'http://[::1]:9/token' 2> said &
        until address=$(grep '^  http' said); do sleep 0.1; done
        port=$(printf %s "$address" | sed 's/.*redirect_uri=http%3A%2F%2F%5B%3A%3A1%5D%3A\([0-9]*\)%2Fcallback.*/\1/')
        state=$(printf %s "$address" | sed 's/.*[?&]state=\([^&]*\).*/\1/')
        curl --silent --globoff "http://[::1]:$port/callback?code=c&state=$state" > page
        code=0; wait $! || code=$?
        cat said; echo "code $code"; grep -c 'be reached' page"#;
    let outcome = in_a_network_of_its_own(script);
    let printed = outcome.done();
    assert!(printed.contains("\ncode 5\n1\n") && printed.contains("error: "), "{printed}");
}
