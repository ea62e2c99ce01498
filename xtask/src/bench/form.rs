//! A person with a browser, played by curl: Keycloak's login page, its form filled in, and the way back.
//! Owns the pages; the clock is the callers', and so is what becomes of the redirect.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::curl::Curl;
use super::visit;
use crate::failure::{Context, Failure, Outcome};
use crate::keycloak::password_of;

/// Who signs in.
const USER: &str = "alice";

/// The redirect back to who asked for the login.
pub(super) struct Redirect {
    pub(super) address: String,
    /// What the browser has from there.
    pub(super) cookie: Option<String>,
}

/// Goes to an address, which may be a start page on this machine or Keycloak's own, types for a while, and signs in as nobody who was ever here before.
pub(super) fn sign_in(curl: &Curl, folder: &Path, address: &str, typing: Duration) -> Outcome<Redirect> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let jar = Jar(folder.join(format!("cookies-{}", COUNT.fetch_add(1, Ordering::Relaxed))));
    let cookies = jar.0.to_string_lossy().into_owned();
    let cookies = [("cookie", cookies.as_str()), ("cookie-jar", cookies.as_str())];
    fs::write(&jar.0, "").context("making a jar for cookies")?;
    let (page, cookie) = if address.contains("/start/") {
        let head = visit::get(address, None)?;
        let onwards = head.location.ok_or_else(|| Failure::new(format!("the start page answered {} and leads nowhere", head.status)))?;
        (onwards, head.cookie)
    } else {
        (address.to_owned(), None)
    };
    let shown = curl.ask(&page, &cookies)?.expect(200, "asking for the login page")?;
    let action = action(&shown.body).ok_or_else(|| Failure::new("there is no form on Keycloak's login page"))?;
    sleep(typing);
    let (user, password) = (format!("username={USER}"), format!("password={}", password_of(USER)));
    let filled_in = [("data-urlencode", user.as_str()), ("data-urlencode", password.as_str())];
    let answer = curl.ask(&action, &[cookies.as_slice(), &filled_in].concat())?.expect(302, "signing in")?;
    Ok(Redirect { address: answer.redirect, cookie })
}

/// Removed when the person goes.
struct Jar(PathBuf);

impl Drop for Jar {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Where the page's form is sent.
fn action(page: &str) -> Option<String> {
    let form = &page[page.find("<form")?..];
    let address = form.split_once("action=\"")?.1.split('"').next()?;
    Some(address.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_where_it_is_sent() {
        let page = "<a href=\"x\">x</a><form id=\"kc-form-login\" action=\"https://h/a?b=c&amp;d=e\" method=\"post\"><input></form>";
        assert_eq!(action(page), Some("https://h/a?b=c&d=e".to_owned()));
        assert_eq!(action("<p>Invalid parameter: redirect_uri</p>"), None);
    }
}
