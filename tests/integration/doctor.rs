//! `kclogin doctor`: each check seen well, doubtful and failed, and never a secret.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::net::TcpListener;
use std::thread;

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::provider::{Endpoint, Members, Provider, Respond, Response, TlsSetup, http_get, to_base64};
use crate::store::Fault;

/// What a doctor has found, by `Group name`.
pub(crate) struct Found {
    exit: Exit,
    checks: BTreeMap<String, (String, String, String)>,
}

impl Found {
    /// A check's outcome, and what is in its detail and advice.
    #[track_caller]
    pub(crate) fn check(&self, name: &str) -> (&str, &str, &str) {
        let (outcome, detail, advice) = self.checks.get(name).unwrap_or_else(|| panic!("there is no check {name}: {:?}", self.checks.keys()));
        (outcome, detail, advice)
    }

    /// The check ended so, and says this.
    #[track_caller]
    pub(crate) fn is(&self, name: &str, outcome: &str, detail: &str) -> &Self {
        let found = self.check(name);
        assert!(found.0 == outcome && found.1.contains(detail), "{name}: {found:?}");
        assert_eq!(found.2.is_empty(), matches!(outcome, "ok" | "skipped"), "what to do is said where there is something: {name}: {found:?}");
        assert_eq!(self.exit == Exit::Done, self.checks.values().all(|(outcome, ..)| outcome != "failed"), "{:?}", self.checks);
        self
    }

    /// The advice of a check.
    #[track_caller]
    pub(crate) fn advises(&self, name: &str, advice: &str) -> &Self {
        let found = self.check(name);
        assert!(found.2.contains(advice), "{name}: {found:?}");
        self
    }
}

#[track_caller]
pub(crate) fn doctor(machine: &Machine, more: &[&str]) -> Found {
    let outcome = machine.run(&[&["doctor", "--json"], more].concat());
    assert!(outcome.stderr.is_empty() || outcome.stderr.starts_with("\r\u{1b}[2KLooking at "), "{}", outcome.stderr);
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = document["checks"].as_array().expect("checks").iter().map(|check| {
        let name = format!("{} {}", text(&check["group"]), text(&check["name"]));
        (name, (text(&check["outcome"]), text(&check["detail"]), text(&check["advice"])))
    });
    let checks: BTreeMap<_, _> = checks.collect();
    assert_eq!(checks.len(), document["checks"].as_array().map_or(0, Vec::len), "each has a name of its own");
    for (name, outcome) in [("failed", "failed"), ("warnings", "warning")] {
        assert_eq!(document[name], checks.values().filter(|(found, ..)| found == outcome).count(), "{document}");
    }
    Found { exit: outcome.exit, checks }
}

/// What a doctor finds at a provider before the first login.
#[track_caller]
fn at(provider: &Provider, more: &[&str]) -> Found {
    doctor(&Machine::new(), &[&["--issuer", &provider.issuer()], more].concat())
}

/// Has the metadata come with a `Date` that is off by so many seconds at the moment of the answer, however long that moment is in coming.
fn dated(provider: &Provider, off: i64) {
    provider.respond_normally(Endpoint::Discovery);
    let (_, _, body) = http_get(&provider.url(Endpoint::Discovery), &[]);
    let metadata: Value = serde_json::from_slice(&body).expect("metadata");
    let answer = move |_: &crate::provider::Request| {
        let date = kclogin::clock::Timestamp(now() + off).to_calendar().to_rfc2822().replace("+0000", "GMT");
        Response::json(200, &metadata).header("Date", &date)
    };
    provider.respond(Endpoint::Discovery, Respond::with(answer));
}

/// The time now, for a provider's.
fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()).expect("seconds")
}

/// A file that can be run.
fn program(machine: &Machine, name: &str) -> String {
    let (dir, file) = (machine.path("bin"), machine.path("bin").join(if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() }));
    std::fs::create_dir_all(&dir).expect("made");
    std::fs::write(&file, "").expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    machine.set("PATH", dir.to_str().expect("UTF-8"));
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn where_all_is_well_every_line_says_so_and_nothing_is_opened_or_kept() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    dated(&provider, 0);
    machine.set("BROWSER", &program(&machine, "firefox").replace('\\', "/"));
    machine.set("DISPLAY", ":0");
    machine.set("LANG", "C.UTF-8");
    let (opened, kept) = (machine.opened(), machine.store.kept());
    let text = machine.run(&["doctor"]).done();
    assert!(text.ends_with("\nNothing failed, no warning.\n"), "{text}");
    assert!(text.starts_with("Configuration\n  ok       file           "), "{text}");
    assert!(text.contains(&format!("\nNetwork\n  ok       proxy          none for {}\n", provider.base().replace("http://", ""))), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("  ")).filter(|line| !line.starts_with("  ok       ")).count(), 0, "{text}");
    assert_eq!((machine.opened(), machine.store.kept()), (opened, kept));
}

