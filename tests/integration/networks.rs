//! Networks as companies have them: a proxy with a password, authorities from the environment, mutual TLS, and addresses of IPv6.

use std::io::{BufRead, BufReader, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use kclogin::exit::Exit;
use url::Url;

use crate::machine::Machine;
use crate::person::Page;
use crate::provider::{Provider, TlsSetup, to_base64};
use crate::tls::redirect_over_tls;

/// What the certificate of the provider behind the proxy is for; no name server knows it.
const HOST: &str = "elsewhere.example.test";

/// An HTTP proxy that takes every CONNECT to one provider, and keeps what it was asked.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// `wanted` is the user name and the password, with a colon between, that it lets through.
    fn start(provider: &Provider, wanted: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (address, heads) = (listener.local_addr().expect("an address"), Arc::new(Mutex::new(Vec::new())));
        let port = Url::parse(&provider.base()).expect("a URL").port().expect("a port");
        let wanted = wanted.map(|wanted| format!("Proxy-Authorization: Basic {}", to_base64(wanted.as_bytes())));
        let kept = heads.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, wanted) = (kept.clone(), wanted.clone());
                thread::spawn(move || drop(serve(stream, port, wanted.as_deref(), &kept)));
            }
        });
        Self { address, heads }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("heads").clone()
    }
}

fn serve(mut stream: TcpStream, port: u16, wanted: Option<&str>, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    kept.lock().expect("heads").push(head.clone());
    if wanted.is_some_and(|wanted| !head.lines().any(|line| line == wanted)) {
        return stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
    }
    let provider = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let mut there = provider.try_clone()?;
    thread::spawn(move || {
        let _ = copy(&mut reader, &mut there);
        let _ = there.shutdown(Shutdown::Write);
    });
    copy(&mut &provider, &mut stream)?;
    stream.shutdown(Shutdown::Both)
}

/// A provider that only a proxy leads to, a machine that trusts it, and what its login takes.
pub(crate) fn behind_a_proxy(wanted: Option<&str>) -> (Provider, Machine, Proxy, Vec<String>) {
    let (provider, machine) = (Provider::start_tls(TlsSetup::WrongHost), Machine::new());
    let proxy = Proxy::start(&provider, wanted);
    provider.be_called(HOST);
    let file = machine.path("ca.pem");
    std::fs::write(&file, provider.ca_pem()).expect("written");
    // The browser has a way of its own.
    machine.browse(|url| {
        let mut here = url.clone();
        here.set_host(Some("127.0.0.1")).expect("a host");
        drop(Page::at(&redirect_over_tls(&here, None)));
    });
    let call = ["login", "--timeout", "10s", "--ca-file", file.to_str().expect("UTF-8"), "--issuer", &provider.issuer()].map(str::to_owned);
    (provider, machine, proxy, call.to_vec())
}

fn words(call: &[String]) -> Vec<&str> {
    call.iter().map(String::as_str).collect()
}

#[test]
fn a_provider_behind_a_proxy_with_a_password_is_reached_by_every_command() {
    let (provider, machine, proxy, login) = behind_a_proxy(Some("al ice:p@ss:w%rd"));
    machine.set("HTTPS_PROXY", &format!("http://al%20ice:p%40ss%3Aw%25rd@{}", proxy.address));
    machine.run(&words(&login)).done();
    machine.run(&["token", "--force-refresh"]).done();
    assert!(machine.run(&["whoami"]).done().starts_with("Alice Adams (alice)\n"));
    machine.run(&["logout"]).done();
    assert_eq!(provider.live_sessions(), 0);
    let (heads, port) = (proxy.heads(), Url::parse(&provider.base()).expect("a URL").port().expect("a port"));
    assert!(heads.len() >= 4, "{heads:?}");
    assert!(heads.iter().all(|head| head.starts_with(&format!("CONNECT {HOST}:{port} HTTP/1.1\r\n"))), "nothing else is asked of it: {heads:?}");
}

