//! The configuration file `config.toml`: reading it, with the line where it is wrong, and changing it without losing what people wrote around it.
//!
//! Where its directory is, `environment` knows. It holds no secret, but it says where one signs in, so it is the owner's alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::{Profile, Settings, check_name};
use crate::error::{Error, Result};
use crate::file_lock::FileLock;
use crate::private_file;

/// How long another process's change is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the names of files begin with that have not taken its place yet.
const NEW: &str = ".config.toml.new-";

/// Where a profile names the stores that may still hold something of its.
const UNCLEARED: &str = "uncleared-stores";

/// The configuration, as it was when it was read.
#[derive(Debug, Default)]
pub struct Config {
    path: Option<PathBuf>,
    default: Option<String>,
    profiles: BTreeMap<String, Settings>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Shape {
    default_profile: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, Settings>,
}

impl Config {
    /// Reads the file in kclogin's configuration directory; an empty configuration where there is none.
    ///
    /// # Errors
    /// It can't be read, or is malformed: then the sentence names file and line.
    pub fn read(dir: Option<&Path>) -> Result<Self> {
        let Some(path) = dir.map(|dir| dir.join("config.toml")) else { return Ok(Self::default()) };
        let text = read_text(&path)?;
        Self::parse(path, &text)
    }

    /// The configuration that this text is; `path` is where it stands, for messages and for later changes.
    ///
    /// # Errors
    /// It is malformed: then the sentence names file and line.
    pub fn parse(path: PathBuf, text: &str) -> Result<Self> {
        let shape: Shape = toml_edit::de::from_str(text).map_err(|error| malformed(&path, text, error.span(), error.message()))?;
        for name in shape.profile.keys().chain(&shape.default_profile) {
            check_name(name).map_err(|error| Error::usage(format!("{}: {}", path.display(), error.sentence())))?;
        }
        Ok(Self { path: Some(path), default: shape.default_profile, profiles: shape.profile })
    }

    /// The profile of that name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<Profile> {
        self.profiles.get(name).map(|settings| Profile { name: name.to_owned(), settings: settings.clone() })
    }

    /// Every profile, by name.
    pub fn profiles(&self) -> impl Iterator<Item = Profile> {
        self.profiles.iter().map(|(name, settings)| Profile { name: name.clone(), settings: settings.clone() })
    }

    /// The name of the default profile: the one that was chosen, else the only one there is.
    #[must_use]
    pub fn default_name(&self) -> Option<&str> {
        let only = || self.profiles.keys().next().filter(|_| self.profiles.len() == 1);
        self.default.as_ref().filter(|name| self.profiles.contains_key(*name)).or_else(only).map(String::as_str)
    }

    /// Adds or replaces a profile; the first one becomes the default. Does nothing where the file says all this already.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn put(&mut self, profile: &Profile) -> Result<()> {
        let becomes_default = self.default.is_none() && self.profiles.is_empty();
        if self.profiles.get(&profile.name) == Some(&profile.settings) {
            return Ok(());
        }
        let table = toml_edit::ser::to_document(&profile.settings)
            .map_err(|error| Error::failed(format!("the profile `{}` can't be written down: {error}", profile.name)))?
            .as_table()
            .clone();
        self.change(|document| {
            if becomes_default {
                document["default-profile"] = value(&profile.name);
            }
            let profiles = document.entry("profile").or_insert_with(|| {
                let mut parent = Table::new();
                parent.set_implicit(true);
                Item::Table(parent)
            });
            profiles[&profile.name] = Item::Table(table);
        })
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn set_default(&mut self, name: &str) -> Result<()> {
        self.change(|document| document["default-profile"] = value(name))
    }

