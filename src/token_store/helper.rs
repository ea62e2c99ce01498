//! Programs of others that keep secrets: `docker-credential-NAME`, which many people have already, for `pass`, KeePassXC and others.
//!
//! The protocol is that of <https://github.com/docker/docker-credential-helpers>: an action as the only argument, and JSON on stdin and stdout, so that
//! no secret is ever an argument. A program can hang, talk without end or fail, so all of that is bounded here.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Account, TokenStore};
use crate::encoding::{from_base64, to_base64};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// How long a program may take: a person may have to type a passphrase.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most that is read of what a program says, in bytes.
const OUTPUT_LIMIT: u64 = 1024 * 1024;
/// The most that is repeated of a program's complaint, in characters.
const COMPLAINT_LIMIT: usize = 200;
/// How often it is looked whether a program that has said everything has ended.
const INTERVAL: Duration = Duration::from_millis(2);

/// Whose the entries are, in the programs that show it.
const USERNAME: &str = "kclogin";
/// What every secret begins with, followed by base64: programs read lines and trim them, and some say that something is there when nothing is.
const MARK: &str = "kclogin:";

/// One such program.
#[derive(Debug)]
pub(super) struct Helper {
    name: String,
    program: PathBuf,
    environment: Environment,
    patience: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Store<'a> {
    #[serde(rename = "ServerURL")]
    server_url: &'a str,
    username: &'a str,
    secret: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    #[serde(default)]
    secret: Option<Secret<String>>,
}

/// What a program said, and whether it was well.
struct Said {
    success: bool,
    stdout: Secret<Vec<u8>>,
    stderr: Secret<Vec<u8>>,
}

impl Helper {
    /// Finds the program.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn open(name: &str, environment: &Environment) -> Result<Self> {
        let name = format!("docker-credential-{name}");
        let program = environment.find_program(&name).ok_or_else(|| {
            Error::store_unavailable(format!("there is no program `{name}`"))
                .hint("install it in a directory that is in your PATH, or choose another store with `--store`")
        })?;
        Ok(Self { name, program, environment: environment.clone(), patience: PATIENCE })
    }

    /// The most that these programs take at once, in bytes before they are encoded. Most read a line of 64 KiB at most; the one for Windows can't keep
    /// more than 2,560 bytes.
    pub(super) fn limit(&self) -> usize {
        if self.name.ends_with("-wincred") { 1_900 } else { 40_000 }
    }

    fn run(&self, action: &str, input: Vec<u8>) -> Result<Said> {
        let until = Instant::now() + self.patience;
        let mut command = Command::new(&self.program);
        self.environment.give_to(&mut command);
        command.arg(action).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| Error::store_unavailable(format!("`{}` can't be started: {error}", self.name)).hint("look whether it is a program"))?;
        let said = self.converse(&mut child, Secret::new(input), until);
        if said.is_err() {
            // It may have ended by itself just now.
            let _ = child.kill();
            let _ = child.wait();
        }
        said
    }

    fn converse(&self, child: &mut Child, input: Secret<Vec<u8>>, until: Instant) -> Result<Said> {
        if let Some(mut stdin) = child.stdin.take() {
            // A program that reads nothing must not hold us up, and one that has ended already has its reasons, which it says.
            thread::spawn(move || stdin.write_all(input.expose()));
        }
        let (stdout, stderr) = (listen(child.stdout.take()), listen(child.stderr.take()));
        let hear = |stream: &Receiver<Secret<Vec<u8>>>| {
            let text = stream.recv_timeout(until.saturating_duration_since(Instant::now())).map_err(|_| self.too_slow())?;
            if text.expose().len() as u64 > OUTPUT_LIMIT {
                return Err(Error::store_unavailable(format!("`{}` does not stop talking", self.name)));
            }
            Ok(text)
        };
        let stdout = hear(&stdout)?;
        loop {
            match child.try_wait() {
                // What it started may still hold its stderr open, so there is not waited for the end of that.
                Ok(Some(status)) => {
                    let stderr = stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_else(|_| Secret::new(Vec::new()));
                    return Ok(Said { success: status.success(), stdout, stderr });
                }
                Ok(None) if Instant::now() < until => thread::sleep(INTERVAL),
                Ok(None) => return Err(self.too_slow()),
                Err(error) => return Err(Error::store_unavailable(format!("`{}` can't be waited for: {error}", self.name))),
            }
        }
    }

    fn too_slow(&self) -> Error {
        Error::store_unavailable(format!("`{}` did not answer within {} s", self.name, self.patience.as_secs()))
            .hint("it may be waiting for a passphrase: unlock what it uses, and try again")
    }

    /// The error for a program that says no, with the first line of what it says. Whatever could hold a secret is not repeated.
    fn refused(&self, said: &Said) -> Error {
        let texts = [&said.stdout, &said.stderr].map(|text| String::from_utf8_lossy(text.expose()));
        let line = texts.iter().flat_map(|text| text.lines()).map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let is_safe = !line.is_empty() && !line.contains(MARK) && !line.to_ascii_lowercase().contains("secret\"");
        let why = if is_safe { format!(": {}", line.chars().take(COMPLAINT_LIMIT).collect::<String>()) } else { String::new() };
        Error::store_unavailable(format!("`{}` failed{why}", self.name))
            .hint(format!("what was kept before still is; `{} list` shows whether the program works by itself", self.name))
    }
}

