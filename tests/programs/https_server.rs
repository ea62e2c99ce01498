//! A server over TLS for the stand-ins here, with an authority of its own that vouches for it. What is answered is theirs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certificate::{Certificate, pem};

/// A running server, which ends with the tests.
pub(crate) struct HttpsServer {
    /// Where it listens: a host with a port.
    pub(crate) host: String,
    /// The authority that vouches for it, as PEM.
    pub(crate) ca: String,
}

/// What was asked.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, with what comes after it.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    fields: Vec<String>,
}

impl Request {
    /// A field of its head.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter().filter_map(|field| field.split_once(": "));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The token that it came with.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.field("authorization")?.strip_prefix("Bearer ")
    }

    /// The password that it came with.
    pub(crate) fn password(&self) -> Option<String> {
        let decoded = kclogin::encoding::from_base64(self.field("authorization")?.strip_prefix("Basic ")?)?;
        String::from_utf8(decoded).ok()?.split_once(':').map(|(_, password)| password.to_owned())
    }
}

/// What is answered: a status, more fields for the head, and a body.
pub(crate) struct Answer(pub(crate) u16, pub(crate) Vec<(&'static str, String)>, pub(crate) Vec<u8>);

impl HttpsServer {
    /// Answers each request so, on the loopback.
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let (config, ca) = certificate();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (config, answer) = (Arc::clone(&config), Arc::clone(&answer));
                thread::spawn(move || serve(socket, config, &*answer));
            }
        });
        Self { host, ca }
    }
}

/// The server's side of TLS, and the authority's certificate.
fn certificate() -> (Arc<ServerConfig>, String) {
    let made = Certificate::new();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.own.into()], PrivateKeyDer::Pkcs8(made.key.into()))
        .expect("a certificate with its key");
    (Arc::new(config), pem("CERTIFICATE", &made.authority))
}

/// Answers one request; what is no request is somebody who looks whether the port is open.
fn serve(socket: TcpStream, config: Arc<ServerConfig>, answer: &dyn Fn(&Request) -> Answer) {
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config).expect("TLS"), socket));
    let mut head = Vec::new();
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|count| count > 2) {
        head.push(std::mem::take(&mut line).trim_end().to_owned());
    }
    let Some((first, fields)) = head.split_first() else { return };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, target, body: Vec::new(), fields: fields.to_vec() };
    request.body = vec![0; request.field("content-length").and_then(|text| text.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut request.body).expect("a body");
    let Answer(status, fields, body) = answer(&request);
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    // An answer without a body says nothing of its length (RFC 9110, section 8.6).
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("HTTP/1.1 {status} X\r\n{fields}{length}Connection: close\r\n\r\n");
    let written = stream.get_mut().write_all(&[head.as_bytes(), &body].concat());
    written.and_then(|()| stream.get_mut().flush()).expect("written");
    stream.get_mut().conn.send_close_notify();
    let _ = stream.get_mut().flush();
}