    /// Removes a profile; if it was the default, there is none any more.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let was_default = self.default.as_deref() == Some(name);
        self.change(|document| {
            if let Some(profiles) = document.get_mut("profile").and_then(Item::as_table_like_mut) {
                profiles.remove(name);
            }
            if was_default {
                document.remove("default-profile");
            }
        })
    }

    /// Writes down in a profile that this store may hold something of its that is to be removed.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn add_uncleared(&mut self, name: &str, store: &str) -> Result<()> {
        self.change_list(name, UNCLEARED, |stores| {
            if !stores.iter().any(|listed| listed == store) {
                stores.push(store.to_owned());
            }
        })
    }

    /// Strikes out a store that is clear now.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn strike_uncleared(&mut self, name: &str, store: &str) -> Result<()> {
        self.change_list(name, UNCLEARED, |stores| stores.retain(|listed| listed != store))
    }

    /// Allows a profile's token to be sent to a site, or no longer.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn allow_site(&mut self, name: &str, site: &str, is_allowed: bool) -> Result<()> {
        self.change_list(name, "sites", |sites| {
            sites.retain(|listed| listed != site);
            sites.extend(is_allowed.then(|| site.to_owned()));
        })
    }

    /// Changes a list in the file as it is now: what else another process has changed in the profile meanwhile is none of this one's business.
    fn change_list(&mut self, name: &str, key: &str, change: impl FnOnce(&mut Vec<String>)) -> Result<()> {
        self.change(|document| {
            let profiles = document.get_mut("profile").and_then(Item::as_table_like_mut);
            let Some(profile) = profiles.and_then(|profiles| profiles.get_mut(name)?.as_table_like_mut()) else { return };
            let listed = profile.get(key).and_then(Item::as_array).into_iter().flatten();
            let mut stores: Vec<String> = listed.filter_map(|store| store.as_str().map(str::to_owned)).collect();
            change(&mut stores);
            if stores.is_empty() {
                profile.remove(key);
            } else {
                profile.insert(key, value(stores.into_iter().collect::<Array>()));
            }
        })
    }

    /// Reads the file once more.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_again(&mut self) -> Result<()> {
        *self = Self::read(self.path.as_deref().and_then(Path::parent))?;
        Ok(())
    }

    /// Sees whether the profile can be written down, where it isn't yet: a login that can't be kept is no login.
    ///
    /// # Errors
    /// It can't.
    pub fn probe(&self, profile: &Profile) -> Result<()> {
        if self.profiles.get(&profile.name) == Some(&profile.settings) {
            return Ok(());
        }
        // The lock alone may be there from earlier, in a directory that is read-only since.
        let (target, _lock) = self.lock()?;
        private_file::try_out(&target, NEW).map_err(|error| cannot_write(self.path.as_deref().unwrap_or(&target), &error))
    }

    /// The file that a change replaces, locked: two logins may end at the same moment, and neither must lose the other's profile.
    fn lock(&self) -> Result<(PathBuf, FileLock)> {
        let Some(path) = &self.path else {
            return Err(Error::failed("there is no home directory to keep the configuration in").hint("set HOME, or XDG_CONFIG_HOME"));
        };
        let target = behind_link(path)?;
        let lock = FileLock::take(&target.with_file_name(".config.toml.lock"), PATIENCE).map_err(|error| cannot_write(path, &error))?;
        Ok((target, lock))
    }

    /// Applies a change to the file as it is now, not as it was read, and replaces it in one step, so that a reader sees the old file or the new one.
    fn change(&mut self, change: impl FnOnce(&mut DocumentMut)) -> Result<()> {
        let (target, _lock) = self.lock()?;
        let path = self.path.clone().unwrap_or_default();
        let text = read_text(&path)?;
        let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| malformed(&path, &text, error.span(), error.message()))?;
        change(&mut document);
        let text = format!("{}\n", document.to_string().trim_end());
        private_file::replace(&target, text.as_bytes(), NEW).map_err(|error| cannot_write(&path, &error))?;
        self.read_again()
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("the configuration {} can't be written: {error}", path.display()))
        .hint("make its directory writable, or set XDG_CONFIG_HOME")
}

fn read_text(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Error::failed(format!("the configuration {} can't be read: {error}", path.display()))),
    }
}

