//! Access tokens that were derived from a session's or a service account's: what was asked for, what came, and how many are kept. No I/O.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::secret::Secret;

/// An access token that was derived for other resource servers (RFC 8693), with less scope (RFC 6749 section 6), or for a service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// What was asked for.
    #[serde(flatten)]
    pub target: Target,
    /// The access token.
    pub access_token: Secret<String>,
    /// When it expires; nothing where the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Timestamp>,
    /// The scopes granted.
    pub granted: Vec<String>,
}

/// What an access token is asked for, beyond what the login asked for: nothing in both is the login's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The resource servers it shall be for, as the provider calls them (`audience`, RFC 8693 section 2.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    audience: Vec<String>,
    /// The scopes it shall have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scope: Vec<String>,
}

impl Target {
    /// A target; the order of what is asked for means nothing.
    #[must_use]
    pub fn new(mut audience: Vec<String>, mut scope: Vec<String>) -> Self {
        for list in [&mut audience, &mut scope] {
            list.sort_unstable();
            list.dedup();
        }
        Self { audience, scope }
    }

    /// Whether nothing else is asked for than what the login did.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.audience.is_empty() && self.scope.is_empty()
    }

    /// The resource servers.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// The scopes.
    #[must_use]
    pub fn scope(&self) -> &[String] {
        &self.scope
    }
}

/// How many derived tokens are kept: enough for what a script talks to, and few enough that the set stays small for a keyring.
const MOST_DERIVED: usize = 8;

/// The kept one of these that was derived for a target.
#[must_use]
pub fn derived_for<'a>(derived: &'a [Derived], target: &Target) -> Option<&'a Derived> {
    derived.iter().find(|derived| derived.target == *target)
}

/// Keeps a derived token in place of the one before it, and forgets those that have expired, and the oldest where there are too many.
pub fn keep_derived(kept: &mut Vec<Derived>, new: Derived, now: Timestamp) {
    kept.retain(|derived| derived.target != new.target && is_valid_for(derived.expiry, now, Duration::ZERO));
    kept.push(new);
    kept.drain(..kept.len().saturating_sub(MOST_DERIVED));
}

/// Whether something with this expiry is still valid for `min_validity` from `now`. Without a known expiry it is taken to be.
#[must_use]
pub fn is_valid_for(expiry: Option<Timestamp>, now: Timestamp, min_validity: Duration) -> bool {
    let needed = i64::try_from(min_validity.as_secs()).unwrap_or(i64::MAX).max(1);
    expiry.is_none_or(|expiry| expiry.seconds_from(now) >= needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(audience: &str, expiry: i64) -> Derived {
        let target = Target::new(vec![audience.to_owned()], Vec::new());
        Derived { target, access_token: Secret::from("at-secret"), expiry: Some(Timestamp(expiry)), granted: Vec::new() }
    }

    #[test]
    fn the_order_of_what_is_asked_for_means_nothing() {
        let target = |audience: [&str; 2], scope: [&str; 3]| Target::new(audience.map(str::to_owned).into(), scope.map(str::to_owned).into());
        assert_eq!(target(["a", "b"], ["x", "y", "x"]), target(["b", "a"], ["y", "y", "x"]));
        assert_ne!(target(["a", "b"], ["x", "y", "x"]), target(["a", "b"], ["x", "x", "x"]));
        assert!(Target::default().is_default() && !derived("a", 1).target.is_default());
    }

    #[test]
    fn a_new_one_replaces_its_like_and_drives_out_the_expired_and_the_oldest() {
        let names = |kept: &[Derived]| kept.iter().map(|derived| derived.target.audience()[0].clone()).collect::<Vec<_>>();
        let mut kept = vec![derived("old", 100), derived("same", 200), derived("live", 101)];
        keep_derived(&mut kept, derived("same", 300), Timestamp(100));
        assert_eq!(names(&kept), ["live", "same"]);
        assert_eq!(derived_for(&kept, &derived("same", 0).target), Some(&derived("same", 300)));
        (0..MOST_DERIVED).for_each(|number| keep_derived(&mut kept, derived(&number.to_string(), 900), Timestamp(100)));
        assert_eq!(names(&kept), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    }
}
