//! The provider: its metadata, its clock, what it announces, its keys.

use std::time::Duration;

use url::Url;

use super::finding::Finding;
use super::{Input, Parts, client};
use crate::clock::{Timestamp, lasting};
use crate::error::Result;
use crate::oidc::provider::{Announced, CLOCK_TOLERANCE, Client, Contact, Provider, new_proof_key};
use crate::profile::Profile;

/// From how many seconds on a clock that is ahead fails: the lifetime of an ID token of Keycloak's, as it is by default.
const AHEAD_LIMIT: i64 = 300;
/// Keycloak's default for the time in which a code has to be redeemed, in seconds.
const USUAL_CODE_LIFETIME: i64 = 60;

const CHECKS: [&str; 5] = ["discovery", "clock", "PKCE", "keys", "endpoints"];

pub(super) fn look(input: &Input, contact: Option<&Result<Contact>>, redirect_uri: Option<&Url>, parts: &Parts<'_>) -> Vec<Finding> {
    let skipped = |names: &[&'static str], because: &str| names.iter().map(|name| Finding::skipped(name, because)).collect::<Vec<_>>();
    let all = [&CHECKS[..], &client::CHECKS].concat();
    let (Ok(profile), Some(contact)) = (&input.profile, contact) else { return skipped(&all, "no provider is known") };
    let answered = match contact {
        // A client that has to prove possession of a key refuses all else before it looks at a code.
        Ok(contact) => Provider::of_contact(parts.http, &profile.settings, contact)
            .map(|(provider, announced)| (contact, (provider.bound_to(profile.settings.dpop.then(new_proof_key)), announced))),
        Err(error) => Err(error.clone()),
    };
    let (contact, (provider, announced)) = match answered {
        Ok(answered) => answered,
        Err(error) => {
            let clock = contact.as_ref().ok().map(|contact| by_date(contact, parts.clock.now()));
            let failed = Finding::failed_by("discovery", &error, "look at the lines above, and try again");
            let rest = skipped(&all[1..], "the provider is not known").into_iter();
            let rest = rest.map(|finding| match &clock {
                Some(Some(found)) if finding.name == "clock" => {
                    Finding { advice: found.advice.clone(), detail: found.detail.clone(), certificate: None, ..*found }
                }
                _ => finding,
            });
            return std::iter::once(failed).chain(rest).collect();
        }
    };
    let now = parts.clock.now();
    let mut findings = vec![discovery(profile, contact, announced.as_ref())];
    let client = client::known(&provider, profile, input, parts);
    findings
        .push(by_date(contact, now).unwrap_or_else(|| by_signed_answer(&provider, announced.as_ref(), client.as_ref().ok(), redirect_uri, parts)));
    findings.push(pkce(announced.as_ref()));
    findings.push(keys(provider.count_keys()));
    findings.push(endpoints(&provider));
    findings.extend(client::look(&provider, profile, client, input, redirect_uri, now));
    findings
}

fn discovery(profile: &Profile, contact: &Contact, announced: Option<&Announced>) -> Finding {
    let took = contact.took.as_millis();
    Finding::ok(
        "discovery",
        match announced {
            Some(_) => format!("{} names itself so, in {took} ms", profile.provider()),
            None => format!("none: the endpoints are written down; one answers in {took} ms"),
        },
    )
}

/// The clock by the answer's `Date`; nothing where it has none.
fn by_date(contact: &Contact, now: Timestamp) -> Option<Finding> {
    let date = contact.date?;
    // The date was written at some moment of the exchange, and cut to a whole second.
    let took = i64::try_from(contact.took.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
    // What was looked at since the answer is no error of the clock's.
    let ahead = match now.seconds_from(date.after(contact.answered.elapsed())) {
        ahead if ahead > took => ahead - took,
        ahead if ahead < -1 => ahead + 1,
        _ => 0,
    };
    Some(clock(ahead, now))
}

/// What it means that this machine's clock is so many seconds ahead of the provider's.
fn clock(ahead: i64, now: Timestamp) -> Finding {
    let apart = lasting(Duration::from_secs(ahead.unsigned_abs()));
    let advice = "set this machine's clock, or have it set by NTP (`timedatectl set-ntp true`)";
    let here = format!("it is {} here", now.to_rfc3339());
    match ahead {
        0 => Finding::ok("clock", "as the provider's"),
        // Tokens seem to come from the future, and are refused.
        ..0 if ahead < -CLOCK_TOLERANCE => Finding::failed("clock", format!("{apart} behind the provider's: {here}"), advice),
        ..0 => Finding::ok("clock", format!("{apart} behind the provider's, which is within the tolerance")),
        _ if ahead >= AHEAD_LIMIT => Finding::failed("clock", format!("{apart} ahead of the provider's: {here}"), advice),
        _ if ahead >= CLOCK_TOLERANCE => Finding::warning("clock", format!("{apart} ahead of the provider's: {here}"), advice),
        _ => Finding::ok("clock", format!("{apart} ahead of the provider's, which is within the tolerance")),
    }
}

/// A Keycloak without a proxy before it sends no `Date`. A signed answer of its tells when it expires, which is the time there and how long a code may take;
/// that is a minute, unless somebody has changed it.
fn by_signed_answer(
    provider: &Provider<'_>,
    announced: Option<&Announced>,
    client: Option<&Client>,
    redirect_uri: Option<&Url>,
    parts: &Parts<'_>,
) -> Finding {
    let is_announced = announced.is_some_and(|announced| announced.signed_responses);
    let expiry = redirect_uri.filter(|_| is_announced).zip(client).and_then(|(uri, client)| provider.signed_answer_expiry(client, uri));
    let Some(expiry) = expiry else {
        return Finding::warning(
            "clock",
            "the provider's answers name no time, so it could not be told",
            "compare it yourself: a clock that is 30 s behind makes a login fail",
        );
    };
    let ahead = parts.clock.now().seconds_from(expiry).saturating_add(USUAL_CODE_LIFETIME);
    if ahead.abs() <= CLOCK_TOLERANCE {
        return Finding::ok("clock", "as the provider's, by the expiry of a signed answer");
    }
    let apart = lasting(Duration::from_secs(ahead.unsigned_abs()));
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    Finding::warning(
        "clock",
        format!("{apart} {side} the provider's, if its realm lets a code live for a minute as usual"),
        "set this machine's clock; where it is right, the realm's `Client Login Timeout` has been changed, which does no harm",
    )
}

fn pkce(announced: Option<&Announced>) -> Finding {
    match announced {
        Some(announced) if announced.s256 => Finding::ok("PKCE", "S256 is announced"),
        Some(_) => Finding::warning("PKCE", "S256 is not announced", "it is sent all the same; a provider without it protects codes less"),
        None => Finding::ok("PKCE", "S256 is sent; nothing is announced where the endpoints are written down"),
    }
}

fn keys(counted: Result<Option<usize>>) -> Finding {
    match counted {
        Ok(Some(0)) => Finding::failed("keys", "the provider publishes none, so no ID token can be verified", "tell whoever runs the provider"),
        Ok(Some(1)) => Finding::ok("keys", "1 key"),
        Ok(Some(count)) => Finding::ok("keys", format!("{count} keys")),
        Ok(None) => Finding::warning("keys", "it is not known where they are", "only the connection vouches for the ID token; give `--jwks-uri`"),
        Err(error) => Finding::failed_by("keys", &error, "tell whoever runs the provider"),
    }
}

fn endpoints(provider: &Provider<'_>) -> Finding {
    let known = &provider.endpoints;
    let missing: Vec<&str> = [
        ("userinfo_endpoint (for `whoami`)", known.userinfo.is_none()),
        ("end_session_endpoint (for `logout` to end the session there)", known.end_session.is_none()),
        ("revocation_endpoint (for `revoke`, and `logout` of an offline session)", known.revocation.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, is_missing)| is_missing.then_some(name))
    .collect();
    if !missing.is_empty() {
        return Finding::warning("endpoints", format!("missing: {}", missing.join(", ")), "a login works without; tell whoever runs the provider");
    }
    let device = if known.device_authorization.is_some() { ", and a device grant" } else { "; no device grant" };
    Finding::ok("endpoints", format!("all that kclogin uses{device}"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_what_a_login_tolerates() {
        let outcome = |ahead| clock(ahead, Timestamp(1_795_545_600)).outcome;
        for fine in [0, 29, -1, -30] {
            assert_eq!(outcome(fine), Outcome::Ok, "{fine}");
        }
        for doubtful in [30, 299] {
            assert_eq!(outcome(doubtful), Outcome::Warning, "{doubtful}");
        }
        for bad in [300, 86_400, -31, -300, i64::MIN, i64::MAX] {
            assert_eq!(outcome(bad), Outcome::Failed, "{bad}");
        }
        assert_eq!(clock(-90, Timestamp(1_795_545_600)).detail, "1 min 30 s behind the provider's: it is 2026-11-24T18:40:00Z here");
    }
}
