//! Requests at the listener of a login that has a start page, one after another and from anybody: `NUL` stands between them, as in no head.
#![no_main]

use std::sync::LazyLock;

use kclogin::loopback::head::{Head, Parsed};
use kclogin::loopback::judge::Judge;
use kclogin::loopback::{Page, Start, StartSecrets, Verdict};
use kclogin::oidc::authorization::{AuthorizationRequest, AuthorizationResponse, Rejection};
use kclogin::secret::Secret;
use libfuzzer_sys::fuzz_target;
use url::Url;

const HOST: &str = "127.0.0.1:4711";
const OPENED: &str = "/start/opened";
const PRINTED: &str = "/start/printed";
const OPENED_COOKIE: &str = "kclogin-4711=of-the-opened";
const PRINTED_COOKIE: &str = "kclogin-4711=of-the-printed";
const ANSWER: &str = "/callback?state=st-fuzz&code=c";

static REDIRECT_URI: LazyLock<Url> = LazyLock::new(|| Url::parse("http://127.0.0.1:4711/callback").expect("a URL"));

static REQUEST: LazyLock<AuthorizationRequest> = LazyLock::new(|| AuthorizationRequest {
    url: Url::parse("https://kc.example/auth?state=st-fuzz").expect("a URL"),
    state: Secret::from("st-fuzz"),
    nonce: Secret::from("nonce-SECRET"),
    code_verifier: Secret::from("verifier-SECRET"),
    redirect_uri: REDIRECT_URI.clone(),
    issuer: None,
    issuer_announced: false,
});

fn start() -> Start {
    let value = |pair: &str| Secret::new(pair.rsplit(['=', '/']).next().unwrap_or_default().to_owned());
    let (opened_cookie, printed_cookie) = (value(OPENED_COOKIE), value(PRINTED_COOKIE));
    Start::new(StartSecrets { opened: value(OPENED), printed: value(PRINTED), opened_cookie, printed_cookie }, &REDIRECT_URI)
}

/// A browser's request.
fn get(target: &str, cookie: Option<&str>) -> Head {
    let cookies = cookie.into_iter().map(str::to_owned).collect();
    Head { method: "GET".to_owned(), target: target.to_owned(), hosts: vec![HOST.to_owned()], cookies }
}

/// The answer, without what the time makes of it; nothing where the request was taken for the provider's answer.
fn answer(verdict: Verdict<AuthorizationResponse>) -> Option<String> {
    let Verdict::Answer(bytes) = verdict else { return None };
    let text = String::from_utf8(bytes).expect("text");
    Some(text.split("\r\n").filter(|line| !line.starts_with("Date: ")).collect::<Vec<_>>().join("\r\n"))
}

fn page(page: Page<'_>) -> String {
    answer(Verdict::Answer(page.to_response())).expect("an answer")
}

/// What the first visitor of a start page gets.
fn onwards(target: &str, cookie: &str) -> String {
    let answer = answer(Judge::new(&REDIRECT_URI, &*REQUEST, Some(&mut start())).judge(&get(target, None))).expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 302 ") && answer.contains(&format!("\r\nLocation: {}\r\n", REQUEST.url)), "{answer}");
    let cookies: Vec<&str> = answer.split("\r\n").filter_map(|line| line.strip_prefix("Set-Cookie: ")).collect();
    assert_eq!(cookies, [format!("{cookie}; Path=/callback; HttpOnly; SameSite=Lax")]);
    answer
}

static FROM_OPENED: LazyLock<String> = LazyLock::new(|| onwards(OPENED, OPENED_COOKIE));
static FROM_PRINTED: LazyLock<String> = LazyLock::new(|| onwards(PRINTED, PRINTED_COOKIE));
static USED_UP: LazyLock<String> = LazyLock::new(|| page(Page::UsedUp));
static OTHER_BROWSER: LazyLock<String> = LazyLock::new(|| rejected(&Rejection::OtherBrowser));

fn rejected(rejection: &Rejection) -> String {
    page(Page::Rejected(&format!("kclogin did not take this answer: {}.", rejection.sentence())))
}

/// All that is ever said to anybody else.
static REFUSALS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all = vec![page(Page::Misdirected), page(Page::NotFound), page(Page::WrongMethod)];
    let repeated = ["code", "state", "iss", "error", "error_description"].map(Rejection::Repeated);
    all.extend([Rejection::NoAnswer, Rejection::NoState, Rejection::WrongState, Rejection::OtherBrowser].iter().chain(&repeated).map(rejected));
    all
});

/// The cookies of a request, read from its lines.
fn cookies(head: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r')).skip_while(|line| line.is_empty()).skip(1);
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let values = headers.filter(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value);
    values.flat_map(|value| value.split(';')).map(|pair| pair.trim().to_owned()).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let (mut start, mut visits) = (start(), 0);
    let mut judge = Judge::new(&REDIRECT_URI, &*REQUEST, Some(&mut start));
    for bytes in bytes.split(|byte| *byte == 0) {
        let Parsed::Complete(head) = Head::parse(bytes) else { continue };
        let is_at = |target: &str| head.method == "GET" && head.hosts == [HOST] && head.target == target;
        visits += usize::from(is_at(OPENED));
        match answer(judge.judge(&head)) {
            // Not a character of a request is ever in an answer: there are only these.
            Some(answer) if is_at(PRINTED) => assert_eq!(answer, *FROM_PRINTED),
            Some(answer) if is_at(OPENED) => assert_eq!(answer, if visits == 1 { &**FROM_OPENED } else { &**USED_UP }),
            Some(answer) => assert!(REFUSALS.contains(&answer), "{answer}"),
            None => {
                let shown = cookies(bytes);
                let has = |cookie: &str| shown.iter().any(|one| one == cookie);
                assert!(has(PRINTED_COOKIE) || visits == 1 && has(OPENED_COOKIE), "an answer was taken from another browser");
                assert!(head.method == "GET" && head.hosts == [HOST] && head.target.starts_with("/callback?"), "{head:?}");
            }
        }
    }
    // Now the true browser comes. Its address was in the list of processes, so if anybody was there before it, neither is trusted.
    let mut ask = |target: &str, cookie| answer(judge.judge(&get(target, cookie)));
    let is_first = visits == 0;
    assert_eq!(ask(OPENED, None).as_ref(), Some(if is_first { &*FROM_OPENED } else { &*USED_UP }));
    assert_eq!(ask(ANSWER, Some(OPENED_COOKIE)), (!is_first).then(|| OTHER_BROWSER.clone()));
    // The printed address was in no list.
    assert_eq!(ask(PRINTED, None).as_ref(), Some(&*FROM_PRINTED));
    assert_eq!(ask(ANSWER, Some(PRINTED_COOKIE)), None);
    assert_eq!(ask(ANSWER, None).as_ref(), Some(&*OTHER_BROWSER));
});
