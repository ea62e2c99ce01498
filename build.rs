//! Packs the completions and the man pages for the program that prints them: 320 kB of text in 45.

#![allow(clippy::print_stdout, reason = "it is how cargo is told things")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The best, since it is done once and read rarely.
const LEVEL: u8 = 10;

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    let mut list = String::new();
    for (name, folder) in [("COMPLETIONS", "completions"), ("PAGES", "man")] {
        println!("cargo::rerun-if-changed={folder}");
        writeln!(list, "const {name}: &[(&str, &[u8])] = &[").expect("writing to memory");
        for file in files(&root.join(folder)) {
            let name = file.file_name().and_then(|name| name.to_str()).expect("a name in ASCII");
            let packed = out.join(format!("{name}.deflated"));
            let text = fs::read_to_string(&file).expect("a text").replace("\r\n", "\n");
            fs::write(&packed, miniz_oxide::deflate::compress_to_vec(text.as_bytes(), LEVEL)).expect("writing where cargo said");
            writeln!(list, "    ({name:?}, include_bytes!({packed:?})),").expect("writing to memory");
        }
        writeln!(list, "];").expect("writing to memory");
    }
    fs::write(out.join("manual.rs"), list).expect("writing where cargo said");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the package");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}
