//! The configuration file: reading what people write, and changing it without losing any of it.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kclogin::profile::config_file::Config;
use kclogin::profile::{Profile, Settings, check_name};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// In memory where the system has such a place: every change is a file that is replaced.
static DIR: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory")
});

fn config(text: &str) -> Config {
    fs::write(DIR.path().join("config.toml"), text).expect("written");
    Config::read(Some(DIR.path())).expect("what could be parsed can be read")
}

fn profiles(config: &Config) -> Vec<Profile> {
    config.profiles().collect()
}

fuzz_target!(|text: &str| {
    let path = PathBuf::from("config.toml");
    // Somebody who writes a secret into the file, where it does not belong, does not find it in an error.
    for misplaced in ["client-secret = \"SECRET-MARKER\"", "redirect-uri = \"https://user:SECRET-MARKER@kc.example:99999/\""] {
        let with_secret = format!("{text}\n[profile.fuzz-secret]\nclient-id = \"x\"\n{misplaced}\n");
        let error = Config::parse(path.clone(), &with_secret).expect_err("neither is right");
        assert!(text.contains("SECRET-MARKER") || !format!("{error:?}").contains("SECRET-MARKER"), "{error:?}");
    }

    let parsed = match Config::parse(path, text) {
        Ok(parsed) => parsed,
        Err(error) => return assert!(!error.sentence().contains('\n'), "{error:?}"),
    };
    let before = profiles(&parsed);
    assert!(before.iter().all(|profile| check_name(&profile.name).is_ok()), "{before:?}");
    let default = parsed.default_name().map(str::to_owned);
    assert!(default.as_ref().is_none_or(|name| parsed.profile(name).is_some()));

    // Written anew, they are the same.
    let mut anew = config("");
    before.iter().for_each(|profile| anew.put(profile).expect("written"));
    assert_eq!(profiles(&anew), before);

    // A further one leaves the others as they are, and can be removed again.
    let settings = Settings { issuer: Some("https://kc.example/realms/fuzz".to_owned()), client_id: "fuzz".to_owned(), ..Settings::default() };
    let further = Profile { name: "fuzz-further".to_owned(), settings };
    if before.iter().any(|profile| profile.name == further.name) {
        return;
    }
    let mut changed = config(text);
    changed.put(&further).expect("written");
    assert_eq!(changed.profile(&further.name).as_ref(), Some(&further));
    assert_eq!(profiles(&changed).into_iter().filter(|profile| profile.name != further.name).collect::<Vec<_>>(), before);
    changed.set_default(&further.name).expect("written");
    assert_eq!(changed.default_name(), Some(further.name.as_str()));
    changed.remove(&further.name).expect("written");
    assert_eq!(profiles(&changed), before);

    // Each of them can be replaced, and removed.
    for profile in &before {
        let replaced = Profile { name: profile.name.clone(), settings: further.settings.clone() };
        changed.put(&replaced).expect("written");
        assert_eq!(changed.profile(&profile.name), Some(replaced));
        changed.remove(&profile.name).expect("written");
        assert_eq!(changed.profile(&profile.name), None);
    }
    assert!(profiles(&changed).is_empty() && changed.default_name().is_none());
});