#[test]
fn what_to_do_is_below_the_line_and_the_last_one_counts() {
    let outcome = Machine::new().run(&["doctor"]);
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Failed, ""));
    let expected = "  failed   profile        it is not known where to sign in\n           do: name the provider: `kclogin login --issuer https://HOST/realms/NAME`\n";
    assert!(outcome.stdout.contains(expected), "{}", outcome.stdout);
    // Elsewhere than on X11 and Wayland there is always a display.
    let count = if cfg!(any(windows, target_os = "macos")) { "no warning" } else { "2 warnings" };
    assert!(outcome.stdout.ends_with(&format!("\n1 failed, {count}.\n")), "{}", outcome.stdout);
}

#[test]
fn colour_is_for_terminals_only() {
    let machine = Machine::new();
    assert!(!machine.run(&["doctor"]).stdout.contains('\u{1b}'));
    machine.terminals(true, false);
    assert!(machine.run(&["doctor"]).stdout.contains("\u{1b}[1;31mfailed "));
}

#[test]
fn without_a_provider_the_machine_is_looked_at_all_the_same() {
    let found = doctor(&Machine::new(), &[]);
    found.is("Configuration profile", "failed", "it is not known where to sign in");
    for name in ["Network DNS", "Network certificate", "Provider discovery", "Provider client secret"] {
        found.is(name, "skipped", "no provider is known");
    }
    found.is("Browser listener", "ok", "is reached from this machine").is("Store probe", "ok", "written, read and deleted");
}

#[test]
fn each_setting_says_where_it_came_from() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let issuer = provider.issuer();
    let found = doctor(&machine, &["--issuer", &issuer, "--scope", "openid email", "--browser", "x"]);
    found
        .is("Configuration issuer", "ok", &format!("{issuer} (from --issuer)"))
        .is("Configuration client ID", "ok", "kclogin (the default)")
        .is("Configuration scope", "ok", "openid email (from --scope)")
        .is("Configuration redirect URI", "ok", "a free port of http://127.0.0.1/callback (the default)")
        .is("Configuration browser", "ok", "x (from --browser)")
        .is("Configuration profile", "ok", "test (new: the first login makes it)");
    machine.replace_store("kernel");
    machine.run(&["login", "--issuer", &issuer, "--scope", "openid", "--redirect-uri", "http://127.0.0.1/oidc", "--store", "kernel"]).done();
    for (name, value) in
        [("KCLOGIN_SCOPE", "openid phone"), ("BROWSER", "y -t s3cr3t"), ("KCLOGIN_PROFILE", "test"), ("KCLOGIN_CLIENT_ID", "kclogin")]
    {
        machine.set(name, value);
    }
    let found = doctor(&machine, &[]);
    found
        .is("Configuration profile", "ok", "test (from KCLOGIN_PROFILE in the environment)")
        .is("Configuration issuer", "ok", "(from the profile)")
        .is("Configuration client ID", "ok", "kclogin (from KCLOGIN_CLIENT_ID in the environment)")
        .is("Configuration scope", "ok", "openid phone (from KCLOGIN_SCOPE in the environment)")
        .is("Configuration redirect URI", "ok", "http://127.0.0.1/oidc (from the profile)")
        .is("Configuration store", "ok", "(from the profile)")
        .is("Configuration browser", "ok", "from BROWSER in the environment");
    assert!(found.checks.values().all(|(_, detail, advice)| !format!("{detail}{advice}").contains("s3cr3t")), "a command's arguments are its own");
    // A profile that is named means its own issuer and client, whatever the environment says.
    doctor(&machine, &["--profile", "test"]).is("Configuration client ID", "ok", "kclogin (from the profile)");
}

#[test]
fn a_configuration_that_can_t_be_read_is_said_with_its_line_and_the_rest_is_looked_at() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.write_config("default-profile = 7\n");
    let found = doctor(&machine, &["--issuer", &provider.issuer()]);
    found.is("Configuration file", "failed", "config.toml").is("Provider discovery", "ok", "");
    assert!(found.check("Configuration file").1.contains('1'), "{:?}", found.check("Configuration file"));
}

