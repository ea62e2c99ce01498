//! The browser's cookies: one browser for all tests, whose cookies are told apart by the listener's port.

use std::collections::BTreeMap;
use std::sync::Mutex;

use url::Url;

use crate::provider::{Answer, header, http};

static JAR: Mutex<BTreeMap<u16, String>> = Mutex::new(BTreeMap::new());

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

/// The `Cookie` header the browser sends with a request to this address.
pub(crate) fn of(url: &Url) -> Option<String> {
    JAR.lock().expect("the jar").get(&port(url)).cloned()
}

/// GETs with the browser's cookies and keeps those that come back, following nothing.
#[track_caller]
pub(crate) fn get(url: &Url) -> Answer {
    let cookie = of(url);
    let headers: Vec<(&str, &str)> = cookie.iter().map(|cookie| ("Cookie", cookie.as_str())).collect();
    let answer = http("GET", url.as_str(), &headers, b"").expect("an answer");
    if let Some(cookie) = header(&answer.1, "set-cookie") {
        let pair = cookie.split(';').next().unwrap_or_default().to_owned();
        JAR.lock().expect("the jar").insert(port(url), pair);
    }
    answer
}

/// Whether this is the address of a start page.
pub(crate) fn is_start(url: &Url) -> bool {
    url.path().starts_with("/start/")
}

/// Visits the start page, if it is one, and gives the address it sends the browser on to.
#[track_caller]
pub(crate) fn enter(url: &Url) -> Url {
    if !is_start(url) {
        return url.clone();
    }
    let answer = get(url);
    Url::parse(header(&answer.1, "location").expect("a redirect")).expect("a URL")
}
