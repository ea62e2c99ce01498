//! Networks that a machine seldom has, in a namespace of their own.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use crate::bench::outcome;

#[allow(dead_code, reason = "the other programs' stand-ins use more of it")]
#[path = "../programs/https_server.rs"]
mod https_server;

use https_server::{Answer, HttpsServer};

/// Runs a shell script in a network that has only a loopback, in which `kclogin` is the program, in a home of its own.
fn in_a_network_of_its_own(script: &str) -> crate::bench::Outcome {
    apart("--net", &format!("ip link set lo up\n{script}"))
}

/// Runs a shell script with a `kclogin`, in a home of its own, apart from the rest of the system in one respect.
fn apart(namespace: &str, script: &str) -> crate::bench::Outcome {
    let home = tempfile::tempdir().expect("a home");
    let is_root = Command::new("id").arg("-u").output().expect("id runs").stdout == b"0\n";
    let mut command = Command::new("unshare");
    command.arg(namespace).args((!is_root).then_some("--map-root-user"));
    // `ip` may be where only root looks for programs.
    let preamble = "set -e\nPATH=$PATH:/usr/sbin:/sbin\ncd \"$HOME\"\nprogram=$0\nkclogin() { \"$program\" \"$@\"; }\n";
    command.args(["sh", "-c", &format!("{preamble}{script}"), env!("CARGO_BIN_EXE_kclogin")]);
    command.env("HOME", home.path()).env("KCLOGIN_STORE", "file").env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME").env_remove("BROWSER");
    command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
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

#[test]
fn the_system_s_authorities_are_read_from_one_file_and_all_others_only_where_that_is_not_enough() {
    let nothing = || HttpsServer::start(|_| Answer(404, Vec::new(), b"nothing".to_vec()));
    let (server, other) = (nothing(), nothing());
    for (in_the_file, beside_it, is_trusted, reads_all) in
        [(&server.ca, &other.ca, true, false), (&other.ca, &server.ca, true, true), (&other.ca, &other.ca, false, true)]
    {
        let script = format!(
            "mkdir certs\nprintf %s '{in_the_file}' > certs/ca-certificates.crt\nprintf %s '{beside_it}' > certs/one.pem\n\
             mount --bind certs /etc/ssl/certs\n\
             code=0\nstrace -f -e trace=openat,open -o trace \"$program\" login --no-browser --issuer https://{} 2> said || code=$?\n\
             cat said\necho \"code $code\"\ngrep -c '\"/etc/ssl/certs\"' trace || true\n",
            server.host
        );
        let printed = apart("--mount", &script).done();
        assert_eq!(printed.starts_with("error: the certificate of "), !is_trusted, "{printed}");
        assert_eq!(printed.contains("there is no provider at"), is_trusted, "{printed}");
        assert_eq!(!printed.ends_with("\n0\n"), reads_all, "{printed}");
    }
}