#[cfg(unix)]
#[test]
fn a_configuration_that_others_can_change_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    machine.write_config("");
    let set = |mode| std::fs::set_permissions(machine.path(".config/kclogin/config.toml"), PermissionsExt::from_mode(mode)).expect("set");
    set(0o666);
    doctor(&machine, &[]).is("Configuration file", "warning", "can be changed by others (0 profiles)").advises("Configuration file", "chmod go-w");
    set(0o644);
    doctor(&machine, &[]).is("Configuration file", "ok", "(0 profiles)");
    let homeless = Machine::homeless();
    doctor(&homeless, &[]).is("Configuration file", "failed", "there is no home directory");
}

#[test]
fn a_proxy_is_named_with_its_variable_and_without_its_password() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = std::io::BufReader::new(stream.try_clone().expect("a clone")).lines().map_while(Result::ok);
            // The whole request, or the answer is lost with the connection.
            if head.any(|line| line.is_empty()) {
                let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let machine = Machine::new();
    machine.set("HTTPS_PROXY", &format!("http://alice:hunter2@127.0.0.1:{port}"));
    let call = ["--issuer", "https://kc.invalid/realms/a"];
    let found = doctor(&machine, &call);
    found
        .is("Network proxy", "ok", &format!("127.0.0.1:{port} for kc.invalid, from HTTPS_PROXY"))
        .is("Network DNS", "ok", "127.0.0.1 is an address")
        .is("Network connection", "ok", &format!("the proxy at 127.0.0.1:{port}"))
        .is("Network certificate", "skipped", "there is no connection")
        .is("Provider discovery", "failed", "the proxy does not accept the user name and the password");
    assert!(found.checks.values().all(|(_, detail, _)| !detail.contains("hunter2") && !detail.contains("alice")));
    machine.set("NO_PROXY", ".invalid");
    doctor(&machine, &call).is("Network proxy", "ok", "none for kc.invalid, by NO_PROXY").is("Network DNS", "failed", "kc.invalid is not known");
    machine.set("HTTPS_PROXY", "ht!tp://alice:hunter2@");
    let found = doctor(&machine, &call);
    found.is("Network proxy", "failed", "the proxy named by the environment is not a URL").is("Network DNS", "skipped", "");
    assert!(found.checks.values().all(|(_, detail, _)| !detail.contains("hunter2")));
}

#[test]
fn a_name_that_is_not_known_fails_and_all_that_needs_it_is_skipped() {
    let found = doctor(&Machine::new(), &["--issuer", "https://kc.invalid/realms/a"]);
    found
        .is("Network DNS", "failed", "kc.invalid is not known")
        .is("Network connection", "skipped", "")
        .is("Network certificate", "skipped", "")
        .is("Provider discovery", "failed", "its name is not known")
        .is("Provider client", "skipped", "the provider is not known");
}

#[test]
fn a_provider_that_is_down_is_a_connection_that_fails() {
    let mut provider = Provider::start();
    let issuer = provider.issuer();
    provider.stop();
    let found = doctor(&Machine::new(), &["--issuer", &issuer]);
    found.is("Network connection", "failed", "nothing listens there").is("Provider discovery", "failed", "can't be reached");
}

#[test]
fn each_fault_of_a_certificate_is_named() {
    let look = |setup, trust: bool| {
        let (provider, machine) = (Provider::start_tls(setup), Machine::new());
        let file = machine.path("ca.pem");
        std::fs::write(&file, provider.ca_pem()).expect("written");
        let (issuer, file) = (provider.issuer(), file.to_str().expect("UTF-8").to_owned());
        let call = ["--issuer", &issuer, "--ca-file", &file];
        doctor(&machine, &call[..if trust { 4 } else { 2 }])
    };
    let found = look(TlsSetup::Trusted, true);
    found.is("Network certificate", "ok", "is trusted by the authorities in ").is("Provider discovery", "ok", "");
    for (setup, trust, fault) in [
        (TlsSetup::Trusted, false, "comes from an authority this machine does not know"),
        (TlsSetup::Expired, true, "has expired"),
        (TlsSetup::NotYetValid, true, "is not valid yet"),
        (TlsSetup::WrongHost, true, "is for another host"),
        (TlsSetup::SelfSigned, true, "is an authority's own"),
    ] {
        let found = look(setup, trust);
        found.is("Network connection", "ok", "").is("Network certificate", "failed", fault).is("Provider discovery", "failed", fault);
        assert!(found.check("Network certificate").1.contains("(asked: the "), "{:?}", found.check("Network certificate"));
    }
    let nowhere = doctor(&Machine::new(), &["--issuer", "https://127.0.0.1:1/realms/a", "--ca-file", "/nonexistent/ca.pem"]);
    nowhere.is("Network certificate", "failed", "the CA file");
}

