//! A certificate for this machine's loopback address, from an authority that is made with it.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// A server's certificate and its key, and the authority's certificate, each in DER.
pub(crate) struct Certificate {
    pub(crate) own: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) authority: Vec<u8>,
}

impl Certificate {
    /// A new one from a new authority.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        // Another name than the authority's, or some take it for its own issuer.
        params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
        let own = params.signed_by(&key, &authority).expect("a certificate");
        Self { own: own.der().to_vec(), key: key.serialize_der(), authority: authority.der().to_vec() }
    }
}

/// DER as PEM, with this label.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let encoded = kclogin::encoding::to_base64(der);
    let lines: Vec<&str> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
