//! What curl's arguments ask for, as far as it matters whether the request may be sent twice.
//!
//! Repeated is only what is known to be one request by a method that changes nothing (RFC 9110 section 9.2.1) and that reads nothing which is used up by
//! reading. So `options` lists those that are known to do no harm; every other one, a newer curl's too, makes the request one that is not repeated.

use std::ffi::OsString;

use url::Url;

use super::options::{SWITCHES, Switch, VALUES, Value};
use crate::oidc::endpoints::is_loopback;

/// What curl is asked for.
#[derive(Debug, Default)]
pub struct CurlRequest {
    method: Option<String>,
    is_head: bool,
    sends_data: bool,
    data_is_query: bool,
    follows: bool,
    is_verbatim: bool,
    addresses: Vec<String>,
    plain_addresses: Vec<String>,
    begins_another: bool,
    shows_what_is_sent: bool,
    /// The first argument that speaks against a repetition by itself.
    unknown: Option<String>,
}

/// The methods that change nothing (RFC 9110 section 9.2.1).
const SAFE_METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

impl CurlRequest {
    /// Reads curl's arguments.
    #[must_use]
    pub fn read(arguments: &[OsString]) -> Self {
        let mut request = Self::default();
        let mut left = arguments.iter().map(|argument| argument.to_string_lossy());
        while let Some(argument) = left.next() {
            request.see(&argument);
            // The value of what needs one is the rest of the argument or, where there is none, the next argument.
            let open = match argument.strip_prefix("--") {
                Some(name) => request.long(name).map(|value| (value, "")),
                None if argument.len() > 1 && argument.starts_with('-') => request.cluster(&argument[1..]),
                None => {
                    request.addresses.push(argument.clone().into_owned());
                    None
                }
            };
            if let Some((value, rest)) = open {
                let next = if rest.is_empty() { left.next() } else { Some(rest.into()) }.unwrap_or_default();
                request.see(&next);
                request.take(value, &next);
            }
        }
        request
    }

    /// Remembers what is an address to be reached in the clear, wherever it stands.
    fn see(&mut self, word: &str) {
        if word.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
            self.plain_addresses.push(word.to_owned());
        }
    }

    fn long(&mut self, name: &str) -> Option<Value> {
        if let Some((_, _, switch)) = SWITCHES.iter().find(|(long, ..)| *long == name) {
            self.switch(*switch);
            return None;
        }
        let value = VALUES.iter().find(|(long, ..)| *long == name).map(|(_, _, value)| *value);
        if value.is_none() {
            self.begins_another |= name == "next";
            self.unknown(&format!("--{name}"));
        }
        value
    }

    /// Several short options in one argument, and what is left of it for the last one's value.
    fn cluster<'a>(&mut self, letters: &'a str) -> Option<(Value, &'a str)> {
        for (index, letter) in letters.char_indices() {
            if let Some((_, _, switch)) = SWITCHES.iter().find(|(_, short, _)| *short == Some(letter)) {
                self.switch(*switch);
            } else if let Some((_, _, value)) = VALUES.iter().find(|(_, short, _)| *short == Some(letter)) {
                return Some((*value, &letters[index + letter.len_utf8()..]));
            } else {
                self.begins_another |= letter == ':';
                self.unknown(&format!("-{letter}"));
                return None;
            }
        }
        None
    }

    fn switch(&mut self, switch: Switch) {
        match switch {
            Switch::Harmless => {}
            Switch::Follow => self.follows = true,
            Switch::Head => self.is_head = true,
            Switch::Query => self.data_is_query = true,
            Switch::Verbatim => self.is_verbatim = true,
            Switch::Show => self.shows_what_is_sent = true,
        }
    }

    fn take(&mut self, value: Value, text: &str) {
        // What comes from a pipe comes once. A file may be one, and `@` names a file to most options, anywhere in the value to some.
        let is_used_up = ["/dev/", "/proc/"].iter().any(|dir| text.starts_with(dir)) || text == "-" || text.starts_with('@');
        match value {
            Value::Output if text == "-" || text == "/dev/null" || text == "/dev/stdout" => {}
            _ if is_used_up => self.unknown(text),
            Value::Harmless | Value::Output => {}
            Value::Method => self.method = Some(text.to_owned()),
            Value::Address => self.addresses.push(text.to_owned()),
            Value::Data if text.contains('@') => self.unknown(text),
            Value::Data => self.sends_data = true,
        }
    }

    fn unknown(&mut self, what: &str) {
        self.unknown.get_or_insert_with(|| what.to_owned());
    }

    /// Why the request is not to be sent twice, as the end of a sentence; nothing where it may be.
    #[must_use]
    pub fn why_once(&self) -> Option<String> {
        let by_default = if self.is_head {
            "HEAD"
        } else if self.sends_data && !self.data_is_query {
            "POST"
        } else {
            "GET"
        };
        let method = self.method.as_deref().unwrap_or(by_default);
        if let Some(unknown) = &self.unknown {
            Some(format!("with `{unknown}` it can't be told whether that does harm"))
        } else if !SAFE_METHODS.contains(&method) || by_default == "POST" {
            Some("it may change something".to_owned())
        } else if self.addresses.len() != 1 || !(self.is_verbatim || self.addresses.iter().all(|address| is_one(address))) {
            Some("it is several".to_owned())
        } else {
            None
        }
    }

    /// Whether curl goes where an answer sends it.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Whether there is a second request in the same call, which would not have what curl is told for the first.
    #[must_use]
    pub fn begins_another(&self) -> bool {
        self.begins_another
    }

    /// Whether curl shows what it sends, the token too.
    #[must_use]
    pub fn shows_what_is_sent(&self) -> bool {
        self.shows_what_is_sent
    }

    /// Whether an address is to be reached in the clear.
    #[must_use]
    pub fn is_in_the_clear(&self) -> bool {
        !self.plain_addresses.is_empty()
    }

    /// Whether every address that is to be reached in the clear is on this machine, and there is one.
    #[must_use]
    pub fn is_to_this_machine(&self) -> bool {
        self.is_in_the_clear() && self.plain_addresses.iter().all(|address| is_here(address))
    }
}

