//! The listener under attack: whatever comes to the port, the wait goes on and the true answer gets through.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use url::Url;

use crate::cookies;
use crate::machine::{Machine, redirect_of};
use crate::person::{Page, visit};
use crate::provider::{Endpoint, Provider};

/// What there is to attack.
struct Target {
    address: SocketAddr,
    /// The true answer, not yet brought.
    answer: Url,
}

impl Target {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the port is open");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        stream
    }

    /// Sends these bytes on a connection of their own, as far as they are taken, and gives it.
    fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect();
        // It may answer and close before all is sent.
        let _ = stream.write_all(bytes);
        stream
    }

    /// The status of the answer to these bytes; 0 where the connection is closed or reset without one.
    fn status(&self, bytes: &[u8]) -> u16 {
        let (mut stream, mut answer) = (self.send(bytes), Vec::new());
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    fn request(&self, method: &str, target: &str, host: &str) -> Vec<u8> {
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
    }

    fn host(&self) -> String {
        self.address.to_string()
    }

    fn true_target(&self) -> &str {
        &self.answer[url::Position::BeforePath..]
    }

    /// The same with another path.
    fn at(&self, path: &str) -> Url {
        let mut url = self.answer.clone();
        url.set_path(path);
        url
    }
}

/// A login that is attacked just before the true answer comes, and succeeds within two seconds all the same. Gives what the attack yielded, which is
/// kept until the login is done.
fn survives<T: Send + 'static>(attack: impl Fn(&Target) -> T + Send + Sync + 'static) -> T {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = visit(&machine, move |url| {
        let answer = redirect_of(url);
        let port = answer.port().expect("a port");
        let target = Target { address: SocketAddr::from(([127, 0, 0, 1], port)), answer };
        let yielded = attack(&target);
        let begun = Instant::now();
        let page = Page::at(&target.answer);
        assert_eq!((page.status, page.heading()), (200, "Signed in as Alice Adams"));
        (yielded, begun.elapsed())
    });
    let outcome = machine.run(&["login", "--timeout", "60s", "--issuer", &provider.issuer()]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (kclogin::exit::Exit::Done, ""), "{}", outcome.stderr);
    let (yielded, took) = visits.next();
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    yielded
}

#[test]
fn a_hundred_idle_connections_don_t_keep_the_answer_out() {
    survives(|target| (0..100).map(|_| target.connect()).collect::<Vec<_>>());
}

#[test]
fn connections_that_send_half_a_head_don_t_keep_the_answer_out() {
    survives(|target| (0..40).map(|_| target.send(b"GET /callback?code=")).collect::<Vec<_>>());
}

#[test]
fn a_huge_content_length_is_not_believed() {
    let status = survives(|target| {
        let head = format!("POST /callback HTTP/1.1\r\nHost: {}\r\nContent-Length: 40000000000\r\n\r\n", target.host());
        target.status(head.as_bytes())
    });
    assert_eq!(status, 405);
}

#[test]
fn a_body_that_never_comes_is_not_waited_for() {
    let status = survives(|target| {
        let head = format!("GET /elsewhere HTTP/1.1\r\nHost: {}\r\nContent-Length: 5\r\n\r\n", target.host());
        target.status(head.as_bytes())
    });
    assert_eq!(status, 404);
}

