//! What each needed program is called, how to tell that it is good enough, and where it may be beside the search path.
//! Owns the finding; installing is `manager`'s.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{find, is_program, output};

/// The oldest Java that Keycloak starts on.
const JAVA_AT_LEAST: u32 = 17;

/// The oldest Node.js that the provider made for it starts on.
const NODE_AT_LEAST: u32 = 20;

/// A program, or a pair that comes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Java,
    Maven,
    Chromium,
    /// `dbus-daemon`, and `dbus-send` to ask it something.
    Dbus,
    /// `gnome-keyring-daemon`, a Secret Service that needs no desktop.
    Keyring,
    /// `secret-tool`, to look into the keyring past kclogin.
    Libsecret,
    /// `keyctl`, to run something in another session of the kernel's keyring.
    Keyutils,
    /// `pass`, `gpg`, and the `docker-credential-pass` that speaks for them.
    Pass,
    /// `go`, one that can fetch a newer one of itself.
    Go,
    /// To see which system calls kclogin makes.
    Strace,
    /// To count the instructions of a run.
    Valgrind,
    /// iproute2, for networks of a test's own.
    Ip,
    Mandoc,
    Bash,
    Zsh,
    Fish,
    /// A C compiler, for the C parts of dependencies.
    Clang,
    Curl,
    Git,
    /// What git is built with where the system's is too old: a C compiler, libcurl and zlib.
    GitParts,
    Kubectl,
    Make,
    Node,
    /// `npm`, with a Node.js that today's packages run on.
    Npm,
    /// What PostgreSQL and a module of its are built with: a C compiler, bison, flex and Perl, libcurl and OpenSSL.
    PostgresParts,
    Python,
    /// A Python that can make environments of its own.
    PythonVenv,
    /// A registry of container images, which runs without a daemon of containers.
    Registry,
    /// A client of such registries, which needs no daemon either.
    Skopeo,
    /// systemd itself, as process 1 of a namespace, and `unshare` and `nsenter` for that.
    Systemd,
    /// `wine`, which runs Windows programs, for those of 64 bits at least.
    Wine,
    /// A linker and a C compiler for Windows.
    Mingw,
}

impl Tool {
    /// The program, if it is here and good enough.
    pub(crate) fn find(self) -> Option<PathBuf> {
        match self {
            Self::Java => java(),
            Self::Chromium => chromium(),
            Self::Dbus => find(&["dbus-send"]).and_then(|_| find(&["dbus-run-session"])).and_then(|_| find(&["dbus-daemon"])),
            Self::Maven => find(&["mvn"]),
            Self::Keyring => find(&["gnome-keyring-daemon"]),
            Self::Libsecret => find(&["secret-tool"]),
            Self::Keyutils => find(&["keyctl"]),
            Self::Pass => find(&["pass"]).and_then(|_| find(&["gpg"])).and_then(|_| find(&["docker-credential-pass"])),
            Self::Strace => find(&["strace"]),
            Self::Valgrind => find(&["valgrind"]),
            Self::Ip => find(&["ip"]),
            Self::Mandoc => find(&["mandoc"]),
            Self::Bash => find(&["bash"]),
            Self::Zsh => find(&["zsh"]),
            Self::Fish => find(&["fish"]),
            Self::Clang => find(&["clang"]),
            Self::Curl => find(&["curl"]),
            Self::Git => find(&["git"]),
            Self::Go => go(),
            Self::GitParts => find(&["cc"]).and_then(|_| find(&["curl-config"])).filter(|_| Path::new("/usr/include/zlib.h").is_file()),
            Self::Kubectl => find(&["kubectl"]),
            Self::Make => find(&["make"]),
            Self::Node => find(&["node"]),
            Self::Npm => npm(),
            Self::PostgresParts => ["cc", "bison", "flex", "perl", "bzip2", "curl-config"]
                .iter()
                .try_fold(PathBuf::new(), |_, name| find(&[name]))
                .filter(|_| Path::new("/usr/include/openssl/ssl.h").is_file())
                // A Perl of the smallest kind has few modules.
                .filter(|_| output(Command::new("perl").args(["-MFindBin", "-e", "1"])).is_ok_and(|out| out.status.success())),
            Self::Python => find(&["python3"]),
            Self::PythonVenv => find(&["python3"])
                .filter(|file| output(Command::new(file).args(["-c", "import ensurepip, venv"])).is_ok_and(|out| out.status.success())),
            Self::Registry => find(&["docker-registry"]),
            Self::Skopeo => find(&["skopeo"]),
            Self::Systemd => find(&["unshare"])
                .and_then(|_| find(&["nsenter"]))
                .and_then(|_| find(&["systemd-analyze"]))
                .filter(|_| Path::new("/lib/systemd/systemd").is_file()),
            Self::Wine => find(&["wine", "wine64"]),
            Self::Mingw => find(&["x86_64-w64-mingw32-gcc"]),
        }
    }

