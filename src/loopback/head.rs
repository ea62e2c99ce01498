//! The head of a request, out of the bytes that have come so far. Pure: how many bytes there may be and how long they may take, `accept` decides;
//! what a request is worth, `judge`.

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The method, as it came.
    pub method: String,
    /// The request target, as it came.
    pub target: String,
    /// Every value of the `Host` header.
    pub hosts: Vec<String>,
    /// Every value of the `Cookie` header.
    pub cookies: Vec<String>,
}

/// What the bytes that have come so far are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole head; what follows it is not looked at.
    Complete(Head),
    /// The start of one.
    Partial,
    /// No head, whatever follows.
    Malformed,
}

impl Head {
    /// Reads the head of an HTTP/1 request (RFC 9112 section 2.1).
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Parsed {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(httparse::Status::Partial) => Parsed::Partial,
            Err(_) => Parsed::Malformed,
            Ok(httparse::Status::Complete(_)) => {
                let (Some(method), Some(target)) = (request.method, request.path) else { return Parsed::Malformed };
                let values = |name: &str| {
                    let named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
                    named.map(|header| String::from_utf8_lossy(header.value).into_owned()).collect()
                };
                let (hosts, cookies) = (values("host"), values("cookie"));
                Parsed::Complete(Self { method: method.to_owned(), target: target.to_owned(), hosts, cookies })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_partial_until_it_is_whole_and_what_follows_changes_nothing() {
        let bytes = b"GET /callback?code=a HTTP/1.1\r\nHost: 127.0.0.1:1\r\nCookie: c=d\r\nhost: b\r\n\r\n";
        let whole = Parsed::Complete(Head {
            method: "GET".to_owned(),
            target: "/callback?code=a".to_owned(),
            hosts: vec!["127.0.0.1:1".to_owned(), "b".to_owned()],
            cookies: vec!["c=d".to_owned()],
        });
        for length in 0..bytes.len() {
            assert_eq!(Head::parse(&bytes[..length]), Parsed::Partial, "{length}");
        }
        assert_eq!(Head::parse(bytes), whole);
        assert_eq!(Head::parse(&[&bytes[..], b"GET / HTTP/1.1\0"].concat()), whole);
        assert_eq!(Head::parse(b"\x16\x03\x01\x02"), Parsed::Malformed, "somebody speaks TLS");
    }
}