#[test]
fn a_proxy_that_wants_a_password_or_another_one_is_said_without_it() {
    let (_provider, machine, proxy, login) = behind_a_proxy(Some("alice:right"));
    let wrong = to_base64(b"alice:hunter2");
    for (user, reason) in
        [("", "the proxy asks for a user name and a password"), ("alice:hunter2@", "the proxy does not accept the user name and the password")]
    {
        machine.set("https_proxy", &format!("http://{user}{}", proxy.address));
        let call = [vec!["-v"], words(&login)].concat();
        let stderr = machine.run(&call).failed(Exit::ProviderUnreachable);
        let expected = format!(
            "can't be reached: {reason}\nhint: put them into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT, with `%40` for `@` and the like\n"
        );
        assert!(stderr.contains(&expected), "{stderr}");
        let found = machine.run(&["doctor", "--issuer", login.last().expect("an issuer")]).stdout;
        assert!(found.contains(reason), "{found}");
        for text in [&stderr, &found] {
            assert!(!text.contains("hunter2") && !text.contains(&wrong) && !text.contains("alice"), "{text}");
        }
    }
}

#[test]
fn a_proxy_that_forbids_a_host_is_said_to_refuse() {
    let machine = Machine::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    machine.set("HTTPS_PROXY", &format!("http://{}", listener.local_addr().expect("an address")));
    let proxy = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut head = BufReader::new(stream.try_clone().expect("a clone")).lines().map_while(Result::ok);
        assert!(head.any(|line| line.is_empty()));
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").expect("written");
    });
    let stderr = machine.run(&["login", "--issuer", &format!("https://{HOST}/realms/a")]).failed(Exit::ProviderUnreachable);
    assert!(stderr.contains(&format!("the provider at {HOST} can't be reached: the proxy refuses: proxy server responded 403")), "{stderr}");
    proxy.join().expect("no panic");
}

#[test]
fn what_no_proxy_names_and_this_machine_are_reached_without_it() {
    let (provider, machine, proxy, login) = behind_a_proxy(None);
    machine.set("ALL_PROXY", &format!("http://{}", proxy.address));
    let port = Url::parse(&provider.base()).expect("a URL").port().expect("a port");
    for entries in [format!("{HOST}:{port}"), "localhost, .example.test".to_owned()] {
        machine.set("NO_PROXY", &entries);
        let stderr = machine.run(&words(&login)).failed(Exit::ProviderUnreachable);
        assert!(stderr.contains("its name is not known"), "{stderr}");
    }
    machine.set("NO_PROXY", "");
    let here = Provider::start();
    let at_home = Machine::signed_in_to(&here);
    for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"] {
        at_home.set(name, &format!("http://{}", proxy.address));
    }
    at_home.run(&["token", "--force-refresh"]).done();
    assert_eq!(proxy.heads(), Vec::<String>::new());
    machine.set("NO_PROXY", &format!("{HOST}:1"));
    machine.run(&words(&login)).done();
    assert!(!proxy.heads().is_empty(), "at another port it is used");
}

#[test]
fn authorities_from_the_environment_are_trusted_where_no_file_is_given() {
    let (provider, machine) = (Provider::start_tls(TlsSetup::Trusted), Machine::new());
    let issuer = provider.issuer();
    let (good, garbage, missing) = (machine.path("ca.pem"), machine.path("garbage.pem"), machine.path("missing.pem"));
    std::fs::write(&good, provider.ca_pem()).expect("written");
    std::fs::write(&garbage, "-----BEGIN CERTIFICATE-----\nno\n").expect("written");
    machine.browse(|url| drop(Page::at(&redirect_over_tls(url, None))));
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    for (file, reason) in [(&garbage, "holds no certificate in PEM form"), (&missing, "can't be read: ")] {
        machine.set("SSL_CERT_FILE", &text(file));
        let stderr = machine.run(&["login", "--issuer", &issuer]).failed(Exit::Failed);
        assert!(stderr.starts_with(&format!("error: the file {} that SSL_CERT_FILE names {reason}", text(file))), "{stderr}");
        assert!(stderr.ends_with("\nhint: set it to a file with authorities, or unset it\n"), "{stderr}");
        let found = machine.run(&["doctor", "--issuer", &issuer]).stdout;
        assert!(found.contains("that SSL_CERT_FILE names"), "{found}");
    }
    machine.run(&["login", "--timeout", "10s", "--issuer", &issuer, "--ca-file", &text(&good), "--profile", "given"]).done();
    machine.set("SSL_CERT_FILE", &text(&good));
    machine.run(&["login", "--timeout", "10s", "--issuer", &issuer, "--profile", "named"]).done();
    machine.run(&["token", "--force-refresh", "--profile", "named"]).done();
    assert!(!machine.config().contains(&format!("[profile.named]\nissuer = \"{issuer}\"\nclient-id = \"kclogin\"\nca-file")), "{}", machine.config());
}

