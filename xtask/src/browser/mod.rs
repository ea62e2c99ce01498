//! A headless Chromium that does at Keycloak's pages what a person would: signs in, denies, mistypes, walks away.
//! Owns the options and the report of what was seen at the end; starting Chromium, talking to it and knowing Keycloak's pages are below.
//!
//! # As a `BROWSER`
//! The convention splits `BROWSER` on spaces and knows no quoting, so nothing but the program is put there: called with a lone http
//! address, this program is `xtask browser ADDRESS`, and everything else is told through the environment:
//!
//! | variable | option | meaning | default |
//! |---|---|---|---|
//! | `XTASK_BROWSER_USER` | `--user` | who signs in | `alice` |
//! | `XTASK_BROWSER_PASSWORD` | `--password` | with which password | the demo user's own |
//! | `XTASK_BROWSER_ACTION` | `--action` | what to do, see [`Action`] | `sign-in` |
//! | `XTASK_BROWSER_CODE` | `--code` | the user code, where an address of a device login lacks it | none |
//! | `XTASK_BROWSER_NEW_PASSWORD` | `--new-password` | the password to change to, where Keycloak asks for a new one | the old one |
//! | `XTASK_BROWSER_COOKIES` | `--cookies` | a file with the cookies to begin with, written anew at the end: the same person's browser once more | none |
//! | `XTASK_BROWSER_SCREENSHOT` | `--screenshot` | a PNG of the last page | none |
//! | `XTASK_BROWSER_FULL_PAGE` | `--full-page` | the picture holds the whole page, not only what a window shows | no |
//! | `XTASK_BROWSER_DARK` | `--dark` | the person prefers dark pages | no |
//! | `XTASK_BROWSER_ANY_CERTIFICATE` | `--any-certificate` | pages are shown whoever has signed the server's certificate | no |
//! | `XTASK_BROWSER_WIDTH`, `_HEIGHT` | `--width`, `--height` | the window, in CSS pixels | 1280, 800 |
//! | `XTASK_BROWSER_TIMEOUT` | `--timeout` | seconds for the whole of it | 60 |
//! | `XTASK_BROWSER_LOG` | `--log` | a file that gets one line of JSON at the end | none |
//! | `CHROMIUM` | | the Chromium program | found by name |
//!
//! The line in the log is `{"action", "outcome": "done" | "failed", "reason", "answered", "address", "status", "title", "text"}`: what kind of
//! page was answered at which path, each, such as `SignIn /realms/demo/...`; the last page's full
//! address (with its query: it is for tests), HTTP status, title and text as a person saw them, and why it failed if it did. It is
//! written before Chromium is stopped, in one piece, so that a test may wait for it.

mod chromium;
mod devtools;
pub(crate) mod handover;
mod journey;
mod page;

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::failure::{Context, Failure, Outcome};
use crate::progress::say;
use page::{Look, Page};

/// What to do at Keycloak's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Sign in, grant what is asked for, end on the page the browser is sent to.
    SignIn,
    /// Sign in and refuse the consent.
    Deny,
    /// Sign in with a wrong password, see it refused, and leave.
    WrongPassword,
    /// See the sign-in page and leave.
    Abandon,
    /// Only look at the page.
    Open,
    /// Confirm the sign-out.
    SignOut,
    /// Sign in, enter the user code where it is asked for, and grant a device what it wants.
    ApproveDevice,
    /// Sign in, and cancel the action that is asked for.
    Cancel,
    /// Do nothing: hand the address over to the person's own browser.
    HandOver,
}

