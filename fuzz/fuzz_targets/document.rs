//! The strict reading of JSON, through which every document of a provider comes, against serde and a count of colons and brackets.
#![no_main]

mod json;

use json::is_sound;
use kclogin::oidc::document::{Unsound, read, require_sound};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// A member's name with each of its characters escaped.
fn escaped(name: &str) -> String {
    let units = name.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", units.collect::<String>())
}

fuzz_target!(|bytes: &[u8]| {
    let lenient = serde_json::from_slice::<Value>(bytes);
    let sound = lenient.as_ref().is_ok_and(|value| is_sound(bytes, value));
    assert_eq!(require_sound(bytes).is_ok(), sound);
    assert_eq!(read::<Map<String, Value>>(bytes).is_ok(), sound && lenient.as_ref().is_ok_and(Value::is_object));
    match read::<Value>(bytes) {
        Ok(value) => {
            assert!(sound, "a document was taken that can be understood in two ways");
            assert_eq!(lenient.expect("JSON"), value);
            let (Value::Object(object), Some(end)) = (&value, bytes.iter().rposition(|byte| *byte == b'}')) else { return };
            // Any of its members once more, however it is written, makes it another one; a new one doesn't.
            let with = |name: &str| [&bytes[..end], b",", name.as_bytes(), b":0}"].concat();
            for name in object.keys() {
                assert!(matches!(require_sound(&with(&escaped(name))), Err(Unsound::Ambiguous(_))), "{name:?}");
            }
            let longest = object.keys().max_by_key(|name| name.len());
            assert!(longest.is_none_or(|name| require_sound(&with(&escaped(&format!("{name}+")))).is_ok()));
        }
        Err(refusal) => {
            assert!(!sound, "{refusal}");
            assert!(matches!(refusal, Unsound::Ambiguous(_)) || lenient.is_err(), "{refusal}");
            // It goes into error messages, and documents hold tokens.
            assert!(!refusal.to_string().contains("MARKER"), "{refusal}");
        }
    }
});