#[test]
fn an_issuer_that_is_an_address_of_ipv6_works_as_any_other() {
    let provider = Provider::start_on_ipv6();
    assert!(provider.issuer().starts_with("http://[::1]:"));
    let machine = Machine::signed_in_to(&provider);
    assert!(machine.run(&["whoami"]).done().contains(&format!("\n  Issuer    {}\n", provider.issuer())));
    machine.run(&["token", "--force-refresh"]).done();
    machine.run(&["logout"]).done();
    assert_eq!(provider.live_sessions(), 0);
    let found = machine.run(&["doctor"]).stdout;
    assert!(found.contains("::1 is an address") && !found.contains("  failed   "), "{found}");
}

/// A provider that wants to see a certificate, and a machine with files for it: the certificate and its key, apart and together.
pub(crate) fn demanding() -> (Provider, Machine, Vec<String>) {
    let (provider, machine) = (Provider::start_tls(TlsSetup::DemandsCertificate), Machine::new());
    let (certificate, key) = provider.client_pem();
    put(&machine, "ca.pem", provider.ca_pem());
    put(&machine, "client.pem", certificate);
    put(&machine, "client.key", key);
    put(&machine, "both.pem", &format!("{key}{certificate}"));
    let shown = (certificate.to_owned(), key.to_owned());
    machine.browse(move |url| drop(Page::at(&redirect_over_tls(url, Some(&shown)))));
    let ca = machine.path("ca.pem").to_str().expect("UTF-8").to_owned();
    let login = ["login", "--timeout", "10s", "--ca-file", &ca, "--issuer", &provider.issuer()].map(str::to_owned).to_vec();
    (provider, machine, login)
}

