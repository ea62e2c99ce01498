//! Making text from outside harmless to whoever reads it. Where it is printed is left to `terminal` and `loopback`.

use std::borrow::Cow;

/// Replaces every character that could act on a terminal or reorder what is read by U+FFFD: C0 and C1 controls (and so every escape sequence and
/// line break), bidirectional controls, line and paragraph separators, and invisible tag characters.
#[must_use]
pub fn neutralise(text: &str) -> Cow<'_, str> {
    if text.chars().any(acts_on_the_terminal) {
        Cow::Owned(text.chars().map(|c| if acts_on_the_terminal(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn acts_on_the_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Writes the characters of a JSON document that could act on a terminal as the JSON escapes that mean the same.
#[must_use]
pub fn escape_json(document: &str) -> String {
    // Outside of strings JSON allows only ASCII, and of the controls only white space (RFC 8259 section 2), so an escape never lands there.
    let mut text = String::with_capacity(document.len());
    for c in document.chars() {
        match c {
            '\n' | '\t' => text.push(c),
            '\r' => {}
            c if acts_on_the_terminal(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_bidirectional_controls_are_neutralised() {
        let hostile = "Al\u{1b}[2Jice\u{9b}31m \u{202e}evil\u{2066}\r\nerror: \u{7}\u{e0041}";
        let neutral = neutralise(hostile);
        assert!(!neutral.chars().any(acts_on_the_terminal), "{neutral:?}");
        assert_eq!(neutralise("Zoë 李 👩‍💻"), "Zoë 李 👩‍💻");
    }

    #[test]
    fn json_on_a_terminal_means_the_same() {
        let document = "{\"name\":\"a\u{9b}31m\u{202e}\u{e0041}\",\r\n\t\"n\":1}";
        let escaped = escape_json(document);
        assert!(!escaped.contains('\u{9b}') && !escaped.contains('\u{202e}'), "{escaped:?}");
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("valid JSON");
        assert_eq!(parse(&escaped), parse(document));
    }
}