#[test]
fn an_issuer_that_is_none_fails_by_what_is_there() {
    let provider = Provider::start();
    doctor(&Machine::new(), &["--issuer", &format!("{}/", provider.issuer())]).is("Provider discovery", "failed", "calls itself");
    let nowhere = format!("{}/realms/nowhere", provider.base());
    doctor(&Machine::new(), &["--issuer", &nowhere]).is("Provider discovery", "failed", "there is no provider at");
    provider.respond(Endpoint::Discovery, Respond::body("text/html", "<html>").once());
    at(&provider, &[]).is("Provider discovery", "failed", "answers a web page");
    provider.respond(Endpoint::Discovery, Respond::redirect("https://elsewhere.example/").once());
    at(&provider, &[]).is("Provider discovery", "failed", "redirects elsewhere");
    at(&provider, &[]).is("Provider discovery", "ok", &format!("{} names itself so", provider.issuer()));
    doctor(&Machine::new(), &["--issuer", "http://kc.example/realms/a"]).is("Configuration profile", "failed", "plain http");
}

#[test]
fn a_clock_that_is_off_is_measured_by_the_date_of_the_answer() {
    let provider = Provider::start();
    for (off, outcome, detail) in [
        (0, "ok", "as the provider's"),
        (-45, "warning", "ahead of the provider's: it is "),
        (-400, "failed", "6 min 3"),
        (45, "failed", "behind the provider's: it is "),
    ] {
        dated(&provider, off);
        at(&provider, &[]).is("Provider clock", outcome, detail);
    }
    // The answer of something else tells the time as well.
    provider.respond(Endpoint::Discovery, Respond::body("text/html", "<html>").header("Date", "Tue, 24 Nov 2020 18:40:00 GMT"));
    at(&provider, &[]).is("Provider discovery", "failed", "").is("Provider clock", "failed", "ahead of the provider's");
}

#[test]
fn without_a_date_the_clock_is_told_by_a_signed_answer_if_there_is_one() {
    let provider = Provider::start();
    at(&provider, &[]).is("Provider clock", "warning", "could not be told");
    provider.alter_metadata(|metadata| metadata["response_modes_supported"] = json!(["query", "query.jwt"]));
    for (expiry, outcome, detail) in [(60, "ok", "by the expiry of a signed answer"), (3600, "warning", "behind"), (-600, "warning", "ahead of")] {
        let signed = move |request: &crate::provider::Request| {
            let to = request.query.get("redirect_uri").unwrap_or_default();
            let payload = to_base64(format!("{{\"exp\":{},\"iss\":\"a\",\"iss\":\"a\"}}", now() + expiry).as_bytes());
            let payload = payload.trim_end_matches('=').replace('+', "-").replace('/', "_");
            Response::empty(302).header("Location", &format!("{to}?response=e30.{payload}.e30"))
        };
        let answer = Respond::with(signed).when(|request| request.query.get("response_mode") == Some("query.jwt"));
        provider.respond_normally(Endpoint::Authorization);
        provider.respond(Endpoint::Authorization, answer);
        at(&provider, &[]).is("Provider clock", outcome, detail).is("Provider client", "ok", "");
    }
}

#[test]
fn what_a_provider_lacks_is_said() {
    let provider = Provider::start();
    at(&provider, &[]).is("Provider PKCE", "ok", "S256").is("Provider keys", "ok", "1 key").is("Provider endpoints", "ok", "and a device grant");
    provider.alter_metadata(|metadata| drop(metadata.remove("device_authorization_endpoint")));
    at(&provider, &[]).is("Provider endpoints", "ok", "no device grant");
    provider.alter_metadata(|metadata| {
        metadata.remove("code_challenge_methods_supported");
        metadata.remove("end_session_endpoint");
    });
    let found = at(&provider, &[]);
    found.is("Provider PKCE", "warning", "S256 is not announced").is("Provider endpoints", "warning", "missing: end_session_endpoint");
    provider.alter_jwks(|keys| keys["keys"] = json!([]));
    at(&provider, &[]).is("Provider keys", "failed", "none");
    provider.respond(Endpoint::Jwks, Respond::status(404));
    at(&provider, &[]).is("Provider keys", "failed", "can't be fetched");
}

