//! `kclogin exec --file` and `--refresh`: the file that the command gets, and that kclogin beside it is as unseen as can be. The second half runs the real
//! program, with its tokens in files.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::provider::{Endpoint, Provider};
use crate::token::at_now;

/// Has the next command read the file in the variable `T` each time it can, after `before`, and gives what it read.
fn reading(machine: &Machine, pauses: usize, before: impl Fn(usize) + Send + Sync + 'static) -> Arc<Mutex<Vec<String>>> {
    let read: Arc<Mutex<Vec<String>>> = Arc::default();
    let reads = read.clone();
    machine.programs.live(pauses, move |variables| {
        let [(name, path)] = variables else { panic!("one variable: {variables:?}") };
        assert_eq!(name, "T");
        let mut reads = reads.lock().expect("reads");
        before(reads.len());
        reads.push(fs::read_to_string(path).expect("a file"));
    });
    read
}

fn files_left(machine: &Machine) -> usize {
    fs::read_dir(machine.path(".local/state/kclogin")).expect("a directory").filter(|entry| entry.as_ref().expect("one").path().is_dir()).count()
}

#[test]
fn the_command_gets_a_file_in_place_of_a_variable_and_it_is_gone_afterwards() {
    let (_provider, machine) = at_now();
    let token = machine.run(&["token"]).done();
    let read = reading(&machine, 0, |_| {});
    let outcome = machine.run(&["exec", "--file", "T", "--", "job"]);
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (Exit::Signalled(15), "", ""), "it ends as the command did");
    assert_eq!(*read.lock().expect("reads"), [token.trim_end()], "without a newline");
    assert_eq!(files_left(&machine), 0);
    machine.programs.live(0, |variables| assert_eq!(variables.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "T", "U"]));
    machine.run(&["exec", "--file", "T", "--file", "U", "--env", "A", "--", "job"]);
    machine.run(&["exec", "--file", "T=", "--", "job"]).failed(Exit::Usage);
    machine.run(&["exec", "--refresh", "--", "job"]).failed(Exit::Usage);
}

#[test]
fn the_file_is_in_memory_where_the_system_has_a_place_for_that() {
    let (_provider, machine) = at_now();
    fs::create_dir(machine.path("run")).expect("made");
    machine.set("XDG_RUNTIME_DIR", machine.path("run").to_str().expect("text"));
    let run = machine.path("run/kclogin");
    machine.programs.live(0, move |variables| assert!(variables[0].1.starts_with(run.to_str().expect("text")), "{variables:?}"));
    assert_eq!(machine.run(&["exec", "--file", "T", "--", "job"]).exit, Exit::Signalled(15));
}

#[test]
fn a_file_that_is_kept_fresh_has_a_token_that_is_valid_whenever_it_is_read() {
    let (provider, machine) = at_now();
    let provider = Arc::new(provider);
    let (clock, theirs) = (machine.clock.clone(), provider.clone());
    let read = reading(&machine, 12, move |reads| {
        if reads > 0 {
            clock.advance(30);
            theirs.advance(30);
        }
    });
    assert_eq!(machine.run(&["exec", "--refresh", "--file", "T", "--", "job"]).exit, Exit::Signalled(15));
    let read = read.lock().expect("reads");
    // A token lives for 300 s, and the command is promised 30 s: after 270 s there is another.
    assert_eq!((read.len(), read[0] == read[8], read[0] == read[10]), (13, true, false), "{read:?}");
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    assert!(machine.programs.pauses().iter().all(|pause| *pause <= Duration::from_secs(30)), "a machine that slept is soon right again");
}

#[test]
fn a_renewal_that_fails_is_said_once_and_tried_again() {
    let (mut provider, machine) = at_now();
    let issuer = provider.issuer();
    provider.stop();
    let clock = machine.clock.clone();
    let read = reading(&machine, 4, move |_| clock.advance(150));
    let outcome = machine.run(&["exec", "--refresh", "--file", "T", "--", "job"]);
    assert_eq!(outcome.exit, Exit::Signalled(15));
    let said = outcome.stderr.matches("warning: the token in the file could not be renewed: ").count();
    assert!(said == 1 && outcome.stderr.contains("127.0.0.1") && issuer.contains("127.0.0.1"), "{}", outcome.stderr);
    assert!(read.lock().expect("reads").windows(2).all(|two| two[0] == two[1]), "the old token stays");
    assert_eq!(machine.programs.pauses().last(), Some(&Duration::from_secs(10)));
}

