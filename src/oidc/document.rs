//! JSON documents from outside, read strictly: no member comes twice and nothing is nested without end.
//!
//! Two readers of a document with a member twice may each take another one for true, which is how a check and a use come apart (RFC 8259 section 4,
//! RFC 7519 section 4, RFC 8725 section 2.4); serde takes the last one, or refuses, depending on the type. How long a document may be is limited where its
//! bytes come from; what it means is left to whoever asked for it.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// How deep objects and arrays may be nested. Keycloak's own documents are four deep, and a mapper's claims hardly deeper.
const DEPTH_LIMIT: usize = 32;

/// Why a document is refused.
#[derive(Debug)]
pub enum Unsound {
    /// It is not JSON, or not of the form it should have.
    Form(serde_json::Error),
    /// A member comes twice in one object, or too much is nested.
    Ambiguous(serde_json::Error),
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Form(error) | Self::Ambiguous(error)) = self;
        error.fmt(f)
    }
}

/// Reads a document.
///
/// # Errors
/// It is not JSON of the wanted form, a member comes twice in one of its objects, or more than 32 levels are nested.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unsound> {
    require_sound(bytes)?;
    serde_json::from_slice(bytes).map_err(Unsound::Form)
}

/// Refuses a document that two readers could understand differently, before any is asked what it means.
///
/// # Errors
/// It is not JSON, a member comes twice in one of its objects, or more than 32 levels are nested.
pub fn require_sound(bytes: &[u8]) -> Result<(), Unsound> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Sound { depth: 0 }.deserialize(&mut reader).and_then(|()| reader.end()).map_err(|error| {
        // The library sorts what we refuse under "data", and what is no JSON elsewhere.
        if error.is_data() { Unsound::Ambiguous(error) } else { Unsound::Form(error) }
    })
}

/// Looks at a value of any kind and keeps nothing of it.
#[derive(Clone, Copy)]
struct Sound {
    depth: usize,
}

impl Sound {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_LIMIT { Err(E::custom("too much is nested")) } else { Ok(Self { depth: self.depth + 1 }) }
    }
}

impl<'de> DeserializeSeed<'de> for Sound {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while sequence.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<Name>()? {
            if !names.insert(name.0) {
                return Err(A::Error::custom("a member comes twice"));
            }
            map.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// A member's name, its escapes resolved.
#[derive(Deserialize, PartialEq, Eq, Hash)]
struct Name(String);

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn refused(text: &str) -> String {
        read::<Value>(text.as_bytes()).expect_err(text).to_string()
    }

    #[test]
    fn a_member_twice_is_refused_at_any_depth_and_however_it_is_written() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"b":{"a":1,"c":0,"a":2}}]"#, r#"{"":0,"":0}"#] {
            assert!(matches!(read::<Value>(text.as_bytes()), Err(Unsound::Ambiguous(_))), "{text}");
            assert!(refused(text).starts_with("a member comes twice"), "{text}");
        }
        for text in [r#"{"a":1,"b":{"a":1},"A":[{"a":1},{"a":1}]}"#, "[1,-1,1.5,\"x\",true,null,{}]", "7"] {
            assert_eq!(read::<Value>(text.as_bytes()).expect(text), serde_json::from_str::<Value>(text).expect("JSON"));
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read::<Value>(nested(DEPTH_LIMIT).as_bytes()).is_ok());
        assert!(refused(&nested(DEPTH_LIMIT + 1)).starts_with("too much is nested"));
        let objects = format!("{}1{}", "{\"a\":".repeat(500_000), "}".repeat(500_000));
        assert!(refused(&objects).starts_with("too much is nested"));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "{}{}", "{} x", "nul", "\u{feff}{}", "[1e400]", "{\"a\":\"\u{1}\"}", "{a:1}"] {
            assert!(matches!(read::<Value>(text.as_bytes()), Err(Unsound::Form(_))), "{text:?}");
        }
        assert!(matches!(read::<Value>(b"{\"a\":\"\xff\"}"), Err(Unsound::Form(_))));
    }
}
