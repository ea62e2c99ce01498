//! The commands, one function each: from a narrow input to a result. None calls another, and none knows the command line.

pub mod curl;
pub mod decode;
pub mod docker_credential;
pub mod doctor;
pub mod exec;
pub mod git_credential;
pub mod introspect;
pub mod kubectl;
pub mod login;
pub mod logout;
pub mod move_store;
pub mod profile;
pub mod revoke;
pub mod status;
pub mod token;
pub mod whoami;
