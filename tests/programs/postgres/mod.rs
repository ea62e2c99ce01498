//! psql and pg_dump of PostgreSQL 18, whose libpq gets a token by `docs/recipes/kclogin-libpq.c`, and a server whose validator asks Keycloak about it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::bench::{Outcome, Person, change_client, eventually, outcome};
use crate::certificate::{Certificate, pem};
use crate::orders::{customer, log_in};
use crate::recipes::{counted, recipe};
use crate::shells::program;

/// A server with a role for one person, which ends with the test. What belongs to it is in the person's folder `server`.
struct Server {
    port: u16,
    child: Child,
}

fn installed(program: &str) -> PathBuf {
    let folder = std::env::var_os("KCLOGIN_LIVE_POSTGRES").map(PathBuf::from).expect("KCLOGIN_LIVE_POSTGRES is not set: run `cargo xtask test`");
    folder.join(program)
}

/// A program of the server's, which refuses to be root and is somebody else in a namespace then, with root's files.
fn as_nobody_special(name: &str) -> Command {
    let is_root = fs::metadata("/proc/self").expect("a process").uid() == 0;
    let mut command = Command::new(if is_root { PathBuf::from("unshare") } else { installed(name) });
    if is_root {
        command.args(["--user", "--map-user=1000", "--map-group=1000"]).arg(installed(name));
    }
    command.stdin(Stdio::null());
    command
}