#[test]
fn endpoints_that_are_written_down_need_no_discovery() {
    let provider = Provider::start();
    let (authorization, token) = (provider.url(Endpoint::Authorization), provider.url(Endpoint::Token));
    let found = doctor(&Machine::new(), &["--authorization-endpoint", &authorization, "--token-endpoint", &token]);
    found.is("Provider discovery", "ok", "the endpoints are written down").is("Provider client", "ok", "").is("Provider PKCE", "ok", "");
}

#[test]
fn an_unknown_client_and_a_redirect_uri_that_is_not_allowed_are_found_without_signing_in() {
    let provider = Provider::start();
    let found = at(&provider, &[]);
    found.is("Provider client", "ok", "`kclogin`").is("Provider redirect URI", "ok", "/callback is accepted").is("Provider scope", "ok", "accepted");
    let found = at(&provider, &["--client-id", "nobody"]);
    found.is("Provider client", "failed", "Client not found.").is("Provider redirect URI", "skipped", "");
    provider.accept_redirect_uris(&["http://127.0.0.1:1/other"]);
    let found = at(&provider, &[]);
    found.is("Provider client", "ok", "").is("Provider redirect URI", "failed", "Invalid parameter: redirect_uri");
    found.advises("Provider redirect URI", "allow http://127.0.0.1/callback for the client `kclogin`");
    assert_eq!(provider.live_sessions(), 1, "the only one is that of the provider whose browser is signed in already");
}

#[test]
fn what_the_provider_refuses_is_said_in_its_words() {
    let provider = Provider::start();
    at(&provider, &["--scope", "openid nonsense"]).is("Provider scope", "failed", "Invalid scopes").is("Provider redirect URI", "ok", "");
    provider.deny("unauthorized_client", Some("Client is not allowed to initiate browser login"));
    at(&provider, &[]).is("Provider client", "failed", "not allowed to initiate").is("Provider scope", "skipped", "");
    provider.unaltered();
    provider.alter_authorization_response(|answer| answer.set("iss", "https://evil.example"));
    at(&provider, &[]).is("Provider client", "failed", "another issuer");
    provider.unaltered();
    provider.respond(Endpoint::Authorization, Respond::status(503).once());
    at(&provider, &[]).is("Provider client", "failed", "").is("Provider redirect URI", "skipped", "");
    provider.respond(Endpoint::Authorization, Respond::body("text/html", "<p>Nein").with_status(400).once());
    at(&provider, &[]).is("Provider client", "failed", "or its redirect URI is refused (400): Nein");
}

#[test]
fn what_could_not_be_told_is_a_warning_and_no_failure() {
    let provider = Provider::start();
    provider.respond(Endpoint::Authorization, Respond::body("text/html", "<form>").once());
    at(&provider, &[]).is("Provider client", "warning", "shows a page (200)").is("Provider redirect URI", "skipped", "could not be told");
    provider.respond(Endpoint::Authorization, Respond::redirect("https://login.example/").once());
    at(&provider, &[]).is("Provider client", "warning", "sends the browser on to login.example");
    provider.respond(Endpoint::Token, Respond::error(400, "invalid_request", "no").once());
    at(&provider, &[]).is("Provider client secret", "warning", "answers no (invalid_request)");
}

#[test]
fn a_client_s_secret_is_tried_with_a_code_that_there_never_was() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", "s3cr3t");
    let issuer = provider.issuer();
    let call = ["--issuer", &issuer, "--client-id", "backend"];
    at(&provider, &[]).is("Provider client secret", "ok", "`kclogin` is a public client");
    doctor(&machine, &call).is("Provider client secret", "failed", "none is known here");
    machine.set("KCLOGIN_CLIENT_SECRET", "wrong");
    doctor(&machine, &call).is("Provider client secret", "failed", "not accepted (from KCLOGIN_CLIENT_SECRET in the environment)");
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t");
    doctor(&machine, &call).is("Provider client secret", "ok", "accepted (from KCLOGIN_CLIENT_SECRET in the environment)");
    machine.run(&["login", "--issuer", &issuer, "--client-id", "backend"]).done();
    machine.set("KCLOGIN_CLIENT_SECRET", "");
    doctor(&machine, &[]).is("Provider client secret", "ok", "accepted (from the token store)");
    machine.store.fail_to_open(Some(Fault::Absent));
    doctor(&machine, &[]).is("Provider client secret", "skipped", "can't be opened").is("Store store", "failed", "there is no keyring here");
}