    /// What a person calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Java => "Java (17 or newer)",
            Self::Maven => "Maven",
            Self::Chromium => "Chromium",
            Self::Dbus => "D-Bus (dbus-daemon, dbus-send)",
            Self::Keyring => "gnome-keyring-daemon",
            Self::Libsecret => "secret-tool",
            Self::Keyutils => "keyctl",
            Self::Pass => "pass, with gpg and docker-credential-pass",
            Self::Strace => "strace",
            Self::Valgrind => "valgrind",
            Self::Ip => "ip",
            Self::Mandoc => "mandoc",
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Clang => "clang",
            Self::Curl => "curl",
            Self::Git => "git",
            Self::Go => "Go (1.21 or newer)",
            Self::GitParts => "a C compiler with the headers of libcurl and zlib",
            Self::Kubectl => "kubectl",
            Self::Make => "make",
            Self::Node => "node",
            Self::Npm => "npm, with Node.js 20 or newer",
            Self::PostgresParts => "a C compiler with bison, flex, Perl and the headers of libcurl and OpenSSL",
            Self::Python => "python3",
            Self::PythonVenv => "python3 with venv",
            Self::Registry => "docker-registry",
            Self::Skopeo => "skopeo",
            Self::Systemd => "systemd, with unshare and nsenter",
            Self::Wine => "Wine",
            Self::Mingw => "MinGW-w64 (x86_64-w64-mingw32-gcc)",
        }
    }

    /// What to do when no package manager of ours can help.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Java => "install a Java of version 17 or newer, and set JAVA_HOME to it if it is not on the search path",
            Self::Maven => "install Apache Maven and put its bin folder on the search path",
            Self::Chromium => "install Chromium or Chrome, and set CHROMIUM to the program if it is not on the search path",
            Self::Dbus => "install D-Bus with its programs dbus-daemon and dbus-send",
            Self::Keyring => "install gnome-keyring",
            Self::Libsecret => "install libsecret's secret-tool",
            Self::Keyutils => "install keyutils",
            Self::Pass => "install pass, GnuPG and docker-credential-pass (of the docker-credential-helpers)",
            Self::Strace => "install strace",
            Self::Valgrind => "install valgrind",
            Self::Ip => "install iproute2",
            Self::Mandoc => "install mandoc",
            Self::Bash => "install bash",
            Self::Zsh => "install zsh",
            Self::Fish => "install fish",
            Self::Clang => "install clang",
            Self::Curl => "install curl",
            Self::Git => "install git",
            Self::Go => "install Go 1.21 or newer and put its bin folder on the search path",
            Self::GitParts => "install a git of version 2.46 or newer",
            Self::Kubectl => "install kubectl",
            Self::Make => "install make",
            Self::Node => "install Node.js, 18 or newer",
            Self::Npm => "install Node.js, 20 or newer, with npm",
            Self::PostgresParts => "install a C compiler, bison, flex, Perl, bzip2, and the headers of libcurl and OpenSSL",
            Self::Python => "install Python 3",
            Self::PythonVenv => "install Python 3 with its modules venv and ensurepip",
            Self::Registry => "install docker-registry",
            Self::Skopeo => "install skopeo",
            Self::Systemd => "install systemd and util-linux",
            Self::Wine => "install Wine for 64-bit programs",
            Self::Mingw => "install the gcc of MinGW-w64 for x86_64",
        }
    }
}

