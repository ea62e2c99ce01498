//! The start page: how the browser that a login was opened in is known again when it comes back.
//!
//! Whoever may see this machine's processes can read the address that a browser was started with. Were it the authorization URL, another user could sign
//! in with it as themselves and deliver *their* code, with the right state, to our port, and PKCE would not stop them (RFC 9700 section 4.5: code
//! injection). So the browser is opened at an address of ours instead, which redirects it to the provider once and gives it a cookie, and only an answer
//! that comes with the cookie is taken. Should somebody else be faster at that address, the second visit to it (the true browser's) tells, and the first
//! one's cookie is worth nothing from then on. The address printed in the terminal is another one, which is in no process list and works any time.

use url::Url;

use crate::secret::Secret;

/// The random values of one login's start page, 256 bits each.
#[derive(Debug)]
pub struct StartSecrets {
    /// In the address that the browser is opened with, and so in the list of processes.
    pub opened: Secret<String>,
    /// In the address that is printed.
    pub printed: Secret<String>,
    /// The cookie of whoever visits the opened address first.
    pub opened_cookie: Secret<String>,
    /// The cookie of whoever visits the printed address.
    pub printed_cookie: Secret<String>,
}

/// A login's start page and who has visited it.
#[derive(Debug)]
pub struct Start {
    secrets: StartSecrets,
    redirect_uri: Url,
    visits: usize,
}

/// What a visit to the start page gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// On to the provider, with this `Set-Cookie`.
    Onwards(String),
    /// Nothing: somebody was here before.
    UsedUp,
}

impl Start {
    /// The start page of a login that comes back to `redirect_uri`, on the same host and port.
    #[must_use]
    pub fn new(secrets: StartSecrets, redirect_uri: &Url) -> Self {
        Self { secrets, redirect_uri: redirect_uri.clone(), visits: 0 }
    }

    /// The address to open the browser with. It works once.
    #[must_use]
    pub fn opened_address(&self) -> Url {
        self.address(&self.secrets.opened)
    }

    /// The address to print. It works any time.
    #[must_use]
    pub fn printed_address(&self) -> Url {
        self.address(&self.secrets.printed)
    }

    fn address(&self, secret: &Secret<String>) -> Url {
        let mut address = self.redirect_uri.clone();
        address.set_path(&path(secret));
        address
    }

    /// What a GET of this path gets, if it is the start page's.
    pub(super) fn visit(&mut self, target: &str) -> Option<Visit> {
        if target == path(&self.secrets.printed) {
            return Some(Visit::Onwards(self.set_cookie(&self.secrets.printed_cookie)));
        }
        if target != path(&self.secrets.opened) {
            return None;
        }
        self.visits += 1;
        Some(if self.visits == 1 { Visit::Onwards(self.set_cookie(&self.secrets.opened_cookie)) } else { Visit::UsedUp })
    }

    /// Whether a request with these `Cookie` headers comes from a browser that was sent on from here.
    pub(super) fn admits(&self, cookies: &[String]) -> bool {
        let name = self.cookie_name();
        let mut values = cookies.iter().flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        values.any(|(cookie, value)| {
            cookie == name && (value == self.secrets.printed_cookie.expose() || (self.visits == 1 && value == self.secrets.opened_cookie.expose()))
        })
    }

    /// The `Set-Cookie` that leaves no trace of the login in the browser.
    pub(super) fn forget_cookie(&self) -> String {
        format!("{}=; Path={}; Max-Age=0; HttpOnly; SameSite=Lax", self.cookie_name(), self.redirect_uri.path())
    }

    /// `SameSite=Lax` is what lets the cookie come along when the provider sends the browser back here, and with nothing that a page embeds.
    fn set_cookie(&self, value: &Secret<String>) -> String {
        format!("{}={}; Path={}; HttpOnly; SameSite=Lax", self.cookie_name(), value.expose(), self.redirect_uri.path())
    }

    /// Cookies know no ports, so the name does: two logins at once must not overwrite each other's.
    fn cookie_name(&self) -> String {
        format!("kclogin-{}", self.redirect_uri.port_or_known_default().unwrap_or_default())
    }
}

fn path(secret: &Secret<String>) -> String {
    format!("/start/{}", secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Start {
        let secrets = StartSecrets {
            opened: Secret::from("O"),
            printed: Secret::from("P"),
            opened_cookie: Secret::from("oc"),
            printed_cookie: Secret::from("pc"),
        };
        Start::new(secrets, &Url::parse("http://127.0.0.1:4711/callback").expect("a URL"))
    }

    fn admits(start: &Start, cookies: &str) -> bool {
        start.admits(&[cookies.to_owned()])
    }

    #[test]
    fn the_opened_address_works_once_and_its_cookie_until_it_is_visited_again() {
        let mut start = start();
        assert_eq!(start.opened_address().as_str(), "http://127.0.0.1:4711/start/O");
        assert!(!admits(&start, "kclogin-4711=oc"), "nobody has it yet");
        assert_eq!(start.visit("/start/O"), Some(Visit::Onwards("kclogin-4711=oc; Path=/callback; HttpOnly; SameSite=Lax".to_owned())));
        assert!(admits(&start, "a=b; kclogin-4711=oc"));
        assert_eq!(start.visit("/start/O"), Some(Visit::UsedUp));
        assert!(!admits(&start, "kclogin-4711=oc"), "two have been here, so neither is trusted");
    }

    #[test]
    fn the_printed_address_works_any_time() {
        let mut start = start();
        for _ in 0..2 {
            assert!(matches!(start.visit("/start/P"), Some(Visit::Onwards(_))));
        }
        start.visit("/start/O");
        start.visit("/start/O");
        assert!(admits(&start, "kclogin-4711=pc"));
    }

    #[test]
    fn nothing_else_is_admitted() {
        let mut start = start();
        start.visit("/start/O");
        for cookies in ["", "kclogin-4711=", "kclogin-4711=o", "kclogin-4712=oc", "kclogin-4711=oc1", "x=kclogin-4711=oc"] {
            assert!(!admits(&start, cookies), "{cookies}");
        }
        assert_eq!((start.visit("/start/"), start.visit("/start"), start.visit("/")), (None, None, None));
    }
}
