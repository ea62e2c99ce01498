//! Providers over TLS: each way a certificate can be wrong has a sentence and a hint of its own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use kclogin::exit::Exit;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, TlsConfig};
use url::Url;

use crate::machine::Machine;
use crate::person::Page;
use crate::provider::{Provider, TlsSetup};

/// A login at a provider with this certificate, trusting its CA or not: the provider's address, and what was said.
#[track_caller]
fn refused(setup: TlsSetup, trust: bool) -> (String, String) {
    let (provider, machine) = (Provider::start_tls(setup), Machine::new());
    let file = machine.path("ca.pem");
    std::fs::write(&file, provider.ca_pem()).expect("written");
    let (issuer, file) = (provider.issuer(), file.to_str().expect("UTF-8").to_owned());
    let mut call = vec!["login", "--timeout", "5s", "--issuer", &issuer];
    if trust {
        call.extend(["--ca-file", &file]);
    }
    let stderr = machine.run(&call).failed(Exit::Failed);
    assert_eq!((provider.request_count(), machine.opened(), machine.store.kept().len()), (0, 0, 0));
    (provider.base().replace("https://", ""), stderr)
}

/// A browser that trusts any certificate and may show one of its own: where the provider sends it.
pub(crate) fn redirect_over_tls(url: &Url, own: Option<&(String, String)>) -> Url {
    let own = own.map(|(certificate, key)| {
        let certificate = Certificate::from_pem(certificate.as_bytes()).expect("a certificate");
        ClientCert::new_with_certs(&[certificate], PrivateKey::from_pem(key.as_bytes()).expect("a key"))
    });
    let cryptography = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(cryptography).disable_verification(true).client_cert(own).build();
    let config = Agent::config_builder().tls_config(tls).max_redirects(0).max_redirects_will_error(false).build();
    let response = config.new_agent().get(url.as_str()).call().expect("an answer");
    Url::parse(response.headers().get("location").and_then(|value| value.to_str().ok()).expect("a redirect")).expect("a URL")
}

#[test]
fn a_given_ca_is_trusted_and_remembered() {
    let (provider, machine) = (Provider::start_tls(TlsSetup::Trusted), Machine::new());
    let file = machine.path("ca.pem");
    std::fs::write(&file, provider.ca_pem()).expect("written");
    machine.browse(|url| drop(Page::at(&redirect_over_tls(url, None))));
    let file = file.to_str().expect("UTF-8");
    machine.run(&["login", "--timeout", "10s", "--ca-file", file, "--issuer", &provider.issuer()]).done();
    assert!(machine.config().contains(&format!("ca-file = \"{file}\"")), "{}", machine.config());
    machine.run(&["token", "--force-refresh"]).done();
    assert!(machine.run(&["whoami"]).done().starts_with("Alice Adams (alice)\n"));
    machine.run(&["logout"]).done();
    assert_eq!(provider.live_sessions(), 0);
}

#[test]
fn an_unknown_authority_is_hinted_at_with_the_option() {
    let (address, stderr) = refused(TlsSetup::Trusted, false);
    let expected = format!(
        "error: the certificate of {address} comes from an authority this machine does not know\n\
         hint: if it is your company's or your own, give its certificate with `--ca-file FILE`, or set SSL_CERT_FILE\n"
    );
    assert_eq!(stderr, expected);
}

#[test]
fn an_expired_certificate_is_named() {
    let (address, stderr) = refused(TlsSetup::Expired, true);
    let expected = format!(
        "error: the certificate of {address} has expired\n\
         hint: tell whoever runs the provider; if it is valid elsewhere, look at this machine's clock\n"
    );
    assert_eq!(stderr, expected);
}

#[test]
fn a_certificate_from_the_future_is_hinted_at_with_the_clock() {
    let (address, stderr) = refused(TlsSetup::NotYetValid, true);
    assert_eq!(stderr, format!("error: the certificate of {address} is not valid yet\nhint: look at this machine's clock\n"));
}

#[test]
fn a_certificate_for_another_host_is_named() {
    let (address, stderr) = refused(TlsSetup::WrongHost, true);
    let expected =
        format!("error: the certificate of {address} is for another host\nhint: use the host name that the provider's certificate holds\n");
    assert_eq!(stderr, expected);
}

#[test]
fn an_authority_s_own_certificate_is_explained() {
    let (address, stderr) = refused(TlsSetup::SelfSigned, true);
    let expected = format!(
        "error: the certificate of {address} is an authority's own, which can't vouch for a host\n\
         hint: make a certificate for the host that is signed by this authority, and give the authority's with `--ca-file FILE`\n"
    );
    assert_eq!(stderr, expected);
}

#[test]
fn a_ca_file_that_is_none_is_said() {
    let machine = Machine::new();
    let call = |file: &str| machine.run(&["login", "--ca-file", file, "--issuer", "https://127.0.0.1:1/realms/a"]).failed(Exit::Failed);
    assert!(call("/nonexistent/ca.pem").starts_with("error: the CA file /nonexistent/ca.pem can't be read: "));
    let file = machine.path("ca.pem");
    std::fs::write(&file, "no certificate").expect("written");
    assert_eq!(call(file.to_str().expect("UTF-8")), format!("error: the CA file {} holds no certificate in PEM form\n", file.display()));
}

#[test]
fn plain_http_where_tls_is_expected_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    });
    let stderr = Machine::new().run(&["login", "--issuer", &format!("https://{address}/realms/a")]).failed(Exit::Failed);
    let expected = format!("error: {address} does not speak TLS\nhint: is the address http://{address}? plain http is for loopback addresses only\n");
    assert_eq!(stderr, expected);
    server.join().expect("no panic");
}

/// A TLS 1.1 `ServerHello` (RFC 4346 section 7.4.1.3), for whatever is asked.
fn server_hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0, 0, 0x2f, 0]);
    let mut bytes = vec![22, 3, 2, 0, u8::try_from(hello.len() + 4).expect("short"), 2, 0, 0, u8::try_from(hello.len()).expect("short")];
    bytes.extend(hello);
    bytes
}

#[test]
fn tls_below_1_2_is_neither_offered_nor_accepted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut record = [0; 5];
        stream.read_exact(&mut record).expect("a record");
        let mut hello = vec![0; usize::from(u16::from_be_bytes([record[3], record[4]]))];
        stream.read_exact(&mut hello).expect("the ClientHello");
        stream.write_all(&server_hello_of_tls_1_1()).expect("written");
        let mut alert = Vec::new();
        let _ = stream.read_to_end(&mut alert);
        (hello, alert)
    });
    let machine = Machine::new();
    let stderr = machine.run(&["login", "--timeout", "5s", "--issuer", &format!("https://{address}/realms/test")]).failed(Exit::ProviderUnreachable);
    assert!(stderr.starts_with(&format!("error: no secure connection to {address} can be made: ")), "{stderr}");
    let (hello, alert) = server.join().expect("no panic");
    // supported_versions (RFC 8446 section 4.2.1): type 43, four bytes of versions in five, TLS 1.3 and TLS 1.2 and nothing else.
    let offered = [0, 43, 0, 5, 4, 3, 4, 3, 3];
    assert!(hello.windows(offered.len()).any(|window| window == offered), "{hello:02x?}");
    // A fatal alert, protocol_version(70) (RFC 8446 section 6), and not a byte more.
    assert_eq!((alert.len(), alert.first(), &alert[5..]), (7, Some(&21), &[2, 70][..]), "{alert:02x?}");
}