fn npm() -> Option<PathBuf> {
    let version = output(Command::new(find(&["node"])?).arg("--version")).ok()?;
    // As in `v20.20.2`.
    let major = String::from_utf8_lossy(&version.stdout).trim().strip_prefix('v')?.split('.').next()?.parse::<u32>().ok()?;
    find(&["npm"]).filter(|_| major >= NODE_AT_LEAST)
}

/// Chromium or one of its relatives; `CHROMIUM` overrides.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|value| !value.is_empty()) {
        return Some(PathBuf::from(named)).filter(|file| is_program(file));
    }
    let on_path = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    find(&on_path).or_else(|| APPLICATIONS.iter().map(PathBuf::from).find(|file| is_program(file)))
}

/// Where it is when it is on no search path.
const APPLICATIONS: &[&str] = if cfg!(target_os = "macos") {
    &["/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
} else if cfg!(windows) {
    &["C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "C:\\Program Files\\Chromium\\Application\\chrome.exe"]
} else {
    &[]
};

fn java() -> Option<PathBuf> {
    let named = env::var_os("JAVA_HOME").map(|home| java_in(Path::new(&home)));
    // Homebrew does not put its Java on the search path, and what macOS has there is only a dialogue that offers one.
    let brewed = ["/opt/homebrew/opt/openjdk", "/usr/local/opt/openjdk"].map(|home| java_in(Path::new(home)));
    let all = named.into_iter().chain(find(&["java"])).chain(brewed);
    all.filter(|file| is_program(file)).find(|file| is_new_enough(file))
}

fn java_in(home: &Path) -> PathBuf {
    home.join("bin").join(if cfg!(windows) { "java.exe" } else { "java" })
}

fn go() -> Option<PathBuf> {
    let all = find(&["go"]).into_iter().chain([PathBuf::from("/usr/local/go/bin/go")]);
    all.filter(|file| is_program(file)).find(|file| {
        // Before 1.21 it has no `GOTOOLCHAIN`, and does not know what a newer one is.
        let asked = output(Command::new(file).args(["env", "GOVERSION"]));
        asked.is_ok_and(|out| go_version(&String::from_utf8_lossy(&out.stdout)).is_some_and(|version| version >= (1, 21)))
    })
}

/// The release: (1, 26) in `go1.26.8`.
fn go_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix("go")?.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// What `JAVA_HOME` must be so that others take the Java found here. `None` when it's the one on the search path, which they find themselves.
pub(crate) fn java_home() -> Option<PathBuf> {
    let java = java()?;
    if find(&["java"]).as_ref() == Some(&java) && env::var_os("JAVA_HOME").is_none() {
        return None;
    }
    java.canonicalize().ok()?.parent()?.parent().map(Path::to_path_buf)
}

fn is_new_enough(java: &Path) -> bool {
    // `java -version` writes to stderr.
    output(Command::new(java).arg("-version"))
        .is_ok_and(|out| java_version(&String::from_utf8_lossy(&out.stderr)).is_some_and(|version| version >= JAVA_AT_LEAST))
}

/// The feature release: 8 in `1.8.0_392`, 17 in `17.0.15`, 25 in `25-ea`.
fn java_version(text: &str) -> Option<u32> {
    let quoted = text.split('"').nth(1)?;
    let mut numbers = quoted.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    match numbers.next()? {
        1 => numbers.next(),
        version => Some(version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_tells_its_version() {
        assert_eq!(go_version("go1.26.8\n"), Some((1, 26)));
        assert_eq!(go_version("go1.21rc2"), Some((1, 21)));
        assert_eq!(go_version("devel go1.27-abc"), None);
    }

    #[test]
    fn java_tells_its_version_in_many_ways() {
        let told = |line: &str| java_version(line);
        assert_eq!(told("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment"), Some(17));
        assert_eq!(told("java version \"1.8.0_392\""), Some(8));
        assert_eq!(told("openjdk version \"25-ea\" 2025-09-16"), Some(25));
        assert_eq!(told("Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(told("The operation couldn't be completed. Unable to locate a Java Runtime."), None);
    }
}