#[test]
fn a_port_that_is_taken_is_named_and_the_provider_is_asked_all_the_same() {
    let (provider, held) = (Provider::start(), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let port = held.local_addr().expect("an address").port();
    let found = at(&provider, &["--redirect-uri", &format!("http://127.0.0.1:{port}/callback")]);
    found.is("Browser listener", "failed", &format!("port {port} on 127.0.0.1 is taken by ")).is("Provider redirect URI", "ok", "");
    let found = at(&provider, &["--redirect-uri", "http://app.example/callback"]);
    found.is("Browser listener", "failed", "is not on this machine's loopback");
}

#[test]
fn the_browser_that_would_be_opened_is_looked_for() {
    let machine = Machine::new();
    let has_display = cfg!(any(windows, target_os = "macos"));
    let (outcome, detail) = if has_display { ("ok", "the system's default") } else { ("warning", "there is no display") };
    doctor(&machine, &[]).is("Browser browser", outcome, detail);
    let firefox = program(&machine, "firefox");
    doctor(&machine, &["--browser", "firefox -P work"]).is("Browser browser", "ok", &format!("{firefox} (from --browser)"));
    doctor(&machine, &["--browser", "fire 'fox"]).is("Browser browser", "failed", "is not a command");
    doctor(&machine, &["--browser", "chromium"]).is("Browser browser", "warning", "`chromium` is not found (from --browser)");
    machine.set("BROWSER", if cfg!(windows) { "chromium;firefox %s" } else { "chromium:firefox %s" });
    doctor(&machine, &[]).is("Browser browser", "ok", &format!("{firefox} (from BROWSER in the environment)"));
    if cfg!(not(windows)) {
        program(&machine, "w3m");
        machine.set("BROWSER", "w3m");
        doctor(&machine, &[]).is("Browser browser", "warning", "draws in the terminal");
        doctor(&machine, &["--browser", "w3m"]).is("Browser browser", "warning", "a browser for the terminal");
    }
}

#[test]
fn a_private_window_that_no_browser_here_has_a_switch_for_is_said_as_the_login_says_it() {
    let machine = Machine::new();
    let private = |more: &[&str]| doctor(&machine, &[&["--private"], more].concat());
    let firefox = program(&machine, "firefox");
    private(&["--browser", "firefox -P work"]).is("Browser browser", "ok", &format!("a private window of {firefox} (from --browser)"));
    private(&["--browser", "chromium"]).is("Browser browser", "warning", "`chromium` is not found (from --browser)");
    private(&["--browser", "fire 'fox"]).is("Browser browser", "failed", "is not a command");
    let unknown = "it is not known how `mybrowser` opens a private window";
    let found = private(&["--browser", "mybrowser"]);
    found.is("Browser browser", "failed", unknown).advises("Browser browser", "`--browser 'firefox --private-window %s'`");
    let said = machine.run(&["login", "--private", "--browser", "mybrowser", "--issuer", "https://kc.invalid/realms/a"]).failed(Exit::Usage);
    assert!(said.starts_with(&format!("error: {unknown}\n")), "{said}");
    // Without the option the same browser is fine.
    program(&machine, "mybrowser");
    doctor(&machine, &["--browser", "mybrowser"]).is("Browser browser", "ok", "mybrowser");
    machine.set("BROWSER", "mybrowser");
    private(&[]).is("Browser browser", "failed", unknown);
    machine.set("BROWSER", "firefox");
    private(&[]).is("Browser browser", "ok", "(from BROWSER in the environment)");
    // It goes before what the profile remembers, as at a login.
    machine.write_config("[profile.a]\nissuer = \"https://kc.invalid/realms/a\"\nclient-id = \"kclogin\"\nlogin-method = \"device\"\n");
    doctor(&machine, &[]).is("Browser way", "ok", "with a code, on any device (remembered in the profile)");
    private(&[]).is("Browser way", "ok", "in the browser");
    assert!(!private(&[]).check("Browser way").1.contains("remembered"), "{:?}", private(&[]).check("Browser way"));
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn the_desktop_s_default_needs_something_that_opens_it() {
    let machine = Machine::new();
    machine.set("DISPLAY", ":7");
    doctor(&machine, &[]).is("Browser browser", "warning", "nothing here opens").is("Browser display", "ok", "DISPLAY=:7");
    let opener = program(&machine, "xdg-open");
    doctor(&machine, &[]).is("Browser browser", "ok", &format!("the desktop's default, by {opener}"));
}

#[test]
fn where_the_browser_is_elsewhere_the_way_to_it_is_said() {
    for (name, value, detail, advice) in [
        ("CI", "true", "this looks like CI", "--client-credentials"),
        (
            "SSH_CONNECTION",
            "10.0.0.1 1 10.0.0.2 22",
            "over SSH",
            "`kclogin login --device` or `--paste`; or on your own machine `ssh -N -L 8400:127.0.0.1:8400 10.0.0.2`",
        ),
        ("container", "podman", "this is a container", "--network host"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1", "this is a container", "--no-browser"),
        ("WSL_DISTRO_NAME", "Debian", "WSL without a display", "--browser"),
        ("FLATPAK_ID", "x", "a Flatpak or a Snap", "outside"),
    ] {
        let machine = Machine::new();
        machine.set(name, value);
        doctor(&machine, &[]).is("Browser display", "warning", detail).advises("Browser display", advice);
    }
    let machine = Machine::new();
    machine.set("CI", "false");
    if cfg!(all(unix, not(target_os = "macos"))) {
        doctor(&machine, &[]).is("Browser display", "warning", "neither DISPLAY nor WAYLAND_DISPLAY");
    }
}

#[test]
fn a_store_is_tried_by_a_probe_and_what_fails_is_said() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let issuer = provider.issuer();
    let call = ["--issuer", &issuer];
    doctor(&machine, &call).is("Store probe", "ok", "written, read and deleted").is("Store session", "ok", "none yet");
    assert!(
        machine.store.kept().is_empty() && machine.store.calls().iter().any(|call| call.starts_with("delete probe ")),
        "{:?}",
        machine.store.calls()
    );
    machine.run(&["login", "--issuer", &issuer]).done();
    doctor(&machine, &[]).is("Store session", "ok", "there is one");
    machine.store.change("token-set ", |bytes| bytes.truncate(10));
    doctor(&machine, &[]).is("Store session", "warning", "");
    machine.store.fail_to_open(Some(Fault::Locked));
    doctor(&machine, &[]).is("Store store", "failed", "the keyring is locked").is("Store probe", "skipped", "");
    machine.set("DISPLAY", ":0");
    doctor(&machine, &[]).is("Store store", "warning", "the keyring is locked").advises("Store store", "a login waits");
    machine.store.fail_to_open(None);
    machine.store.fail_once(0, Fault::Absent);
    doctor(&machine, &["--issuer", "https://kc.invalid/realms/a", "--profile", "other"]).is("Store probe", "failed", "there is no keyring here");
    doctor(&machine, &["--store", "nonsense"]).is("Store store", "failed", "there is no token store called `nonsense`");
    doctor(&machine, &["--store", "file"]).is("Store probe", "ok", "").is("Store store", "ok", "not encrypted");
}

#[test]
fn the_way_that_a_login_would_take_is_said_with_its_reason() {
    let machine = Machine::new();
    let issuer = ["--issuer", "https://kc.invalid/realms/a"];
    machine.set("BROWSER", "firefox");
    doctor(&machine, &issuer).is("Browser way", "ok", "in the browser");
    machine.set("BROWSER", "none");
    // Without a terminal the address is still printed, for whoever reads a log.
    doctor(&machine, &issuer).is("Browser way", "ok", "in a browser that you open at the printed address: ");
    machine.terminals(true, true);
    machine.type_when(|_| None);
    doctor(&machine, &issuer).is("Browser way", "ok", "with a code on another device, or by pasting the address of a browser elsewhere: ");
    machine.terminals(false, false);
    machine.set("CI", "true");
    let found = doctor(&machine, &issuer);
    found.is("Browser way", "failed", "nobody is here to sign in: this is CI, and there is no terminal");
    found.advises("Browser way", "--client-credentials");
}

#[test]
fn a_profile_that_signs_in_with_a_code_needs_no_browser_here() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("BROWSER", "none");
    for (method, way) in [("device", "with a code, on any device"), ("paste", "in a browser elsewhere, by pasting its address")] {
        machine.write_config(&format!(
            "default-profile = \"a\"\n[profile.a]\nissuer = \"{}\"\nclient-id = \"kclogin\"\nlogin-method = \"{method}\"\n",
            provider.issuer()
        ));
        let found = doctor(&machine, &[]);
        found.is("Browser way", "ok", &format!("{way} (remembered in the profile)"));
        found.is("Browser browser", "ok", "none is needed (none is opened: ");
        let has_display = cfg!(any(windows, target_os = "macos"));
        found.is("Browser display", "ok", if has_display { "the desktop's" } else { "none is needed (" });
    }
}

#[test]
fn the_terminal_is_described_and_a_locale_that_is_not_utf_8_is_warned_of() {
    let machine = Machine::new();
    machine.set("TERM", "xterm");
    doctor(&machine, &[]).is("Terminal streams", "ok", "stdout is no terminal, stderr is no terminal").is(
        "Terminal colour",
        "ok",
        "none (TERM=xterm)",
    );
    machine.terminals(false, true);
    machine.set("LANG", "C");
    let found = doctor(&machine, &["--color", "always"]);
    found.is("Terminal colour", "ok", "on both streams").is("Terminal streams", "ok", "stderr is a terminal");
    machine.set("TERM", "xterm");
    machine.set("LANG", "C.UTF-8");
    machine.set("COLUMNS", "132");
    doctor(&machine, &[]).is("Terminal streams", "ok", "stderr is a terminal of 132 columns");
    machine.set("LANG", "C");
    if cfg!(not(windows)) {
        found.is("Terminal locale", "warning", "LANG=C, and not UTF-8");
        machine.set("LC_ALL", "de_DE.utf8");
        doctor(&machine, &[]).is("Terminal locale", "ok", "LC_ALL=de_DE.utf8");
    }
}

#[test]
fn no_secret_is_on_the_page_in_either_form() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.confidential_client("backend", "s3cr3t-of-backend");
    let issuer = provider.issuer();
    machine.set("KCLOGIN_CLIENT_SECRET", "s3cr3t-of-backend");
    machine.run(&["login", "--issuer", &issuer, "--client-id", "backend"]).done();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy"] {
        machine.set(name, "http://alice:s3cr3t-of-proxy@127.0.0.1:1");
    }
    // A provider that repeats whatever it is told, and more.
    let echo = |request: &crate::provider::Request| {
        let said = format!("{} {:?} {:?}", String::from_utf8_lossy(&request.body), request.headers, request.basic());
        Response::json(401, &json!({ "error": "invalid_client", "error_description": said }))
    };
    let with_password = issuer.replace("http://", "http://alice:s3cr3t-of-issuer@");
    for (call, is_echoed) in [
        (&["doctor"][..], false),
        (&["doctor"], true),
        (&["doctor", "--issuer", &with_password], false),
        (&["doctor", "--issuer", "https://kc.invalid/realms/a", "--profile", "x"], false),
    ] {
        if is_echoed {
            provider.respond(Endpoint::Token, Respond::with(echo));
        }
        for form in [&[][..], &["--json"], &["-v"], &["--json", "-v"]] {
            let outcome = machine.run(&[call, form].concat());
            let text = outcome.stdout + &outcome.stderr;
            assert!(!text.contains("s3cr3t"), "{call:?} {form:?}: {text}");
            assert_eq!(provider.leaks_in(&text), Vec::<&str>::new(), "{call:?} {form:?}: {text}");
        }
    }
}

