//! Text from outside on its way to a terminal.
#![no_main]

use kclogin::text::{escape_json, neutralise};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// What must never reach a terminal: controls, and what Unicode calls `Bidi_Control`, line and paragraph separators, and tags.
fn acts(c: char) -> bool {
    let code = u32::from(c);
    let bidi = [0x61c, 0x200e, 0x200f].contains(&code) || (0x202a..=0x202e).contains(&code) || (0x2066..=0x2069).contains(&code);
    code < 0x20 || (0x7f..0xa0).contains(&code) || bidi || code == 0x2028 || code == 0x2029 || (0xe_0000..0xe_0080).contains(&code)
}

fuzz_target!(|text: &str| {
    let neutral = neutralise(text);
    assert!(!neutral.chars().any(acts), "{neutral:?}");
    assert_eq!(neutralise(&neutral), neutral, "it is done at once");
    assert_eq!(neutral.chars().count(), text.chars().count());
    for (before, after) in text.chars().zip(neutral.chars()) {
        assert!(before == after || after == '\u{fffd}');
        assert!(before == after || !before.is_alphanumeric(), "{before:?} is nothing to fear");
    }

    let escaped = escape_json(text);
    assert!(!escaped.chars().any(|c| acts(c) && !matches!(c, '\n' | '\t')), "{escaped:?}");
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        assert_eq!(serde_json::from_str::<Value>(&escaped).expect("still JSON"), document);
    }
    // Any text as a value and as a name.
    let document = Value::from_iter([(text, Value::from(text))]);
    let escaped = escape_json(&document.to_string());
    assert!(!escaped.chars().any(acts), "{escaped:?}");
    assert_eq!(serde_json::from_str::<Value>(&escaped).expect("still JSON"), document);
});
