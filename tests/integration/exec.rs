//! `kclogin exec`: what the command gets, and what becomes of it. The second half runs the real program, with its tokens in files.

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::provider::{Endpoint, Provider};
use crate::token::at_now;

#[test]
fn the_command_gets_the_token_in_its_environment_only() {
    let (_provider, machine) = at_now();
    let token = machine.run(&["token"]).done();
    let outcome = machine.run(&["exec", "--", "terraform", "plan", "--out", "-x y"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Command(7), "", ""));
    let [(words, variables)] = &machine.programs.run_so_far()[..] else { panic!("one program") };
    assert_eq!(words, &["terraform", "plan", "--out", "-x y"]);
    assert_eq!(variables, &[("KCLOGIN_TOKEN".to_owned(), token.trim_end().to_owned())]);
}

#[test]
fn the_variables_are_those_that_are_named() {
    let (_provider, machine) = at_now();
    machine.run(&["exec", "--env", "A_TOKEN", "--env", "B_TOKEN", "x"]);
    let names: Vec<String> = machine.programs.run_so_far()[0].1.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["A_TOKEN", "B_TOKEN"]);
    for bad in ["", "A=B"] {
        let stderr = machine.run(&["exec", "--env", bad, "--", "x"]).failed(Exit::Usage);
        assert_eq!(stderr, format!("error: `{bad}` can't be the name of an environment variable\n"));
    }
    machine.run(&["exec"]).failed(Exit::Usage);
    assert_eq!(machine.programs.run_so_far().len(), 1);
}

#[test]
fn options_after_the_command_are_the_command_s() {
    let (_provider, machine) = at_now();
    machine.run(&["exec", "kubectl", "--profile", "x", "--help", "-q"]);
    assert_eq!(machine.programs.run_so_far()[0].0, ["kubectl", "--profile", "x", "--help", "-q"]);
}

#[test]
fn an_expired_token_is_refreshed_once_for_many_commands() {
    let (provider, machine) = at_now();
    provider.advance(301);
    machine.clock.advance(301);
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(|| machine.run(&["exec", "x"]))));
    });
    let ran = machine.programs.run_so_far();
    assert!(ran.len() == 8 && ran.iter().all(|(_, variables)| *variables == ran[0].1), "{}", ran.len());
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
}

#[test]
fn without_a_token_the_command_does_not_run() {
    let (mut provider, machine) = at_now();
    machine.run(&["exec", "--min-validity", "10m", "x"]);
    provider.stop();
    machine.run(&["exec", "--min-validity", "10m", "x"]).failed(Exit::ProviderUnreachable);
    machine.store.forget("token-set ");
    machine.run(&["exec", "x"]).failed(Exit::LoginRequired);
    machine.store.fail_to_open(Some(crate::store::Fault::Locked));
    machine.run(&["exec", "x"]).failed(Exit::StoreUnavailable);
    assert_eq!((machine.programs.run_so_far().len(), machine.opened()), (1, 1));
}

#[test]
fn a_sign_in_comes_first_where_it_is_asked_for() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.set("KCLOGIN_ISSUER", &provider.issuer());
    assert_eq!(machine.run(&["exec", "--login", "x"]).exit, Exit::Command(7));
    assert_eq!((machine.programs.run_so_far().len(), machine.opened()), (1, 1));
}

#[cfg(unix)]
mod for_real {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Output, Stdio};

    use crate::real::Home;

    #[test]
    fn a_real_shell_evaluates_what_it_is_given() {
        let home = Home::new().signed_in();
        let token = String::from_utf8(home.run(&["token"]).stdout).expect("text");
        let script = format!("eval \"$({} token --format env --env A_TOKEN)\" && env | grep ^A_TOKEN= | cut -d= -f2-", env!("CARGO_BIN_EXE_kclogin"));
        let mut shell = home.command(&[]);
        let environment: Vec<_> = shell.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        shell = std::process::Command::new("sh");
        let output = shell.arg("-c").arg(script).env_clear().envs(environment).output().expect("sh");
        assert_eq!((String::from_utf8_lossy(&output.stdout).as_ref(), output.status.code()), (token.as_str(), Some(0)), "{output:?}");
    }

    fn exec(home: &Home, arguments: &[&str]) -> Output {
        home.command(&[&["exec"], arguments].concat()).output().expect("started")
    }

    #[test]
    fn the_command_takes_our_place() {
        let home = Home::new().signed_in();
        let token = home.command(&["token"]).output().expect("started").stdout;
        let process = home.command(&["exec", "--", "sh", "-c", "echo $$; echo $KCLOGIN_TOKEN; echo err >&2; exit 9"]);
        let child = { process }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        let id = child.id();
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(9));
        assert_eq!(output.stderr, b"err\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{id}\n{}", String::from_utf8_lossy(&token)), "one process, one token");
        let output = exec(&home, &["--", "sh", "-c", "kill -TERM $$"]);
        assert_eq!(output.status.signal(), Some(15), "a signal ends the command and is seen from outside");
        // The Rust runtime ignores SIGPIPE for itself; the command must not.
        let output = exec(&home, &["--", "sh", "-c", "trap - PIPE; kill -PIPE $$"]);
        assert_eq!(output.status.signal(), Some(13));
    }

    #[test]
    fn a_command_that_can_t_be_run_is_127_or_126_as_in_a_shell() {
        let home = Home::new().signed_in();
        let output = exec(&home, &["--", "no-such-command", "x"]);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(127), &b""[..]));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "error: there is no command `no-such-command`\n");
        let output = exec(&home, &["--", "/"]);
        assert_eq!(output.status.code(), Some(126));
        assert!(output.stderr.starts_with(b"error: the command `/` can't be started: "), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
