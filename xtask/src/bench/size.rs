//! Part `size`: the program's bytes, the crates it is built from, and the libraries it has to find.
//! Owns the questions to cargo and to the system's loader.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::figures::thousands;
use super::report::{Report, Unit, Wanted};
use super::timing::printed;
use crate::failure::{Context, Outcome};
use crate::workspace;

/// In megabytes of 1,000,000 bytes.
const LIMIT: f64 = 5.0;
const CRATES: f64 = 190.0;

pub(super) fn measure(kclogin: &Path) -> Outcome<Report> {
    let bytes = fs::metadata(kclogin).context(format_args!("looking at {}", kclogin.display()))?.len();
    let mut tree = workspace::cargo();
    tree.args(["tree", "--edges", "normal", "--prefix", "none", "--package", "kclogin", "--locked"]);
    let crates = crates(&printed(&mut tree)?);
    let libraries = libraries(&printed(Command::new("ldd").arg(kclogin))?);

    let mut report = Report::new("size: what has to be built, carried and found");
    report.figure("the program", format!("{} bytes", thousands(bytes)), "");
    report.figure("crates, itself included", crates.to_string(), "");
    report.figure("dynamic libraries", libraries.len().to_string(), libraries.join(" "));
    report.judge("the program", bytes as f64 / 1e6, Unit::Megabytes, Wanted::Below(LIMIT));
    report.judge("crates", crates as f64, Unit::Count, Wanted::Below(CRATES));
    report.note("MB are 1,000,000 bytes. The crates are those of this tree's Cargo.lock for this system, whatever program is looked at.");
    Ok(report)
}

/// How many packages there are in cargo's tree, which shows some more than once.
fn crates(tree: &str) -> usize {
    tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect::<BTreeSet<_>>().len()
}

/// The names of what the loader loads, but for what the kernel maps by itself.
fn libraries(ldd: &str) -> Vec<String> {
    let names = ldd.lines().filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| name.contains(".so") && !name.starts_with("linux-vdso")).map(|name| name.rsplit('/').next().unwrap_or(name));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_and_two_versions_of_it_twice() {
        assert_eq!(crates("kclogin v0.1.0 (/w)\nurl v2.5.0\nhash v1.0.0\nhash v2.0.0\nurl v2.5.0 (*)\n\n"), 4);
    }

    #[test]
    fn what_the_kernel_maps_is_no_library() {
        let said = "\tlinux-vdso.so.1 (0x1)\n\tlibgcc_s.so.1 => /lib/libgcc_s.so.1 (0x2)\n\tlibc.so.6 => /lib/libc.so.6 (0x3)\n\t/lib64/ld-linux-x86-64.so.2 (0x4)\n";
        assert_eq!(libraries(said), ["libgcc_s.so.1", "libc.so.6", "ld-linux-x86-64.so.2"]);
        assert!(libraries("\tstatically linked\n").is_empty());
    }
}