#[test]
fn an_answer_with_a_body_that_never_comes_is_taken() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let pages = visit(&machine, |url| {
        let answer = redirect_of(url);
        let host = format!("127.0.0.1:{}", answer.port().expect("a port"));
        let mut stream = TcpStream::connect(&host).expect("the port is open");
        let (target, cookie) = (&answer[url::Position::BeforePath..], cookies::of(&answer).expect("a cookie"));
        let head = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nContent-Length: 5\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut page = String::new();
        stream.read_to_string(&mut page).expect("a page");
        page
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    assert!(pages.next().contains("Signed in as Alice Adams"));
}

#[test]
fn requests_that_are_reset_at_once_do_no_harm() {
    survives(|target| {
        for _ in 0..200 {
            let stream = target.send(&target.request("GET", "/favicon.ico", &target.host()));
            socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("no time to linger");
        }
    });
}

#[test]
fn a_header_line_that_never_ends_is_cut_off() {
    let status = survives(|target| {
        let mut bytes = format!("GET /callback HTTP/1.1\r\nHost: {}\r\nX-Padding: ", target.host()).into_bytes();
        bytes.resize(64 * 1024, b'a');
        target.status(&bytes)
    });
    assert!(matches!(status, 400 | 0), "{status}");
}

#[test]
fn a_request_of_ten_megabytes_is_cut_off() {
    let status = survives(|target| target.status(&target.request("GET", &format!("/callback?code={}", "a".repeat(10 << 20)), &target.host())));
    assert!(matches!(status, 400 | 0), "{status}");
}

#[test]
fn more_headers_than_a_browser_sends_are_refused() {
    let status = survives(|target| {
        let headers = "X-Header: x\r\n".repeat(500);
        target.status(format!("GET {} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", target.true_target(), target.host()).as_bytes())
    });
    assert_eq!(status, 400);
}

#[test]
fn what_is_no_http_is_refused() {
    let statuses =
        survives(|target| [&b"\x16\x03\x01\x00\xff\r\n\r\n"[..], b"hello\r\n\r\n", b"\0\0\0\0", b"GET\r\n\r\n"].map(|bytes| target.status(bytes)));
    assert_eq!(statuses, [400; 4]);
}

#[test]
fn contradicting_lengths_and_encodings_do_no_harm() {
    survives(|target| {
        for header in ["Content-Length: 1\r\nContent-Length: 2", "Transfer-Encoding: chunked\r\nContent-Length: 3", "Transfer-Encoding: x\r\nFoo : y"]
        {
            target.send(format!("POST /callback HTTP/1.1\r\nHost: {}\r\n{header}\r\n\r\nGET / HTTP/1.1\r\n\r\n", target.host()).as_bytes());
        }
    });
}

#[test]
fn an_answer_for_another_host_is_not_taken() {
    let statuses = survives(|target| {
        let port = target.address.port();
        let foreign = [format!("evil.example:{port}"), "127.0.0.1".to_owned(), format!("localhost:{port}"), String::new()];
        let with_host = foreign.map(|host| target.status(&target.request("GET", target.true_target(), &host)));
        let without = target.status(format!("GET {} HTTP/1.1\r\n\r\n", target.true_target()).as_bytes());
        let twice = format!("GET {} HTTP/1.1\r\nHost: {}\r\nHost: evil.example\r\n\r\n", target.true_target(), target.host());
        (with_host, without, target.status(twice.as_bytes()))
    });
    assert_eq!(statuses, ([421; 4], 421, 421));
}

#[test]
fn an_answer_by_another_method_is_not_taken() {
    let answers = survives(|target| {
        ["POST", "HEAD", "PUT", "OPTIONS"].map(|method| {
            let page = Page::asked_for(method, &target.answer, &[]);
            (page.status, page.header("allow").to_owned())
        })
    });
    assert_eq!(answers, [(); 4].map(|()| (405, "GET".to_owned())));
}

#[test]
fn a_form_post_is_not_taken() {
    let page = survives(|target| {
        let (query, mut url) = (target.answer.query().unwrap_or_default().to_owned(), target.answer.clone());
        url.set_query(None);
        crate::provider::http("POST", url.as_str(), &[("Content-Type", "application/x-www-form-urlencoded")], query.as_bytes()).expect("an answer").0
    });
    assert_eq!(page, 405);
}

#[test]
fn an_answer_at_another_path_is_not_taken() {
    let statuses =
        survives(|target| ["/", "/favicon.ico", "/callback/", "/Callback", "/callback/../x"].map(|path| Page::at(&target.at(path)).status));
    assert_eq!(statuses, [404; 5]);
}

#[test]
fn nothing_from_the_query_is_ever_shown() {
    let pages = survives(|target| {
        let hostile = "<script>alert(1)</script><b>hostile</b>\"'";
        ["error_description", "error", "state", "code", hostile].map(|name| {
            let mut url = target.answer.clone();
            url.set_query(None);
            url.query_pairs_mut().append_pair(name, hostile);
            Page::at(&url)
        })
    });
    for page in pages {
        assert_eq!(page.status, 400);
        assert!(!page.html.contains("hostile") && !page.html.contains("alert(1)"), "{}", page.html);
    }
}

#[test]
fn rfc9700_4_2_4_every_page_is_closed_to_scripts_referrers_caches_and_frames() {
    let mut pages = survives(|target| vec![Page::at(&target.at("/favicon.ico")), Page::at(&target.at("/callback?x"))]);
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = crate::person::sign_in(&machine);
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    pages.push(visits.next().1);
    provider.deny("access_denied", None);
    let visits = crate::person::sign_in(&machine);
    machine.run(&["login"]).failed(kclogin::exit::Exit::Failed);
    pages.push(visits.next().1);
    for page in pages {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        let headers = ["referrer-policy", "cache-control", "x-content-type-options", "content-type"].map(|name| page.header(name));
        assert_eq!(headers, ["no-referrer", "no-store", "nosniff", "text/html; charset=utf-8"]);
        assert!(page.html.contains("<link rel=\"icon\" href=\"data:,\">") && !page.html.contains("<script"), "{}", page.html);
    }
}

#[test]
fn a_second_tab_and_a_reload_after_success_find_nobody() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let answers = visit(&machine, |url| {
        let answer = redirect_of(url);
        assert_eq!(Page::at(&answer).status, 200);
        answer
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let answer = answers.next();
    assert!(TcpStream::connect(("127.0.0.1", answer.port().expect("a port"))).is_err());
    assert_eq!(provider.requests(Endpoint::Token).len(), 1, "the code went to the token endpoint once");
}

#[test]
fn the_answer_brought_twice_at_once_is_redeemed_once() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let visits = visit(&machine, |url| {
        let answer = redirect_of(url);
        let (again, cookie) = (answer.clone(), cookies::of(&answer).expect("a cookie"));
        let bring = move |answer: &Url| crate::provider::http("GET", answer.as_str(), &[("Cookie", &cookie)], b"").ok();
        let bring_again = bring.clone();
        // The second may find the port closed already, or its connection closed without an answer.
        let second = std::thread::spawn(move || bring_again(&again));
        let first = bring(&answer);
        [first, second.join().expect("no panic")]
    });
    machine.run(&["login", "--issuer", &provider.issuer()]).done();
    let shown = visits.next().into_iter().flatten().filter(|(_, _, body)| String::from_utf8_lossy(body).contains("Signed in as"));
    assert_eq!((shown.count(), provider.requests(Endpoint::Token).len()), (1, 1));
}

#[test]
fn a_port_that_is_taken_is_named_with_who_holds_it() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = held.local_addr().expect("an address").port();
    let uri = format!("http://localhost:{port}/oidc/callback");
    let stderr = machine.run(&["login", "--redirect-uri", &uri, "--issuer", &provider.issuer()]).failed(kclogin::exit::Exit::Failed);
    assert!(stderr.starts_with(&format!("error: port {port} on 127.0.0.1 is taken by ")), "{stderr}");
    assert!(stderr.ends_with("\nhint: stop it, or use another redirect URI that the provider has registered: `--redirect-uri URI`\n"), "{stderr}");
    assert_eq!(machine.opened(), 0);
}

#[test]
fn rfc8252_7_3_a_redirect_uri_on_localhost_answers_on_both_families() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let uri = format!("http://localhost:{port}/oidc/callback");
    let statuses = visit(&machine, move |url| {
        let answer = redirect_of(url);
        let head = format!("GET /x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        let statuses = [SocketAddr::from(([127, 0, 0, 1], port)), SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port))]
            .map(|address| TcpStream::connect(address).is_ok().then(|| Target { address, answer: answer.clone() }.status(head.as_bytes())));
        crate::machine::follow(url);
        statuses
    });
    machine.run(&["login", "--redirect-uri", &uri, "--issuer", &provider.issuer()]).done();
    let [v4, v6] = statuses.next();
    assert_eq!(v4, Some(404));
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert_eq!(v6, Some(404), "this machine has ::1");
    }
}
