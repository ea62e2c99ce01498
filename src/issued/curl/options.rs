//! The options of curl that are known to do no harm when a request is made twice, and what they mean for it (curl(1)).

/// What an option without a value does.
#[derive(Clone, Copy)]
pub(super) enum Switch {
    Harmless,
    Follow,
    Head,
    Query,
    Verbatim,
    Show,
}

/// What an option's value is.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Harmless,
    /// A file that is written, where `-` is stdout.
    Output,
    Method,
    Address,
    Data,
}

/// Each with its short name, where it has one.
pub(super) const SWITCHES: &[(&str, Option<char>, Switch)] = &[
    ("compressed", None, Switch::Harmless),
    ("create-dirs", None, Switch::Harmless),
    ("disable", Some('q'), Switch::Harmless),
    ("fail", Some('f'), Switch::Harmless),
    ("fail-with-body", None, Switch::Harmless),
    ("get", Some('G'), Switch::Query),
    ("globoff", Some('g'), Switch::Verbatim),
    ("head", Some('I'), Switch::Head),
    ("http1.0", Some('0'), Switch::Harmless),
    ("http1.1", None, Switch::Harmless),
    ("http2", None, Switch::Harmless),
    ("http2-prior-knowledge", None, Switch::Harmless),
    ("http3", None, Switch::Harmless),
    ("include", Some('i'), Switch::Harmless),
    ("insecure", Some('k'), Switch::Harmless),
    ("ipv4", Some('4'), Switch::Harmless),
    ("ipv6", Some('6'), Switch::Harmless),
    ("location", Some('L'), Switch::Follow),
    ("no-buffer", Some('N'), Switch::Harmless),
    ("no-progress-meter", None, Switch::Harmless),
    ("path-as-is", None, Switch::Harmless),
    ("progress-bar", Some('#'), Switch::Harmless),
    ("raw", None, Switch::Harmless),
    ("remote-name", Some('O'), Switch::Harmless),
    ("remote-time", Some('R'), Switch::Harmless),
    ("show-error", Some('S'), Switch::Harmless),
    ("show-headers", None, Switch::Harmless),
    ("silent", Some('s'), Switch::Harmless),
    ("tlsv1.2", None, Switch::Harmless),
    ("tlsv1.3", None, Switch::Harmless),
    ("verbose", Some('v'), Switch::Show),
];

/// Each with its short name, where it has one.
pub(super) const VALUES: &[(&str, Option<char>, Value)] = &[
    ("cacert", None, Value::Harmless),
    ("capath", None, Value::Harmless),
    ("cert", Some('E'), Value::Harmless),
    ("connect-timeout", None, Value::Harmless),
    ("connect-to", None, Value::Harmless),
    ("cookie", Some('b'), Value::Harmless),
    ("data", Some('d'), Value::Data),
    ("data-ascii", None, Value::Data),
    ("data-binary", None, Value::Data),
    ("data-raw", None, Value::Data),
    ("data-urlencode", None, Value::Data),
    ("header", Some('H'), Value::Harmless),
    ("interface", None, Value::Harmless),
    ("key", None, Value::Harmless),
    ("limit-rate", None, Value::Harmless),
    ("max-filesize", None, Value::Harmless),
    ("max-redirs", None, Value::Harmless),
    ("max-time", Some('m'), Value::Harmless),
    ("noproxy", None, Value::Harmless),
    ("output", Some('o'), Value::Output),
    ("output-dir", None, Value::Harmless),
    ("proto", None, Value::Harmless),
    ("proxy", Some('x'), Value::Harmless),
    ("range", Some('r'), Value::Harmless),
    ("referer", Some('e'), Value::Harmless),
    ("request", Some('X'), Value::Method),
    ("resolve", None, Value::Harmless),
    ("retry", None, Value::Harmless),
    ("retry-delay", None, Value::Harmless),
    ("retry-max-time", None, Value::Harmless),
    ("speed-limit", Some('Y'), Value::Harmless),
    ("speed-time", Some('y'), Value::Harmless),
    ("unix-socket", None, Value::Harmless),
    ("url", None, Value::Address),
    ("url-query", None, Value::Harmless),
    ("user-agent", Some('A'), Value::Harmless),
    ("write-out", Some('w'), Value::Harmless),
];