/// Whether curl makes one request of an address, and not one for each word in its braces and brackets.
fn is_one(address: &str) -> bool {
    let after_host = address.split_once("://[").map_or(address, |(_, rest)| rest.split_once(']').map_or(rest, |(_, rest)| rest));
    !after_host.contains(['{', '[', ']'])
}

/// Whether an address is on this machine for everybody who reads it, curl too.
fn is_here(address: &str) -> bool {
    let host = address[7..].split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    is_plain && Url::parse(address).is_ok_and(|url| is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> CurlRequest {
        let arguments: Vec<OsString> = words.split_whitespace().map(Into::into).collect();
        CurlRequest::read(&arguments)
    }

    #[test]
    fn one_request_that_changes_nothing_may_be_repeated() {
        for words in [
            "https://a.example",
            "-sSfL -o out https://a.example",
            "-I https://a.example",
            "-XOPTIONS https://a.example -H Accept:x",
            "-X GET --url https://a.example",
            "-G -d q=1 --data-urlencode w=x https://a.example",
            "-so- https://[::1]:8443/x",
            "-g https://a.example/{x}",
            "-w %{http_code} -m5 https://a.example -o /dev/null",
        ] {
            assert_eq!(read(words).why_once(), None, "{words}");
        }
    }

    #[test]
    fn what_may_do_harm_is_not_repeated() {
        for (words, why) in [
            ("-d x https://a.example", "it may change something"),
            ("-X GET -d x https://a.example", "it may change something"),
            ("-X DELETE https://a.example", "it may change something"),
            ("-X get https://a.example", "it may change something"),
            ("-XPOST https://a.example", "it may change something"),
            ("-T file https://a.example", "`-T`"),
            ("-sF a=b https://a.example", "`-F`"),
            ("--json {} https://a.example", "`--json`"),
            ("--dat x https://a.example", "`--dat`"),
            ("--url=https://a.example", "`--url=https://a.example`"),
            ("-K file https://a.example", "`-K`"),
            ("-D heads https://a.example", "`-D`"),
            ("-H @/dev/fd/63 https://a.example", "`@/dev/fd/63`"),
            ("-H @file https://a.example", "`@file`"),
            ("--cacert /proc/self/fd/3 https://a.example", "`/proc/self/fd/3`"),
            ("-b - https://a.example", "`-`"),
            ("-G --data-urlencode q@file https://a.example", "`q@file`"),
            ("https://a.example https://b.example", "it is several"),
            ("https://a.example/[1-3]", "it is several"),
            ("https://{a,b}.example/", "it is several"),
            ("-s", "it is several"),
        ] {
            let found = read(words).why_once().unwrap_or_else(|| panic!("{words} would be repeated"));
            assert!(found.contains(why), "{words}: {found}");
        }
    }

    #[test]
    fn a_value_is_not_taken_for_an_option() {
        let request = read("-H --next -A -v -o -L https://a.example");
        assert!(!request.begins_another() && !request.shows_what_is_sent() && !request.follows());
        assert_eq!(request.why_once(), None);
        let request = read("-svL https://a.example --next https://b.example");
        assert!(request.begins_another() && request.shows_what_is_sent() && request.follows());
        assert!(read("-s -: https://b.example").begins_another());
    }
}
