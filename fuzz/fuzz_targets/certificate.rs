//! A certificate that a provider shows, which is looked at before anybody trusts it.
#![no_main]

use kclogin::oidc::certificate::Facts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    let facts = Facts::read(der);
    assert_eq!(facts, Facts::read(der), "the same bytes say the same");
    let Some(facts) = facts else { return };
    // A page of it, whatever it is filled with.
    assert!(facts.names.len() <= 100);
    assert!(facts.names.iter().chain(&facts.subject).chain(&facts.issuer).all(|text| text.chars().count() <= 100));
    assert!(facts.subject.iter().chain(&facts.issuer).all(|text| !text.is_empty()));
    assert_eq!(Facts::read(&der[..der.len() - 1]), None, "half of it is none");
    assert_eq!(Facts::read(&[der, b"x"].concat()), None, "nor is more than it");
});
