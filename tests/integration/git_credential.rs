//! `kclogin git-credential`: what git says on stdin, byte for byte, and what it is answered. The real git is in `tests/programs/`.

use kclogin::exit::Exit;

use crate::machine::{Machine, Outcome};
use crate::provider::{Endpoint, Provider};
use crate::store::Fault;
use crate::token::{at_now, pass, token};

/// Somebody whose token git may have for two sites.
fn at_a_site() -> (Provider, Machine) {
    let (provider, machine) = at_now();
    for site in ["git.example.com", "127.0.0.1:3000"] {
        machine.run(&["profile", "allow", site]).done();
    }
    (provider, machine)
}

fn say(machine: &Machine, operation: &str, said: &str, more: &[&str]) -> Outcome {
    machine.type_in(said);
    machine.run(&[&["git-credential", operation], more].concat())
}

const HTTPS: &str = "protocol=https\nhost=git.example.com\n";

#[test]
fn git_before_2_46_gets_the_token_as_a_password_and_newer_as_what_it_is() {
    let (provider, machine) = at_a_site();
    let token = token(&machine, &[]);
    // Word for word what git 2.39 says, and 2.47; both end it with the end of the stream.
    let answer = say(&machine, "get", HTTPS, &[]).done();
    assert_eq!(answer, format!("username=oauth2\npassword={token}\npassword_expiry_utc=1795545900\n"));
    let newer = "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.example.com\nwwwauth[]=Bearer realm=\"git\"\nwwwauth[]=Basic realm=\"git\"\n";
    let answer = say(&machine, "get", newer, &[]).done();
    assert_eq!(answer, format!("capability[]=authtype\nauthtype=Bearer\ncredential={token}\nephemeral=1\npassword_expiry_utc=1795545900\n"));
    let basic = "capability[]=authtype\nprotocol=https\nhost=git.example.com\nwwwauth[]=Basic realm=\"git\"\n";
    assert!(say(&machine, "get", basic, &[]).done().starts_with("username=oauth2\npassword="), "a site that takes passwords only");
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn the_user_name_is_the_one_that_is_named_or_that_git_has() {
    let (_provider, machine) = at_a_site();
    let alice = format!("{HTTPS}username=alice\n");
    let name = |said: &str, more: &[&str]| say(&machine, "get", said, more).done().lines().next().map(str::to_owned);
    assert_eq!(name(&alice, &[]).as_deref(), Some("username=alice"));
    assert_eq!(name(&alice, &["--username", "bob"]).as_deref(), Some("username=bob"));
    let stderr = say(&machine, "get", HTTPS, &["--username", "a\nhost=evil"]);
    assert_eq!(stderr.exit, Exit::Usage);
    assert!(!stderr.stdout.contains("evil"), "{}", stderr.stdout);
}

#[test]
fn only_a_site_that_is_allowed_gets_a_token_and_only_where_nobody_can_read_along() {
    let (provider, machine) = at_a_site();
    for said in [
        "protocol=https\nhost=evil.example\n",
        "protocol=https\nhost=git.example.com.evil.example\n",
        "protocol=https\nhost=git.example.com:8443\n",
        "protocol=http\nhost=git.example.com\n",
        "protocol=http\nhost=127.0.0.1:3001\n",
        "protocol=ssh\nhost=git.example.com\n",
        "protocol=cert\nhost=\npath=/home/a/key.pem\n",
        "protocol=https\n",
        "host=git.example.com\n",
        "",
        "\nprotocol=https\nhost=git.example.com\n",
    ] {
        for operation in ["get", "erase", "store"] {
            let outcome = say(&machine, operation, said, &[]);
            assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", ""), "{operation} {said:?}");
        }
    }
    for said in ["protocol=https\nhost=GIT.example.com:443\npath=a.git\n\n", "protocol=http\nhost=127.0.0.1:3000\n"] {
        assert!(say(&machine, "get", said, &[]).done().contains("password=ey"), "{said:?}");
    }
    let noted = say(&machine, "get", "protocol=https\nhost=evil.example\n", &["--verbose"]);
    assert_eq!(noted.stderr, "git gets no token: it is not allowed for evil.example (`kclogin profile allow evil.example`)\n");
    let noted = say(&machine, "get", "protocol=http\nhost=git.example.com\n", &["--verbose"]);
    assert_eq!(noted.stderr, "git gets no token: it is sent over https only, or over http on this machine\n");
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn the_site_says_which_profile_is_meant() {
    let (_provider, machine) = at_a_site();
    let second = Provider::start();
    second.set_now(1_795_545_600);
    machine.run(&["login", "--issuer", &second.issuer(), "--profile", "second"]).done();
    machine.run(&["profile", "allow", "other.example", "--profile", "second"]).done();
    let theirs = machine.run(&["token", "--profile", "second"]).done();
    let other = "protocol=https\nhost=other.example\n";
    assert!(say(&machine, "get", other, &[]).done().contains(theirs.trim_end()));
    assert_eq!(say(&machine, "get", other, &["--profile", "test"]).done(), "", "a profile that is named has to allow it too");
    machine.run(&["profile", "allow", "other.example", "--profile", "test"]).done();
    let stderr = say(&machine, "get", other, &[]).failed(Exit::Usage);
    assert!(stderr.starts_with("error: it is not clear which profile is meant: second, test"), "{stderr}");
}

#[test]
fn cve_2020_5260_and_its_like_what_is_no_plain_attribute_is_refused_as_a_whole() {
    let (provider, machine) = at_a_site();
    let long = format!("{HTTPS}path={}\n", "a".repeat(64 * 1024));
    for (said, sentence) in [
        ("protocol=https\nhost=evil.example\r\nhost=git.example.com\n", "there is a control character in what git said"),
        ("protocol=https\nhost=git.example.com\rx\n", "there is a control character in what git said"),
        ("protocol=https\nhost=git.example.com\0.evil.example\n", "there is a control character in what git said"),
        ("protocol=https\nhost=git.example.com\npath=\u{1b}[2J\n", "there is a control character in what git said"),
        ("protocol=https\nhost=git.example.com\npath=\u{9b}31m\n", "there is a control character in what git said"),
        ("protocol=https\nhost=evil.example\nhost=git.example.com\n", "git named the host twice"),
        ("protocol=http\nprotocol=https\nhost=git.example.com\n", "git named the protocol twice"),
        ("protocol=https\nhost=git.example.com\nnothing\n", "git said something that is no attribute"),
        ("protocol=https\nhost=git.example.com/x\n", "git asks about something that is not a host"),
        ("protocol=https\nhost=a@git.example.com\n", "git asks about something that is not a host"),
        ("protocol=https\nhost=git%2eexample.com\n", "git asks about something that is not a host"),
        ("protocol=https\nhost=\n", "`` is not a host"),
        (&long, "git said more than 64 KiB"),
    ] {
        for operation in ["get", "erase"] {
            let stderr = say(&machine, operation, said, &[]).failed(Exit::Usage);
            assert_eq!(stderr.lines().next(), Some(format!("error: {sentence}").as_str()), "{operation} {said:.80?}");
            assert!(!stderr.contains(|c: char| c.is_control() && c != '\n'), "{stderr:?}");
        }
    }
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn an_expired_token_is_refreshed_for_git() {
    let (provider, machine) = at_a_site();
    let before = token(&machine, &[]);
    pass(&provider, &machine, 301);
    let answer = say(&machine, "get", HTTPS, &[]).done();
    assert!(!answer.contains(&before) && answer.contains("password_expiry_utc=1795546201"), "{answer}");
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
}

#[test]
fn git_stops_with_a_sentence_where_there_is_no_token() {
    let (mut provider, machine) = at_a_site();
    let get = || say(&machine, "get", HTTPS, &[]);
    machine.store.fail_to_open(Some(Fault::Locked));
    assert_eq!((get().exit, get().stdout.as_str()), (Exit::StoreUnavailable, "quit=1\n"));
    machine.store.fail_to_open(None);
    pass(&provider, &machine, 301);
    provider.stop();
    assert_eq!((get().exit, get().stdout.as_str()), (Exit::ProviderUnreachable, "quit=1\n"));
    machine.run(&["logout", "--local"]).done();
    let outcome = get();
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::LoginRequired, "quit=1\n"));
    assert!(
        outcome.stderr.starts_with("error: not logged in to ") && outcome.stderr.contains("\nhint: sign in with `kclogin login"),
        "{}",
        outcome.stderr
    );
    assert_eq!(machine.opened(), 1);
}

#[test]
fn a_sign_in_comes_first_where_it_is_asked_for() {
    let (_provider, machine) = at_a_site();
    machine.run(&["logout"]).done();
    let answer = say(&machine, "get", HTTPS, &["--login"]).done();
    assert!(answer.starts_with("username=oauth2\npassword=ey"), "{answer}");
    assert_eq!(machine.opened(), 2);
}

#[test]
fn a_refused_token_is_renewed_once_and_any_other_is_not() {
    let (provider, machine) = at_a_site();
    let first = token(&machine, &[]);
    let erase = |said: &str| say(&machine, "erase", said, &[]).done();
    assert_eq!(erase(HTTPS), "");
    assert_eq!(erase(&format!("{HTTPS}username=oauth2\npassword=another\n")), "");
    assert_eq!(erase(&format!("protocol=https\nhost=evil.example\npassword={first}\n")), "");
    assert_eq!(token(&machine, &[]), first);
    assert_eq!(provider.request_count(), 0);
    assert_eq!(erase(&format!("{HTTPS}username=oauth2\npassword={first}\n")), "");
    let second = token(&machine, &[]);
    assert_ne!(second, first);
    assert_eq!(erase(&format!("{HTTPS}password={first}\n")), "", "a second process of git was refused the same token");
    assert_eq!((token(&machine, &[]), provider.requests(Endpoint::Token).len()), (second.clone(), 1));
    let newer = format!("capability[]=authtype\nauthtype=Bearer\ncredential={second}\nephemeral=1\n{HTTPS}");
    assert_eq!(erase(&newer), "");
    assert!(say(&machine, "get", HTTPS, &[]).done().contains(&token(&machine, &[])));
    assert_ne!(token(&machine, &[]), second);
    assert_eq!(provider.requests(Endpoint::Token).len(), 2);
}

#[test]
fn a_renewal_that_fails_leaves_the_session_and_opens_no_browser() {
    let (mut provider, machine) = at_a_site();
    let first = token(&machine, &[]);
    provider.stop();
    let said = format!("{HTTPS}password={first}\n");
    say(&machine, "erase", &said, &[]).failed(Exit::ProviderUnreachable);
    say(&machine, "erase", &said, &["--login"]).failed(Exit::ProviderUnreachable);
    assert_eq!(token(&machine, &[]), first);
    machine.run(&["logout", "--local"]).done();
    say(&machine, "erase", &said, &["--login"]).failed(Exit::LoginRequired);
    assert_eq!(machine.opened(), 1);
}

#[test]
fn a_token_with_less_scope_is_given_and_renewed_as_the_session_s_own() {
    let (provider, machine) = at_a_site();
    let own = token(&machine, &[]);
    let narrow = || token(&machine, &["--scope", "email"]);
    let first = narrow();
    assert!(say(&machine, "get", HTTPS, &["--scope", "email"]).done().contains(&first));
    say(&machine, "erase", &format!("{HTTPS}password={first}\n"), &["--scope", "email"]).done();
    assert_ne!(narrow(), first);
    assert_eq!((token(&machine, &[]), provider.requests(Endpoint::Token).len()), (own, 2));
}

#[test]
fn what_git_may_learn_one_day_is_ignored_and_what_is_known_is_said() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["git-credential", "capability"]).done(), "version 0\ncapability authtype\n");
    for operation in ["store", "renew", "approve"] {
        let outcome = say(&machine, operation, "whatever\r\n", &[]);
        assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Done, "", ""));
    }
    machine.run(&["git-credential", "get", "git.example.com"]).failed(Exit::Usage);
    machine.run(&["git-credential", "setup"]).failed(Exit::Usage);
    machine.run(&["git-credential"]).failed(Exit::Usage);
}

