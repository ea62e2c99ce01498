//! `cargo xtask generate`: the completions and man pages, which are committed, and which the product prints as they lie there.
//! Owns the comparison with what is committed; what writes them is `examples/generate`, out of the command line's own definition.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Args;

use crate::failure::{Context, Failure, Outcome};
use crate::progress::say;
use crate::scratch::Scratch;
use crate::{process, workspace};

/// The options of `xtask generate`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Change nothing, fail where a file is not what would be generated
    #[arg(long)]
    check: bool,
}

/// The committed files, by their name under `completions/` or `man/`.
type Files = BTreeMap<String, Vec<u8>>;

/// `cargo xtask generate`
pub(crate) fn run(options: &Options) -> Outcome {
    if options.check { check() } else { update() }
}

/// Fails where a file is not what would be generated.
pub(crate) fn check() -> Outcome {
    for (folder, fresh) in fresh()? {
        compare(folder, &fresh, &read(&workspace::root().join(folder))?)?;
    }
    Ok(())
}

fn update() -> Outcome {
    for (folder, fresh) in fresh()? {
        write(&workspace::root().join(folder), &fresh)?;
        say(&format!("{folder}: {} files", fresh.len()));
    }
    Ok(())
}

fn fresh() -> Outcome<[(&'static str, Files); 2]> {
    let scratch = Scratch::new()?;
    process::run(workspace::cargo().args(["run", "--quiet", "--package", "kclogin", "--example", "generate", "--"]).arg(scratch.path()))?;
    Ok([("completions", read(&scratch.path().join("completions"))?), ("man", read(&scratch.path().join("man"))?)])
}

/// The files in a folder; none when it does not exist.
fn read(folder: &Path) -> Outcome<Files> {
    let doing = format!("reading {}", folder.display());
    if !folder.exists() {
        return Ok(Files::new());
    }
    let mut files = Files::new();
    for entry in fs::read_dir(folder).context(&doing)? {
        let entry = entry.context(&doing)?;
        let content = fs::read(entry.path()).context(format_args!("reading {}", entry.path().display()))?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), content);
    }
    Ok(files)
}

/// Replaces the folder's content: a page whose command is gone goes with it.
fn write(folder: &Path, files: &Files) -> Outcome {
    fs::create_dir_all(folder).context(format_args!("making {}", folder.display()))?;
    for name in read(folder)?.keys().filter(|name| !files.contains_key(*name)) {
        fs::remove_file(folder.join(name)).context(format_args!("removing {name}"))?;
    }
    for (name, content) in files {
        fs::write(folder.join(name), content).context(format_args!("writing {name}"))?;
    }
    Ok(())
}

fn compare(folder: &str, fresh: &Files, committed: &Files) -> Outcome {
    let names = fresh.keys().chain(committed.keys().filter(|name| !fresh.contains_key(*name)));
    let differing = names.filter_map(|name| difference(name, fresh.get(name), committed.get(name)));
    let said: Vec<String> = differing.map(|difference| format!("{folder}/{difference}")).collect();
    if said.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("not as generated: {}", said.join(", "))).hint("run `cargo xtask generate`, look at `git diff`, and commit"))
}

fn difference(name: &str, fresh: Option<&Vec<u8>>, committed: Option<&Vec<u8>>) -> Option<String> {
    match (fresh, committed) {
        (Some(fresh), Some(committed)) if fresh == committed => None,
        (Some(fresh), Some(committed)) => {
            let (fresh, committed) = (String::from_utf8_lossy(fresh), String::from_utf8_lossy(committed));
            let same = fresh.lines().zip(committed.lines()).take_while(|(ours, theirs)| ours == theirs).count();
            Some(format!("{name} (from line {})", same + 1))
        }
        (Some(_), None) => Some(format!("{name} (missing)")),
        (None, _) => Some(format!("{name} (no longer generated)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        entries.iter().map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_differs_is_named_with_its_line() {
        let fresh = files(&[("same", "a"), ("changed", "1\n2\n3"), ("new", "x")]);
        let committed = files(&[("same", "a"), ("changed", "1\n2\nthree"), ("old", "y")]);
        let failure = compare("man", &fresh, &committed).unwrap_err();
        assert_eq!(failure.said(), "not as generated: man/changed (from line 3), man/new (missing), man/old (no longer generated)");
        assert!(compare("man", &fresh, &fresh).is_ok());
    }
}
