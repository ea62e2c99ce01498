//! The real kclogin against a real Keycloak, a real Secret Service and a real Chromium.
//!
//! `cargo xtask test` starts all three and says where they are. Without it these tests fail: they never skip.
#![cfg(unix)]
#![allow(missing_docs, reason = "tests say what they show by their names")]

mod bench;
mod confidential;
mod fake_keyring;
mod import;
mod keyring;
mod login;
mod logout;
mod neighbours;
mod provider_settings;
mod secret_service;
mod stores;
mod token;
mod waits;