/// The options of `xtask browser`, each with its environment variable.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to start
    address: String,
    /// Who signs in
    #[arg(long, env = "XTASK_BROWSER_USER", default_value = "alice")]
    user: String,
    /// The password [default: the demo user's own]
    #[arg(long, env = "XTASK_BROWSER_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// What to do at Keycloak's pages
    #[arg(long, env = "XTASK_BROWSER_ACTION", value_enum, default_value = "sign-in")]
    action: Action,
    /// The user code of a device login, where the address lacks it
    #[arg(long, env = "XTASK_BROWSER_CODE")]
    code: Option<String>,
    /// The password to change to, where Keycloak asks for a new one [default: the old one]
    #[arg(long, env = "XTASK_BROWSER_NEW_PASSWORD", hide_env_values = true)]
    new_password: Option<String>,
    /// A file with the cookies to begin with, written anew at the end
    #[arg(long, env = "XTASK_BROWSER_COOKIES")]
    cookies: Option<PathBuf>,
    /// Where to put a picture (PNG) of the last page
    #[arg(long, env = "XTASK_BROWSER_SCREENSHOT")]
    screenshot: Option<PathBuf>,
    /// Picture the whole page, not only what the window shows
    #[arg(long, env = "XTASK_BROWSER_FULL_PAGE", value_parser = FalseyValueParser::new())]
    full_page: bool,
    /// Show pages whoever has signed the server's certificate
    #[arg(long, env = "XTASK_BROWSER_ANY_CERTIFICATE", value_parser = FalseyValueParser::new())]
    any_certificate: bool,
    /// Prefer dark pages
    #[arg(long, env = "XTASK_BROWSER_DARK", value_parser = FalseyValueParser::new())]
    dark: bool,
    /// The window's width in CSS pixels
    #[arg(long, env = "XTASK_BROWSER_WIDTH", default_value_t = 1280)]
    width: u32,
    /// The window's height in CSS pixels
    #[arg(long, env = "XTASK_BROWSER_HEIGHT", default_value_t = 800)]
    height: u32,
    /// The seconds that all of it may take
    #[arg(long, env = "XTASK_BROWSER_TIMEOUT", default_value_t = 60)]
    timeout: u64,
    /// A file to append one line of JSON to, about the last page
    #[arg(long, env = "XTASK_BROWSER_LOG")]
    log: Option<PathBuf>,
}

/// `cargo xtask browser`
pub(crate) fn run(options: &Options) -> Outcome {
    if options.action == Action::HandOver {
        return handover::hand_over(&options.address);
    }
    let deadline = Instant::now() + Duration::from_secs(options.timeout);
    let (mut last, mut answered) = (Look::default(), Vec::new());
    let result = visit(options, deadline, &mut last, &mut answered);
    let reason = result.as_ref().err().map(Failure::said);
    report(options, &last, &answered, reason)?;
    result
}

fn visit(options: &Options, deadline: Instant, last: &mut Look, answered: &mut Vec<String>) -> Outcome {
    if !options.address.starts_with("http://") && !options.address.starts_with("https://") {
        return Err(Failure::new(format!("{} is not an http address", options.address)));
    }
    let chromium = chromium::Chromium::launch((options.width, options.height), options.any_certificate, deadline)?;
    let mut page = Page::attach(chromium.endpoint(), deadline)?;
    page.pretend((options.width, options.height), options.dark)?;
    if let Some(kept) = options.cookies.as_ref().and_then(|file| fs::read_to_string(file).ok()) {
        page.keep_cookies(&serde_json::from_str(&kept).context("reading the cookies")?)?;
    }
    page.open(&options.address)?;
    let person = journey::Person {
        user: options.user.clone(),
        password: options.password.clone().unwrap_or_else(|| crate::keycloak::password_of(&options.user).to_owned()),
        new_password: options.new_password.clone(),
        code: options.code.clone(),
    };
    let result = journey::travel(&mut page, options.action, &person, last, answered);
    if let Some(file) = &options.cookies {
        let cookies = page.cookies()?.to_string();
        fs::write(file, cookies).context(format_args!("writing {}", file.display()))?;
    }
    if let Some(file) = &options.screenshot {
        // Also of a page where it went wrong: that one is the more interesting.
        let taken = page.screenshot(options.full_page).and_then(|png| fs::write(file, png).context(format_args!("writing {}", file.display())));
        return result.and(taken);
    }
    result
}

fn report(options: &Options, last: &Look, answered: &[String], reason: Option<&str>) -> Outcome {
    // The query is left out here: an authorization code has no business on a terminal.
    let bare = last.address.split(['?', '#']).next().unwrap_or_default();
    let status = last.status.map_or_else(String::new, |status| format!("{status} "));
    if !last.address.is_empty() {
        say(&format!("browser: {status}{} ({bare})", last.title));
        for line in last.text.lines().filter(|line| !line.trim().is_empty()).take(12) {
            say(&format!("browser: | {}", line.trim()));
        }
    }
    let Some(file) = &options.log else {
        return Ok(());
    };
    let action = options.action.to_possible_value().map(|value| value.get_name().to_owned());
    let line = json!({
        "action": action,
        "outcome": if reason.is_none() { "done" } else { "failed" },
        "reason": reason,
        "answered": answered,
        "address": last.address,
        "status": last.status,
        "title": last.title,
        "text": last.text,
    });
    let mut log = File::options().create(true).append(true).open(file).context(format_args!("writing {}", file.display()))?;
    log.write_all(format!("{line}\n").as_bytes()).context(format_args!("writing {}", file.display()))
}
