//! The certificate that a provider shows, looked at and not trusted: a handshake of its own, on the way that requests take, broken off as soon as the
//! certificate is there. Nothing is sent to whoever shows it, and no certificate of the client's is shown.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, ConnectionDetails, Connector, RustlsConnector, TcpConnector, Transport, TransportAdapter};

/// A connection to this host and port ends with its certificate, which is then here; one to a proxy before it is an ordinary one.
#[derive(Debug)]
struct Look {
    authority: String,
    ordinary: RustlsConnector,
    witness: Arc<Witness>,
}

/// Sees a certificate in DER form, and refuses it whatever it is.
#[derive(Debug)]
pub(super) struct Witness {
    cryptography: Arc<CryptoProvider>,
    seen: OnceLock<Vec<u8>>,
}

impl Witness {
    pub(super) fn new(cryptography: Arc<CryptoProvider>) -> Arc<Self> {
        Arc::new(Self { cryptography, seen: OnceLock::new() })
    }

    pub(super) fn seen(&self) -> Option<&[u8]> {
        self.seen.get().map(Vec::as_slice)
    }
}

/// The client that connects as another one does, and whose every request to this host and port fails when its certificate has been seen.
pub(super) fn looking(agent: &Agent, authority: String, witness: Arc<Witness>) -> Agent {
    let connector = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default());
    let connector = connector.chain(Look { authority, ordinary: RustlsConnector::default(), witness });
    Agent::with_parts(agent.config().clone(), connector, DefaultResolver::default())
}

impl<In: Transport> Connector<In> for Look {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let is_there = details.uri.authority().is_some_and(|authority| *authority == self.authority);
        if !is_there || !details.needs_tls() {
            return self.ordinary.connect(details, chained);
        }
        let transport = chained.ok_or(ureq::Error::ConnectionFailed)?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.witness.cryptography)).with_safe_default_protocol_versions()?;
        let verifier = Arc::clone(&self.witness);
        let config = config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| ureq::Error::Tls("no name"))?;
        let mut connection = ClientConnection::new(Arc::new(config), name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), Arc::clone(&details.current_time));
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        Err(ureq::Error::ConnectionFailed)
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let _ = self.seen.set(end_entity.to_vec());
        Err(refused())
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(refused())
    }

    fn verify_tls13_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(refused())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.cryptography.signature_verification_algorithms.supported_schemes()
    }
}

fn refused() -> Error {
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
}
