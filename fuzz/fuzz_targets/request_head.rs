//! The head of a request to the redirect URI, as the listener reads it: in pieces as they come.
#![no_main]

use kclogin::loopback::head::{Head, Parsed};
use libfuzzer_sys::fuzz_target;

/// Lengths at which the bytes are looked at: every one of a short input, else some of them.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(length / 64 + 1)
}

fuzz_target!(|bytes: &[u8]| {
    let whole = Head::parse(bytes);
    for cut in cuts(bytes.len()) {
        let part = Head::parse(&bytes[..cut]);
        // In how many pieces a request comes must change nothing: what has been judged stays judged.
        assert!(part == Parsed::Partial || part == whole, "after {cut} bytes: {part:?}, then: {whole:?}");
    }
    let Parsed::Complete(head) = whole else { return };
    // Nothing in these can end a line, or be taken for another part of the request line.
    let is_one_word = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    assert!(is_one_word(&head.method) && is_one_word(&head.target), "{head:?}");
    assert!(head.hosts.iter().all(|host| !host.contains(['\r', '\n', '\0'])), "{head:?}");
    // No `Host` is overlooked: two of them are how a request is smuggled past the check of one. Nor is a `Cookie`.
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let lines = text.split('\n').skip_while(|line| line.trim_end_matches('\r').is_empty()).skip(1);
    let headers: Vec<&str> = lines.take_while(|line| !line.trim_end_matches('\r').is_empty()).collect();
    let count = |name: &str| headers.iter().filter(|line| line.starts_with(name)).count();
    assert_eq!((head.hosts.len(), head.cookies.len()), (count("host:"), count("cookie:")), "{head:?}");
});
