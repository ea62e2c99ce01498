//! Part `build`: how long the product takes to build from nothing, and which crates take most of it.
//! Owns the calls of cargo and the reading of its report. It takes minutes, so that it is run only where it is named.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use super::report::Report;
use crate::failure::{Context, Failure, Outcome};
use crate::progress::{say, seconds};
use crate::undo::Undo;
use crate::{process, workspace};

/// How many of the crates are shown.
const HEAVIEST: usize = 10;

pub(super) fn measure() -> Outcome<Report> {
    let mut report = Report::new("build: the product from nothing, everything fetched already (once each)");
    for (name, options) in [("a debug build", &[] as &[&str]), ("a release build", &["--release"])] {
        let target = Target::new();
        // What has to be fetched is fetched before.
        process::run(workspace::cargo().args(["fetch", "--locked"]))?;
        say(&format!("Building {name} ..."));
        let mut command = workspace::cargo();
        command.args(["build", "--package", "kclogin", "--bin", "kclogin", "--locked", "--quiet", "--timings"]).args(options);
        command.arg("--target-dir").arg(&target.path);
        let begun = Instant::now();
        process::run(&mut command)?;
        report.figure(name, seconds(begun.elapsed()), "");
        for (unit, took) in heaviest(&timings(&target.path)?) {
            report.figure(format!("    {unit}"), format!("{took:.1} s"), "");
        }
    }
    report.note("The time of a crate is that of its unit of work, several of which run at once where there are several cores.");
    Ok(report)
}

/// A folder that is empty at first and gone in the end. Beside the others of the kind, since it takes more room than a folder for temporary files may have.
struct Target {
    path: PathBuf,
    _undo: Undo,
}

impl Target {
    fn new() -> Self {
        let path = workspace::root().join("target").join("bench-build");
        let remove = |path: &Path| drop(fs::remove_dir_all(path));
        remove(&path);
        let doomed = path.clone();
        Self { path, _undo: Undo::later(move || remove(&doomed)) }
    }
}

/// The report that cargo has left, as it is the only form on the stable channel.
fn timings(target: &Path) -> Outcome<Vec<Value>> {
    let file = target.join("cargo-timings").join("cargo-timing.html");
    let page = fs::read_to_string(&file).context(format_args!("reading {}", file.display()))?;
    units(&page).ok_or_else(|| Failure::new("cargo's report of its times has another form than it had"))
}

/// The units of work in cargo's page.
fn units(page: &str) -> Option<Vec<Value>> {
    let rest = page.split_once("UNIT_DATA = ")?.1;
    // The list ends where its JSON does, whatever follows.
    serde_json::Deserializer::from_str(rest).into_iter::<Vec<Value>>().next()?.ok()
}

/// The units that took most, by name, in seconds.
fn heaviest(units: &[Value]) -> Vec<(String, f64)> {
    let text = |unit: &Value, name: &str| unit[name].as_str().unwrap_or_default().trim().to_owned();
    let name = |unit: &Value| format!("{} {} {}", text(unit, "name"), text(unit, "version"), text(unit, "target")).trim_end().to_owned();
    let mut took: Vec<(String, f64)> = units.iter().map(|unit| (name(unit), unit["duration"].as_f64().unwrap_or_default())).collect();
    took.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    took.truncate(HEAVIEST);
    took
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_are_in_the_page_and_the_longest_come_first() {
        let page = "<script>\nconst UNIT_DATA = [\n {\"name\":\"url\",\"version\":\"2.5.0\",\"target\":\"\",\"duration\":1.5},\n\
                    {\"name\":\"ring\",\"version\":\"0.17.1\",\"target\":\" build script\",\"duration\":9.25}];\nconst CONCURRENCY_DATA = [];\n</script>";
        let found = heaviest(&units(page).unwrap());
        assert_eq!(found, [("ring 0.17.1 build script".to_owned(), 9.25), ("url 2.5.0".to_owned(), 1.5)]);
        assert_eq!(units("<p>nothing</p>"), None);
    }
}
