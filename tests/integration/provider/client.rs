//! A plain HTTP client for tests, to play a browser that follows nothing, or a tool that misbehaves. Never TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use url::Url;

use super::params::Params;
use super::wire::{Answer, header, parse_response};

/// GETs `url`, following nothing. Panics where nobody answers within ten seconds.
pub(crate) fn http_get(url: &str, headers: &[(&str, &str)]) -> Answer {
    http("GET", url, headers, b"").expect("the GET is answered")
}

/// POSTs a form to `url`, following nothing. Panics where nobody answers within ten seconds.
pub(crate) fn http_post_form(url: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
    let form = Params(form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).encode();
    let headers = [headers, &[("Content-Type", "application/x-www-form-urlencoded")]].concat();
    http("POST", url, &headers, form.as_bytes()).expect("the POST is answered")
}

/// Any request, and its answer or the reason for none.
pub(crate) fn http(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
    let url = Url::parse(url).map_err(io::Error::other)?;
    let authority = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let mut stream = TcpStream::connect(&authority)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut text = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        text.push_str(&format!("Host: {authority}\r\n"));
    }
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(&[text.as_bytes(), b"\r\n", body].concat())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse_response(&bytes)
}

/// The parameters in the query of the answer's `Location`, which a browser would go to.
pub(crate) fn location(answer: &Answer) -> Option<(Url, Params)> {
    let url = Url::parse(header(&answer.1, "location")?).ok()?;
    let params = Params::parse(url.query().unwrap_or_default().as_bytes());
    Some((url, params))
}
