//! Where kclogin runs, as far as that decides how a person can sign in. Pure: it reads the environment that it is given.

use std::net::IpAddr;

use url::{Host, Url};

use crate::environment::Environment;

/// The port of SSH (RFC 4253 section 4.1).
const SSH_PORT: u16 = 22;

/// Where this runs, where that is not simply a desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A session over SSH.
    Ssh,
    /// A job that nobody watches.
    Ci,
    /// A container, whose loopback is its own.
    Container,
    /// Linux in Windows.
    Wsl,
    /// A Flatpak or a Snap, which sees less than its person.
    Sandbox,
}

impl Place {
    /// All that is known of it.
    #[must_use]
    pub fn all(environment: &Environment) -> Vec<Self> {
        let any = |names: &[&str]| names.iter().any(|name| environment.has(name));
        let known = [
            (Self::Ssh, any(&["SSH_CONNECTION"])),
            // By convention; so is how people switch it off.
            (Self::Ci, environment.get("CI").is_some_and(|value| !matches!(value, "false" | "0"))),
            (Self::Container, environment.in_container()),
            (Self::Wsl, environment.in_wsl()),
            (Self::Sandbox, any(&["FLATPAK_ID", "SNAP"])),
        ];
        known.into_iter().filter_map(|(one, is_here)| is_here.then_some(one)).collect()
    }
}

/// How this machine was reached by SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh {
    user: Option<String>,
    host: IpAddr,
    port: u16,
}

impl Ssh {
    /// From what sshd says in `SSH_CONNECTION`: the client's address and port, then this machine's as the client knows them. Nothing where it says none.
    #[must_use]
    pub fn of(environment: &Environment) -> Option<Self> {
        let mut words = environment.get("SSH_CONNECTION")?.split_whitespace().skip(2);
        let host = words.next()?.split('%').next()?.parse().ok()?;
        let port = words.next()?.parse().ok()?;
        let is_plain = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')) && !name.starts_with('-');
        let user = ["USER", "LOGNAME"].iter().find_map(|name| environment.get(name)).filter(is_plain).map(str::to_owned);
        Some(Self { user, host, port })
    }

    /// The command that brings a browser where the person is back to a listener here.
    #[must_use]
    pub fn forward(&self, redirect_uri: &Url) -> String {
        let port = redirect_uri.port_or_known_default().unwrap_or_default();
        // A listener for `localhost` is on both families; one of them is enough.
        let (there, here) = match redirect_uri.host() {
            Some(Host::Ipv6(address)) => (format!("[{address}]:"), format!("[{address}]")),
            Some(Host::Ipv4(address)) => (String::new(), address.to_string()),
            _ => (String::new(), "127.0.0.1".to_owned()),
        };
        let user = self.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
        let ssh_port = if self.port == SSH_PORT { String::new() } else { format!("-p {} ", self.port) };
        format!("ssh -N -L {there}{port}:{here}:{port} {ssh_port}{user}{}", self.host)
    }
}

/// Where a person is, or is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// How this machine was reached, where that was by SSH.
    pub ssh: Option<Ssh>,
    /// Whether this is a job of CI: no person is there, whatever else there is.
    pub is_ci: bool,
    /// Whether this is a container.
    pub is_container: bool,
    /// Whether somebody reads what is said, and can type: stdin and stderr are terminals.
    pub has_terminal: bool,
}

impl Surroundings {
    /// As the environment says, and whether there is a terminal to read from and to write to.
    #[must_use]
    pub fn of(environment: &Environment, has_terminal: bool) -> Self {
        let places = Place::all(environment);
        let is = |place| places.contains(&place);
        Self { ssh: Ssh::of(environment), is_ci: is(Place::Ci), is_container: is(Place::Container), has_terminal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(connection: &str, user: &str, redirect_uri: &str) -> Option<String> {
        let environment = Environment::from_pairs([("SSH_CONNECTION", connection), ("USER", user)]);
        Some(Ssh::of(&environment)?.forward(&Url::parse(redirect_uri).expect("a URL")))
    }

    #[test]
    fn the_line_for_ssh_can_be_typed_as_it_is() {
        let line = |connection, user, uri| forward(connection, user, uri).expect("a line");
        let uri = "http://127.0.0.1:4711/callback";
        assert_eq!(line("198.51.100.7 50000 203.0.113.5 22", "alice", uri), "ssh -N -L 4711:127.0.0.1:4711 alice@203.0.113.5");
        assert_eq!(line("198.51.100.7 50000 203.0.113.5 2222", "", uri), "ssh -N -L 4711:127.0.0.1:4711 -p 2222 203.0.113.5");
        assert_eq!(line("2001:db8::1 5 fe80::2%eth0 22", "a", "http://localhost/cb"), "ssh -N -L 80:127.0.0.1:80 a@fe80::2");
        assert_eq!(line("::1 5 ::1 22", "a", "http://[::1]:8400/"), "ssh -N -L [::1]:8400:[::1]:8400 a@::1");
        assert_eq!(line("198.51.100.7 5 203.0.113.5 22", "-oProxyCommand=x", uri), "ssh -N -L 4711:127.0.0.1:4711 203.0.113.5");
    }

    #[test]
    fn what_no_sshd_says_gives_no_line() {
        for connection in ["", "a", "198.51.100.7 50000", "198.51.100.7 50000 $(x) 22", "198.51.100.7 50000 203.0.113.5 x"] {
            assert_eq!(forward(connection, "alice", "http://127.0.0.1:1/"), None, "{connection}");
        }
    }
}
