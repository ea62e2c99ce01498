//! Every wait ends.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{Person, eventually, outcome};

#[test]
fn a_wrong_password_left_at_the_login_page_ends_in_a_timeout_that_says_what_to_check() {
    let mut person = Person::new();
    person.browser("wrong-password");
    let stderr = person.log_in(&["--timeout", "8s"]).failed(1);
    assert!(
        stderr.contains(
            "error: nobody signed in within 8 s\nhint: if the browser shows `Invalid parameter: redirect_uri`, allow http://127.0.0.1/callback"
        ),
        "{stderr}"
    );
    assert_eq!(person.sessions(), 0);
}

#[test]
fn a_closed_browser_ends_in_a_timeout() {
    let mut person = Person::new();
    person.browser("abandon");
    person.log_in(&["--timeout", "5s"]).failed(1);
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_named_after_the_timeout() {
    let mut person = Person::new();
    person.browser("open");
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let uri = format!("http://127.0.0.1:{port}/elsewhere");
    let arguments = ["--client-id", "flask-app", "--redirect-uri", &uri, "--client-secret-stdin", "--timeout", "6s"];
    let mut login = person.command(&[&["login", "--issuer", &person.issuer()], arguments.as_slice()].concat());
    let secret = person.path("secret");
    std::fs::write(&secret, "any\n").expect("written");
    let stderr = outcome(login.stdin(std::fs::File::open(&secret).expect("opened")).output().expect("an end")).failed(1);
    assert!(stderr.contains(&format!("allow {uri} for the client `flask-app` at the provider")), "{stderr}");
    assert!(person.seen()["text"].as_str().expect("text").contains("Invalid parameter: redirect_uri"), "the hint names what the browser shows");
}

#[test]
fn an_unknown_client_is_named_after_the_timeout() {
    let mut person = Person::new();
    person.browser("open");
    let stderr = person.log_in(&["--client-id", "nobody", "--timeout", "6s"]).failed(1);
    assert!(stderr.contains("if it shows `Client not found`, look at the client ID"), "{stderr}");
    assert!(person.seen()["text"].as_str().expect("text").contains("Client not found"), "the hint names what the browser shows");
}

#[test]
fn ctrl_c_ends_a_login_within_a_second_with_130_and_frees_the_port() {
    let mut person = Person::new();
    person.browser("abandon");
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let mut login = person.start_login(&["--redirect-uri", &format!("http://127.0.0.1:{port}/callback")]);
    eventually("a listener", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let interrupted = Instant::now();
    assert!(Command::new("kill").args(["-INT", &login.id().to_string()]).status().expect("kill runs").success());
    let status = login.wait().expect("an end");
    assert!(interrupted.elapsed() < Duration::from_secs(1), "{:?}", interrupted.elapsed());
    assert_eq!(status.code(), Some(130), "{status}");
    std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free again");
    let mut stdout = String::new();
    login.stdout.take().expect("stdout").read_to_string(&mut stdout).expect("text");
    assert_eq!(stdout, "");
}

#[test]
fn ctrl_c_ends_a_login_whose_provider_says_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}/realms/demo", silent.local_addr().expect("an address"));
    let person = Person::new();
    let mut login = person.command(&["login", "--issuer", &issuer]).spawn().expect("kclogin starts");
    let (_held, _) = silent.accept().expect("a connection");
    let interrupted = Instant::now();
    assert!(Command::new("kill").args(["-INT", &login.id().to_string()]).status().expect("kill runs").success());
    assert_eq!(login.wait().expect("an end").code(), Some(130));
    assert!(interrupted.elapsed() < Duration::from_secs(1), "{:?}", interrupted.elapsed());
}

#[test]
fn ctrl_c_ends_the_doctor_s_wait() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}/realms/demo", silent.local_addr().expect("an address"));
    let mut doctor = Person::new().command(&["doctor", "--issuer", &issuer]).stdout(std::process::Stdio::null()).spawn().expect("kclogin starts");
    // The first is whether somebody listens at all.
    let _held = [silent.accept().expect("a connection"), silent.accept().expect("another")];
    let interrupted = Instant::now();
    assert!(Command::new("kill").args(["-INT", &doctor.id().to_string()]).status().expect("kill runs").success());
    assert_eq!(doctor.wait().expect("an end").code(), Some(130));
    assert!(interrupted.elapsed() < Duration::from_secs(1), "{:?}", interrupted.elapsed());
}

#[test]
fn a_provider_that_accepts_and_says_nothing_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}/realms/demo", silent.local_addr().expect("an address"));
    let started = Instant::now();
    let stderr = Person::new().run(&["login", "--issuer", &issuer]).failed(5);
    assert!(stderr.contains("can't be reached: it does not answer in time"), "{stderr}");
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
}

#[test]
fn ctrl_c_in_the_terminal_leaves_the_browser_open() {
    let person = Person::new();
    let (script, started) = (person.path("browser.sh"), person.path("browser.pid"));
    std::fs::write(&script, format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 30", started.display())).expect("written");
    let issuer = person.issuer();
    let mut command = person.command(&["login", "--issuer", &issuer, "--browser", &format!("sh {}", script.display())]);
    // A shell gives each job a process group, and Ctrl-C goes to all of it.
    let mut login = std::os::unix::process::CommandExt::process_group(&mut command, 0).spawn().expect("kclogin starts");
    let browser = eventually("the browser", || std::fs::read_to_string(&started).ok());
    assert!(Command::new("kill").args(["-INT", "--", &format!("-{}", login.id())]).status().expect("kill runs").success());
    assert_eq!(login.wait().expect("an end").code(), Some(130));
    assert!(Command::new("kill").args(["-TERM", browser.trim()]).status().expect("kill runs").success(), "the browser is still there to be closed");
}

#[test]
fn used_up_descriptors_do_not_keep_the_answer_out() {
    let person = Person::new();
    let issuer = person.issuer();
    let plain = person.command(&["login", "--issuer", &issuer, "--no-browser", "--timeout", "90s"]);
    // Room for what kclogin itself needs and a handful of connections.
    let mut login = Command::new("sh");
    login.args(["-c", "ulimit -n 20; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => login.env(name, value),
            None => login.env_remove(name),
        };
    }
    let mut login = login.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let mut lines = BufReader::new(login.stderr.take().expect("stderr")).lines();
    let address = lines.find_map(|line| Some(line.expect("text").strip_prefix("  ")?.to_owned())).expect("an address");
    let port = address.split("127.0.0.1%3A").nth(1).and_then(|rest| rest.split('%').next()).expect("a port").parse().expect("a number");
    let idle: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(("127.0.0.1", port)).expect("the port is open")).collect();
    let browser = person.command(&[]).get_envs().find(|(name, _)| *name == "BROWSER").and_then(|(_, value)| value).expect("a browser").to_owned();
    let mut visit = Command::new(browser);
    visit.arg(&address).envs(person.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(visit.output().expect("the browser runs").status.success(), "the browser ended on kclogin's page");
    drop(idle);
    let rest: Vec<String> = lines.map(|line| line.expect("text")).collect();
    assert!(login.wait().expect("an end").success(), "{rest:?}");
    assert!(rest.last().is_some_and(|line| line.starts_with("Logged in as ")), "{rest:?}");
}
