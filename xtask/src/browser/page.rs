//! One page: opening an address, looking at what is there, filling and clicking, taking a picture.
//! Owns the scripts that run in the page, with the names Keycloak gives its fields and buttons; when to do what is `journey`'s.

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::chromium::Endpoint;
use super::devtools::DevTools;
use crate::failure::{Context, Failure, Outcome};

/// What a page is, as far as it matters here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keycloak asks who one is.
    SignIn,
    /// Keycloak asks for the user name alone.
    UserName,
    /// Keycloak knows who one is and asks for the password alone.
    Password,
    /// Keycloak asks for a new password.
    NewPassword,
    /// Keycloak asks whether the client may.
    Consent,
    /// Keycloak asks whether one wants to sign out.
    SignOut,
    /// Keycloak asks for a device's user code.
    UserCode,
    /// Keycloak says what is wrong.
    Error,
    /// Keycloak says something, and has nothing to ask.
    Note,
    /// Any other page of Keycloak's.
    Keycloak,
    /// The browser's own page: it could not get there.
    Unreachable,
    /// Nothing yet.
    #[default]
    Blank,
    /// A page that is not Keycloak's.
    Elsewhere,
}

/// What is to be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) kind: Kind,
    /// All of it has come, and nothing on it was answered yet.
    pub(crate) settled: bool,
    pub(crate) address: String,
    pub(crate) status: Option<u16>,
    pub(crate) title: String,
    pub(crate) text: String,
    /// What Keycloak complains about in a form.
    pub(crate) complaint: Option<String>,
}

impl Look {
    /// The address's path.
    pub(crate) fn path(&self) -> &str {
        let rest = self.address.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        path.split(['?', '#']).next().unwrap_or_default()
    }
}

/// Gives everything in one go: between two scripts the page may be another. `answered` is set by [`Page::act`] and gone with the page.
const LOOK: &str = r"(() => {
    const one = (selector) => document.querySelector(selector);
    const complaint = one('#kc-error-message, #input-error, #input-error-username, #input-error-password, .kc-feedback-text, [role=alert], .pf-v5-c-alert__title');
    return {
        address: location.href,
        settled: document.readyState === 'complete' && !window.xtaskAnswered,
        title: document.title,
        text: document.body ? document.body.innerText.trim() : '',
        complaint: complaint ? complaint.innerText.trim() : '',
        consent: !!one('[name=accept]') && !!one('[name=cancel]'),
        signIn: !!one('#username') && !!one('#password') && !!one('#kc-login'),
        userName: !!one('#username') && !one('#password') && !!one('#kc-login'),
        password: !one('#username') && !!one('#password') && !!one('#kc-login'),
        newPassword: !!one('#password-new') && !!one('#password-confirm'),
        signOut: !!one('#kc-logout'),
        userCode: !!one('[name=device_user_code]'),
        error: !!one('#kc-error-message'),
        note: !!one('#kc-info-message'),
    };
})()";

/// The page of a running Chromium.
pub(crate) struct Page {
    devtools: DevTools,
}

impl Page {
    pub(crate) fn attach(endpoint: &Endpoint, deadline: Instant) -> Outcome<Self> {
        let mut devtools = DevTools::connect(endpoint, deadline)?;
        devtools.call("Page.enable", json!({}))?;
        devtools.call("Network.enable", json!({}))?;
        Ok(Self { devtools })
    }

