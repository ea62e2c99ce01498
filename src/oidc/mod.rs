//! The protocol: what is sent to a provider, and how what comes back is checked.
//!
//! The pure parts (`endpoints`, `authorization`, `certificate`, `claims`, `demands`, `logout`, `proof`) know no network; `http` moves bytes; `document` reads JSON strictly; `provider` speaks OpenID Connect over it.

pub mod authorization;
pub mod certificate;
pub mod claims;
pub mod demands;
pub mod document;
pub mod endpoints;
pub mod http;
pub mod logout;
pub mod proof;
pub mod provider;
