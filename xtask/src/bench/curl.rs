//! The bare client: curl, which tells how long an answer took without its own start and end.
//! Owns what curl is told, always on stdin so that no secret is in a list of processes, and the reading of what it writes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Tool};
use crate::process;

/// One who asks, and what authority is believed.
pub(super) struct Curl {
    program: PathBuf,
    authority: PathBuf,
}

/// What came back.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    /// From the first thing done for the transfer to the last byte: connection, TLS, request and answer.
    pub(super) took: Duration,
    /// Where it leads.
    pub(super) redirect: String,
}

impl Answer {
    /// Fails unless the status is the one expected.
    pub(super) fn expect(self, status: u16, doing: &str) -> Outcome<Self> {
        if self.status == status {
            return Ok(self);
        }
        let body: String = self.body.chars().take(300).collect();
        Err(Failure::new(format!("{doing}: {} {body}", self.status)))
    }
}

impl Curl {
    pub(super) fn new(authority: &Path) -> Outcome<Self> {
        Ok(Self { program: packages::program(Tool::Curl)?, authority: authority.to_owned() })
    }

    /// Asks an address, with these options of curl's.
    pub(super) fn ask(&self, url: &str, options: &[(&str, &str)]) -> Outcome<Answer> {
        let authority = self.authority.to_string_lossy();
        // The version that kclogin speaks, so that both ask for the same.
        let mut lines =
            vec![line("url", url), "silent".into(), "show-error".into(), "http1.1".into(), line("noproxy", "*"), line("cacert", &authority)];
        lines.push(line("write-out", "\\n%{http_code} %{time_total} %{redirect_url}").replace("\\\\n", "\\n"));
        lines.extend(options.iter().map(|(name, value)| line(name, value)));
        let mut command = Command::new(&self.program);
        command.args(["--disable", "--config", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process::spawn(&mut command)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(lines.join("\n").as_bytes()).context("telling curl what to do")?;
        }
        let output = child.wait_with_output().context("waiting for curl")?;
        if !output.status.success() {
            return Err(Failure::new(format!("curl of {url} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())));
        }
        answer(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| Failure::new(format!("curl of {url} did not tell what came of it")))
    }

    /// Posts a form to an address that answers 200.
    pub(super) fn post(&self, url: &str, form: &[(&str, &str)]) -> Outcome<Answer> {
        let fields: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let options: Vec<(&str, &str)> = fields.iter().map(|field| ("data-urlencode", field.as_str())).collect();
        self.ask(url, &options)?.expect(200, &format!("asking {url}"))
    }
}

/// A line of curl's configuration.
fn line(name: &str, value: &str) -> String {
    format!("{name} = \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The body, and in a line after it the status, the seconds and the address it leads to.
fn answer(written: &str) -> Option<Answer> {
    let (body, last) = written.rsplit_once('\n')?;
    let mut words = last.split(' ');
    let status = words.next()?.parse().ok()?;
    let took = Duration::try_from_secs_f64(words.next()?.parse().ok()?).ok()?;
    Some(Answer { status, body: body.to_owned(), took, redirect: words.next().unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_tells_what_the_body_does_not() {
        let (took, body) = (Duration::from_micros(12_345), "{\n}".to_owned());
        assert_eq!(answer("{\n}\n200 0.012345 "), Some(Answer { status: 200, body, took, redirect: String::new() }));
        let redirected = answer("\n302 0.5 http://127.0.0.1:1/callback?code=a").unwrap();
        assert_eq!((redirected.status, redirected.redirect.as_str()), (302, "http://127.0.0.1:1/callback?code=a"));
        assert_eq!(answer(""), None);
        assert_eq!(answer("200"), None);
    }

    #[test]
    fn a_value_stays_one_whatever_is_in_it() {
        assert_eq!(line("data-urlencode", r#"password=a"b\c"#), r#"data-urlencode = "password=a\"b\\c""#);
    }
}