impl TokenStore for Helper {
    fn load(&self, account: &Account) -> Result<Option<Secret<Vec<u8>>>> {
        let said = self.run("get", line(account))?;
        if !said.success {
            let says_none = [&said.stdout, &said.stderr].iter().any(|text| {
                // The words that the protocol has for it.
                String::from_utf8_lossy(text.expose()).to_ascii_lowercase().contains("credentials not found in native keychain")
            });
            return if says_none { Ok(None) } else { Err(self.refused(&said)) };
        }
        let unreadable = || Error::store_unavailable(format!("`{}` gives something that can't be read", self.name));
        let got: Got = serde_json::from_slice(said.stdout.expose()).map_err(|_| unreadable())?;
        let secret = got.secret.filter(|secret| !secret.expose().is_empty());
        // Older programs for `pass` answer with empty texts where there is nothing.
        let Some(secret) = secret else { return Ok(None) };
        let bytes = secret.expose().trim_end().strip_prefix(MARK).and_then(from_base64);
        bytes.map(|bytes| Some(Secret::new(bytes))).ok_or_else(unreadable)
    }

    fn save(&self, account: &Account, secret: &Secret<Vec<u8>>) -> Result<()> {
        let secret = Secret::new(format!("{MARK}{}", to_base64(secret.expose())));
        let store = Store { server_url: &account.url(), username: USERNAME, secret: secret.expose() };
        // Serialising plain text can't fail.
        let said = self.run("store", serde_json::to_vec(&store).unwrap_or_default())?;
        if said.success { Ok(()) } else { Err(self.refused(&said)) }
    }

    fn delete(&self, account: &Account) -> Result<()> {
        let said = self.run("erase", line(account))?;
        // Some fail where there is nothing to erase.
        if said.success || self.load(account)?.is_none() { Ok(()) } else { Err(self.refused(&said)) }
    }
}

fn line(account: &Account) -> Vec<u8> {
    format!("{}\n", account.url()).into_bytes()
}

