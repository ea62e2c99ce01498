//! The systems' package managers: what each is called, how it installs, and what the needed programs are called there.
//! Owns the decision between installing and telling; a pure function of what was found, so that it can be tested for every system.

use std::process::Command;

use super::{Plan, Tool};
use crate::process::{find, is_root, output};

/// A package manager that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    Apt,
    Dnf,
    Pacman,
    Zypper,
    Apk,
    Brew,
}

/// What we may do to this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Privilege {
    Root,
    /// `sudo` asks for no password.
    Sudo,
    Nothing,
}

impl Privilege {
    pub(super) fn ours() -> Self {
        if is_root() {
            Self::Root
        } else if find(&["sudo"]).is_some() && output(Command::new("sudo").args(["-n", "true"])).is_ok_and(|out| out.status.success()) {
            Self::Sudo
        } else {
            Self::Nothing
        }
    }
}

const ALL: &[Manager] = &[Manager::Apt, Manager::Dnf, Manager::Pacman, Manager::Zypper, Manager::Apk, Manager::Brew];

impl Manager {
    /// The first one that is here. Homebrew comes last: on Linux it is a guest beside the system's own.
    pub(super) fn of_this_system() -> Option<Self> {
        ALL.iter().copied().find(|manager| find(&[manager.program()]).is_some())
    }

    fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Zypper => "zypper",
            Self::Apk => "apk",
            Self::Brew => "brew",
        }
    }

    /// What has to come before installing: a fresh machine may have no package lists at all.
    fn refresh(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Apt => Some(&["apt-get", "update"]),
            _ => None,
        }
    }

    fn install(self) -> &'static [&'static str] {
        match self {
            Self::Apt => &["apt-get", "install", "--yes", "--no-install-recommends"],
            Self::Dnf => &["dnf", "install", "--assumeyes"],
            // -y fetches the lists; without -u that is a partial upgrade only when the lists were old, and -u could replace the kernel.
            Self::Pacman => &["pacman", "-Sy", "--noconfirm", "--needed"],
            Self::Zypper => &["zypper", "--non-interactive", "install"],
            Self::Apk => &["apk", "add", "--update-cache"],
            Self::Brew => &["brew", "install"],
        }
    }

    /// The packages that bring a tool; none where the system has no such thing or no need of it.
    fn packages(self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Java => match self {
                Self::Apt => &["default-jre-headless"],
                Self::Dnf | Self::Zypper => &["java-21-openjdk-headless"],
                Self::Pacman => &["jre-openjdk-headless"],
                Self::Apk => &["openjdk21-jre-headless"],
                Self::Brew => &["openjdk"],
            },
            Tool::Maven => &["maven"],
            Tool::Chromium => match self {
                // Without a font of its own it draws boxes; the sandbox helper is only recommended by the package.
                Self::Apt => &["chromium", "chromium-sandbox", "fonts-liberation"],
                Self::Apk => &["chromium", "font-liberation"],
                _ => &["chromium"],
            },
            Tool::Dbus => match self {
                Self::Dnf => &["dbus-daemon", "dbus-tools"],
                Self::Zypper => &["dbus-1-daemon", "dbus-1-tools"],
                Self::Brew => &[],
                _ => &["dbus"],
            },
            Tool::Keyring => match self {
                Self::Brew => &[],
                _ => &["gnome-keyring"],
            },
            Tool::Libsecret => match self {
                Self::Apt | Self::Zypper => &["libsecret-tools"],
                _ => &["libsecret"],
            },
            Tool::Keyutils => &["keyutils"],
            Tool::Pass => match self {
                Self::Apt => &["pass", "gnupg", "golang-docker-credential-helpers"],
                // Some have no package for the third, and by no name that all agree on.
                _ => &[],
            },
            Tool::Strace => &["strace"],
            Tool::Valgrind => &["valgrind"],
            Tool::Ip => match self {
                Self::Dnf => &["iproute"],
                _ => &["iproute2"],
            },
            Tool::Mandoc => &["mandoc"],
            Tool::Bash => &["bash"],
            Tool::Zsh => &["zsh"],
            Tool::Fish => &["fish"],
            Tool::Clang => match self {
                Self::Brew => &["llvm"],
                _ => &["clang"],
            },
            Tool::Curl => &["curl"],
            Tool::Git => &["git"],
            Tool::GitParts => match self {
                Self::Apt => &["gcc", "libc6-dev", "libcurl4-openssl-dev", "zlib1g-dev", "xz-utils"],
                // Their own git is new enough.
                _ => &[],
            },
            Tool::Go => match self {
                // Debian 12's is too old to fetch a newer one.
                Self::Apt => &[],
                Self::Dnf => &["golang"],
                _ => &["go"],
            },
            Tool::Kubectl => match self {
                Self::Apt | Self::Dnf | Self::Zypper => &["kubernetes-client"],
                Self::Pacman | Self::Apk => &["kubectl"],
                Self::Brew => &["kubernetes-cli"],
            },
            Tool::Make => &["make"],
            Tool::Node => match self {
                Self::Brew => &["node"],
                _ => &["nodejs"],
            },
            Tool::Npm => match self {
                // Its Node.js is too old, or that of a later release has a npm of its own already.
                Self::Apt => &[],
                Self::Brew => &["node"],
                _ => &["nodejs", "npm"],
            },
            Tool::PostgresParts => match self {
                Self::Apt => &["gcc", "libc6-dev", "bison", "flex", "perl", "bzip2", "libcurl4-openssl-dev", "libssl-dev"],
                // The source is Debian's.
                _ => &[],
            },
            Tool::Python => match self {
                Self::Pacman | Self::Brew => &["python"],
                _ => &["python3"],
            },
            Tool::PythonVenv => match self {
                Self::Apt => &["python3-venv"],
                Self::Pacman | Self::Brew => &["python"],
                _ => &["python3"],
            },
            Tool::Registry => match self {
                Self::Apt | Self::Brew => &["docker-registry"],
                Self::Zypper => &["distribution-registry"],
                _ => &[],
            },
            Tool::Skopeo => &["skopeo"],
            Tool::Systemd => match self {
                // Not every system has it.
                Self::Apk | Self::Brew => &[],
                _ => &["systemd", "util-linux"],
            },
            Tool::Wine => match self {
                Self::Apt => &["wine", "wine64"],
                Self::Brew => &[],
                _ => &["wine"],
            },
            Tool::Mingw => match self {
                Self::Apt => &["gcc-mingw-w64-x86-64"],
                Self::Dnf => &["mingw64-gcc"],
                Self::Zypper => &["mingw64-cross-gcc"],
                Self::Brew => &["mingw-w64"],
                _ => &["mingw-w64-gcc"],
            },
        }
    }

    /// Whether it wants the administrator. Homebrew refuses to be run by one.
    fn is_privileged(self) -> bool {
        self != Self::Brew
    }
}

