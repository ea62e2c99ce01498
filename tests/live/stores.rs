//! The stores beside the keyring, with what they really keep in: a disk that is full or read-only, `pass`, the kernel.

use std::process::{Command, Stdio};

use kclogin::environment::Environment;
use kclogin::secret::Secret;
use kclogin::token_store::{Account, StoreName, Stores, SystemStores};

use crate::bench::{Outcome, Person, eventually, outcome};

/// Runs a shell script in which `kclogin` is this person's, with a file system of so many bytes where its tokens are kept.
fn on_a_disk(person: &Person, size: u32, script: &str) -> Outcome {
    let tokens = person.path(".local/state/kclogin/tokens");
    std::fs::create_dir_all(&tokens).expect("made");
    let plain = person.command(&[]);
    let is_root = Command::new("id").arg("-u").output().expect("id runs").stdout == b"0\n";
    let mut command = Command::new("unshare");
    // Whoever is not root becomes it in a namespace of their own, to be allowed to mount.
    command.args(if is_root { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
    let preamble =
        format!("set -e\nmount -t tmpfs -o size={size},mode=700 tmpfs \"$1\"\ncd \"$1\"\nprogram=$0\nkclogin() {{ \"$program\" \"$@\"; }}\n");
    command.args(["sh", "-c", &format!("{preamble}{script}")]).arg(plain.get_program()).arg(&tokens);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    outcome(command.env("ISSUER", person.issuer()).stdin(Stdio::null()).output().expect("unshare runs"))
}

#[test]
fn on_a_full_disk_a_refresh_is_exit_4_and_the_session_before_is_kept() {
    let person = Person::in_realm("rotating");
    let script = "kclogin login --store file --issuer \"$ISSUER\" --timeout 60s
        head -c 10000000 /dev/zero > fill 2> /dev/null || true
        before=$(kclogin token)
        code=0; kclogin token --force-refresh > out || code=$?
        [ \"$code $(wc -c < out)\" = '4 0' ]
        [ \"$(kclogin token)\" = \"$before\" ]
        [ \"$(ls -A | wc -l)\" = 3 ]
        rm fill; kclogin token --force-refresh > /dev/null; kclogin logout";
    let outcome = on_a_disk(&person, 64 * 1024, script);
    let expected = format!(
        "error: the tokens can't be written to {}: No space left on device (os error 28)\nhint: make room there; what was kept before still is\n",
        person.path(".local/state/kclogin/tokens").display()
    );
    assert!(outcome.stderr.contains(&expected), "{}", outcome.stderr);
    outcome.done();
    // In this realm a refresh token is for one use: it was not spent on what could not be kept.
    assert_eq!((person.events("REFRESH_TOKEN"), person.events("REFRESH_TOKEN_ERROR"), person.sessions()), (1, 0, 0));
}

#[test]
fn a_read_only_disk_is_found_out_before_the_browser_opens_and_can_be_read() {
    let person = Person::new();
    let script = "kclogin login --store file --issuer \"$ISSUER\" --timeout 60s
        mount -o remount,ro .
        kclogin token > /dev/null; kclogin status > /dev/null
        code=0; kclogin login --timeout 5s || code=$?
        [ $code = 4 ]
        mount -o remount,rw .
        kclogin logout";
    let outcome = on_a_disk(&person, 64 * 1024, script);
    assert!(outcome.stderr.contains(": Read-only file system (os error 30)\nhint: make that directory writable"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches("Waiting for the sign-in").count(), 1, "the second login opened no browser: {}", outcome.stderr);
    outcome.done();
}

/// What `pass` needs in this person's home: a key without a passphrase, and a store for it.
fn set_up_pass(person: &mut Person) {
    let (keys, store) = (person.path("gpg"), person.path("pass"));
    std::fs::create_dir(&keys).expect("made");
    std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    person.set("GNUPGHOME", keys.to_str().expect("a path"));
    person.set("PASSWORD_STORE_DIR", store.to_str().expect("a path"));
    let set_up = "gpg --batch --quiet --passphrase '' --quick-generate-key live@example.test default default never && pass init live@example.test";
    in_the_home(person, set_up).done();
}

fn in_the_home(person: &Person, script: &str) -> Outcome {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    for (name, value) in person.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    outcome(command.stdin(Stdio::null()).output().expect("sh runs"))
}

#[test]
fn pass_keeps_a_session_and_a_hundred_kilobytes() {
    let mut person = Person::new();
    set_up_pass(&mut person);
    person.log_in(&["--store", "helper:pass"]).done();
    assert_eq!(in_the_home(&person, "pass ls docker-credential-helpers | grep -c kclogin").done(), "1\n");
    person.run(&["token", "--force-refresh"]).done();
    assert!(person.run(&["status"]).done().contains("  Store     helper:pass (docker-credential-pass)\n"));
    person.run(&["logout"]).done();
    let variables = person.command(&[]).get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect::<Vec<_>>();
    let path = std::env::var_os("PATH").expect("a PATH");
    let environment = Environment::from_pairs(variables.into_iter().chain([("PATH".into(), path)]));
    let store = SystemStores::new(&environment).open(&StoreName::Helper("pass".to_owned())).expect("a store");
    let account = Account::token_set("large", "kclogin", "https://kc.example/realms/a");
    let large = Secret::new((0..=255).cycle().take(100 * 1024).collect::<Vec<u8>>());
    store.save(&account, &large).expect("saved");
    assert!(store.load(&account) == Ok(Some(large)));
    store.delete(&account).expect("removed");
    assert_eq!(store.load(&account), Ok(None));
    in_the_home(&person, "test -z \"$(pass ls docker-credential-helpers 2> /dev/null | grep kclogin)\"; gpgconf --kill all").done();
}

#[test]
fn pass_that_is_not_set_up_is_found_out_before_the_browser_opens() {
    let mut person = Person::new();
    let nowhere = person.path("nowhere");
    for name in ["GNUPGHOME", "PASSWORD_STORE_DIR"] {
        person.set(name, nowhere.to_str().expect("a path"));
    }
    let stderr = person.log_in(&["--store", "helper:pass"]).failed(4);
    assert!(stderr.starts_with("error: `docker-credential-pass` failed: pass not initialized"), "{stderr}");
    assert!(!person.path("browser.log").exists(), "no browser was opened");
}

/// Runs kclogin in a session of the kernel's keyring that has nothing of the user's in it, as a service or a container has.
#[cfg(target_os = "linux")]
fn in_another_session(person: &Person, arguments: &[&str]) -> Outcome {
    let plain = person.command(arguments);
    let mut command = Command::new("keyctl");
    command.args(["session", "-"]).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    outcome(command.stdin(Stdio::null()).output().expect("keyctl runs"))
}

/// Waits until the kernel has cleared away the keys that were removed, which it does in its own time.
#[cfg(target_os = "linux")]
fn nothing_is_left_of(name: &str) {
    eventually("the keys to be gone", || (!std::fs::read_to_string("/proc/keys").expect("text").contains(name)).then_some(()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_keeps_a_session_that_every_other_login_session_finds() {
    let person = Person::new();
    person.log_in(&["--store", "kernel"]).done();
    let token = person.run(&["token"]).done();
    assert_eq!(in_another_session(&person, &["token"]).done(), token);
    in_another_session(&person, &["token", "--force-refresh"]).done();
    assert_ne!(person.run(&["token"]).done(), token, "what the other session refreshed");
    assert!(person.run(&["status"]).done().contains("  Store     kernel (in memory, gone when the machine restarts)\n"));
    in_another_session(&person, &["logout"]).done();
    nothing_is_left_of(&format!("-{}", person.name));
    assert_eq!((person.run(&["token"]).failed(3).is_empty(), person.sessions()), (false, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_keeps_a_hundred_kilobytes() {
    let store = SystemStores::new(&Environment::default()).open(&StoreName::Kernel).expect("a kernel that lets its keyring be used");
    let account = Account::token_set(&format!("large-{}", std::process::id()), "kclogin", "https://kc.example/realms/a");
    for length in [1, 32_767, 32_768, 100 * 1024, 5] {
        let secret = Secret::new((0..=255).cycle().take(length).collect::<Vec<u8>>());
        store.save(&account, &secret).expect("saved");
        assert!(store.load(&account) == Ok(Some(secret)), "{length}");
    }
    store.delete(&account).expect("removed");
    store.delete(&account).expect("there is none");
    assert_eq!(store.load(&account), Ok(None));
    nothing_is_left_of(&format!("large-{}", std::process::id()));
}
