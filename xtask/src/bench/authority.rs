//! A certificate authority for one run, and a certificate of it for the loopback address.
//! Owns the calls of Java's keytool, which is there wherever Keycloak can be started.
//!
//! Two certificates and not one that signs itself: what is an authority's is no server's to show, and kclogin says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::timing::printed;
use crate::failure::{Context, Failure, Outcome};
use crate::keycloak::KeyStore;
use crate::{packages, process};

/// Of key stores that are gone with the run.
const PASSWORD: &str = "throwaway";

/// What a client trusts, and what the server shows.
pub(super) struct Authority {
    /// The authority's certificate, in PEM.
    pub(super) certificate: PathBuf,
    pub(super) server: KeyStore,
}

impl Authority {
    /// Makes both in this folder.
    pub(super) fn make(folder: &Path) -> Outcome<Self> {
        let tool = Keytool { program: keytool()?, folder };
        let curve = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"];
        tool.run("authority.p12", &[&["-genkeypair", "-alias", "it", "-dname", "CN=kclogin bench", "-ext", "bc:c=ca:true"], &curve[..]].concat())?;
        tool.run("server.p12", &[&["-genkeypair", "-alias", "it", "-dname", "CN=127.0.0.1"], &curve[..]].concat())?;
        tool.run("server.p12", &["-certreq", "-alias", "it", "-file", "request"])?;
        let names = ["-ext", "san=ip:127.0.0.1", "-ext", "eku=serverAuth", "-ext", "ku=digitalSignature"];
        tool.run(
            "authority.p12",
            &[&["-gencert", "-alias", "it", "-rfc", "-validity", "2", "-infile", "request", "-outfile", "server.pem"], &names[..]].concat(),
        )?;
        tool.run("authority.p12", &["-exportcert", "-alias", "it", "-rfc", "-file", "authority.pem"])?;
        // The store takes a certificate for its key only with all that it follows from.
        let certificates = ["server.pem", "authority.pem"].map(|name| fs::read_to_string(folder.join(name)));
        let chain = certificates.into_iter().collect::<Result<String, _>>().context("reading a certificate")?;
        fs::write(folder.join("chain.pem"), chain).context("writing a certificate")?;
        tool.run("server.p12", &["-importcert", "-noprompt", "-alias", "it", "-file", "chain.pem"])?;
        Ok(Self { certificate: folder.join("authority.pem"), server: KeyStore { file: folder.join("server.p12"), password: PASSWORD } })
    }
}

struct Keytool<'a> {
    program: PathBuf,
    folder: &'a Path,
}

impl Keytool<'_> {
    fn run(&self, store: &str, arguments: &[&str]) -> Outcome {
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder).args(arguments).args(["-keystore", store, "-storetype", "PKCS12", "-storepass", PASSWORD]);
        printed(&mut command).map(drop)
    }
}

fn keytool() -> Outcome<PathBuf> {
    let beside = packages::java_home().map(|home| home.join("bin").join("keytool")).filter(|file| process::is_program(file));
    beside.or_else(|| process::find(&["keytool"])).ok_or_else(|| Failure::new("this Java has no keytool").hint("install a whole Java, 17 or newer"))
}
