//! The certificates: the provider's, and the one that is shown to it. Whose each is, who issued it and until when it is valid, and whether that is soon.

use std::path::Path;
use std::time::Duration;

use url::Url;

use super::finding::Finding;
use super::{Origin, Parts, at};
use crate::clock::{Timestamp, in_words};
use crate::error::Error;
use crate::oidc::certificate::Facts;
use crate::oidc::http::Stage;
use crate::oidc::provider::Contact;
use crate::profile::Profile;

/// How long before its end a certificate is warned of, at most.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The longest that a certificate is waited for.
const LIMIT: Duration = Duration::from_secs(5);
/// How many names of a certificate are shown.
const SHOWN: usize = 3;

/// The provider's: whether it is trusted, and what is in it, also where it is refused.
pub(super) fn of_provider(url: &Url, contact: &Result<Contact, (Stage, Error)>, profile: &Profile, parts: &Parts<'_>) -> Finding {
    const NAME: &str = "certificate";
    if url.scheme() == "http" {
        return Finding::ok(NAME, "none: plain http, which does not leave this machine");
    }
    let named = parts.environment.get("SSL_CERT_FILE");
    let by = match (&profile.settings.ca_file, named) {
        (Some(file), _) => format!("the authorities in {}", file.display()),
        (None, Some(file)) => format!("the authorities in {file} (SSL_CERT_FILE)"),
        (None, None) => "the system's authorities".to_owned(),
    };
    let now = parts.clock.now();
    let facts = if matches!(contact, Err((Stage::Way, _))) { None } else { parts.http.certificate_at(LIMIT, url) };
    let with_facts = |text: String| match &facts {
        Some(facts) => format!("{text}: certificate of {}, {}", host(facts), ends(facts, now)),
        None => text,
    };
    let finding = match contact {
        Err((Stage::Way, _)) => Finding::skipped(NAME, "there is no connection"),
        Err((Stage::Trust, error)) => {
            let advice = error.hint_text().unwrap_or("look at the certificate and at what is trusted here");
            Finding::failed(NAME, with_facts(format!("{} (asked: {by})", error.sentence())), advice)
        }
        // Who breaks off before its certificate has come has not been trusted.
        Err((Stage::Answer, _)) if facts.is_none() => Finding::skipped(NAME, "none came that could be read"),
        Ok(_) | Err((Stage::Answer, _)) => {
            let detail = with_facts(format!("{} is trusted by {by}", at(url)));
            if facts.as_ref().is_some_and(|facts| is_soon(facts, now)) {
                Finding::warning(NAME, detail, "tell whoever runs the provider to renew it: without, nobody can sign in from then on")
            } else {
                Finding::ok(NAME, detail)
            }
        }
    };
    finding.about(facts)
}

/// The client's own. What is wrong with its file, the provider's line says, since no request is sent then.
pub(super) fn of_client(path: &Path, origin: Origin, parts: &Parts<'_>) -> Finding {
    const NAME: &str = "shown";
    let shown = format!("the client certificate {} ({origin})", path.display());
    let Some(facts) = parts.http_settings.own_certificate() else { return Finding::ok(NAME, shown) };
    let now = parts.clock.now();
    let detail = format!("{shown}: of {}, {}", person(&facts), ends(&facts, now));
    let renew = "have whoever runs the provider give you a new one, and name it by `--client-certificate FILE`";
    let finding = if facts.valid_until < now {
        Finding::failed(NAME, detail, renew)
    } else if facts.valid_from > now {
        Finding::warning(NAME, detail, "look at this machine's clock")
    } else if is_soon(&facts, now) {
        Finding::warning(NAME, detail, renew)
    } else {
        Finding::ok(NAME, detail)
    };
    finding.about(Some(facts))
}

fn is_soon(facts: &Facts, now: Timestamp) -> bool {
    // Those that live for days only are renewed by a machine, in the last third of their lives.
    let life = Duration::from_secs(u64::try_from(facts.valid_until.seconds_from(facts.valid_from)).unwrap_or(0));
    facts.valid_until <= now.after(SOON.min(life / 3))
}

/// Whose a host's certificate is: by what a client goes by, which is not the subject.
fn host(facts: &Facts) -> String {
    let names = facts.names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match facts.names.len() {
        0 => facts.subject.clone().unwrap_or_else(|| "nobody".to_owned()),
        count if count > SHOWN => format!("{names} and {} more", count - SHOWN),
        _ => names,
    }
}

/// Whose a person's is.
fn person(facts: &Facts) -> String {
    facts.subject.clone().unwrap_or_else(|| host(facts))
}

fn ends(facts: &Facts, now: Timestamp) -> String {
    let issuer = match &facts.issuer {
        _ if facts.is_self_issued => "itself",
        Some(issuer) => issuer,
        None => "nobody who is named",
    };
    let (from, until) = (day(facts.valid_from), day(facts.valid_until));
    let validity = if facts.valid_from > now {
        format!("valid from {from} until {until}")
    } else if facts.valid_until < now {
        format!("expired on {until}")
    } else if is_soon(facts, now) {
        format!("valid until {until} ({} more)", in_words(facts.valid_until, now))
    } else {
        format!("valid until {until}")
    };
    format!("issued by {issuer}, {validity}")
}

/// A day, in UTC.
fn day(point: Timestamp) -> String {
    point.to_rfc3339().chars().take_while(|c| *c != 'T').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_lives_for_days_is_warned_of_in_its_last_third() {
        const DAY: i64 = 86_400;
        let facts = Facts {
            names: Vec::new(),
            subject: None,
            issuer: None,
            is_self_issued: false,
            valid_from: Timestamp(0),
            valid_until: Timestamp(6 * DAY),
        };
        assert!(!is_soon(&facts, Timestamp(4 * DAY - 1)));
        assert!(is_soon(&facts, Timestamp(4 * DAY)));
        let backwards = Facts { valid_from: Timestamp(9 * DAY), ..facts };
        assert!(!is_soon(&backwards, Timestamp(5 * DAY)) && is_soon(&backwards, Timestamp(6 * DAY)));
    }
}