impl Server {
    fn start(person: &Person) -> Self {
        let folder = person.path("server");
        let made = as_nobody_special("bin/initdb").args(["--auth=trust", "--no-sync", "--username=postgres", "--pgdata"]).arg(&folder).output();
        outcome(made.expect("initdb")).done();
        let certificate = Certificate::new();
        fs::write(person.path("ca.pem"), pem("CERTIFICATE", &certificate.authority)).expect("written");
        fs::write(folder.join("server.crt"), pem("CERTIFICATE", &certificate.own)).expect("written");
        fs::write(folder.join("server.key"), pem("PRIVATE KEY", &certificate.key)).expect("written");
        fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).expect("set");
        let rules = format!("local all postgres trust\nhost all all 127.0.0.1/32 oauth issuer={} scope=openid\n", person.issuer());
        fs::write(folder.join("pg_hba.conf"), rules).expect("written");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '.'\nfsync = off\nssl = on\n\
             oauth_validator_libraries = '{}'\n",
            installed("validator.so").display()
        );
        fs::write(folder.join("postgresql.conf"), settings).expect("written");
        let log = fs::File::create(person.path("server.log")).expect("made");
        let child = as_nobody_special("bin/postgres").arg("-D").arg(&folder).stdout(log.try_clone().expect("shared")).stderr(log).spawn();
        let server = Self { port, child: child.expect("started") };
        let role = format!("create role \"{}\" login", person.name);
        eventually("a server that answers", || (server.as_administrator(person, &role).code == 0).then_some(()));
        server.as_administrator(person, "create role somebody login; create table orders (item text)").done();
        server
    }

    fn as_administrator(&self, person: &Person, statement: &str) -> Outcome {
        let mut psql = Command::new(installed("bin/psql"));
        psql.args(["-h", &person.path("server").display().to_string(), "-p", &self.port.to_string(), "-U", "postgres", "-c", statement, "postgres"]);
        outcome(psql.stdin(Stdio::null()).output().expect("psql"))
    }

    /// How this person connects; what comes later wins.
    fn connection(&self, person: &Person, more: &str) -> String {
        format!(
            "host=127.0.0.1 port={} dbname=postgres user={name} sslmode=verify-full sslrootcert=ca.pem oauth_issuer={} oauth_client_id={name} {more}",
            self.port,
            person.issuer(),
            name = person.name,
        )
    }

    fn psql(&self, person: &Person, more: &str) -> Outcome {
        let connection = self.connection(person, more);
        run(person, &["psql", "--no-psqlrc", "-Atc", "select current_user, system_user", &connection])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its way of ending at once and in order.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// Builds the recipe as it says.
fn build(person: &Person) {
    let line = "cc -shared -fPIC -I\"$(pg_config --includedir)\" -o kclogin-libpq.so kclogin-libpq.c";
    let source = fs::read_to_string(recipe("kclogin-libpq.c")).expect("a recipe");
    assert!(source.contains(&format!(" *   {line}\n")));
    fs::write(person.path("kclogin-libpq.c"), source).expect("written");
    assert_eq!(outcome(command(person, &["sh", "-c", &line.replace("cc ", "cc -Wall -Wextra -Werror ")]).output().expect("sh")).done(), "");
}

/// A program in this person's surroundings, with PostgreSQL's before the system's; counts how often kclogin is asked.
fn command(person: &Person, words: &[&str]) -> Command {
    let mut command = program(person, words[0], &words[1..]);
    let path = command.get_envs().find_map(|(name, value)| (name == "PATH").then(|| value.expect("a path").to_owned())).expect("a path");
    let path = std::env::join_paths([installed("bin")].into_iter().chain(std::env::split_paths(&path))).expect("a path");
    // Libpq wants the issuer to be https; the Keycloak of the tests is on this machine, and has no need of that.
    command.env("PATH", counted(person, &path)).env("PGOAUTHDEBUG", "UNSAFE");
    command
}

fn run(person: &Person, words: &[&str]) -> Outcome {
    outcome(command(person, words).env("LD_PRELOAD", person.path("kclogin-libpq.so")).output().expect("started"))
}

fn asked(person: &Person) -> usize {
    fs::read_to_string(person.path("count")).unwrap_or_default().lines().count()
}

/// Somebody who is signed in, with the recipe and a server.
fn signed_in() -> (Person, Server) {
    let person = customer(&json!({}));
    log_in(&person);
    build(&person);
    let server = Server::start(&person);
    (person, server)
}

#[test]
fn psql_and_pg_dump_connect_as_the_one_who_is_signed_in() {
    let (person, server) = signed_in();
    assert_eq!(server.psql(&person, "").done(), format!("{0}|oauth:{0}\n", person.name));
    let connection = server.connection(&person, "");
    let dump = run(&person, &["pg_dump", "--schema-only", "--exclude-table=orders", "--dbname", &connection]).done();
    assert!(dump.contains("PostgreSQL database dump complete"), "{dump}");
    assert_eq!(asked(&person), 2);
    let refused = server.psql(&person, "user=somebody").failed(2);
    assert!(refused.contains("OAuth bearer authentication failed for user \"somebody\""), "{refused}");
}

#[test]
fn a_service_file_says_how_to_connect() {
    let (person, server) = signed_in();
    let service = format!("[orders]\n{}\n", server.connection(&person, "").trim_end().replace(' ', "\n"));
    fs::write(person.path(".pg_service.conf"), service).expect("written");
    let said = run(&person, &["psql", "--no-psqlrc", "-Atc", "select current_user", "service=orders"]).done();
    assert_eq!(said, format!("{}\n", person.name));
}

#[test]
fn the_token_is_in_no_argument_and_no_environment_and_no_log_of_the_server() {
    let (person, server) = signed_in();
    let trace = person.path("trace");
    let (path, preload) = (trace.display().to_string(), format!("LD_PRELOAD={}", person.path("kclogin-libpq.so").display()));
    let strace = ["strace", "-f", "-v", "-e", "trace=execve", "-s", "100000", "-o", &path, "-E", &preload];
    let psql = ["psql", "--no-psqlrc", "-c", "select 1", &server.connection(&person, "")];
    outcome(command(&person, &[&strace[..], &psql].concat()).output().expect("strace")).done();
    let calls = fs::read_to_string(trace).expect("a trace");
    let token = person.run(&["token"]).done();
    assert!(calls.contains(r#"["kclogin", "token"]"#), "{calls}");
    assert!(!calls.contains(&token[..40]));
    assert!(!fs::read_to_string(person.path("server.log")).expect("a log").contains(&token[..40]));
}

#[test]
fn an_expired_token_is_renewed_for_psql() {
    let person = customer(&json!({"access.token.lifespan": "2"}));
    log_in(&person);
    change_client(&person.realm, &person.name, &json!({"attributes": {"access.token.lifespan": "300"}}));
    build(&person);
    let server = Server::start(&person);
    thread::sleep(Duration::from_secs(3));
    assert_eq!(server.psql(&person, "").done(), format!("{0}|oauth:{0}\n", person.name));
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
}

#[test]
fn where_nobody_is_signed_in_psql_stops_with_kclogin_s_sentence() {
    let (person, server) = signed_in();
    person.run(&["logout"]).done();
    let said = server.psql(&person, "").failed(2);
    let sentence =
        format!("error: not logged in to {} (profile `{1}`)\nhint: sign in with `kclogin login --profile {1}`\n", person.issuer(), person.name);
    assert!(said.contains(&sentence), "{said}");
}

#[test]
fn a_token_that_keycloak_takes_no_longer_is_refused_by_the_server() {
    let (person, server) = signed_in();
    person.end_sessions();
    let refused = server.psql(&person, "").failed(2);
    assert!(refused.contains(&format!("OAuth bearer authentication failed for user \"{}\"", person.name)), "{refused}");
}

#[test]
fn no_token_is_given_for_another_issuer_or_client_or_a_server_that_is_not_verified() {
    let (person, server) = signed_in();
    let other = person.issuer().replace("/realms/demo", "/realms/rotating");
    let said = server.psql(&person, &format!("oauth_issuer={other}")).failed(2);
    assert!(said.contains("is incompatible with oauth_issuer"), "{said}");
    let said = server.psql(&person, "sslmode=require sslrootcert=").failed(2);
    assert!(said.starts_with("kclogin: no token is sent to a server that is not verified; add sslmode=verify-full\n"), "{said}");
    assert_eq!(asked(&person), 0);
    let said = server.psql(&person, "oauth_client_id=kclogin").failed(2);
    assert!(
        said.contains(&format!("error: the profile `{0}` is for {1} and the client `{0}`, not for what was given", person.name, person.issuer())),
        "{said}"
    );
}
