//! The note about the Keycloak that a command left running: where it is and how to stop it.
//! Owns the file; whether to use what it says is decided by the parent.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::failure::{Context, Outcome};
use crate::{http, process, workspace};

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) url: String,
    pub(crate) how: How,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// What was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// A process group, by the id of its leader.
    Process(u32),
    /// A container, by its name.
    Container(String),
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "process {pid}"),
            Self::Container(name) => write!(f, "container {name}"),
        }
    }
}

fn file() -> PathBuf {
    workspace::cache().join("running.json")
}

impl Record {
    /// The note, if there is one that makes sense.
    pub(crate) fn load() -> Option<Self> {
        Self::parse(&fs::read_to_string(file()).ok()?)
    }

    /// Writes it down.
    pub(crate) fn save(&self) -> Outcome {
        let file = file();
        fs::write(&file, self.to_json()).context(format_args!("writing {}", file.display()))
    }

    /// Throws it away.
    pub(crate) fn forget() {
        let _ = fs::remove_file(file());
    }

    fn to_json(&self) -> String {
        let how = match &self.how {
            How::Process(pid) => json!({ "process": pid }),
            How::Container(name) => json!({ "container": name }),
        };
        format!("{:#}\n", json!({ "url": self.url, "how": how, "user": self.user, "password": self.password }))
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let how = match (value["how"]["process"].as_u64(), value["how"]["container"].as_str()) {
            (Some(pid), _) => How::Process(u32::try_from(pid).ok()?),
            (None, Some(name)) => How::Container(name.to_owned()),
            (None, None) => return None,
        };
        Some(Self { url: text("url")?, how, user: text("user")?, password: text("password")? })
    }

    /// Whether it is still there and a Keycloak answers.
    pub(crate) fn answers(&self) -> bool {
        let there = match &self.how {
            How::Process(pid) => self.is_ours(*pid),
            How::Container(_) => true,
        };
        there && http::get(&format!("{}/realms/master", self.url), None).is_ok_and(|answer| answer.status == 200)
    }

    /// Whether the process is alive and a Keycloak on the port that was noted, not a stranger that was given its id.
    pub(crate) fn is_ours(&self, pid: u32) -> bool {
        let port = self.url.rsplit(':').next().unwrap_or_default();
        process::is_alive(pid) && process::command_line(pid).is_none_or(|line| line.contains("start-dev") && line.contains(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(how: How) -> Record {
        Record { url: "http://127.0.0.1:41234".into(), how, user: "admin".into(), password: "admin".into() }
    }

    #[test]
    fn what_is_saved_is_what_is_loaded() {
        for how in [How::Process(4242), How::Container("kclogin-keycloak-41234".into())] {
            let record = record(how);
            assert_eq!(Record::parse(&record.to_json()), Some(record));
        }
    }

    #[test]
    fn a_damaged_note_is_no_note() {
        for text in [
            "",
            "{",
            "{}",
            "[]",
            r#"{"url":"u","user":"a","password":"b","how":{}}"#,
            r#"{"url":"u","user":"a","password":"b","how":{"process":-1}}"#,
        ] {
            assert_eq!(Record::parse(text), None, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_stranger_with_the_noted_id_is_not_ours() {
        let record = record(How::Process(std::process::id()));
        assert!(!record.is_ours(std::process::id()));
        assert!(!record.answers());
    }
}
