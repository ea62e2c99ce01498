//! Everything the provider is at one moment, in one place behind one lock: its settings, its clock, its clients, and the parts that remember.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::alter::Alterations;
use super::device::DeviceCode;
use super::dpop::Proofs;
use super::pushed::PushedRequest;
use super::record::Record;
use super::script::{Endpoint, Script};
use super::sessions::{Rotation, Sessions, User};
use super::signer::Signer;

/// How a confidential client has to authenticate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// By either: Keycloak's default.
    #[default]
    Either,
    /// `client_secret_basic` only.
    Basic,
    /// `client_secret_post` only.
    Post,
}

/// The time in tokens: the system's, ahead of it or behind, or standing still.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub(super) fixed: Option<u64>,
    pub(super) ahead: i64,
}

impl Clock {
    /// Seconds since 1970.
    pub(super) fn now(self) -> u64 {
        let system = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.fixed.unwrap_or_else(system).saturating_add_signed(self.ahead)
    }
}

/// What a test may set.
pub(super) struct Settings {
    pub(super) user: User,
    pub(super) access_lifetime: u64,
    pub(super) refresh_lifetime: u64,
    pub(super) rotation: Rotation,
    pub(super) opaque_access_tokens: bool,
    pub(super) signed_user_info: bool,
    pub(super) client_authentication: ClientAuthentication,
    /// `None`: any on a loopback address.
    pub(super) redirect_uris: Option<Vec<String>>,
    pub(super) proof_key_required: bool,
    /// Whether an authorization request has to be pushed.
    pub(super) pushing_required: bool,
}

/// The provider.
pub(super) struct State {
    /// Scheme, host and port.
    pub(super) base: String,
    pub(super) issuer: String,
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    /// Client ID to secret; `None` for a public client.
    pub(super) clients: HashMap<String, Option<String>>,
    pub(super) signer: Signer,
    pub(super) sessions: Sessions,
    pub(super) device_codes: HashMap<String, DeviceCode>,
    /// By the names that stand for them.
    pub(super) pushed: HashMap<String, PushedRequest>,
    pub(super) proofs: Proofs,
    pub(super) script: Script,
    pub(super) alterations: Alterations,
    pub(super) record: Record,
}

impl State {
    /// The faithful default, with one public client.
    pub(super) fn new(base: String) -> Self {
        let settings = Settings {
            user: User::alice(),
            access_lifetime: 300,
            refresh_lifetime: 1800,
            rotation: Rotation::default(),
            opaque_access_tokens: false,
            signed_user_info: false,
            client_authentication: ClientAuthentication::default(),
            redirect_uris: None,
            proof_key_required: true,
            pushing_required: false,
        };
        Self {
            issuer: format!("{base}/realms/test"),
            base,
            clock: Clock::default(),
            settings,
            clients: HashMap::from([("kclogin".to_owned(), None)]),
            signer: Signer::new(),
            sessions: Sessions::default(),
            device_codes: HashMap::new(),
            pushed: HashMap::new(),
            proofs: Proofs::default(),
            script: Script::default(),
            alterations: Alterations::default(),
            record: Record::default(),
        }
    }

    /// The time now.
    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Where an endpoint is.
    pub(super) fn url(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.base, endpoint.path())
    }
}
