//! The key under which something is kept. How a store turns it into a name of its own is that store's affair.

use std::fmt;

use crate::encoding::sha256;

/// What is kept under an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// The token set of a login.
    TokenSet,
    /// The secret of a confidential client, which outlives the login.
    ClientSecret,
    /// The access tokens of a client's service account.
    ServiceAccount,
    /// Nothing of worth: written and deleted to see whether the store works.
    Probe,
}

impl Kept {
    fn as_str(self) -> &'static str {
        match self {
            Self::TokenSet => "token-set",
            Self::ClientSecret => "client-secret",
            Self::ServiceAccount => "service-account",
            Self::Probe => "probe",
        }
    }
}

/// The key under which something is kept: the profile, the client and the issuer, so that a session can never be used for another provider than the
/// one it came from, and two people's sessions at one provider stay apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    profile: String,
    client_id: String,
    issuer: String,
    kept: Kept,
    part: Option<(Slot, usize)>,
}

/// One of the two places for the parts of what a store with a small limit keeps; see `split`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    A,
    B,
}

impl Slot {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

impl Account {
    /// The account of a profile's token set.
    #[must_use]
    pub fn token_set(profile: &str, client_id: &str, issuer: &str) -> Self {
        Self { profile: profile.to_owned(), client_id: client_id.to_owned(), issuer: issuer.to_owned(), kept: Kept::TokenSet, part: None }
    }

    /// The account of the same profile's client secret.
    #[must_use]
    pub fn client_secret(&self) -> Self {
        Self { kept: Kept::ClientSecret, ..self.clone() }
    }

    /// The account of the same profile's service account.
    #[must_use]
    pub fn service_account(&self) -> Self {
        Self { kept: Kept::ServiceAccount, ..self.clone() }
    }

    pub(super) fn probe(&self) -> Self {
        Self { kept: Kept::Probe, ..self.clone() }
    }

    /// The account of a part of what is kept here.
    pub(super) fn part(&self, slot: Slot, index: usize) -> Self {
        Self { part: Some((slot, index)), ..self.clone() }
    }

    /// What a person sees in the keyring's own program.
    #[must_use]
    pub fn label(&self) -> String {
        let kept = match self.kept {
            Kept::TokenSet => "tokens",
            Kept::ClientSecret => "client secret",
            Kept::ServiceAccount => "service account's tokens",
            Kept::Probe => "a test that the keyring works",
        };
        let part = self.part.map_or_else(String::new, |(_, index)| format!(", part {}", index + 1));
        format!("kclogin {}: {kept}{part}", self.profile)
    }

    /// A name for where only letters, digits, `.`, `_` and `-` are safe, and perhaps only one case of letters: at most 111 characters, of which the
    /// last 32 alone tell every account from every other.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}-{}", self.kept.as_str(), self.profile, self.digest())
    }

    /// An address for where only addresses are taken as keys. It leads nowhere (RFC 2606 section 2), and its host alone tells every account from every
    /// other, for those who look at no more than that.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}.kclogin.invalid/{}/{}", self.digest(), self.kept.as_str(), self.profile)
    }

    /// 128 bits of a digest over the whole key, in hexadecimal.
    fn digest(&self) -> String {
        sha256(self.to_string()).chars().take(32).collect()
    }
}

/// The key as text. Profile names and issuers hold no spaces, so no two accounts have the same text whatever the client's ID is.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kept.as_str())?;
        if let Some((slot, index)) = self.part {
            write!(f, ".{}.{index}", slot.as_str())?;
        }
        write!(f, " {} {} {}", self.profile, self.client_id, self.issuer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_accounts_share_a_key_a_file_name_or_a_host() {
        let account = Account::token_set;
        let accounts = [
            account("a", "b", "https://c"),
            account("A", "b", "https://c"),
            account("a", "b https://c", "https://c"),
            account("a", "B", "https://c"),
            account("a", "b", "https://c/d"),
            account("b", "b", "https://c"),
            account("a", "b", "https://c").client_secret(),
            account("a", "b", "https://c").probe(),
            account("a", "b", "https://c").part(Slot::A, 1),
            account("a", "b", "https://c").part(Slot::B, 1),
            account("a", "b", "https://c").part(Slot::A, 11),
            account("a", "b", "https://c").client_secret().part(Slot::A, 1),
        ];
        let keys: BTreeSet<String> = accounts.iter().map(ToString::to_string).collect();
        let files: BTreeSet<String> = accounts.iter().map(|account| account.file_name().to_ascii_lowercase()).collect();
        let hosts: BTreeSet<String> =
            accounts.iter().filter_map(|account| Some(url::Url::parse(&account.url()).ok()?.host_str()?.to_owned())).collect();
        assert_eq!((keys.len(), files.len(), hosts.len()), (accounts.len(), accounts.len(), accounts.len()), "{keys:?} {files:?} {hosts:?}");
    }

    #[test]
    fn a_file_name_is_safe_on_every_file_system() {
        let hostile = Account::token_set(&"x".repeat(64), "../../a\\b:c*?\"<>|\n\u{202e}", "https://kc.example/realms/a").client_secret().file_name();
        assert!(hostile.len() <= 111 && hostile.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')), "{hostile}");
        // Windows reserves `con` with whatever follows its first dot.
        assert!(Account::token_set("con.x", "a", "https://b").file_name().starts_with("token-set-con.x-"));
    }
}
