//! What `kclogin git-credential` takes.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args};

use super::Asked;

/// Options of `kclogin git-credential`.
#[derive(Args, Debug)]
pub struct GitCredential {
    /// What git wants (get, store, erase or capability), or setup
    #[arg(value_name = "OPERATION", value_parser = Operations, hide_possible_values = true)]
    pub operation: String,
    /// The site that `setup` is for: its host, with its port where that is not 443
    #[arg(value_name = "SITE", required_if_eq("operation", "setup"))]
    pub site: Option<String>,
    /// The user name beside the token, where git sends it as a password and has no other
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Which token.
    #[command(flatten)]
    pub asked: Asked,
}

/// Takes any operation, as those that git may learn are to be ignored, and lets the shells complete those that are known.
#[derive(Clone)]
struct Operations;

impl TypedValueParser for Operations {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let operations = [
            ("setup", "Allow a site, and print the commands that set git up for it"),
            ("get", "Give git a token"),
            ("store", "Do nothing: kclogin has it already"),
            ("erase", "Renew the token that a site has refused"),
            ("capability", "Say what kclogin understands"),
        ];
        Some(Box::new(operations.into_iter().map(|(name, help)| PossibleValue::new(name).help(help))))
    }
}
