//! The real program and what it opens the login page with: scripts that behave as launchers and browsers do.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use url::Url;

use crate::cookies;
use crate::machine::follow;
use crate::real::Home;

/// Makes a program of this name that leaves its arguments in `seen`, a line each, and then does this.
fn program(home: &Home, name: &str, then: &str) -> String {
    let dir = home.path.with_file_name("programs");
    fs::create_dir_all(&dir).expect("made");
    let (path, seen) = (dir.join(name), seen(home));
    fs::write(&path, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{0}.new' && mv '{0}.new' '{0}'\n{then}\n", seen.display())).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    path.to_str().expect("text").to_owned()
}

fn seen(home: &Home) -> std::path::PathBuf {
    home.path.with_file_name("seen")
}

fn login(home: &Home, more: &[&str], variables: &[(&str, &str)]) -> Child {
    let issuer = home.provider.issuer();
    let mut command: Command = home.command(&[&["login", "--timeout", "30s", "--issuer", &issuer], more].concat());
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
}

/// The arguments that the program was given, once it was; its person follows the address, which is the last.
#[track_caller]
fn visited(home: &Home) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(20);
    let arguments = loop {
        match fs::read_to_string(seen(home)) {
            Ok(text) => break text,
            Err(_) => assert!(Instant::now() < end, "nothing was opened"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut arguments: Vec<String> = arguments.lines().map(str::to_owned).collect();
    let address = arguments.pop().expect("an address");
    follow(&cookies::enter(&Url::parse(&address).expect("a URL")));
    arguments
}

/// What a login said that has ended well and printed nothing on stdout.
#[track_caller]
fn done(login: Child) -> String {
    let output = login.wait_with_output().expect("an end");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_browser_that_talks_and_only_returns_when_it_is_closed_disturbs_nothing() {
    let home = Home::new();
    let pid = home.path.with_file_name("pid");
    let browser = program(&home, "talker", &format!("echo on stdout; echo on stderr >&2; echo $$ > '{}'; exec sleep 600", pid.display()));
    let login = login(&home, &[], &[("BROWSER", &browser)]);
    assert_eq!(visited(&home), Vec::<String>::new());
    let said = done(login);
    assert!(!said.contains("on std"), "{said}");
    let pid = fs::read_to_string(pid).expect("a number");
    let kill = |signal: &str| Command::new("kill").args([signal, pid.trim()]).status().expect("kill").success();
    assert!(kill("-0"), "the browser stays open");
    assert!(kill("-9"));
}

#[test]
fn a_private_window_is_opened_by_the_browser_s_own_switch() {
    for (name, variable, switch) in [("firefox", true, "--private-window"), ("chromium", false, "--incognito")] {
        let home = Home::new();
        let browser = program(&home, name, "");
        let option = format!("'{browser}' --new %s");
        let login =
            if variable { login(&home, &["--private"], &[("BROWSER", &browser)]) } else { login(&home, &["--private", "--browser", &option], &[]) };
        let expected = if variable { vec![switch] } else { vec!["--new", switch] };
        assert_eq!(visited(&home), expected);
        done(login);
    }
}

#[test]
fn the_desktop_says_which_browser_is_its_default_one() {
    let home = Home::new();
    let firefox = program(&home, "firefox", "");
    let dir = std::path::Path::new(&firefox).parent().expect("a folder");
    let settings = dir.join("xdg-settings");
    fs::write(&settings, "#!/bin/sh\n[ \"$*\" = 'get default-web-browser' ] && echo firefox.desktop\n").expect("written");
    fs::set_permissions(&settings, fs::Permissions::from_mode(0o755)).expect("set");
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").expect("a path"));
    let begun = login(&home, &["--private"], &[("PATH", &path)]);
    assert_eq!(visited(&home), ["--private-window"]);
    done(begun);
    // A desktop that does not answer is not waited for.
    fs::write(&settings, "#!/bin/sh\nexec sleep 600\n").expect("written");
    let mut login = login(&home, &["--private"], &[("PATH", &path)]);
    let mut said = String::new();
    login.stderr.take().expect("stderr").read_to_string(&mut said).expect("text");
    assert_eq!(login.wait().expect("an end").code(), Some(2));
    assert!(said.starts_with("error: it is not known which browser is to open a private window\nhint: "), "{said}");
}

#[test]
fn where_browser_says_none_or_a_text_browser_the_address_is_printed() {
    for (value, why) in [("none", "($BROWSER says `none`)"), ("w3m", "(the browser in $BROWSER draws in the terminal)")] {
        let home = Home::new();
        let mut login = login(&home, &[], &[("BROWSER", value), ("DISPLAY", ":9")]);
        let mut reader = std::io::BufReader::new(login.stderr.take().expect("stderr"));
        let (mut said, mut line) = (String::new(), String::new());
        while !line.starts_with("  http") {
            said += &line;
            line.clear();
            assert!(std::io::BufRead::read_line(&mut reader, &mut line).expect("text") > 0, "{said}");
        }
        assert!(said.contains(why), "{said}");
        follow(&Url::parse(line.trim()).expect("a URL"));
        assert!(login.wait().expect("an end").success());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn under_wsl_windows_opens_the_address() {
    let home = Home::new();
    let opener = program(&home, "rundll32.exe", "");
    let dir = std::path::Path::new(&opener).parent().expect("a folder");
    let path = format!("{}:{}", std::env::var("PATH").expect("a path"), dir.display());
    let login = login(&home, &[], &[("PATH", &path), ("WSL_DISTRO_NAME", "Debian")]);
    assert_eq!(visited(&home), ["url.dll,FileProtocolHandler"]);
    done(login);
}
