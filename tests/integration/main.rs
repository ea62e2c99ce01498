//! kclogin in process, through `run`, against a scriptable provider on a real socket.
#![allow(missing_docs, reason = "tests say what they show by their names")]

mod actions;
mod answer;
mod architecture;
mod bad_input;
mod browsers;
mod choosing;
mod clients;
mod cookies;
mod crash;
mod curl;
mod derived;
mod device;
mod device_qr;
mod discovery;
mod docker_credential;
mod doctor;
mod documents;
mod exec;
mod exec_file;
mod generated;
mod git_credential;
#[cfg(unix)]
mod homes;
mod id_token;
mod imports;
mod inspect;
mod json;
mod kubectl;
mod leftovers;
mod listener;
mod login;
mod login_order;
mod logout;
mod machine;
mod neighbours;
mod paste;
mod person;
mod profiles;
mod provider;
#[cfg(unix)]
mod real;
mod refresh;
mod refusals;
mod schemas;
mod secrets;
mod sign_in;
mod standards;
mod start_page;
mod status;
mod store;
mod stores;
mod tls;
mod token;
mod waits;
mod whoami;
