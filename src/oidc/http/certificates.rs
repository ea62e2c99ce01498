//! Which certificates are trusted, and which one is shown (RFC 8705 section 2: mutual TLS). Reading them, and saying what is wrong with their files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::oidc::certificate::Facts;
use crate::profile;
use crate::secret::Secret;

/// The files, all in PEM form.
#[derive(Clone, Debug, Default)]
pub(super) struct Certificates {
    /// `--ca-file`: what is trusted instead of the system's.
    ca_file: Option<PathBuf>,
    /// `SSL_CERT_FILE`: the same, where there is no `--ca-file`.
    named: Option<PathBuf>,
    /// Whether the one file is enough in which most systems have all their authorities: where no other is named.
    is_one_file_enough: bool,
    /// `--client-certificate`
    client_certificate: Option<PathBuf>,
    /// `--client-key`, where the key is not in the same file.
    client_key: Option<PathBuf>,
}

/// Whether this system has its authorities in files. Others are asked about each certificate.
const IN_FILES: bool = cfg!(all(unix, not(target_os = "macos")));

impl Certificates {
    pub(super) fn of(environment: &Environment, settings: &profile::Settings) -> Self {
        let profile::Settings { ca_file, client_certificate, client_key, .. } = settings.clone();
        // A directory beside it is left to the system's verifier, which takes both.
        let named = environment.get("SSL_CERT_FILE").filter(|_| environment.get("SSL_CERT_DIR").is_none()).map(PathBuf::from);
        let is_named = ca_file.is_some() || environment.get("SSL_CERT_FILE").is_some() || environment.get("SSL_CERT_DIR").is_some();
        Self { is_one_file_enough: IN_FILES && !is_named, ca_file, named, client_certificate, client_key }
    }

    /// Whether a certificate of our own is shown.
    pub(super) fn has_own(&self) -> bool {
        self.client_certificate.is_some()
    }

    /// What is in the certificate of our own; nothing where there is none, or none that can be read.
    pub(super) fn own(&self) -> Option<Facts> {
        let pem = Secret::new(fs::read(self.client_certificate.as_deref()?).ok()?);
        Facts::read(certificates("", pem.expose()).ok()?.first()?.der())
    }

    /// Whether the system may know more authorities than it was asked for.
    pub(super) fn may_know_more(&self) -> bool {
        self.is_one_file_enough
    }

    /// The same with all that the system knows. On many systems that is a hundred and fifty files beside the one that has them all, and to read them takes
    /// longer than all else that goes before a request.
    pub(super) fn with_all(&self) -> Self {
        Self { is_one_file_enough: false, ..self.clone() }
    }

    /// What the HTTP client is told of them.
    ///
    /// # Errors
    /// A file can't be read, or does not hold what it is for.
    pub(super) fn to_tls(&self) -> Result<TlsConfig> {
        let roots = match (&self.ca_file, &self.named) {
            (Some(path), _) => RootCerts::new_with_certs(&authorities(&format!("the CA file {}", path.display()), path)?),
            (None, Some(path)) => {
                let what = format!("the file {} that SSL_CERT_FILE names", path.display());
                let certificates = authorities(&what, path).map_err(|error| error.hint("set it to a file with authorities, or unset it"))?;
                RootCerts::new_with_certs(&certificates)
            }
            (None, None) => {
                let file = if self.is_one_file_enough { one_file() } else { None };
                let certificates = file.and_then(|path| authorities("the system's authorities", &path).ok());
                certificates.map_or(RootCerts::PlatformVerifier, |certificates| RootCerts::new_with_certs(&certificates))
            }
        };
        let own = self.client_certificate.as_deref().map(|certificate| identity(certificate, self.client_key.as_deref())).transpose()?;
        // Named here, as the client's own way to it would bring a list of authorities too, which is never used.
        Ok(TlsConfig::builder().unversioned_rustls_crypto_provider(cryptography()).root_certs(roots).client_cert(own).build())
    }
}

/// Where the system has all its authorities in one file.
#[cfg(all(unix, not(target_os = "macos")))]
fn one_file() -> Option<PathBuf> {
    openssl_probe::probe().cert_file
}

/// There is none.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn one_file() -> Option<PathBuf> {
    None
}

pub(super) fn cryptography() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::failed(format!("{what} can't be read: {error}")))
}

fn authorities(what: &str, path: &Path) -> Result<Vec<Certificate<'static>>> {
    certificates(what, &read(what, path)?)
}

fn certificates(what: &str, pem: &[u8]) -> Result<Vec<Certificate<'static>>> {
    let certificate = |item| if let Ok(PemItem::Certificate(certificate)) = item { Some(certificate) } else { None };
    let certificates: Vec<_> = parse_pem(pem).filter_map(certificate).collect();
    if certificates.is_empty() { Err(Error::failed(format!("{what} holds no certificate in PEM form"))) } else { Ok(certificates) }
}

/// The certificate and the key of a client, which have to belong together: the HTTP client would not say so.
fn identity(certificate: &Path, key: Option<&Path>) -> Result<ClientCert> {
    let what = format!("the client certificate {}", certificate.display());
    let chain = certificates(&what, Secret::new(read(&what, certificate)?).expose())?;
    let path = key.unwrap_or(certificate);
    let named = format!("the client key {}", path.display());
    require_private(path)?;
    let pem = Secret::new(read(&named, path)?);
    if pem.expose().windows(9).any(|window| window == b"ENCRYPTED") {
        return Err(Error::failed(format!("{named} is encrypted, and can't be opened here"))
            .hint("keep a copy without a passphrase that only you can read: `openssl pkey -in KEY -out COPY`"));
    }
    let private = parse_pem(pem.expose()).find_map(|item| if let Ok(PemItem::PrivateKey(key)) = item { Some(key) } else { None });
    let private = private.ok_or_else(|| {
        let error = Error::failed(format!("{named} holds no private key in PEM form"));
        if key.is_none() { error.hint("give the file with the key by `--client-key FILE`") } else { error }
    })?;
    require_pair(&chain, &private).map_err(|error| {
        let explained = match error {
            rustls::Error::InvalidCertificate(_) => Error::failed(format!("{what} is none that can be used here"))
                .hint("look at it with `openssl x509 -text`: its version has to be 3, as it is of all that are issued with extensions"),
            _ => Error::failed(format!("{what} and the key in {} can't be used together", path.display()))
                .hint("give the key that the certificate was made for"),
        };
        explained.detail(error.to_string())
    })?;
    Ok(ClientCert::new_with_certs(&chain, private))
}

fn require_pair(chain: &[Certificate<'static>], key: &PrivateKey<'static>) -> std::result::Result<(), rustls::Error> {
    let chain = chain.iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
    let key = PrivateKeyDer::try_from(key.der().to_vec()).map_err(|error| rustls::Error::General(error.to_owned()))?;
    CertifiedKey::from_der(chain, key, &cryptography()).map(|_| ())
}

/// A key that everybody can read is worth nothing. Its group may, as that is how a machine's keys are handed to some of its users.
fn require_private(path: &Path) -> Result<()> {
    if !is_everybodys(path) {
        return Ok(());
    }
    let shown = path.display();
    Err(Error::failed(format!("everybody on this machine may use the client key {shown}")).hint(format!("make it yours: `chmod 600 '{shown}'`")))
}

#[cfg(unix)]
fn is_everybodys(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

/// Elsewhere a person's files are not everybody's unless they are made so.
#[cfg(not(unix))]
fn is_everybodys(_path: &Path) -> bool {
    false
}
