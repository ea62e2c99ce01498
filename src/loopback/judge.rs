//! What a request at the listener is worth: the provider's answer, a visit to the start page, or nothing. Pure: requests come from `accept`, and what the
//! query of an answer must hold is decided by the request it belongs to.

use url::{Position, Url};

use super::Awaited;
use super::accept::Verdict;
use super::answer::{Page, onwards};
use super::head::Head;
use super::start::{Start, Visit};
use crate::error::Error;
use crate::oidc::authorization::Rejection;

/// Where a visitor of the start page is sent, asked at each visit.
pub type Onwards<'a> = dyn FnMut() -> Result<Url, Error> + 'a;

/// Judges the requests that come while a login or a logout waits.
pub struct Judge<'a, A: Awaited> {
    expected: Expected,
    request: &'a A,
    start: Option<&'a mut Start>,
    onwards: Option<&'a mut Onwards<'a>>,
    /// Why the last request to the redirect URI was not the provider's answer, if there was one.
    pub rejected: Option<Rejection>,
}

impl<'a, A: Awaited> Judge<'a, A> {
    /// For the answer to `request` at `redirect_uri`, which is as it was bound. Where there is a start page, only a browser that was sent on from it can
    /// bring the answer.
    #[must_use]
    pub fn new(redirect_uri: &Url, request: &'a A, start: Option<&'a mut Start>) -> Self {
        Self { expected: Expected::at(redirect_uri), request, start, onwards: None, rejected: None }
    }

    /// Sends the start page's visitors there, in place of the request's own address.
    #[must_use]
    pub fn leading(mut self, onwards: &'a mut Onwards<'a>) -> Self {
        self.onwards = Some(onwards);
        self
    }

    /// What to do with the request that this is the head of.
    pub fn judge(&mut self, head: &Head) -> Verdict<A::Answer> {
        match self.expected.query_of(head) {
            Err(response) => Verdict::Answer(self.visit(head).unwrap_or(response)),
            Ok(query) => match self.request.check(query).and_then(|response| self.admit(response, head)) {
                Ok(response) => Verdict::Take(response),
                Err(rejection) => {
                    let page = Page::Rejected(&format!("kclogin did not take this answer: {}.", rejection.sentence())).to_response();
                    self.rejected = Some(rejection);
                    Verdict::Answer(page)
                }
            },
        }
    }

    /// What a visit to the start page gets, if this is one.
    fn visit(&mut self, head: &Head) -> Option<Vec<u8>> {
        let start = self.start.as_mut().filter(|_| self.expected.is_get_of_ours(head))?;
        Some(match start.visit(&head.target)? {
            Visit::Onwards(cookie) => match self.onwards.as_mut().map(|onwards| onwards()).transpose() {
                Ok(url) => onwards(url.as_ref().map_or_else(|| self.request.address(), Url::as_str), &cookie),
                Err(error) => {
                    let advice = "open the address that the terminal shows; if that does not help, try again with `kclogin login`";
                    Page::Failed { title: "Not signed in", reason: error.sentence(), advice }.to_response()
                }
            },
            Visit::UsedUp => Page::UsedUp.to_response(),
        })
    }

    /// The answer, if it comes from a browser that was sent on from the start page, or there is none.
    fn admit(&self, response: A::Answer, head: &Head) -> Result<A::Answer, Rejection> {
        if self.start.as_ref().is_none_or(|start| start.admits(&head.cookies)) { Ok(response) } else { Err(Rejection::OtherBrowser) }
    }
}

/// What a request must look like before its query is looked at.
#[derive(Debug)]
struct Expected {
    path: String,
    host: String,
    host_without_port: Option<String>,
}

impl Expected {
    fn at(redirect_uri: &Url) -> Self {
        let host = redirect_uri[Position::BeforeHost..Position::AfterPort].to_owned();
        // Port 80 is left out by browsers.
        let host_without_port =
            (redirect_uri.port_or_known_default() == Some(80)).then(|| redirect_uri[Position::BeforeHost..Position::AfterHost].to_owned());
        Self { path: redirect_uri.path().to_owned(), host, host_without_port }
    }

    fn is_at_ours(&self, head: &Head) -> bool {
        let is_ours = |host: &String| {
            host.eq_ignore_ascii_case(&self.host) || self.host_without_port.as_ref().is_some_and(|bare| host.eq_ignore_ascii_case(bare))
        };
        head.hosts.len() == 1 && head.hosts.iter().all(is_ours)
    }

    fn is_get_of_ours(&self, head: &Head) -> bool {
        self.is_at_ours(head) && head.method == "GET"
    }

    /// The query of a request that is for us: exactly one `Host`, which is ours (another one is a web page that has rebound a DNS name to this
    /// machine), the right path, and GET.
    fn query_of<'h>(&self, head: &'h Head) -> Result<&'h str, Vec<u8>> {
        if !self.is_at_ours(head) {
            return Err(Page::Misdirected.to_response());
        }
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        if path != self.path {
            return Err(Page::NotFound.to_response());
        }
        if head.method != "GET" {
            return Err(Page::WrongMethod.to_response());
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: &str, target: &str, hosts: &[&str]) -> Head {
        Head {
            method: method.to_owned(),
            target: target.to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            cookies: Vec::new(),
        }
    }

    #[test]
    fn only_a_get_of_our_path_at_our_host_is_looked_at() {
        let expected = Expected::at(&Url::parse("http://127.0.0.1:4711/callback").expect("a URL"));
        let ours = ["127.0.0.1:4711"];
        assert_eq!(expected.query_of(&head("GET", "/callback?code=a&x=?", &ours)), Ok("code=a&x=?"));
        assert_eq!(expected.query_of(&head("GET", "/callback", &ours)), Ok(""));
        let status = |head: &Head| expected.query_of(head).expect_err("refused")[9..12].to_vec();
        assert_eq!(status(&head("GET", "/callback?code=a", &["evil.example:4711"])), b"421");
        assert_eq!(status(&head("GET", "/callback?code=a", &["127.0.0.1"])), b"421");
        assert_eq!(status(&head("GET", "/callback?code=a", &[])), b"421");
        assert_eq!(status(&head("GET", "/callback?code=a", &["127.0.0.1:4711", "127.0.0.1:4711"])), b"421");
        assert_eq!(status(&head("GET", "/favicon.ico", &ours)), b"404");
        assert_eq!(status(&head("GET", "/callback/?code=a", &ours)), b"404");
        assert_eq!(status(&head("GET", "http://127.0.0.1:4711/callback?code=a", &ours)), b"404");
        assert_eq!(status(&head("POST", "/callback?code=a", &ours)), b"405");
        assert_eq!(status(&head("HEAD", "/callback?code=a", &ours)), b"405");
    }
}