/// Hears a stream to its end, or to where it becomes too much.
fn listen(stream: Option<impl Read + Send + 'static>) -> Receiver<Secret<Vec<u8>>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stream) = stream {
            // What came before an error is what there is.
            let _ = stream.by_ref().take(OUTPUT_LIMIT + 1).read_to_end(&mut text);
            let _ = send.send(Secret::new(text));
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    receive
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::token_store::split::Split;

    /// The protocol as a script that keeps each entry in a file, and remembers its arguments.
    const KEEPER: &str = r#"#!/bin/sh
printf '%s\n' "$*" >> "$HOME/arguments"
IFS= read -r line
file=$HOME/$(printf %s "$line" | sed 's/.*https:..\([^.]*\).*/\1/')
case $1 in
store) printf %s "$line" > "$file" ;;
get) cat "$file" 2> /dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
erase) rm "$file" 2> /dev/null || { echo 'there is no such thing'; exit 1; } ;;
esac
"#;

    fn helper(home: &Path, script: &str) -> Result<Helper> {
        let program = home.join("docker-credential-test");
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
        let path = format!("{}:/usr/bin:/bin", home.display());
        Helper::open("test", &Environment::from_pairs([("HOME", home.as_os_str()), ("PATH", path.as_ref())]))
    }

    fn account() -> Account {
        Account::token_set("work", "kclogin", "https://kc.example/realms/a")
    }

    fn secret() -> Secret<Vec<u8>> {
        Secret::new(b"s3cr3t".to_vec())
    }

    /// What comes of loading, saving and deleting where the program is this script.
    fn sentences(script: &str) -> Vec<String> {
        sentences_within(Duration::from_secs(30), script)
    }

    fn sentences_within(patience: Duration, script: &str) -> Vec<String> {
        let home = tempfile::tempdir().expect("a home");
        let mut helper = helper(home.path(), script).expect("a helper");
        helper.patience = patience;
        let results = [helper.load(&account()).map(drop), helper.save(&account(), &secret()), helper.delete(&account())];
        results.into_iter().map(|result| result.map_or_else(|error| error.sentence().to_owned(), |()| "done".to_owned())).collect()
    }

    #[test]
    fn anything_round_trips_and_no_secret_is_an_argument() {
        let home = tempfile::tempdir().expect("a home");
        let helper = helper(home.path(), KEEPER).expect("a helper");
        let limit = helper.limit();
        let store = Split::new(helper, limit);
        assert_eq!(store.load(&account()), Ok(None));
        store.delete(&account()).expect("there is nothing, which the program takes for an error");
        for bytes in [b"  {\"a\":\"\\u00e4\"}\r\n ".to_vec(), vec![0xff, 0, 10, 13], Vec::new(), (0..=255).cycle().take(100 * 1024).collect()] {
            let secret = Secret::new(bytes);
            store.save(&account(), &secret).expect("saved");
            assert!(store.load(&account()) == Ok(Some(secret)));
        }
        let longest = fs::read_dir(home.path()).expect("entries").map(|entry| entry.expect("an entry").metadata().expect("metadata").len()).max();
        assert!(longest < Some(64 * 1024), "a line that these programs can read: {longest:?}");
        store.delete(&account()).expect("removed");
        assert_eq!(store.load(&account()), Ok(None));
        let arguments = fs::read_to_string(home.path().join("arguments")).expect("text");
        assert!(arguments.lines().all(|line| ["store", "get", "erase"].contains(&line)), "{arguments}");
    }

    #[test]
    fn a_program_that_hangs_or_talks_without_end_is_stopped() {
        let (begin, hanging) = (Instant::now(), |script: &str| sentences_within(Duration::from_millis(500), script));
        assert_eq!(hanging("#!/bin/sh\nexec sleep 600\n"), ["`docker-credential-test` did not answer within 0 s"; 3]);
        assert_eq!(
            hanging("#!/bin/sh\nexec >&- 2>&-\nexec sleep 600\n"),
            ["`docker-credential-test` did not answer within 0 s"; 3],
            "closed, not ended"
        );
        assert_eq!(sentences("#!/bin/sh\nexec yes\n"), ["`docker-credential-test` does not stop talking"; 3]);
        assert!(begin.elapsed() < Duration::from_secs(60), "it is not waited for");
    }

    #[test]
    fn a_program_that_fails_is_quoted_in_one_short_line_and_never_with_a_secret() {
        let failed = |line: &str| sentences(&format!("#!/bin/sh\ncat > /dev/null\n{line}\nexit 1\n"));
        assert_eq!(failed("echo; echo ' it is locked '; echo more"), ["`docker-credential-test` failed: it is locked"; 3]);
        assert_eq!(failed("echo on stderr >&2"), ["`docker-credential-test` failed: on stderr"; 3]);
        assert_eq!(failed("yes x | head -n 100000 | tr -d '\\n'")[0].len(), "`docker-credential-test` failed: ".len() + COMPLAINT_LIMIT);
        for echo in [r#"echo '{"Secret":"kc'"#, "echo kclogin:czNjcjN0", "true"] {
            assert_eq!(failed(echo), ["`docker-credential-test` failed"; 3], "{echo}");
        }
        assert_eq!(sentences("#!/bin/sh\nexec cat\n")[0], "`docker-credential-test` gives something that can't be read");
        for strange in [r#"{"Secret":7}"#, r#"{"Secret":"of somebody else"}"#, r#"{"Secret":"kclogin:?"}"#, "", "7"] {
            assert_eq!(
                sentences(&format!("#!/bin/sh\necho '{strange}'\n"))[0],
                "`docker-credential-test` gives something that can't be read",
                "{strange}"
            );
        }
    }

    #[test]
    fn nothing_there_is_said_in_more_than_one_way() {
        for nothing in
            [r#"echo '{"ServerURL":"x","Username":"","Secret":""}'"#, "echo '{}'", "echo 'credentials not found in native keychain' >&2; exit 1"]
        {
            assert_eq!(sentences(&format!("#!/bin/sh\ncat > /dev/null\n[ $1 = get ] || exit 0\n{nothing}\n")), ["done"; 3], "{nothing}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_or_none_is_a_clear_error() {
        let home = tempfile::tempdir().expect("a home");
        let error = Helper::open("test", &Environment::from_pairs([("PATH", home.path())])).expect_err("there is none");
        assert_eq!(error.sentence(), "there is no program `docker-credential-test`");
        assert!(sentences("no program")[0].starts_with("`docker-credential-test` can't be started: "));
    }
}
