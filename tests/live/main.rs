//! The real kclogin against a real Keycloak, a real Secret Service and a real Chromium.
//!
//! `cargo xtask test` starts all three and says where they are. Without it these tests fail: they never skip.
#![cfg(unix)]
#![allow(missing_docs, reason = "tests say what they show by their names")]

mod at_once;
mod bench;
mod bus_addresses;
#[allow(dead_code, reason = "the other programs' tests use more of it")]
#[path = "../programs/certificate.rs"]
mod certificate;
mod confidential;
mod day;
mod derived;
mod device;
mod doctor;
mod dpop;
mod fake_keyring;
mod form;
mod front;
mod homes;
mod import;
mod kept;
mod keycloaks_own;
mod keyring;
mod kill;
mod kill_login;
mod kill_move;
mod levels;
mod login;
mod logout;
mod neighbours;
mod networks;
mod other_users;
mod paste;
#[path = "../integration/provider/mod.rs"]
mod provider;
mod provider_settings;
mod pushed;
#[allow(dead_code, reason = "the tests in process use the rest")]
#[path = "../integration/schemas.rs"]
mod schemas;
mod secret_service;
mod stores;
mod strace;
mod token;
mod waits;
