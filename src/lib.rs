//! kclogin
pub mod browser;
pub mod clock;
pub mod environment;
pub mod error;
pub mod exit;
pub mod loopback;
pub mod oidc;
pub mod profile;
pub mod refresh_lock;
pub mod secret;
pub mod terminal;
pub mod text;
pub mod token_set;
pub mod token_store;
