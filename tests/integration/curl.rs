//! `kclogin curl`: what curl is told, and what becomes of a refused token. What the real curl makes of it is in `tests/programs/`.

use kclogin::exit::Exit;

use crate::machine::{Machine, Saying};
use crate::provider::{Endpoint, Provider};
use crate::token::{at_now, pass, token};

const OK: &str = "HTTP/1.1 200 OK\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"\r\n\r\n";
const RENEWED: &str = "The token was refused and has been renewed; the request is repeated.\n";

fn says(heard: &'static str, output: &'static str) -> Saying {
    Saying { heard: vec![heard], output, words: String::new(), exit: Exit::Command(0) }
}

/// The words of each call of a program.
fn calls(machine: &Machine) -> Vec<String> {
    let words = |words: &[std::ffi::OsString]| words.iter().map(|word| word.to_str().expect("text")).collect::<Vec<_>>().join(" ");
    machine.programs.run_so_far().iter().map(|(all, _)| words(all)).collect()
}

fn header_of(token: &str) -> String {
    format!("header = \"Authorization: Bearer {token}\"\n")
}

#[test]
fn the_token_is_told_and_in_no_argument_and_no_variable() {
    let (provider, machine) = at_now();
    let token = token(&machine, &[]);
    machine.programs.say(&[Saying { exit: Exit::Command(22), ..says(OK, "the answer\n") }]);
    let outcome = machine.run(&["curl", "-sSf", "--retry", "2", "https://api.example.com/x"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Command(22), "the answer\n", ""));
    assert_eq!(calls(&machine), ["curl --config TOLD --dump-header HEARD -sSf --retry 2 https://api.example.com/x"]);
    assert!(machine.programs.run_so_far()[0].1.is_empty());
    assert_eq!(machine.programs.told(), [header_of(&token) + "proto = \"=https\"\nproto-default = \"https\"\nsuppress-connect-headers\n"]);
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn the_person_s_configuration_is_left_out_where_that_is_asked_for() {
    let (_provider, machine) = at_now();
    machine.run(&["curl", "-q", "https://a.example"]);
    machine.run(&["curl", "-qs", "https://a.example"]);
    machine.run(&["curl", "--disable", "https://a.example"]);
    machine.run(&["curl", "https://a.example", "-q"]);
    let expected = ["-q --config TOLD", "-qs --config TOLD", "--disable --config TOLD", "--config TOLD"];
    for (call, begin) in calls(&machine).iter().zip(expected) {
        assert!(call.starts_with(&format!("curl {begin} --dump-header HEARD ")), "{call}");
    }
}

#[test]
fn which_token_is_asked_for_as_by_token() {
    let (_provider, machine) = at_now();
    let id_token = token(&machine, &["--id-token"]);
    machine.run(&["curl", "--id-token", "https://a.example"]);
    assert!(machine.programs.told()[0].starts_with(&header_of(&id_token)));
    let narrow = token(&machine, &["--scope", "email"]);
    machine.run(&["curl", "--scope", "email", "https://a.example"]);
    assert!(machine.programs.told()[1].starts_with(&header_of(&narrow)));
}

#[test]
fn a_refused_token_is_renewed_once_and_the_request_repeated_once() {
    let (provider, machine) = at_now();
    let first = token(&machine, &[]);
    machine.programs.say(&[says(REFUSED, "refused\n"), says(OK, "mine\n")]);
    let outcome = machine.run(&["curl", "-s", "https://a.example"]);
    // The second is curl's own affair, so nothing of it is held back, and nothing is passed on here.
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Command(0), "", RENEWED));
    let calls = calls(&machine);
    assert_eq!(calls[0], calls[1]);
    let second = token(&machine, &[]);
    assert_ne!(first, second);
    let told: Vec<bool> = machine.programs.told().iter().zip([&first, &second]).map(|(told, token)| told.starts_with(&header_of(token))).collect();
    assert_eq!(told, [true, true]);
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);

    machine.programs.say(&[says(REFUSED, "refused\n"), says(REFUSED, "refused again\n")]);
    machine.run(&["curl", "-s", "https://a.example"]);
    assert_eq!((machine.programs.told().len(), provider.requests(Endpoint::Token).len()), (4, 2), "and no third time");
}

#[test]
fn what_another_process_has_renewed_is_not_renewed_again() {
    let (provider, machine) = at_now();
    let kept = || machine.store.kept().into_iter().find(|(account, _)| account.starts_with("token-set ")).expect("a token set").1;
    let (former, before) = (token(&machine, &[]), kept());
    let (other, after) = (token(&machine, &["--force-refresh"]), kept());
    machine.store.change("token-set ", |kept| *kept = before);
    provider.forget_requests();
    let store = machine.store.clone();
    machine.programs.live(0, move |_| store.change("token-set ", |kept| kept.clone_from(&after)));
    machine.programs.say(&[says(REFUSED, ""), says(OK, "")]);
    machine.run(&["curl", "https://a.example"]).failed(Exit::Command(0));
    let told = machine.programs.told();
    assert!(told[0].starts_with(&header_of(&former)) && told[1].starts_with(&header_of(&other)), "{told:?}");
    assert_eq!(provider.requests(Endpoint::Token).len(), 0);
}

