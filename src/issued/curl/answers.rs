//! The heads of the answers that curl gets, as `--dump-header` writes them, and whether the last of them refuses the token (RFC 6750 section 3.1).

/// The longest line of a head that is looked at, in bytes; curl itself takes no longer one.
const LONGEST_LINE: usize = 128 * 1024;

/// What has come so far.
#[derive(Debug)]
pub struct Answers {
    follows: bool,
    line: Vec<u8>,
    in_head: bool,
    status: u16,
    refuses: bool,
    said: Said,
}

/// What the answers say about the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet: the site's own answer is still to come.
    Nothing,
    /// It was accepted, or what was wrong is something else.
    SomethingElse,
    /// It is refused: expired, revoked, or otherwise not valid.
    Refused,
}

impl Answers {
    /// Before the first one. `follows` says whether curl goes where an answer sends it, so that this answer is not the last.
    #[must_use]
    pub fn new(follows: bool) -> Self {
        Self { follows, line: Vec::new(), in_head: false, status: 0, refuses: false, said: Said::Nothing }
    }

    /// Takes what has come next, and says what is known now. Once a token was refused that stays, whatever comes for other addresses.
    pub fn hear(&mut self, bytes: &[u8]) -> Said {
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.end_of_line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
                }
                _ if self.line.len() < LONGEST_LINE => self.line.push(*byte),
                _ => {}
            }
        }
        self.said
    }

    fn end_of_line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("HTTP/").filter(|_| !self.in_head) {
            let status = rest.split(' ').nth(1).and_then(|status| status.parse().ok());
            (self.in_head, self.status, self.refuses) = (true, status.unwrap_or(0), false);
        } else if self.in_head && line.is_empty() {
            self.in_head = false;
            let goes_on = self.status < 200 || (self.follows && (300..400).contains(&self.status));
            if self.status == 401 && self.refuses {
                self.said = Said::Refused;
            } else if !goes_on && self.said == Said::Nothing {
                self.said = Said::SomethingElse;
            }
        } else if let Some((_, challenges)) = line.split_once(':').filter(|(name, _)| self.in_head && name.eq_ignore_ascii_case("www-authenticate")) {
            self.refuses |= refuses(challenges);
        }
    }
}

/// Whether one of the challenges is for a bearer token and says that this one is invalid. Each is a scheme, a space and parameters with commas between
/// them, and between the challenges are commas too (RFC 9110 section 11.6.1).
fn refuses(challenges: &str) -> bool {
    let mut is_bearer = false;
    for part in parts(challenges) {
        let parameter = match part.split_once(' ') {
            Some((scheme, first)) if !scheme.contains(['=', '"']) && !first.trim_start().starts_with('=') => {
                is_bearer = scheme.eq_ignore_ascii_case("bearer");
                first.trim()
            }
            None if !part.contains('=') => {
                is_bearer = part.eq_ignore_ascii_case("bearer");
                continue;
            }
            _ => part,
        };
        let (name, value) = parameter.split_once('=').unwrap_or_default();
        if is_bearer && name.trim().eq_ignore_ascii_case("error") && value.trim().trim_matches('"') == "invalid_token" {
            return true;
        }
    }
    false
}

/// What is between the commas, except those in quotes.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let between = move |c: char| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        c == ',' && !is_quoted
    };
    text.split(between).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    const REFUSED: &str = "HTTP/2 401 \r\nwww-authenticate: Bearer realm=\"x\", error=\"invalid_token\", error_description=\"a, b\"\r\n\r\n";

    #[test]
    fn a_challenge_is_read_with_its_neighbours() {
        for yes in [
            " Bearer realm=\"master\", error=\"invalid_token\", error_description=\"Token verification failed\"",
            "bearer error=invalid_token",
            "Basic realm=\"a, Bearer\", Bearer scope=\"x\" , ERROR = \"invalid_token\"",
            "Negotiate, Bearer realm=\"a\\\", b\", error=\"invalid_token\"",
        ] {
            assert!(refuses(yes), "{yes}");
        }
        for no in [
            "Bearer",
            "Bearer realm=\"x\"",
            "Bearer error=\"insufficient_scope\"",
            "Basic realm=\"Bearer error=invalid_token\"",
            "Bearer realm=\"x, error=\\\"invalid_token\\\"\"",
            "Bearer realm=x, Other error=invalid_token",
            "Bearer error_description=\"invalid_token\"",
        ] {
            assert!(!refuses(no), "{no}");
        }
    }

    #[test]
    fn the_site_s_own_answer_counts() {
        let said = |follows: bool, text: &str| Answers::new(follows).hear(text.as_bytes());
        let moved = "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n";
        assert_eq!(said(false, REFUSED), Said::Refused);
        assert_eq!(said(false, OK), Said::SomethingElse);
        assert_eq!(said(false, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n"), Said::SomethingElse);
        assert_eq!(said(false, &REFUSED.replace("401", "403")), Said::SomethingElse);
        assert_eq!(said(false, REFUSED.trim_end()), Said::Nothing);
        assert_eq!(said(false, "HTTP/1.1 100 Continue\r\n\r\n"), Said::Nothing);
        assert_eq!(said(false, &format!("HTTP/1.1 100 Continue\r\n\r\n{REFUSED}")), Said::Refused);
        assert_eq!(said(true, moved), Said::Nothing);
        assert_eq!(said(true, &format!("{moved}{REFUSED}")), Said::Refused);
        assert_eq!(said(false, moved), Said::SomethingElse);
        assert_eq!(said(false, &format!("{OK}Trailer: x\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n\r\n")), Said::SomethingElse);
        // Of several addresses, one that refused is enough.
        assert_eq!(said(false, &format!("{REFUSED}{OK}")), Said::Refused);
        assert_eq!(said(false, &format!("{OK}{REFUSED}")), Said::Refused);
    }

    #[test]
    fn pieces_may_end_anywhere() {
        let mut answers = Answers::new(false);
        let (last, first) = REFUSED.as_bytes().split_last().expect("bytes");
        assert!(first.iter().all(|byte| answers.hear(&[*byte]) == Said::Nothing));
        assert_eq!(answers.hear(&[*last]), Said::Refused);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept_for_ever() {
        let mut answers = Answers::new(false);
        (0..100).for_each(|_| assert_eq!(answers.hear(&[b'x'; 64 * 1024]), Said::Nothing));
        assert!(answers.line.len() <= LONGEST_LINE);
    }
}
