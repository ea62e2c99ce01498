//! HTTP/1.1 as far as a test provider needs it: reads one request, writes one response. Owns the bytes; knows no endpoint.
//! The only file naming httparse.

use std::io::{self, BufRead, Read};

use serde_json::Value;

use super::keys::from_base64;
use super::params::Params;

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 4 * 1024 * 1024;

/// One request as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The method, as sent.
    pub(crate) method: String,
    /// The path, as sent, without the query.
    pub(crate) path: String,
    /// The decoded query.
    pub(crate) query: Params,
    /// The decoded body where it is a form, empty otherwise.
    pub(crate) form: Params,
    /// Names and values, as sent.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, as sent.
    pub(crate) body: Vec<u8>,
    /// Which connection it came over, counted from 1.
    pub(crate) connection: u64,
}

impl Request {
    /// The first header `name`, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Client ID and secret of HTTP Basic authentication, form-decoded: [RFC 6749 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1).
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let pair = String::from_utf8(from_base64(strip_scheme(self.header("authorization")?, "basic")?)?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((form_decode(id), form_decode(secret)))
    }

    /// The bearer token, where one was sent.
    pub(crate) fn bearer(&self) -> Option<&str> {
        strip_scheme(self.header("authorization")?, "bearer")
    }

    /// The token that comes with a proof, where one was sent.
    pub(crate) fn dpop_token(&self) -> Option<&str> {
        strip_scheme(self.header("authorization")?, "dpop")
    }

    fn keeps_alive(&self) -> bool {
        !self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// One complete response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// Headers; the length and the connection's fate are added when written.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// A response without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A response of any type.
    pub(crate) fn typed(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("Content-Type".to_owned(), content_type.to_owned())], body: body.into() }
    }

    /// JSON that no cache keeps.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::typed(status, "application/json", value.to_string()).header("Cache-Control", "no-store").header("Pragma", "no-cache")
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Reads the next request; `None` when the peer closed between two requests.
pub(crate) fn read_request(stream: &mut impl BufRead, connection: u64) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    loop {
        let room = (MAX_HEAD + 1).saturating_sub(head.len()) as u64;
        let read = stream.by_ref().take(room).read_until(b'\n', &mut head)?;
        match (read, head.len()) {
            (0, 0) => return Ok(None),
            (0, _) => return Err(bad("the request head ends early or is too long")),
            _ if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") => break,
            _ => {}
        }
    }
    let mut request = parse_head(&head, connection)?;
    let length: usize = request.header("content-length").map_or(Ok(0), str::parse).map_err(|_| bad("the content length is not a number"))?;
    if length > MAX_BODY {
        return Err(bad("the body is too long"));
    }
    request.body = vec![0; length];
    stream.read_exact(&mut request.body)?;
    if request.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")) {
        request.form = Params::parse(&request.body);
    }
    Ok(Some(request))
}

fn parse_head(head: &[u8], connection: u64) -> io::Result<Request> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(head).map_err(|error| bad(&error.to_string()))?;
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: Params::parse(query.as_bytes()),
        form: Params::default(),
        headers: owned(parsed.headers),
        body: Vec::new(),
        connection,
    })
}

/// The response as it goes over the wire, and whether the connection stays open after it.
pub(crate) fn response_bytes(request: Option<&Request>, response: &Response) -> (Vec<u8>, bool) {
    let keep = request.is_some_and(Request::keeps_alive);
    let mut text = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if response.status != 204 {
        text.push_str(&format!("Content-Length: {}\r\n", response.body.len()));
    }
    text.push_str(if keep { "Connection: keep-alive\r\n\r\n" } else { "Connection: close\r\n\r\n" });
    let mut bytes = text.into_bytes();
    if response.status != 204 && request.is_none_or(|request| request.method != "HEAD") {
        bytes.extend_from_slice(&response.body);
    }
    (bytes, keep)
}

/// Status, headers, body.
pub(crate) type Answer = (u16, Vec<(String, String)>, Vec<u8>);

/// Takes a whole response apart.
pub(crate) fn parse_response(bytes: &[u8]) -> io::Result<Answer> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(bytes).map_err(|error| bad(&error.to_string()))? {
        httparse::Status::Complete(end) => Ok((parsed.code.unwrap_or_default(), owned(parsed.headers), bytes[end..].to_vec())),
        httparse::Status::Partial => Err(bad("the response head ends early")),
    }
}

/// The first header `name`, in any case.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn owned(headers: &[httparse::Header<'_>]) -> Vec<(String, String)> {
    headers.iter().map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())).collect()
}

fn strip_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (name, rest) = value.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn form_decode(text: &str) -> String {
    // A lone value parses as a name without one, unless it holds the separators, which an encoded value never does.
    Params::parse(text.as_bytes()).0.into_iter().next().map(|(name, _)| name).unwrap_or_default()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 | 302 | 303 | 307 | 308 => "Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