/// Installs where that is allowed, and otherwise says what to type or, on an unknown system, what to get.
pub(super) fn plan(manager: Option<Manager>, privilege: Privilege, missing: &[Tool]) -> Plan {
    let advice = |tools: &[Tool]| tools.iter().map(|tool| tool.advice()).collect::<Vec<_>>().join("; ");
    let Some(manager) = manager else {
        return Plan::Tell(advice(missing));
    };
    let unknown: Vec<Tool> = missing.iter().copied().filter(|tool| manager.packages(*tool).is_empty()).collect();
    if !unknown.is_empty() {
        return Plan::Tell(advice(&unknown));
    }
    let (allowed, prefix): (bool, &[&str]) = match (manager.is_privileged(), privilege) {
        (false, Privilege::Root) => (false, &[]),
        (true, Privilege::Root) | (false, _) => (true, &[]),
        (true, Privilege::Sudo) => (true, &["sudo", "-n"]),
        (true, Privilege::Nothing) => (false, &["sudo"]),
    };
    let packages = missing.iter().flat_map(|tool| manager.packages(*tool));
    let line = |words: &[&str]| prefix.iter().chain(words).map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut commands: Vec<Vec<String>> = manager.refresh().map(line).into_iter().collect();
    let mut install = line(manager.install());
    install.extend(packages.map(|package| (*package).to_owned()));
    commands.push(install);
    if allowed {
        Plan::Run(commands)
    } else {
        let lines: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
        Plan::Tell(format!("install them with: {}", lines.join(" && ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(manager: Manager, privilege: Privilege, missing: &[Tool]) -> Vec<String> {
        match plan(Some(manager), privilege, missing) {
            Plan::Run(commands) => commands.iter().map(|words| words.join(" ")).collect(),
            Plan::Tell(hint) => vec![hint],
        }
    }

    #[test]
    fn root_on_debian_fetches_the_lists_first() {
        assert_eq!(
            run(Manager::Apt, Privilege::Root, &[Tool::Java, Tool::Maven, Tool::Keyring]),
            ["apt-get update", "apt-get install --yes --no-install-recommends default-jre-headless maven gnome-keyring"]
        );
    }

    #[test]
    fn sudo_is_used_only_when_it_asks_nothing() {
        assert_eq!(run(Manager::Dnf, Privilege::Sudo, &[Tool::Chromium]), ["sudo -n dnf install --assumeyes chromium"]);
        assert_eq!(
            run(Manager::Apt, Privilege::Nothing, &[Tool::Dbus]),
            ["install them with: sudo apt-get update && sudo apt-get install --yes --no-install-recommends dbus"]
        );
    }

    #[test]
    fn homebrew_is_run_as_oneself_and_never_as_root() {
        assert_eq!(run(Manager::Brew, Privilege::Nothing, &[Tool::Java, Tool::Maven]), ["brew install openjdk maven"]);
        assert_eq!(run(Manager::Brew, Privilege::Root, &[Tool::Maven]), ["install them with: brew install maven"]);
    }

    #[test]
    fn where_nothing_can_install_it_the_thing_itself_is_named() {
        assert_eq!(plan(None, Privilege::Root, &[Tool::Mandoc, Tool::Fish]), Plan::Tell("install mandoc; install fish".into()));
        assert_eq!(plan(Some(Manager::Brew), Privilege::Nothing, &[Tool::Keyring]), Plan::Tell("install gnome-keyring".into()));
    }

    #[test]
    fn every_system_of_linux_knows_every_tool() {
        let tools = [
            Tool::Java,
            Tool::Maven,
            Tool::Chromium,
            Tool::Dbus,
            Tool::Keyring,
            Tool::Libsecret,
            Tool::Keyutils,
            Tool::Strace,
            Tool::Valgrind,
            Tool::Ip,
            Tool::Mandoc,
            Tool::Bash,
            Tool::Zsh,
            Tool::Fish,
            Tool::Clang,
            Tool::Wine,
            Tool::Mingw,
        ];
        for manager in ALL.iter().filter(|manager| **manager != Manager::Brew) {
            for tool in tools {
                assert!(!manager.packages(tool).is_empty(), "{manager:?} {tool:?}");
            }
        }
    }
}
