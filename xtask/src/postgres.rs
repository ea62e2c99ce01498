//! A PostgreSQL that knows OAuth, from 18 on, for the recipe of libpq: built from the source that a later release of Debian has, as nothing older will do.
//! Owns the build and its place in the cache, with the module that checks tokens for the server (`tests/programs/postgres/`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::{Source, jobs};
use crate::failure::{Context, Outcome};
use crate::packages::{self, Tool};
use crate::{quiet, workspace};

const SOURCE: Source = Source { package: "postgresql-18", release: "forky", name: "PostgreSQL 18", advice: "it is built on Debian only" };

/// What is left out takes longer to build, and is for people who use it.
const SWITCHES: [&str; 5] = ["--with-ssl=openssl", "--without-icu", "--without-readline", "--without-zlib", "CFLAGS=-O0"];

/// A server that can be set up, and the clients.
const PARTS: [&str; 11] = [
    "include",
    "timezone",
    "backend",
    "backend/snowball",
    "pl/plpgsql/src",
    "interfaces/libpq",
    "bin/initdb",
    "bin/pg_config",
    "bin/pg_ctl",
    "bin/pg_dump",
    "bin/psql",
];

/// The folder that it is installed in, made where it is not there.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let folder = workspace::cache().join("postgres");
    // The program that is installed last.
    if !folder.join("bin/psql").is_file() {
        packages::ensure(&[Tool::Make, Tool::PostgresParts])?;
        let source = SOURCE.fetch()?;
        build(&source, &folder)?;
        let _ = fs::remove_dir_all(source.parent().unwrap_or(&source));
    }
    packages::ensure(&[Tool::PostgresParts])?;
    let validator = workspace::root().join("tests/programs/postgres/validator.c");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(folder.join("validator.so"))
        .arg("-I")
        .arg(folder.join("include/server"))
        .arg(validator)
        .arg("-lcurl");
    quiet::run("Building the validator of tokens", SOURCE.package, &mut compiler)?;
    Ok(folder)
}

fn build(source: &Path, folder: &Path) -> Outcome {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).context(format_args!("making {}", folder.display()))?;
    let mut configure = Command::new(source.join("configure"));
    configure.arg(format!("--prefix={}", folder.display())).args(SWITCHES).current_dir(source);
    quiet::run("Configuring PostgreSQL", SOURCE.package, &mut configure)?;
    for part in PARTS {
        let mut make = Command::new("make");
        make.args(["-s", &jobs(), "-C"]).arg(source.join("src").join(part)).arg("install");
        quiet::run(&format!("Building PostgreSQL ({part})"), SOURCE.package, &mut make)?;
    }
    Ok(())
}
