//! Where the settings came from that a login would have.

use std::fmt;

/// Where a setting came from, in the order in which they go before each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// An option of this call.
    Option(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The profile in the configuration file.
    Profile,
    /// Nowhere: what is used where nothing is said.
    #[default]
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => write!(f, "from {name}"),
            Self::Variable(name) => write!(f, "from {name} in the environment"),
            Self::Profile => f.write_str("from the profile"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// Where each setting came from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origins {
    /// Which profile it is.
    pub profile: Origin,
    /// The issuer.
    pub issuer: Origin,
    /// The client ID.
    pub client_id: Origin,
    /// The scopes.
    pub scope: Origin,
    /// The redirect URI.
    pub redirect_uri: Origin,
    /// Whether requests are pushed.
    pub pushed: Origin,
    /// Whether tokens are bound to a key.
    pub dpop: Origin,
    /// The CA file.
    pub ca_file: Origin,
    /// The client's own certificate.
    pub client_certificate: Origin,
    /// The file of its key, where that is another one.
    pub client_key: Origin,
    /// The token store.
    pub store: Origin,
    /// The browser.
    pub browser: Origin,
    /// The client's secret; the default is the token store.
    pub client_secret: Origin,
}