#[test]
fn setup_allows_the_site_and_prints_what_makes_git_ask() {
    let (_provider, machine) = at_now();
    let outcome = machine.run(&["git-credential", "setup", "Git.example.com:8443"]);
    assert_eq!(outcome.stderr, "Programs may now send the token of the profile test to git.example.com:8443.\n");
    assert_eq!(
        outcome.done(),
        "git config --global --replace-all credential.https://git.example.com:8443.helper ''\n\
         git config --global --add credential.https://git.example.com:8443.helper '!kclogin git-credential --profile test'\n"
    );
    assert!(machine.config().contains("sites = [\"git.example.com:8443\"]"), "{}", machine.config());
    let options = ["--username", "o'hara", "--audience", "orders api", "--scope", "email", "--min-validity", "90s"];
    let printed = machine.run(&[&["git-credential", "setup", "[::1]:3000"][..], &options].concat()).done();
    let helper = r#"'!kclogin git-credential --profile test --username '\''o'\''\'\'''\''hara'\'' '\''--audience=orders api'\'' --scope=email '\''--min-validity=1m 30s'\'''"#;
    assert_eq!(printed.lines().last(), Some(format!("git config --global --add 'credential.http://[::1]:3000.helper' {helper}").as_str()));
    machine.run(&["git-credential", "setup", "a b"]).failed(Exit::Usage);
    machine.run(&["git-credential", "setup", "c.example", "--username", "a:b"]).failed(Exit::Usage);
    assert!(!machine.config().contains("c.example"));
}
