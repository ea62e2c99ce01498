//! The demo itself: the real kclogin signs in, says who that is, gives a token that works, and signs out again.
//! Owns what is typed and shown, and the environment that keeps it apart from a person's own profiles.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::browser::handover;
use crate::failure::{Context, Failure, Outcome};
use crate::keyring::Surroundings;
use crate::progress::say;
use crate::scratch::Scratch;
use crate::{http, process, workspace};

/// How long the browser may still take for its report when kclogin has ended.
const REPORT: Duration = Duration::from_secs(15);

/// What the demo works with.
pub(super) struct Demo<'a> {
    pub(super) kclogin: &'a Path,
    pub(super) issuer: &'a str,
    pub(super) scratch: &'a Scratch,
    pub(super) surroundings: &'a Surroundings,
    pub(super) browser: Browser,
}

/// Who signs in, and where; the paths are this program's, without a space.
pub(super) enum Browser {
    /// The person, in their browser, which kclogin finds.
    Own,
    /// The person, in their browser, which has to be led out of what surrounds kclogin.
    HandedOver(PathBuf),
    /// Nobody.
    Headless(PathBuf),
}

impl Demo<'_> {
    /// All of it. Whatever fails after the sign-in, nothing is left in a keyring.
    pub(super) fn run(&self) -> Outcome {
        self.login()?;
        let used = self.use_session();
        used.and(self.show(&["logout"]))
    }

    fn use_session(&self) -> Outcome {
        self.show(&["whoami"])?;
        let token = self.token()?;
        self.use_token(&token)
    }

    /// kclogin with folders and a profile of the demo's own.
    fn kclogin(&self, arguments: &[&str]) -> Command {
        say("");
        say(&format!("$ kclogin {}", arguments.join(" ")));
        let mut command = self.surroundings.command(self.kclogin);
        command.args(arguments).env("KCLOGIN_PROFILE", "demo");
        for (name, folder) in [("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
            command.env(name, self.scratch.path().join(folder));
        }
        for name in ["KCLOGIN_ISSUER", "KCLOGIN_CLIENT_ID", "KCLOGIN_CLIENT_SECRET", "KCLOGIN_SCOPE", "KCLOGIN_STORE"] {
            command.env_remove(name);
        }
        match &self.browser {
            Browser::Own => {}
            Browser::HandedOver(program) => handover::prepare(&mut command, program),
            Browser::Headless(program) => {
                command.env("BROWSER", program).env("XTASK_BROWSER_LOG", self.report()).env("XTASK_BROWSER_SCREENSHOT", picture());
                // Over SSH kclogin would rightly think that nobody sees a browser open here; this one needs nobody.
                for name in ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"] {
                    command.env_remove(name);
                }
            }
        }
        command
    }

    fn login(&self) -> Outcome {
        let mut command = self.kclogin(&["login", "--issuer", self.issuer]);
        let mut child = process::spawn(&mut command)?;
        let end = process::end_when_interrupted(&child);
        let status = loop {
            if let Some(status) = child.try_wait().context("waiting for kclogin")? {
                end.keep();
                break status;
            }
            // A browser that has given up will not come back: kclogin need not wait for its time to be over.
            if let Some(reason) = self.seen().as_ref().and_then(|seen| seen["reason"].as_str().map(str::to_owned)) {
                drop(end);
                let _ = child.wait();
                return Err(Failure::new(format!("the headless browser failed: {reason}")));
            }
            sleep(Duration::from_millis(100));
        };
        if !status.success() {
            return Err(Failure::new(format!("kclogin login ended with {status}")));
        }
        if matches!(self.browser, Browser::Headless(_)) {
            let seen = process::until(REPORT, || self.seen()).ok_or_else(|| Failure::new("the headless browser gave no report"))?;
            say(&format!("The browser ended on \"{}\": {}", seen["title"].as_str().unwrap_or_default(), one_line(&seen["text"])));
            say(&format!("That page as a picture: {}", picture().display()));
        }
        Ok(())
    }

    /// Where the headless browser writes at its end.
    fn report(&self) -> PathBuf {
        self.scratch.path().join("browser.json")
    }

    /// What it wrote.
    fn seen(&self) -> Option<Value> {
        let text = fs::read_to_string(self.report()).ok()?;
        text.ends_with('\n').then(|| serde_json::from_str(text.lines().next_back()?).ok())?
    }

    fn show(&self, arguments: &[&str]) -> Outcome {
        process::run(&mut self.kclogin(arguments))
    }

    fn token(&self) -> Outcome<String> {
        let mut command = self.kclogin(&["token"]);
        let output = process::spawn(command.stdout(Stdio::piped()))?.wait_with_output().context("waiting for kclogin")?;
        if !output.status.success() {
            return Err(Failure::new(format!("kclogin token ended with {}", output.status)));
        }
        let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let start: String = token.chars().take(20).collect();
        say(&format!("{start}... ({} characters)", token.len()));
        Ok(token)
    }

    /// What a script would do with it.
    fn use_token(&self, token: &str) -> Outcome {
        let url = format!("{}/protocol/openid-connect/userinfo", self.issuer);
        let answer = http::get(&url, Some(token))?.expect(&[200], "using the token")?.json()?;
        let name = answer["name"].as_str().or_else(|| answer["preferred_username"].as_str()).unwrap_or("somebody");
        say(&format!("Keycloak takes it: the user info endpoint answers 200 and knows {name}."));
        Ok(())
    }
}

/// The picture of the page that the browser ended on.
fn picture() -> PathBuf {
    workspace::cache().join("demo.png")
}

fn one_line(text: &Value) -> String {
    let lines = text.as_str().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" / ").chars().take(200).collect()
}
