//! Certificates from an authority of their own, such as one for this machine's loopback address.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// A certificate and its key, and the authority's certificate, each in DER.
pub(crate) struct Certificate {
    pub(crate) own: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) authority: Vec<u8>,
}

/// Who signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"))
    }

    /// A certificate for this name, which is a host's or somebody's.
    pub(crate) fn issue(&self, name: &str) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        // Another name than the authority's, or some take it for its own issuer.
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let own = params.signed_by(&key, &self.0).expect("a certificate");
        Certificate { own: own.der().to_vec(), key: key.serialize_der(), authority: self.0.der().to_vec() }
    }
}

impl Certificate {
    /// A new one for the loopback address, from a new authority.
    pub(crate) fn new() -> Self {
        Authority::new().issue("127.0.0.1")
    }
}

/// DER as PEM, with this label.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let encoded = kclogin::encoding::to_base64(der);
    let lines: Vec<&str> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
