//! Git, as the system has it and of version 2.46 or newer, which sends a bearer token as what it is.

pub(crate) mod server;

use std::fs;
use std::process::Command;

use crate::bench::{Outcome, Person, outcome, with_an_expired_token};
use crate::shells::{program, run};
use server::{BASIC, BEARER, GitHost, Shown, clean};

/// A git, by what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Git {
    OfTheSystem,
    Newer,
}

const BOTH: [Git; 2] = [Git::OfTheSystem, Git::Newer];

impl Git {
    fn program(self) -> String {
        match self {
            Self::OfTheSystem => "git".to_owned(),
            Self::Newer => {
                std::env::var("KCLOGIN_LIVE_GIT").expect("KCLOGIN_LIVE_GIT, a git of version 2.46 or newer, which `cargo xtask test` brings")
            }
        }
    }

    /// Whether it sends a bearer token as what it is.
    fn knows_bearer(self) -> bool {
        let said = String::from_utf8(Command::new(self.program()).arg("version").output().expect("git").stdout).expect("text");
        let mut numbers = said.split_whitespace().nth(2).expect("a version").split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (numbers.next(), numbers.next()) >= (Some(2), Some(46))
    }

    /// Runs it for this person, with nobody there to type anything.
    fn run(self, person: &Person, arguments: &[&str]) -> Outcome {
        let mut command = program(person, &self.program(), arguments);
        let surroundings = clean("git");
        command.envs(surroundings.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // What `setup` has written, and the tracing, which must show no token.
        command.env("GIT_CONFIG_GLOBAL", person.path(".gitconfig")).env("GIT_TERMINAL_PROMPT", "0");
        command.env("GIT_TRACE", "1").env("GIT_TRACE_CURL", "1");
        outcome(command.output().expect("git"))
    }
}

/// Somebody who is signed in, and whose git is set up for this host.
fn signed_in(challenges: &'static [&'static str]) -> (Person, GitHost) {
    let person = Person::new();
    person.log_in(&[]).done();
    let host = GitHost::start(&person.issuer(), challenges);
    set_up(&person, &host.site(), "");
    (person, host)
}

fn set_up(person: &Person, site: &str, options: &str) {
    run(person, "sh", &["-c", &format!("kclogin git-credential setup {site} {options} | sh")]).done();
}

fn token(person: &Person) -> String {
    person.run(&["token"]).done().trim_end().to_owned()
}

/// Whether requests have shown this, and others nothing: libcurl asks without a password before it sends one. No token is in a failure's text.
fn is_only(shown: &[Shown], expected: &Shown) -> bool {
    shown.contains(expected) && shown.iter().all(|shown| *shown == Shown::Nothing || shown == expected)
}

#[test]
fn git_clones_fetches_and_pushes_with_nobody_typing_anything() {
    assert!(Git::Newer.knows_bearer());
    for git in BOTH {
        let (person, host) = signed_in(&[BEARER, BASIC]);
        let token = token(&person);
        let mut said = git.run(&person, &["clone", &host.url(), "one"]);
        let expected = if git.knows_bearer() { Shown::Bearer(token.clone()) } else { Shown::Basic("oauth2".to_owned(), token.clone()) };
        assert!(is_only(&host.shown(), &expected), "{git:?}");
        let traces = said.stderr.clone();
        said.stderr.clear();
        said.done();
        let steps: [&[&str]; 5] = [
            &["-C", "one", "commit", "--quiet", "--allow-empty", "-m", "second"],
            &["-C", "one", "push", "origin", "main"],
            &["clone", &host.url(), "two"],
            &["-C", "two", "fetch"],
            &["-C", "two", "ls-remote"],
        ];
        let traces = steps.iter().fold(traces, |traces, step| {
            let outcome = git.run(&person, step);
            assert_eq!(outcome.code, 0, "{git:?} {step:?}: {}", outcome.stderr);
            traces + &outcome.stderr
        });
        let log = clean("git").arg("-C").arg(person.path("two")).args(["log", "--format=%s"]).output().expect("git");
        assert_eq!(String::from_utf8_lossy(&log.stdout), "second\nfirst\n", "{git:?}");
        assert!(traces.contains("kclogin git-credential --profile") && !traces.contains(&token), "{git:?}: the token is in a trace");
        assert_eq!(host.seen_in_arguments(), 0, "{git:?}");
        let kept =
            fs::read_to_string(person.path(".gitconfig")).expect("settings") + &fs::read_to_string(person.path("one/.git/config")).expect("settings");
        assert!(!kept.contains(&token) && !person.path(".git-credentials").exists());
    }
}

#[test]
fn the_challenge_says_whether_a_bearer_token_goes_as_a_password() {
    let (person, host) = signed_in(&[BASIC]);
    Git::Newer.run(&person, &["ls-remote", &host.url()]).done();
    assert!(is_only(&host.shown(), &Shown::Basic("oauth2".to_owned(), token(&person))));
    let bearer_only = GitHost::start(&person.issuer(), &[BEARER]);
    set_up(&person, &bearer_only.site(), "--username alice");
    Git::Newer.run(&person, &["ls-remote", &bearer_only.url()]).done();
    assert!(is_only(&bearer_only.shown(), &Shown::Bearer(token(&person))));
}