/// The file that is to be replaced. People link their configuration into place, out of a repository of theirs: then it is the file behind the link.
///
/// # Errors
/// Somebody else has put the link there, who may be able to write to the directory but must not choose which other file of ours is replaced.
fn behind_link(path: &Path) -> Result<PathBuf> {
    #[cfg(unix)]
    if let (Ok(link), Some(Ok(dir))) = (fs::symlink_metadata(path), path.parent().map(fs::metadata)) {
        use std::os::unix::fs::MetadataExt;
        if link.is_symlink() && !is_followed(link.uid(), dir.uid()) {
            return Err(Error::failed(format!("the configuration {} is a link that somebody else has put there", path.display()))
                .hint("look where it leads, and make it your own or a file"));
        }
    }
    Ok(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

/// Whether a link of this owner is followed: that of its directory's owner, and the administrator's, who can do all this anyway.
#[cfg(unix)]
fn is_followed(link_owner: u32, dir_owner: u32) -> bool {
    [dir_owner, 0].contains(&link_owner)
}

fn malformed(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, message: &str) -> Error {
    let line = span.map(|span| text.as_bytes()[..span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1);
    // What is no URL is repeated by the library, and may hold a password all the same.
    let message = if message.contains('@') { message.split('"').next().unwrap_or_default().trim_end_matches([' ', ':']) } else { message };
    let at = line.map_or_else(|| path.display().to_string(), |line| format!("{}, line {line}", path.display()));
    Error::usage(format!("the configuration is malformed: {at}: {}", message.trim().replace('\n', ", ")))
        .hint("mend that line, or move the file away to start anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str, issuer: &str) -> Profile {
        let settings = Settings { issuer: Some(issuer.to_owned()), client_id: "kclogin".to_owned(), ..Settings::default() };
        Profile { name: name.to_owned(), settings }
    }

    #[test]
    fn the_first_profile_becomes_the_default_and_the_second_does_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = Config::read(Some(dir.path())).expect("an empty configuration");
        assert_eq!(config.default_name(), None);
        config.put(&profile("work", "https://a.example")).expect("written");
        config.put(&profile("home", "https://b.example")).expect("written");
        let config = Config::read(Some(dir.path())).expect("a configuration");
        assert_eq!(config.default_name(), Some("work"));
        assert_eq!(config.profiles().collect::<Vec<_>>(), [profile("home", "https://b.example"), profile("work", "https://a.example")]);
    }

    #[test]
    fn what_people_wrote_around_a_profile_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config.toml");
        fs::write(&path, "# mine\n\n[profile.work] # day job\nissuer = \"https://a.example\"\nclient-id = \"x\"\n").expect("written");
        let mut config = Config::read(Some(dir.path())).expect("a configuration");
        config.put(&profile("home", "https://b.example")).expect("written");
        config.set_default("home").expect("written");
        let text = fs::read_to_string(&path).expect("text");
        assert!(text.starts_with("# mine\n") || text.contains("\n# mine\n"), "{text}");
        assert!(text.contains("[profile.work] # day job\n") && text.contains("[profile.home]\n") && !text.contains("[profile]\n"), "{text}");
        config.remove("home").expect("written");
        assert_eq!(config.default_name(), Some("work"), "the only one left");
    }

    #[test]
    fn a_malformed_file_names_its_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let sentence = |text: &str| {
            fs::write(dir.path().join("config.toml"), text).expect("written");
            Config::read(Some(dir.path())).expect_err("malformed").sentence().to_owned()
        };
        assert!(sentence("default-profile = \"a\"\n\nprofile = [\n").contains("line "), "unclosed");
        let unknown = sentence("[profile.a]\nclient-id = \"x\"\nisuer = \"https://a.example\"\n");
        assert!(unknown.contains("line 3") && unknown.contains("isuer"), "{unknown}");
        let wrong = sentence("[profile.a]\nclient-id = 7\n");
        assert!(wrong.contains("line 2"), "{wrong}");
        let password = sentence("[profile.a]\nclient-id = \"x\"\nredirect-uri = \"https://u:s3cr3t@h:99999/\"\n");
        assert!(password.ends_with("config.toml, line 3: the address is not a URL: invalid port number"), "{password}");
        assert!(sentence("[profile.\"../a\"]\nclient-id = \"x\"\n").contains("../a"));
    }

    #[cfg(unix)]
    #[test]
    fn only_links_of_the_directory_s_owner_and_of_root_are_followed() {
        let followed = [(1000, 1000), (0, 1000), (1001, 1000), (1001, 0)].map(|(link, dir)| is_followed(link, dir));
        assert_eq!(followed, [true, true, false, false]);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_the_owners_alone_and_a_link_to_it_stays_a_link() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let (real, linked) = (dir.path().join("dotfiles.toml"), dir.path().join("kclogin"));
        fs::write(&real, "").expect("written");
        fs::create_dir(&linked).expect("made");
        std::os::unix::fs::symlink(&real, linked.join("config.toml")).expect("a link");
        Config::read(Some(&linked)).expect("a configuration").put(&profile("work", "https://a.example")).expect("written");
        assert!(fs::symlink_metadata(linked.join("config.toml")).expect("metadata").file_type().is_symlink());
        assert!(fs::read_to_string(&real).expect("text").contains("[profile.work]"));
        assert_eq!(fs::metadata(&real).expect("metadata").permissions().mode() & 0o777, 0o600);
    }
}
