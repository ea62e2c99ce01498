//! Programs that get their token from kclogin, each the real one: a file for each, and for the recipes of `docs/`.
//!
//! `cargo xtask test` installs them and starts what the live tests need. Without it these tests fail: they never skip.
#![cfg(unix)]
#![allow(missing_docs, reason = "tests say what they show by their names")]

mod api_server;
mod aws;
#[allow(dead_code, reason = "the live tests use the rest")]
#[path = "../live/bench.rs"]
mod bench;
mod certificate;
mod curl;
mod elsewhere;
mod git;
mod grpc;
mod http_clients;
mod https_server;
mod kubectl;
mod node_provider;
mod orders;
mod other_provider;
#[cfg(target_os = "linux")]
mod postgres;
mod realm_token;
mod recipes;
mod registry;
#[allow(dead_code, reason = "the tests in process use the rest")]
#[path = "../integration/schemas.rs"]
mod schemas;
mod shells;
#[cfg(target_os = "linux")]
mod skopeo;
#[cfg(target_os = "linux")]
mod systemd;
mod terraform;
mod vault;