#[test]
fn another_site_a_submodule_and_a_redirect_get_no_token() {
    for git in BOTH {
        let (person, host) = signed_in(&[BEARER, BASIC]);
        let other = GitHost::start(&person.issuer(), &[BEARER, BASIC]);
        // Asked about every site there is, as a helper that somebody sets up without `setup`.
        run(&person, "git", &["config", "--global", "credential.helper", "!kclogin git-credential"]).done();
        let no_token = |what: &str, arguments: &[&str], is_asked: bool| {
            let outcome = git.run(&person, arguments);
            assert_ne!(outcome.code, 0, "{git:?} {what}");
            let shown = other.shown();
            assert!(is_asked != shown.is_empty() && shown.iter().all(|shown| *shown == Shown::Nothing), "{git:?} {what}: {}", shown.len());
        };
        no_token("another site", &["clone", &other.url(), "other"], true);
        assert_eq!(git.run(&person, &["clone", &host.url(), "project"]).code, 0);
        let folder = person.path("project");
        fs::write(folder.join(".gitmodules"), format!("[submodule \"sub\"]\n\tpath = sub\n\turl = {}\n", other.url())).expect("written");
        let link = "git add .gitmodules && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub && git commit -q -m sub";
        assert!(clean("sh").args(["-c", link]).current_dir(&folder).status().expect("sh").success());
        assert_eq!(git.run(&person, &["-C", "project", "push", "origin", "main"]).code, 0);
        // Scripts such as `git submodule` are the system's in either case.
        if git == Git::OfTheSystem {
            no_token("a submodule", &["clone", "--recurse-submodules", &host.url(), "with-submodule"], true);
        }
        host.shown();
        host.redirect_to(&format!("http://{}", other.site()));
        no_token("a redirect", &["ls-remote", &host.url()], true);
        assert!(host.shown().iter().any(|shown| shown.token().is_some()), "the site itself was shown one");
    }
}

#[test]
fn an_expired_token_is_refreshed_without_a_word() {
    let person = with_an_expired_token("demo");
    let host = GitHost::start(&person.issuer(), &[BEARER, BASIC]);
    set_up(&person, &host.site(), "");
    for git in BOTH {
        git.run(&person, &["ls-remote", &host.url()]).done();
    }
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
}

#[test]
fn a_valid_token_that_is_refused_is_renewed_for_the_next_try() {
    for git in BOTH {
        let (person, host) = signed_in(&[BEARER, BASIC]);
        let refused = token(&person);
        host.refuse(&refused);
        let outcome = git.run(&person, &["ls-remote", &host.url()]);
        assert!(outcome.code != 0 && outcome.stderr.contains("Authentication failed"), "{git:?}: {}", outcome.stderr);
        assert!(token(&person) != refused, "{git:?}");
        host.shown();
        git.run(&person, &["ls-remote", &host.url()]).done();
        assert!(host.shown().last().and_then(Shown::token) == Some(token(&person).as_str()), "{git:?}");
        assert_eq!((person.events("REFRESH_TOKEN"), person.sessions()), (1, 1), "{git:?}");
    }
}

#[test]
fn git_stops_with_kclogin_s_sentence_where_nobody_is_signed_in() {
    for git in BOTH {
        let (person, host) = signed_in(&[BEARER, BASIC]);
        person.run(&["logout"]).done();
        let outcome = git.run(&person, &["ls-remote", &host.url()]);
        assert_eq!(outcome.code, 128, "{git:?}: {}", outcome.stderr);
        let said: Vec<&str> =
            outcome.stderr.lines().filter(|line| ["error: ", "hint: ", "fatal: "].iter().any(|start| line.starts_with(start))).collect();
        let [error, hint, fatal] = said[..] else { panic!("{git:?}: {said:?}") };
        assert_eq!(error, format!("error: not logged in to {} (profile `{}`)", person.issuer(), person.name));
        assert_eq!(hint, format!("hint: sign in with `kclogin login --profile {}`", person.name));
        assert!(fatal.ends_with("told us to quit"), "{fatal}");
        assert!(host.shown().iter().all(|shown| *shown == Shown::Nothing), "{git:?}");
    }
}

#[test]
fn git_clones_as_a_service_account_where_there_is_no_person() {
    let mut person = Person::new();
    let (issuer, name) = (person.issuer(), person.name.clone());
    // A profile for the site, whose client has a secret in the environment, and no session.
    let config = format!("[profile.{name}]\nissuer = \"{issuer}\"\nclient-id = \"backend\"\nclient-authentication = \"client_secret_basic\"\n");
    fs::create_dir_all(person.path(".config/kclogin")).expect("made");
    fs::write(person.path(".config/kclogin/config.toml"), config).expect("written");
    person.set("KCLOGIN_CLIENT_SECRET", "backend-secret");
    person.set("DBUS_SESSION_BUS_ADDRESS", "");
    for git in BOTH {
        let host = GitHost::start(&issuer, &[BEARER, BASIC]);
        set_up(&person, &host.site(), "--client-credentials --scope openid");
        git.run(&person, &["clone", &host.url(), &format!("{git:?}")]).done();
        assert!(host.shown().iter().any(|shown| shown.token().is_some()), "{:?}", host.shown());
    }
}