#[test]
fn a_request_that_may_change_something_is_not_repeated_but_its_token_is_renewed() {
    let (provider, machine) = at_now();
    machine.programs.say(&[Saying { exit: Exit::Command(22), ..says(REFUSED, "") }]);
    let outcome = machine.run(&["curl", "-d", "a=b", "https://a.example"]);
    assert_eq!(
        outcome.failed(Exit::Command(22)),
        "The token was refused and has been renewed. The request is not repeated, since it may change something: run it again.\n"
    );
    assert_eq!((calls(&machine).len(), provider.requests(Endpoint::Token).len()), (1, 1));
}

#[test]
fn a_refusal_of_something_else_is_passed_on() {
    let (provider, machine) = at_now();
    for heard in [
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nWWW-Authenticate: Bearer error=\"insufficient_scope\"\r\n\r\n",
    ] {
        machine.programs.say(&[says(heard, "no\n")]);
        let outcome = machine.run(&["curl", "https://a.example"]);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("no\n", ""), "{heard}");
    }
    assert_eq!((calls(&machine).len(), provider.request_count()), (2, 0));
}

#[test]
fn a_token_that_can_t_be_renewed_leaves_the_answer_as_it_is_and_says_why() {
    let (provider, machine) = at_now();
    provider.end_sessions();
    machine.programs.say(&[says(REFUSED, "refused\n")]);
    let outcome = machine.run(&["curl", "https://a.example"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Command(0), "refused\n"));
    assert!(outcome.stderr.starts_with("warning: the token was refused and could not be renewed: "), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("kclogin login --profile "), "{}", outcome.stderr);
    assert_eq!(calls(&machine).len(), 1);
    assert_eq!(machine.run(&["curl", "https://a.example"]).exit, Exit::LoginRequired, "and curl is not started next time");
}

#[test]
fn a_call_that_was_interrupted_is_not_repeated() {
    let (provider, machine) = at_now();
    machine.terminals(true, true);
    machine.programs.say(&[Saying { exit: Exit::Signalled(2), ..says(REFUSED, "") }]);
    assert_eq!(machine.run(&["curl", "https://a.example"]).exit, Exit::Signalled(2));
    assert_eq!((calls(&machine).len(), provider.request_count()), (1, 0));
}

#[test]
fn on_a_terminal_nothing_is_held_back() {
    let (_provider, machine) = at_now();
    machine.terminals(true, true);
    machine.programs.say(&[says(REFUSED, "kclogin would pass this on\n"), says(OK, "and this\n")]);
    let outcome = machine.run(&["curl", "https://a.example"]);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains(RENEWED.trim_end()), "{}", outcome.stderr);
}

#[test]
fn what_curl_shows_of_its_request_is_without_the_token() {
    let (_provider, machine) = at_now();
    let token = token(&machine, &[]);
    machine.programs.say(&[Saying { words: format!("> GET /\n> Authorization: Bearer {token}\n< HTTP/1.1 200\n"), ..says(OK, "") }]);
    let outcome = machine.run(&["curl", "-sv", "https://a.example"]);
    assert_eq!(outcome.stderr, "> GET /\n> Authorization: Bearer [redacted]\n< HTTP/1.1 200\n");
}

#[test]
fn plain_http_to_others_is_refused_by_curl_with_a_hint() {
    let (_provider, machine) = at_now();
    machine.programs.say(&[Saying { exit: Exit::Command(1), ..says("", "") }, Saying { exit: Exit::Command(1), ..says("", "") }]);
    let hint = "hint: use https: over plain http the token goes to this machine only\n";
    assert_eq!(machine.run(&["curl", "http://api.example.com"]).failed(Exit::Command(1)), hint);
    assert_eq!(machine.run(&["curl", "ftp://api.example.com"]).failed(Exit::Command(1)), "");
    machine.run(&["curl", "http://127.0.0.1:1/"]);
    assert!(machine.programs.told()[2].contains("\nproto = \"=http,https\"\n"));
}

#[test]
fn a_second_request_in_one_call_would_have_no_token() {
    let (_provider, machine) = at_now();
    let said = machine.run(&["curl", "https://a.example", "--next", "https://b.example"]).failed(Exit::Usage);
    assert_eq!(said, "error: what comes after curl's `--next` would have no token\nhint: run `kclogin curl` once for each request\n");
    machine.run(&["curl"]).failed(Exit::Usage);
    assert!(calls(&machine).is_empty());
}

#[test]
fn without_a_token_curl_is_not_started_and_an_expired_one_is_refreshed_first() {
    let (provider, machine) = at_now();
    pass(&provider, &machine, 301);
    machine.run(&["curl", "https://a.example"]);
    assert_eq!((calls(&machine).len(), provider.requests(Endpoint::Token).len()), (1, 1));
    machine.store.forget("token-set ");
    machine.run(&["curl", "https://a.example"]).failed(Exit::LoginRequired);
    assert_eq!((calls(&machine).len(), machine.opened()), (1, 1));
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("KCLOGIN_ISSUER", &provider.issuer());
    machine.run(&["curl", "--login", "https://a.example"]);
    assert_eq!((calls(&machine).len(), machine.opened()), (1, 1));
}