    /// Takes on a window's size and a person's preference.
    pub(crate) fn pretend(&mut self, (width, height): (u32, u32), dark: bool) -> Outcome {
        // Below a tablet's width it is a phone, which also obeys the page's viewport.
        let mobile = width < 600;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": if mobile { 2 } else { 1 }, "mobile": mobile });
        self.devtools.call("Emulation.setDeviceMetricsOverride", metrics)?;
        let scheme = if dark { "dark" } else { "light" };
        self.devtools.call("Emulation.setEmulatedMedia", json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }))?;
        Ok(())
    }

    /// Sets out for an address. Whether it gets there shows in the looks that follow: the answer itself waits for the page.
    pub(crate) fn open(&mut self, address: &str) -> Outcome {
        self.devtools.tell("Page.navigate", json!({ "url": address })).map(|_| ())
    }

    /// Everything that pages have the browser keep, as Chromium writes it.
    pub(crate) fn cookies(&mut self) -> Outcome<Value> {
        Ok(self.devtools.call("Network.getAllCookies", json!({}))?["cookies"].take())
    }

    /// Has the browser keep what another one kept.
    pub(crate) fn keep_cookies(&mut self, cookies: &Value) -> Outcome {
        self.devtools.call("Network.setCookies", json!({ "cookies": cookies })).map(|_| ())
    }

    pub(crate) fn is_late(&self) -> bool {
        self.devtools.is_late()
    }

    /// What is there now. `None` while one page makes room for the next.
    pub(crate) fn look(&mut self) -> Outcome<Option<Look>> {
        let evaluated = self.evaluate(LOOK);
        match evaluated {
            Ok(seen) if seen["address"].is_string() => Ok(Some(self.interpret(&seen))),
            Ok(_) => Ok(None),
            Err(failure) if failure.said().starts_with("Runtime.evaluate") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn interpret(&self, seen: &Value) -> Look {
        let text = |name: &str| seen[name].as_str().unwrap_or_default().to_owned();
        let address = text("address");
        // Keycloak's pages take the parameters of a session out of their address when they are there.
        let bare = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let document = self.devtools.document.as_ref();
        let status = document.filter(|(url, _)| bare(url) == bare(&address)).map(|(_, status)| *status);
        Look {
            kind: kind(&address, |name| seen[name] == true),
            settled: seen["settled"] == true,
            status,
            title: text("title"),
            text: text("text"),
            complaint: Some(text("complaint")).filter(|complaint| !complaint.is_empty()),
            address,
        }
    }

    /// Runs a script that answers the page. The page counts as unsettled from then on, until another one has come in its place.
    pub(crate) fn act(&mut self, script: &str) -> Outcome {
        let done = self.evaluate(&format!("(() => {{ window.xtaskAnswered = true; {script}; return true; }})()"));
        match done {
            // The page may be gone before it has said so.
            Err(failure) if failure.said().starts_with("Runtime.evaluate") => Ok(()),
            other => other.map(|_| ()),
        }
    }

    fn evaluate(&mut self, expression: &str) -> Outcome<Value> {
        let answer = self.devtools.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }))?;
        if let Some(thrown) = answer["exceptionDetails"]["exception"]["description"].as_str() {
            return Err(Failure::new(format!("a script in the page failed: {}", thrown.lines().next().unwrap_or_default())));
        }
        Ok(answer["result"]["value"].clone())
    }

    /// A picture of it, as PNG.
    pub(crate) fn screenshot(&mut self, whole: bool) -> Outcome<Vec<u8>> {
        self.devtools.extend(Duration::from_secs(5));
        let taken = self.devtools.call("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": whole }))?;
        BASE64.decode(taken["data"].as_str().unwrap_or_default().as_bytes()).context("reading Chromium's picture")
    }
}

/// What kind of page it is. Keycloak's are known by their path, its forms by their fields.
fn kind(address: &str, has: impl Fn(&str) -> bool) -> Kind {
    let forms = [
        ("consent", Kind::Consent),
        ("signIn", Kind::SignIn),
        ("userName", Kind::UserName),
        ("password", Kind::Password),
        ("newPassword", Kind::NewPassword),
        ("signOut", Kind::SignOut),
        ("userCode", Kind::UserCode),
        ("error", Kind::Error),
        ("note", Kind::Note),
    ];
    if address.starts_with("chrome-error:") {
        return Kind::Unreachable;
    }
    let Some((_, rest)) = address.split_once("://") else {
        return Kind::Blank;
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    if !path.contains("/realms/") {
        return Kind::Elsewhere;
    }
    forms.into_iter().find(|(name, _)| has(name)).map_or(Kind::Keycloak, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_apart_by_address_and_form() {
        let keycloak = "http://127.0.0.1:8080/realms/demo/protocol/openid-connect/auth?redirect_uri=x";
        assert_eq!(kind(keycloak, |name| name == "signIn"), Kind::SignIn);
        assert_eq!(kind(keycloak, |name| name == "consent"), Kind::Consent);
        assert_eq!(kind(keycloak, |_| false), Kind::Keycloak);
        assert_eq!(kind("about:blank", |_| false), Kind::Blank);
        assert_eq!(kind("chrome-error://chromewebdata/", |_| false), Kind::Unreachable);
    }

    #[test]
    fn a_redirect_uri_is_elsewhere_whatever_its_query_says() {
        let landed = "http://127.0.0.1:41000/callback?code=x&iss=http://127.0.0.1:8080/realms/demo";
        assert_eq!(kind(landed, |_| true), Kind::Elsewhere);
    }
}
