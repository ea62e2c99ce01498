//! The person at the browser: where they go, what they see, and how a test learns of it.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use url::Url;

use crate::cookies;
use crate::machine::{Machine, redirect_of};
use crate::provider::{Params, header, http};

/// How long anything that has to come is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the browser shows.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) html: String,
}

impl Page {
    /// GETs a page, following nothing.
    #[track_caller]
    pub(crate) fn at(url: &Url) -> Self {
        Self::asked_for("GET", url, &[])
    }

    /// Asks for a page in any way.
    #[track_caller]
    pub(crate) fn asked_for(method: &str, url: &Url, headers: &[(&str, &str)]) -> Self {
        let cookie = cookies::of(url);
        let headers: Vec<(&str, &str)> = headers.iter().copied().chain(cookie.iter().map(|cookie| ("Cookie", cookie.as_str()))).collect();
        let (status, headers, body) = http(method, url.as_str(), &headers, b"").expect("an answer");
        Self { status, headers, html: String::from_utf8(body).expect("UTF-8") }
    }

    /// The first header of this name; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.headers, name).unwrap_or_default()
    }

    /// Its heading.
    pub(crate) fn heading(&self) -> &str {
        self.html.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).map_or("", |(heading, _)| heading)
    }
}

/// What a visit is going to yield.
pub(crate) struct Visits<T>(Receiver<T>);

impl<T> Visits<T> {
    /// What the next visit yielded.
    #[track_caller]
    pub(crate) fn next(&self) -> T {
        self.0.recv_timeout(PATIENCE).expect("the browser was opened and its visit did not fail")
    }
}

/// Has the machine's browser do this with the address it is opened with, and keeps what comes of it.
pub(crate) fn visit<T: Send + 'static>(machine: &Machine, act: impl Fn(&Url) -> T + Send + Sync + 'static) -> Visits<T> {
    let (sender, receiver) = channel();
    machine.browse(move |url| drop(sender.send(act(url))));
    Visits(receiver)
}

/// Has the machine's browser sign in, and keeps the address it was opened with and the page it ends on.
pub(crate) fn sign_in(machine: &Machine) -> Visits<(Url, Page)> {
    visit(machine, |url| (url.clone(), Page::at(&redirect_of(url))))
}

/// A parameter of a URL's query.
#[track_caller]
pub(crate) fn parameter(url: &Url, name: &str) -> String {
    Params::parse(url.query().unwrap_or_default().as_bytes()).get(name).unwrap_or_else(|| panic!("no {name} in {url}")).to_owned()
}

/// The redirect URI in an authorization request.
#[track_caller]
pub(crate) fn redirect_uri(request: &Url) -> Url {
    Url::parse(&parameter(request, "redirect_uri")).expect("a URL")
}

/// The true answer to an authorization request, with its parameters changed.
pub(crate) fn answer_changed(request: &Url, change: impl FnOnce(&mut Params)) -> Url {
    let mut url = redirect_of(request);
    let mut params = Params::parse(url.query().unwrap_or_default().as_bytes());
    change(&mut params);
    url.set_query(Some(&params.encode()));
    url
}

/// What has to come, sooner or later.
#[track_caller]
pub(crate) fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        match look() {
            Some(found) => return found,
            None if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            None => panic!("it did not come"),
        }
    }
}

/// The address that is printed for the person to open, once it is.
#[track_caller]
pub(crate) fn printed_address(machine: &Machine) -> Url {
    eventually(|| machine.stderr_so_far().lines().find_map(|line| Url::parse(line.strip_prefix("  ")?).ok()))
}

/// The error at the end of what was printed, with its hint.
#[track_caller]
pub(crate) fn error_in(stderr: &str) -> &str {
    let start = stderr.find("error: ").unwrap_or_else(|| panic!("no error in {stderr}"));
    &stderr[start..]
}