/// Writes a file that only its owner can read.
pub(crate) fn put(machine: &Machine, name: &str, text: &str) -> String {
    let path = machine.path(name);
    std::fs::write(&path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    }
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn rfc8705_2_a_client_certificate_is_shown_with_every_request_and_remembered() {
    let (_provider, machine, login) = demanding();
    let file = |name: &str| machine.path(name).to_str().expect("UTF-8").to_owned();
    let (certificate, key, both) = (file("client.pem"), file("client.key"), file("both.pem"));
    machine.run(&[words(&login), vec!["--client-certificate", &certificate, "--client-key", &key]].concat()).done();
    // On Windows TOML has it in other quotes.
    let config = machine.config().replace('\'', "\"");
    assert!(config.contains(&format!("client-certificate = \"{certificate}\"\nclient-key = \"{key}\"\n")), "{config}");
    let shown = machine.run(&["profile", "show"]).done();
    assert!(shown.contains(&format!("  Shows     the certificate {certificate}\n  Key file  {key}\n")), "{shown}");
    machine.run(&["whoami"]).done();
    machine.run(&["token", "--force-refresh"]).done();
    let found = machine.run(&["doctor"]).stdout;
    assert!(found.contains(&format!("  the client certificate {certificate} (from the profile): of ")) && !found.contains("  failed   "), "{found}");
    machine.run(&["login", "--client-certificate", &both]).done();
    assert!(!machine.config().contains("client-key"), "a new certificate has a key of its own: {}", machine.config());
    machine.run(&["logout"]).done();
    machine.run(&["token"]).failed(Exit::LoginRequired);
}

/// Makes a provider announce other addresses for clients that show a certificate: the same ones at another host.
fn announce_aliases(provider: &Provider, host: &'static str) {
    provider.alter_metadata(move |metadata| {
        let mut aliases = metadata.clone();
        let members = aliases.as_object_mut().expect("an object");
        members.retain(|name, _| name.ends_with("_endpoint") && !["authorization_endpoint", "end_session_endpoint"].contains(&name.as_str()));
        for address in members.values_mut() {
            *address = address.as_str().expect("an address").replace("https://127.0.0.1", host).into();
        }
        metadata["mtls_endpoint_aliases"] = aliases;
    });
}

/// Where requests went to, by the trace of a command.
fn hosts(trace: &str) -> Vec<(&str, &str)> {
    let requests = trace.lines().filter_map(|line| line.split_once("https://")).map(|(_, at)| at.split_whitespace().next().expect("an address"));
    requests.map(|at| (at.split(':').next().expect("a host"), at.trim_end_matches(':').rsplit('/').next().expect("a path"))).collect()
}

#[test]
fn rfc8705_5_a_client_that_shows_a_certificate_goes_where_one_is_asked_for() {
    let (provider, machine, login) = demanding();
    let both = machine.path("both.pem").to_str().expect("UTF-8").to_owned();
    let login: Vec<&str> = [words(&login), vec!["--client-certificate", &both, "-v"]].concat();
    announce_aliases(&provider, "http://mtls.example");
    let said = machine.run(&login).failed(Exit::Failed);
    assert!(said.contains("error: the token_endpoint `http://mtls.example:"), "{said}");
    announce_aliases(&provider, "https://localhost");
    let trace = machine.run(&login).stderr;
    assert_eq!(hosts(&trace).iter().filter(|(host, _)| *host == "localhost").collect::<Vec<_>>(), [&("localhost", "token")], "{trace}");
    for (arguments, path) in [
        (["token", "--force-refresh", "-v"].as_slice(), "token"),
        (&["whoami", "-v"], "userinfo"),
        (&["introspect", "-v"], "introspect"),
        (&["revoke", "-v"], "revoke"),
    ] {
        let trace = machine.run(arguments).stderr;
        let asked = hosts(&trace);
        assert_eq!(asked.iter().filter(|(_, path)| *path != "openid-configuration").collect::<Vec<_>>(), [&("localhost", path)], "{trace}");
    }
}

#[test]
fn rfc8705_5_a_client_without_a_certificate_goes_where_everybody_does() {
    let (provider, machine) = (Provider::start_tls(TlsSetup::Trusted), Machine::new());
    let ca = put(&machine, "ca.pem", provider.ca_pem());
    announce_aliases(&provider, "https://localhost");
    machine.browse(move |url| drop(Page::at(&redirect_over_tls(url, None))));
    let trace = machine.run(&["login", "--timeout", "10s", "--ca-file", &ca, "--issuer", &provider.issuer(), "-v"]);
    assert!(hosts(&trace.stderr).len() > 1 && hosts(&trace.stderr).iter().all(|(host, _)| *host == "127.0.0.1"), "{}", trace.stderr);
    trace.done();
}

#[test]
fn a_provider_that_misses_or_refuses_a_client_certificate_is_understood() {
    let (provider, machine, login) = demanding();
    let address = provider.base().replace("https://", "");
    let stderr = machine.run(&words(&login)).failed(Exit::Failed);
    let expected = format!(
        "error: {address} asks for a client certificate\n\
         hint: give one with `--client-certificate FILE` and `--client-key FILE`; whoever runs the provider has them\n"
    );
    assert_eq!(stderr, expected);
    let (other, _, _) = demanding();
    let (certificate, key) = other.client_pem();
    let both = put(&machine, "other.pem", &format!("{certificate}{key}"));
    let stderr = machine.run(&[words(&login), vec!["--client-certificate", &both]].concat()).failed(Exit::Failed);
    let expected = format!(
        "error: {address} does not accept the client certificate\n\
         hint: look at its end and at who has signed it; whoever runs the provider knows which one it takes\n"
    );
    assert_eq!(stderr, expected);
    assert_eq!((provider.request_count(), machine.opened()), (0, 0));
}

/// A certificate without extensions, as `openssl x509 -req` makes them where it is told of none, and its key.
const OF_VERSION_1: (&str, &str) = (
    "-----BEGIN CERTIFICATE-----\n\
     MIHYMIGLAhRzPEvNkX6fE3gA7Kff0mDfcdihaDAFBgMrZXAwDjEMMAoGA1UEAwwD\n\
     b2xkMCAXDTI2MTEyNjEwMDU0MloYDzIxMjYxMTAyMTAwNTQyWjAOMQwwCgYDVQQD\n\
     DANvbGQwKjAFBgMrZXADIQBZGoUUF72rX35QImtKyswnx/UMCupPj1J5bNAOD3tY\n\
     VDAFBgMrZXADQQAGm6vlM9VpKW+x7A2JA89HR29U4V7BRaWmRihvEh24nsLy1Vfq\n\
     tivc6BOxErOV2R5GievrdQopcmAbzIM6X+kB\n\
     -----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n\
     MC4CAQAwBQYDK2VwBCIEIGA+1QzLl4EnptCUnKXQwPR8j78VPAjBsiCqDoq5ftvs\n\
     -----END PRIVATE KEY-----\n",
);

#[test]
fn what_is_wrong_with_the_files_of_a_client_certificate_is_said() {
    let (provider, machine, login) = demanding();
    let (certificate, key) =
        (machine.path("client.pem").to_str().expect("UTF-8").to_owned(), machine.path("client.key").to_str().expect("UTF-8").to_owned());
    let said = |certificate: &str, key: Option<&str>| {
        let more = [vec!["--client-certificate", certificate], key.map_or_else(Vec::new, |key| vec!["--client-key", key])].concat();
        machine.run(&[words(&login), more].concat()).failed(Exit::Failed)
    };
    let nowhere = machine.path("nowhere.pem").to_str().expect("UTF-8").to_owned();
    assert!(said(&nowhere, None).starts_with(&format!("error: the client certificate {nowhere} can't be read: ")));
    assert!(said(&certificate, Some(&nowhere)).starts_with(&format!("error: the client key {nowhere} can't be read: ")));
    assert_eq!(said(&key, None), format!("error: the client certificate {key} holds no certificate in PEM form\n"));
    let expected =
        format!("error: the client key {certificate} holds no private key in PEM form\nhint: give the file with the key by `--client-key FILE`\n");
    assert_eq!(said(&certificate, None), expected);
    let encrypted = put(&machine, "encrypted.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    assert!(
        said(&certificate, Some(&encrypted))
            .starts_with(&format!("error: the client key {encrypted} is encrypted, and can't be opened here\nhint: "))
    );
    let (other, _, _) = demanding();
    let foreign = put(&machine, "foreign.key", other.client_pem().1);
    let expected = format!(
        "error: the client certificate {certificate} and the key in {foreign} can't be used together\nhint: give the key that the certificate was made for\n"
    );
    assert_eq!(said(&certificate, Some(&foreign)), expected);
    for (name, text) in [("old", OF_VERSION_1.0), ("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
        let (old, key) = (put(&machine, &format!("{name}.pem"), text), put(&machine, &format!("{name}.key"), OF_VERSION_1.1));
        let expected = format!(
            "error: the client certificate {old} is none that can be used here\nhint: look at it with `openssl x509 -text`: its version has to be 3, as it is of all \
             that are issued with extensions\n"
        );
        assert_eq!(said(&old, Some(&key)), expected);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o604)).expect("set");
        let expected = format!("error: everybody on this machine may use the client key {key}\nhint: make it yours: `chmod 600 '{key}'`\n");
        assert_eq!(said(&certificate, Some(&key)), expected);
    }
    assert_eq!(provider.request_count(), 0);
}
