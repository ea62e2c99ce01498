//! What the browser shows: the only file that names tiny_http, whose `Response` writes status and headers.
//!
//! Everything that goes into the page is escaped, nothing in it is secret, and the page can load and run nothing (its content security policy allows
//! just its own style). What has happened is told by the caller.

use std::io::Cursor;

use tiny_http::{HTTPVersion, Header, Response, StatusCode};

use crate::text::neutralise;

const TEMPLATE: &str = include_str!("page.html");

/// The style's hash is written out, as the page never changes; a test computes it.
const POLICY: &str = concat!(
    "default-src 'none'; style-src 'sha256-",
    "YESLporFOrKrKqbpv5lUqKLGUTGM8bgFX+AAgOiz704=",
    "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
);

/// A page for the browser.
#[derive(Clone, Copy, Debug)]
pub enum Page<'a> {
    /// The token set is stored.
    SignedIn {
        /// What to call who signed in.
        name: &'a str,
        /// Their user name or e-mail address.
        account: &'a str,
        /// The issuer.
        provider: &'a str,
        /// The client.
        client: &'a str,
    },
    /// The provider's session is over.
    SignedOut {
        /// Their user name or e-mail address.
        account: &'a str,
        /// The issuer.
        provider: &'a str,
        /// The client.
        client: &'a str,
    },
    /// There was an answer, and it led to nothing.
    Failed {
        /// What did not come of it.
        title: &'a str,
        /// What went wrong.
        reason: &'a str,
        /// What to do.
        advice: &'a str,
    },
    /// A request that is not the answer waited for.
    Rejected(&'a str),
    /// The start page, after somebody has used it.
    UsedUp,
    /// Not GET.
    WrongMethod,
    /// Not the redirect URI's path.
    NotFound,
    /// Not the redirect URI's host.
    Misdirected,
}

impl Page<'_> {
    /// The whole HTTP response.
    pub fn to_response(&self) -> Vec<u8> {
        self.to_response_with_cookie(None)
    }

    /// The same with a `Set-Cookie`.
    pub fn to_response_with_cookie(&self, cookie: Option<&str>) -> Vec<u8> {
        let more = [("Content-Security-Policy", Some(POLICY)), ("Allow", matches!(self, Self::WrongMethod).then_some("GET")), ("Set-Cookie", cookie)];
        respond(self.status(), &more.map(|(name, value)| (name, value.unwrap_or_default())), self.to_html())
    }

    fn status(&self) -> u16 {
        match self {
            Self::SignedIn { .. } | Self::SignedOut { .. } | Self::Failed { .. } => 200,
            Self::UsedUp => 410,
            Self::Rejected(_) => 400,
            Self::NotFound => 404,
            Self::WrongMethod => 405,
            Self::Misdirected => 421,
        }
    }

    fn to_html(self) -> String {
        let soft = |text: &str| format!("<p class=\"soft\">{}</p>", prose(text));
        let session = |account: &str, provider: &str, client: &str| {
            let row = |(term, text): (&str, &str)| format!("<div><dt>{term}</dt><dd>{}</dd></div>", breakable(text));
            let rows = [("Account", account), ("Provider", provider), ("Client", client)].map(row).concat();
            format!("<dl>{rows}</dl>{}", soft("You can close this window and go back to the terminal."))
        };
        let (mood, title, body) = match self {
            Self::SignedIn { name, account, provider, client } => ("good", format!("Signed in as {name}"), session(account, provider, client)),
            Self::SignedOut { account, provider, client } => ("good", "Signed out".to_owned(), session(account, provider, client)),
            Self::Failed { title, reason, advice } => ("bad", title.to_owned(), format!("<p>{}</p>{}", prose(reason), soft(advice))),
            Self::Rejected(reason) => {
                let body = format!("<p>{}</p>{}", prose(reason), soft("The terminal waits on. Use the window that it opened, or its address."));
                ("bad", "Not the answer it waits for".to_owned(), body)
            }
            Self::UsedUp => {
                let body = soft("this address was opened before, perhaps by somebody else. Open the one that the terminal shows instead");
                ("bad", "Already used".to_owned(), body)
            }
            Self::NotFound => ("bad", "Nothing here".to_owned(), soft("This address is used for a moment, to finish a login.")),
            Self::WrongMethod => ("bad", "Not this way".to_owned(), soft("This address only answers when a browser opens it.")),
            Self::Misdirected => ("bad", "Wrong address".to_owned(), soft("The request was meant for another host.")),
        };
        fill(TEMPLATE, &[("mood", mood), ("title", &escape(&title)), ("body", &body)])
    }
}

/// Sends the browser on to the provider with a cookie that it is known by when it comes back.
pub(super) fn onwards(to: &str, cookie: &str) -> Vec<u8> {
    respond(302, &[("Location", to), ("Set-Cookie", cookie)], String::new())
}

