//! kclogin in process, through `run`, against a scriptable provider on a real socket.
#![allow(missing_docs, reason = "tests say what they show by their names")]

mod login;
mod machine;
mod provider;
