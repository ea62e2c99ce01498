//! The options that every command takes.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, ValueEnum};

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Use this profile instead of the default one [env: KCLOGIN_PROFILE]
    #[arg(short, long, value_name = "NAME", global = true)]
    pub profile: Option<String>,
    /// Say only what has to be said
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say what is sent where, never a secret
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to use colour: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto, global = true, hide_possible_values = true)]
    pub color: Colour,
    /// Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]
    #[arg(long, value_name = "NAME", global = true, value_parser = StoreNames, hide_possible_values = true)]
    pub store: Option<String>,
}

/// Takes any name of a store, and lets the shells complete those that are known by name.
#[derive(Clone)]
pub(super) struct StoreNames;

impl TypedValueParser for StoreNames {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = [
            ("keyring", "The operating system's keyring"),
            ("file", "Files that only you can read, not encrypted"),
            ("kernel", "The Linux kernel's keyring, in memory only"),
            ("helper:pass", "The program docker-credential-pass, or another of that kind"),
        ];
        Some(Box::new(names.into_iter().map(|(name, help)| PossibleValue::new(name).help(help))))
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
