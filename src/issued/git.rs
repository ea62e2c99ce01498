//! What git says to a credential helper, and what it is answered (git-credential(1), gitcredentials(7)).
//!
//! Git takes much of what it says from addresses that others wrote, such as a submodule's. A line break that got into one would change which site is
//! asked about, which git had to learn several times (CVE-2020-5260, CVE-2024-50338, CVE-2024-52006). So what is no plain line is refused as a whole.

use std::io::Read;

use url::Url;

use super::Issued;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::oidc::endpoints::is_loopback;
use crate::profile::site::parse_site;
use crate::secret::Secret;

/// The most that is read of what git says, in bytes. Git allows that much for one line, and says a few short ones.
const LIMIT: usize = 64 * 1024;

/// The user name beside a token that goes as a password. Git hosts that take such a token ignore the name, or want this one.
const DEFAULT_USERNAME: &str = "oauth2";

/// What git knows of the credential that it asks for, or that was refused.
#[derive(Debug, Default)]
pub struct GitRequest {
    protocol: Option<String>,
    host: Option<String>,
    username: Option<String>,
    refused: Vec<Secret<String>>,
    challenges: Vec<String>,
    knows_authtype: bool,
}

impl GitRequest {
    /// Reads what git says, up to an empty line or the end.
    ///
    /// # Errors
    /// There is too much of it, or something in it that is no attribute; or it can't be read.
    pub fn read(from: &mut dyn Read) -> Result<Self> {
        let text = read_lines(from)?;
        let mut request = Self::default();
        for line in text.expose().split('\n').take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once('=').ok_or_else(|| Error::usage("git said something that is no attribute"))?;
            request.take(name, value)?;
        }
        Ok(request)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<()> {
        let slot = match name {
            "protocol" => &mut self.protocol,
            "host" => &mut self.host,
            "username" => &mut self.username,
            _ => {
                match name {
                    "password" | "credential" => self.refused.push(Secret::from(value)),
                    // An empty value clears those before it.
                    "wwwauth[]" if value.is_empty() => self.challenges.clear(),
                    "wwwauth[]" => self.challenges.push(value.to_owned()),
                    "capability[]" => self.knows_authtype = !value.is_empty() && (self.knows_authtype || value == "authtype"),
                    _ => {}
                }
                return Ok(());
            }
        };
        match slot.replace(value.to_owned()) {
            None => Ok(()),
            Some(_) => Err(Error::usage(format!("git named the {name} twice"))),
        }
    }

    /// The site that is asked about, as [`parse_site`] writes it; nothing where it is none, or where everybody on the way could read a token.
    ///
    /// # Errors
    /// The host is none.
    pub fn site(&self) -> Result<Option<String>> {
        let (Some(protocol @ ("https" | "http")), Some(host)) = (self.protocol.as_deref(), self.host.as_deref()) else { return Ok(None) };
        // Anything else would be read as the end of the host, here or by what connects to it.
        if !host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']')) {
            return Err(Error::usage("git asks about something that is not a host"));
        }
        let site = parse_site(host)?;
        let is_secure = protocol == "https" || is_on_this_machine(&site);
        Ok(Some(site).filter(|_| is_secure))
    }

    /// Whether git says what was refused, and not only where.
    #[must_use]
    pub fn names_what_was_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Whether this is what was refused.
    #[must_use]
    pub fn refuses(&self, token: &Secret<String>) -> bool {
        self.refused.contains(token)
    }

    /// Whether the token goes as what it is, a bearer token (RFC 6750). Git has known how to since 2.46, but many a site takes it for a password only
    /// and says so.
    fn wants_bearer(&self) -> bool {
        let offers = |scheme: &str| {
            let mut parts = self.challenges.iter().flat_map(|challenge| challenge.split(','));
            parts.any(|part| part.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(scheme)))
        };
        self.knows_authtype && (offers("Bearer") || !offers("Basic"))
    }

    /// The answer that hands git the token, beside `username` where it goes as a password: that name, else the one that git has, else
    /// `oauth2`.
    ///
    /// # Errors
    /// The token or the name would be more than one line's value.
    pub fn answer(&self, issued: &Issued, username: Option<&str>) -> Result<Secret<String>> {
        let token = issued.token.expose();
        if !is_plain(token) {
            return Err(Error::failed("the token has characters that git can't be given"));
        }
        let expiry = issued.expiry.map_or_else(String::new, |Timestamp(seconds)| format!("password_expiry_utc={seconds}\n"));
        if self.wants_bearer() {
            return Ok(Secret::new(format!("capability[]=authtype\nauthtype=Bearer\ncredential={token}\nephemeral=1\n{expiry}")));
        }
        let username = username.or(self.username.as_deref()).unwrap_or(DEFAULT_USERNAME);
        require_username(username)?;
        Ok(Secret::new(format!("username={username}\npassword={token}\n{expiry}")))
    }
}

