//! The Chrome DevTools Protocol over a WebSocket: one call, one answer, each within the time that is left.
//! The only file that names the WebSocket library; what is said through it is `page`'s business.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket, client};

use super::chromium::Endpoint;
use crate::failure::{Context, Failure, Outcome};

/// How long one read may block before the deadline is looked at again.
const SLICE: Duration = Duration::from_millis(100);

/// A connection to a Chromium, and to one page in it.
pub(crate) struct DevTools {
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    next: u64,
    deadline: Instant,
    /// The address and status of the last document that came over the network.
    pub(crate) document: Option<(String, u16)>,
}

impl DevTools {
    /// Connects and attaches to the page that Chromium has opened.
    pub(crate) fn connect(endpoint: &Endpoint, deadline: Instant) -> Outcome<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, endpoint.port)).context("connecting to Chromium")?;
        stream.set_nodelay(true).context("connecting to Chromium")?;
        // The handshake has to come in one read; afterwards a read that runs out of time is taken up again where it was.
        stream.set_read_timeout(Some(Duration::from_secs(10))).context("connecting to Chromium")?;
        let address = format!("ws://127.0.0.1:{}{}", endpoint.port, endpoint.path);
        let (socket, _) = client(address, stream).context("connecting to Chromium")?;
        socket.get_ref().set_read_timeout(Some(SLICE)).context("connecting to Chromium")?;
        let mut devtools = Self { socket, session: None, next: 0, deadline, document: None };
        devtools.attach()?;
        Ok(devtools)
    }

    fn attach(&mut self) -> Outcome {
        let targets = self.call("Target.getTargets", json!({}))?;
        let pages = targets["targetInfos"].as_array().into_iter().flatten().filter(|target| target["type"] == "page");
        let page = pages.map(|target| target["targetId"].clone()).next();
        let page = match page {
            Some(page) => page,
            None => self.call("Target.createTarget", json!({ "url": "about:blank" }))?["targetId"].clone(),
        };
        let attached = self.call("Target.attachToTarget", json!({ "targetId": page, "flatten": true }))?;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        self.session.as_ref().map(|_| ()).ok_or_else(|| Failure::new("Chromium let nobody attach to its page"))
    }

    /// Says one thing and waits for its answer.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Outcome<Value> {
        let id = self.tell(method, params)?;
        loop {
            let Some(answer) = self.read(method)? else { continue };
            if answer["id"] == id {
                return match answer["error"]["message"].as_str() {
                    Some(error) => Err(Failure::new(format!("{method}: {error}"))),
                    None => Ok(answer["result"].clone()),
                };
            }
            self.notice(&answer);
        }
    }

    /// Says one thing, and lets its answer come when it comes.
    pub(crate) fn tell(&mut self, method: &str, params: Value) -> Outcome<u64> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).context(format_args!("telling Chromium {method}"))?;
        Ok(self.next)
    }

    fn read(&mut self, waiting_for: &str) -> Outcome<Option<Value>> {
        if self.is_late() {
            return Err(Failure::new(format!("Chromium did not answer {waiting_for} in time")));
        }
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(serde_json::from_str(text.as_str()).ok()),
            Ok(_) => Ok(None),
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(error).context("listening to Chromium"),
        }
    }

    fn notice(&mut self, event: &Value) {
        let params = &event["params"];
        if event["method"] == "Network.responseReceived" && params["type"] == "Document" {
            let response = &params["response"];
            let status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            self.document = response["url"].as_str().map(str::to_owned).zip(status);
        }
    }

    /// Whether the time for all of it is over.
    pub(crate) fn is_late(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// From here on there is this much time, whatever there was before: for the last look at a page after the deadline.
    pub(crate) fn extend(&mut self, by: Duration) {
        self.deadline = self.deadline.max(Instant::now() + by);
    }
}
