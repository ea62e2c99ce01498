//! The Windows program with a person's own Credential Manager and application data, on Windows or on what stands in for it.
//!
//! `cargo xtask ci windows` runs it under Wine. The provider and the person are those of the tests in process.
#![cfg(windows)]
#![allow(missing_docs, reason = "tests say what they show by their names")]
#![allow(dead_code, reason = "the tests in process use the rest of what is theirs")]

#[path = "../integration/cookies.rs"]
mod cookies;
mod credentials;
#[path = "../integration/machine.rs"]
mod machine;
mod program;
#[path = "../integration/provider/mod.rs"]
mod provider;
#[path = "../integration/real.rs"]
mod real;
#[path = "../integration/schemas.rs"]
mod schemas;
#[path = "../integration/store.rs"]
mod store;
mod vault;