/// A response with the headers that all of ours have. It is an HTTP/1.0 response so that its end is the connection's: tiny_http leaves no say over
/// `Connection`.
fn respond(status: u16, more: &[(&str, &str)], html: String) -> Vec<u8> {
    let common = [
        ("Content-Type", "text/html; charset=utf-8"),
        // The address holds the code and the state: it must go nowhere, and be kept nowhere (RFC 9700 section 4.2.4).
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Server", "kclogin"),
    ];
    let present = common.iter().chain(more).filter(|(_, value)| !value.is_empty());
    let headers: Vec<Header> = present.filter_map(|(name, value)| Header::from_bytes(*name, *value).ok()).collect();
    let length = html.len();
    let response = Response::new(StatusCode(status), headers, Cursor::new(html), Some(length), None);
    let mut bytes = Vec::with_capacity(length + 1024);
    // Writing to memory can't fail.
    let _ = response.raw_print(&mut bytes, HTTPVersion(1, 0), &[], false, None);
    bytes
}

/// A sentence of ours, as the terminal prints it, as the page shows it: with a capital, a full stop, and what is to be typed set apart.
fn prose(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let text = escape(&format!("{first}{}.", chars.as_str().trim_end_matches('.')));
    let mut pieces = text.split('`');
    let mut html = pieces.next().unwrap_or_default().to_owned();
    while let Some(piece) = pieces.next() {
        match pieces.next() {
            Some(after) => html.push_str(&format!("<code>{piece}</code>{after}")),
            None => html.push_str(&format!("`{piece}")),
        }
    }
    html
}

/// A value that may be long and without spaces, with places to break it where a reader expects them.
fn breakable(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    let mut pieces = text.split_inclusive(['/', '.', '@', ':', '-', '_']).peekable();
    while let Some(piece) = pieces.next() {
        html.push_str(&escape(piece));
        // `https://` stays in one.
        if pieces.peek().is_some_and(|next| !next.starts_with('/')) {
            html.push_str("<wbr>");
        }
    }
    html
}

/// Replaces `{{name}}` by its value, in one pass: a value that looks like a placeholder stays what it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        page.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        page.push_str(rest);
    }
    page
}

/// Text as HTML text or attribute value, with what could reorder or hide it taken out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in neutralise(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(page: &Page<'_>) -> String {
        String::from_utf8(page.to_response()).expect("UTF-8")
    }

    #[test]
    fn names_are_escaped_and_never_become_placeholders() {
        let page = Page::SignedIn { name: "<script>alert(1)</script>", account: "{{body}}", provider: "\"'&\u{202e}", client: "c" };
        let text = text(&page);
        assert!(text.contains("Signed in as &lt;script&gt;alert(1)&lt;/script&gt;</h1>"), "{text}");
        assert!(!text.contains("<script") && !text.contains('\u{202e}'));
        assert!(text.contains("<dd>{{body}}</dd>") && text.contains("&quot;&#39;&amp;"), "{text}");
    }

    #[test]
    fn sentences_and_long_values_are_set_for_the_page() {
        assert_eq!(prose("choose others with `--scope`, or add <b>"), "Choose others with <code>--scope</code>, or add &lt;b&gt;.");
        assert_eq!(prose("an odd ` one."), "An odd ` one.");
        assert_eq!(breakable("https://kc.example/<x>"), "https://<wbr>kc.<wbr>example/<wbr>&lt;x&gt;");
    }

    #[test]
    fn every_page_is_closed_to_scripts_frames_and_caches() {
        let failed = Page::Failed { title: "t", reason: "r", advice: "a" };
        for (page, status) in
            [(failed, "200"), (Page::Rejected("r"), "400"), (Page::NotFound, "404"), (Page::WrongMethod, "405"), (Page::Misdirected, "421")]
        {
            let text = text(&page);
            assert!(text.starts_with(&format!("HTTP/1.0 {status} ")), "{text}");
            for header in
                ["Content-Security-Policy: default-src 'none'; style-src 'sha256-", "Referrer-Policy: no-referrer", "Cache-Control: no-store"]
            {
                assert!(text.contains(header), "{header} in {text}");
            }
            let (_, html) = text.split_once("\r\n\r\n").expect("a body");
            assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("<script"), "the page loads nothing");
            assert!(html.contains("<link rel=\"icon\" href=\"data:,\">"), "or the browser asks for an icon, with the code in its referrer");
        }
    }

    #[test]
    fn the_policy_names_the_hash_of_the_style() {
        use base64::Engine;
        use sha2::{Digest, Sha256};
        let (_, rest) = TEMPLATE.split_once("<style>").expect("a style");
        let (style, _) = rest.split_once("</style>").expect("its end");
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "the hash is {hash}");
    }
}