/// Whether a site is this machine, where plain http is safe enough.
#[must_use]
pub fn is_on_this_machine(site: &str) -> bool {
    Url::parse(&format!("http://{site}")).is_ok_and(|url| is_loopback(&url))
}

/// Refuses a user name that would be more than a line's value, or that HTTP Basic would cut (RFC 7617 section 2).
///
/// # Errors
/// It is empty, or has a colon, a space or anything that is not ASCII.
pub fn require_username(username: &str) -> Result<()> {
    if is_plain(username) && !username.contains(':') {
        return Ok(());
    }
    Err(Error::usage(format!("`{username}` can't be a user name for git")).hint("use letters, digits and signs, but no colon"))
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Everything up to an empty line: whoever types this by hand ends it so.
fn read_lines(from: &mut dyn Read) -> Result<Secret<String>> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while !bytes.starts_with(b"\n") && !bytes.windows(2).any(|pair| pair == b"\n\n") {
        let length = from.read(&mut chunk).map_err(|error| Error::failed(format!("what git says can't be read: {error}")))?;
        bytes.extend_from_slice(&chunk[..length]);
        if bytes.len() > LIMIT {
            return Err(Error::usage("git said more than 64 KiB"));
        }
        if length == 0 {
            break;
        }
    }
    // A path may be in any encoding, and is not looked at.
    let text = Secret::new(String::from_utf8_lossy(&bytes).into_owned());
    if text.expose().chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::usage("there is a control character in what git said"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<GitRequest> {
        GitRequest::read(&mut text.as_bytes())
    }

    fn issued(token: &str) -> Issued {
        Issued { token: Secret::from(token), expiry: Some(Timestamp(99)), scope: vec![], issuer: String::new(), subject: None, proof_key: None }
    }

    #[test]
    fn a_bearer_token_goes_where_git_knows_it_and_the_site_takes_it() {
        for (said, is_bearer) in [
            ("", false),
            ("capability[]=authtype\n", true),
            ("capability[]=state\n", false),
            ("capability[]=authtype\ncapability[]=\n", false),
            ("capability[]=state\ncapability[]=authtype\ncapability[]=state\n", true),
            ("wwwauth[]=Bearer realm=\"x\"\n", false),
            ("capability[]=authtype\nwwwauth[]=Basic realm=\"x\"\n", false),
            ("capability[]=authtype\nwwwauth[]=Basic realm=\"x\"\nwwwauth[]=bearer realm=\"x\"\n", true),
            ("capability[]=authtype\nwwwauth[]=Basic realm=\"x\", Bearer\n", true),
            ("capability[]=authtype\nwwwauth[]=Negotiate\n", true),
            ("capability[]=authtype\nwwwauth[]=Basic\nwwwauth[]=\n", true),
        ] {
            let answer = read(said).expect("a request").answer(&issued("ey.J"), None).expect("an answer");
            let bearer = "capability[]=authtype\nauthtype=Bearer\ncredential=ey.J\nephemeral=1\npassword_expiry_utc=99\n";
            let basic = "username=oauth2\npassword=ey.J\npassword_expiry_utc=99\n";
            assert_eq!(answer.expose(), if is_bearer { bearer } else { basic }, "{said:?}");
        }
    }

    #[test]
    fn a_value_is_one_line() {
        for bad in ["", "a\nb", "a\rb", "a b", "ä", "a\0"] {
            assert!(read("").expect("a request").answer(&issued(bad), None).is_err(), "{bad:?}");
            assert!(read("").expect("a request").answer(&issued("t"), Some(bad)).is_err(), "{bad:?}");
        }
        assert!(require_username("a:b").is_err());
    }

    #[test]
    fn the_site_is_a_host_that_the_token_may_travel_to() {
        let site = |protocol: &str, host: &str| read(&format!("protocol={protocol}\nhost={host}\n\nhost=evil.example\n")).expect("a request").site();
        for (protocol, host, expected) in [
            ("https", "git.example.com:443", Some("git.example.com")),
            ("https", "git.example.com.", Some("git.example.com.")),
            ("http", "127.0.0.1:3000", Some("127.0.0.1:3000")),
            ("http", "[::1]:3000", Some("[::1]:3000")),
            ("http", "localhost", Some("localhost")),
            ("http", "git.example.com", None),
            ("http", "127.0.0.1.example.com", None),
            ("cert", "", None),
            ("HTTPS", "git.example.com", None),
        ] {
            assert_eq!(site(protocol, host), Ok(expected.map(str::to_owned)), "{protocol}://{host}");
        }
        for bad in ["", "https://a", "a/b", "a\\b", "u@a", "a%2eb", "a b", "a?b", "a:b", "a#b", "[::1"] {
            assert!(site("https", bad).is_err(), "{bad:?}");
        }
        assert_eq!(read("protocol=https\n").expect("a request").site(), Ok(None));
    }
}
