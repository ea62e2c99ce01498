//! What is in a certificate (RFC 5280) for a person to read: whose it is, who issued it, from when and until when it is valid. Whether it is to be trusted,
//! the TLS library decides under `http`; nothing here does.

use std::net::IpAddr;

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::time::Time;

use crate::clock::Timestamp;

/// The most of a name that is kept, in characters.
const NAME_LIMIT: usize = 100;
/// The most names that are kept: those of some certificates fill pages.
const NAMES_LIMIT: usize = 100;

/// What a certificate says of itself. All of it comes from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The hosts and addresses that it is for (section 4.2.1.6).
    pub names: Vec<String>,
    /// Whose it is, by the name that says most: a person's or a host's own, else that of the organization.
    pub subject: Option<String>,
    /// Who issued it, likewise.
    pub issuer: Option<String>,
    /// Whether that is the same.
    pub is_self_issued: bool,
    /// The first moment at which it is valid.
    pub valid_from: Timestamp,
    /// The last one.
    pub valid_until: Timestamp,
}

impl Facts {
    /// What is in a certificate in DER form; nothing where it is none.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let content = certificate.tbs_certificate();
        let names = content.get_extension::<SubjectAltName>().ok().flatten().map(|(_, names)| names.0).unwrap_or_default();
        Some(Self {
            names: names.iter().filter_map(host).take(NAMES_LIMIT).collect(),
            subject: telling(content.subject()),
            issuer: telling(content.issuer()),
            is_self_issued: content.subject() == content.issuer(),
            valid_from: point(content.validity().not_before),
            valid_until: point(content.validity().not_after),
        })
    }
}

/// The attribute of a name by which people know it.
fn telling(name: &Name) -> Option<String> {
    let attributes = [name.common_name(), name.organization(), name.organization_unit()];
    attributes.into_iter().filter_map(|found| found.ok().flatten()).map(|text| short(&text.value())).find(|text| !text.is_empty())
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(host) => Some(short(host.as_str())),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let address = <[u8; 4]>::try_from(octets).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

fn short(text: &str) -> String {
    text.chars().take(NAME_LIMIT).collect()
}

fn point(time: Time) -> Timestamp {
    Timestamp(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CertifiedIssuer, DistinguishedName, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn params(names: &[&str], subject: &[(DnType, &str)]) -> CertificateParams {
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names");
        params.distinguished_name = DistinguishedName::new();
        subject.iter().for_each(|(kind, value)| params.distinguished_name.push(kind.clone(), *value));
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2060, 3, 1));
        params
    }

    fn key() -> KeyPair {
        KeyPair::generate().expect("a key")
    }

    #[test]
    fn a_certificate_says_whose_it_is_who_issued_it_and_when_it_ends() {
        let ca = CertifiedIssuer::self_signed(params(&[], &[(DnType::OrganizationName, "Example Corp")]), key()).expect("signed");
        let of = |names: &[&str], subject: &[(DnType, &str)]| {
            Facts::read(params(names, subject).signed_by(&key(), &ca).expect("signed").der()).expect("facts")
        };
        let facts = of(&["sso.example.com", "10.1.2.3", "2001:db8::1"], &[(DnType::OrganizationName, "Sales"), (DnType::CommonName, "sso")]);
        let expected = Facts {
            names: ["sso.example.com", "10.1.2.3", "2001:db8::1"].map(str::to_owned).to_vec(),
            subject: Some("sso".to_owned()),
            issuer: Some("Example Corp".to_owned()),
            is_self_issued: false,
            valid_from: Timestamp(1_767_225_600),
            // Beyond 2049, and so in the other of the two forms that a time has.
            valid_until: Timestamp(2_845_324_800),
        };
        assert_eq!(facts, expected);
        assert_eq!((of(&[], &[]).subject, of(&[], &[(DnType::CommonName, "")]).names), (None, Vec::new()));
        let own = Facts::read(ca.der()).expect("facts");
        assert!(own.is_self_issued && own.subject == own.issuer);
    }

    #[test]
    fn what_is_long_is_cut_and_what_is_no_certificate_is_nothing() {
        let long = "x".repeat(5_000);
        let names: Vec<String> = (0..500).map(|number| format!("h{number}.example")).collect();
        let params = params(&names.iter().map(String::as_str).collect::<Vec<_>>(), &[(DnType::CommonName, &long)]);
        let certificate = params.self_signed(&key()).expect("signed");
        let facts = Facts::read(certificate.der()).expect("facts");
        assert_eq!((facts.names.len(), facts.subject.map(|name| name.len())), (NAMES_LIMIT, Some(NAME_LIMIT)));
        for length in [0, 1, 10, certificate.der().len() - 1] {
            assert_eq!(Facts::read(&certificate.der()[..length]), None, "{length}");
        }
        assert_eq!(Facts::read(&[certificate.der(), &b"x"[..]].concat()), None, "something behind it");
    }
}