#[test]
fn hostile_text_does_not_act_on_the_terminal() {
    let provider = Provider::start();
    provider.respond(Endpoint::Authorization, Respond::body("text/html", "<p>client \u{1b}[2J\u{9b}31m\u{202e}").with_status(400));
    let machine = Machine::new();
    machine.terminals(true, true);
    let issuer = provider.issuer();
    for form in [&["doctor", "--color", "never", "--issuer", &issuer][..], &["doctor", "--color", "never", "--issuer", &issuer, "--json"]] {
        let stdout = machine.run(form).stdout;
        assert!(stdout.contains("client \u{fffd}[2J") && !stdout.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{stdout:?}");
    }
    provider.set_issuer("http://evil.example/\u{1b}[2J");
    let stdout = machine.run(&["doctor", "--color", "never", "--issuer", &issuer]).stdout;
    assert!(stdout.contains("calls itself") && !stdout.contains('\u{1b}'), "{stdout:?}");
}

#[test]
fn a_provider_that_says_nothing_is_waited_for_no_longer_than_it_takes() {
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, Respond::hang());
    let started = std::time::Instant::now();
    at(&provider, &[]).is("Provider discovery", "failed", "does not answer in time").is("Network connection", "ok", "");
    assert!(started.elapsed() < std::time::Duration::from_secs(25), "{:?}", started.elapsed());
}