#[test]
fn a_token_that_never_lives_for_as_long_as_is_wished_is_not_renewed_all_the_time() {
    let provider = Provider::start();
    provider.access_lifetime(20);
    let machine = Machine::signed_in_to(&provider);
    reading(&machine, 3, |_| {});
    machine.run(&["exec", "--refresh", "--file", "T", "--", "job"]);
    assert!(machine.programs.pauses().iter().all(|pause| *pause >= Duration::from_secs(5)), "{:?}", machine.programs.pauses());
}

#[cfg(unix)]
mod for_real {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::process::ExitStatusExt;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use crate::real::Home;

    const SHOW: &str = "cat $T; echo; stat -c %a $T; echo $T";

    fn start(home: &Home, script: &str) -> (Child, BufReader<std::process::ChildStdout>) {
        let mut child = home.command(&["exec", "--file", "T", "--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().expect("started");
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        (child, stdout)
    }

    fn line(from: &mut impl BufRead) -> String {
        let mut line = String::new();
        from.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn send(signal: &str, child: &Child) {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill").success());
    }

    #[test]
    fn the_file_is_its_owner_s_alone_and_the_exit_code_is_the_command_s() {
        let home = Home::new().signed_in();
        let token = String::from_utf8(home.run(&["token"]).stdout).expect("text");
        let output = home.run(&["exec", "--file", "T", "--", "sh", "-c", &format!("{SHOW}; exit 42")]);
        let stdout = String::from_utf8(output.stdout).expect("text");
        let lines: Vec<&str> = stdout.lines().collect();
        assert_eq!((lines[0], lines[1], output.status.code()), (token.trim_end(), "600", Some(42)));
        assert!(!Path::new(lines[2]).parent().expect("a directory").exists());
    }

    #[test]
    fn a_signal_that_is_sent_to_us_is_the_command_s_to_answer() {
        let home = Home::new().signed_in();
        for signal in ["-TERM", "-HUP", "-INT", "-USR1"] {
            let name = &signal[1..];
            let (mut child, mut stdout) = start(&home, &format!("trap 'echo got; exit 3' {name}; echo $T; while :; do sleep 0.05; done"));
            let path = line(&mut stdout);
            send(signal, &child);
            assert_eq!((line(&mut stdout).as_str(), child.wait().expect("an end").code()), ("got", Some(3)), "{signal}");
            assert!(!Path::new(&path).exists());
        }
    }

    #[test]
    fn a_command_that_a_signal_ends_is_seen_to_have_ended_so() {
        let home = Home::new().signed_in();
        let (mut child, mut stdout) = start(&home, "echo $T; kill -TERM $$");
        let path = line(&mut stdout);
        assert_eq!(child.wait().expect("an end").signal(), Some(15));
        assert!(!Path::new(&path).exists());
    }

    #[test]
    fn what_a_kill_leaves_is_removed_by_the_next_and_no_other() {
        let home = Home::new().signed_in();
        let (mut child, mut stdout) = start(&home, "echo $T; exec sleep 30");
        let path = line(&mut stdout);
        home.run(&["exec", "--file", "T", "--", "true"]);
        assert!(Path::new(&path).exists(), "it is in use");
        send("-KILL", &child);
        assert_eq!(child.wait().expect("an end").signal(), Some(9));
        assert!(Path::new(&path).exists(), "nobody could remove it");
        home.run(&["exec", "--file", "T", "--", "true"]);
        assert!(!Path::new(&path).exists());
    }

    /// `script` gives it a terminal of its own, on which Ctrl-C is typed.
    #[test]
    fn ctrl_c_reaches_the_command_once() {
        let home = Home::new().signed_in();
        // Only what the shell does by itself, so that two signals one after the other are counted as two.
        let inner = "got=0; trap 'got=$((got+1))' INT; echo ready; n=0; while [ $got -eq 0 ] && [ $n -lt 9000000 ]; do n=$((n+1)); done; \
                     n=0; while [ $n -lt 300000 ]; do n=$((n+1)); done; echo got $got; exit 6";
        std::fs::write(home.path.join("job"), inner).expect("written");
        // Without `exec`, the shell that `script` starts would be interrupted as well.
        let within = format!("exec {} exec --file T -- sh {}", env!("CARGO_BIN_EXE_kclogin"), home.path.join("job").display());
        let environment: Vec<_> = home.command(&[]).get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &within, "/dev/null"]).env_clear().envs(environment);
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script, of util-linux");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
        assert_eq!(line(&mut stdout), "ready");
        let mut keyboard = child.stdin.take().expect("a keyboard");
        keyboard.write_all(b"\x03").expect("typed");
        let rest: Vec<String> = stdout.lines().map_while(Result::ok).map(|line| line.trim().trim_start_matches("^C").to_owned()).collect();
        assert_eq!(rest, ["got 1"], "once, and the command went on");
        assert_eq!(child.wait().expect("an end").code(), Some(6));
    }
}
