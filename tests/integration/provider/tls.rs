//! TLS: certificates that are right, or wrong in one way, and the server side of the handshake. The only file naming rcgen and rustls.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::keys::pem;
use super::server::Stream;

/// Which certificate the provider shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsSetup {
    /// For 127.0.0.1 and localhost, issued by the test CA: good for a client that trusts the CA, unknown to all others.
    Trusted,
    /// The same, but long expired.
    Expired,
    /// The same, but not yet valid.
    NotYetValid,
    /// Issued by the test CA for another host.
    WrongHost,
    /// Self-signed, for 127.0.0.1 and localhost, a CA itself and used as the server's certificate.
    SelfSigned,
    /// As the first, for four hosts more, some of which act on a terminal, as its subject's and its issuer's names do.
    Hostile,
    /// As the first, and it demands a certificate of the client that the test CA has issued.
    DemandsCertificate,
}

/// The server side.
pub(super) struct Tls {
    config: Arc<ServerConfig>,
    ca: String,
    client: Option<(String, String)>,
}

impl Tls {
    /// Makes a CA and a certificate.
    pub(super) fn new(setup: TlsSetup) -> Self {
        let key = KeyPair::generate().expect("rcgen makes a key");
        let names = match setup {
            TlsSetup::WrongHost => vec!["elsewhere.example.test"],
            TlsSetup::Hostile => vec!["127.0.0.1", "a\u{1b}[2J.example", "a\r\n.example", "b.example", "c.example"],
            _ => vec!["127.0.0.1", "localhost"],
        };
        let mut params = CertificateParams::new(names.into_iter().map(str::to_owned).collect::<Vec<_>>()).expect("the names are good");
        params.distinguished_name.push(DnType::CommonName, "kclogin test provider");
        (params.not_before, params.not_after) = match setup {
            TlsSetup::Expired => (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1)),
            TlsSetup::NotYetValid => (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
            _ => (date_time_ymd(2020, 1, 1), date_time_ymd(2090, 1, 1)),
        };
        let mut client = None;
        let (certificate, ca) = if setup == TlsSetup::SelfSigned {
            make_ca(&mut params);
            let certificate = params.self_signed(&key).expect("rcgen signs");
            let own = pem("CERTIFICATE", certificate.der());
            (certificate, own)
        } else {
            let ca = authority(if setup == TlsSetup::Hostile { "CA\u{1b}]0;x\u{7}\u{9b}31m\u{202e}" } else { "kclogin test CA" });
            client = (setup == TlsSetup::DemandsCertificate).then(|| (identity(&ca), ca.der().clone()));
            (params.signed_by(&key, &ca).expect("rcgen signs"), pem("CERTIFICATE", ca.der()))
        };
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(ring.clone()).with_safe_default_protocol_versions().expect("ring has the versions");
        let config = match &client {
            Some((_, ca)) => {
                let mut roots = RootCertStore::empty();
                roots.add(ca.clone()).expect("the CA is a certificate");
                config.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), ring).build().expect("roots"))
            }
            None => config.with_no_client_auth(),
        };
        let config = config
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .expect("the certificate fits its key");
        Self { config: Arc::new(config), ca, client: client.map(|(client, _)| client) }
    }

    /// The certificate to trust, as PEM.
    pub(super) fn ca(&self) -> &str {
        &self.ca
    }

    /// The certificate that is demanded of a client, and its key, as PEM.
    pub(super) fn client(&self) -> Option<(String, String)> {
        self.client.clone()
    }

    /// Begins a handshake; it happens with the first read.
    pub(super) fn accept(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        let connection = ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        Ok(Box::new(Encrypted(StreamOwned::new(connection, socket))))
    }
}

/// A client's certificate and its key, as PEM.
fn identity(ca: &CertifiedIssuer<'static, KeyPair>) -> (String, String) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names are good names");
    params.distinguished_name.push(DnType::CommonName, "kclogin test client");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2090, 1, 1));
    let key = KeyPair::generate().expect("rcgen makes a key");
    let certificate = params.signed_by(&key, ca).expect("rcgen signs");
    (pem("CERTIFICATE", certificate.der()), pem("PRIVATE KEY", &key.serialize_der()))
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    make_ca(&mut params);
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2090, 1, 1));
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("rcgen makes a key")).expect("rcgen signs")
}

fn make_ca(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
}

struct Encrypted(StreamOwned<ServerConnection, TcpStream>);

impl Read for Encrypted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Encrypted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Stream for Encrypted {
    fn finish(&mut self) {
        self.0.conn.send_close_notify();
        let _ = self.0.flush();
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection};

    use super::*;
    use crate::provider::{Endpoint, Provider, keys};

    fn get(setup: TlsSetup, trust: bool) -> Result<String, String> {
        let provider = Provider::start_tls(setup);
        let mut roots = RootCertStore::empty();
        if trust {
            roots.add(CertificateDer::from(keys::from_pem(provider.ca_pem()))).expect("the CA is a certificate");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").expect("an address is a name");
        let socket = TcpStream::connect(provider.base().replace("https://", "")).expect("the port is open");
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).expect("the configuration is good"), socket);
        let ask = format!("GET {} HTTP/1.1\r\nConnection: close\r\n\r\n", Endpoint::Discovery.path());
        let mut answer = String::new();
        stream.write_all(ask.as_bytes()).and_then(|()| stream.read_to_string(&mut answer)).map_err(|error| error.to_string())?;
        Ok(answer)
    }

    #[test]
    fn each_certificate_is_wrong_in_its_own_way() {
        assert!(get(TlsSetup::Trusted, true).is_ok_and(|answer| answer.contains("\"issuer\":\"https://127.0.0.1:")));
        for (setup, trust, reason) in [
            (TlsSetup::Trusted, false, "UnknownIssuer"),
            (TlsSetup::Expired, true, "expired"),
            (TlsSetup::NotYetValid, true, "not valid yet"),
            (TlsSetup::WrongHost, true, "not valid for name"),
            (TlsSetup::SelfSigned, true, "CaUsedAsEndEntity"),
        ] {
            let error = get(setup, trust).expect_err("the certificate is refused");
            assert!(error.contains(reason), "{setup:?}: {error}");
        }
    }
}
