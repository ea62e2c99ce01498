//! What was measured, where, and with whom it is compared: the first lines of a report, without which no number means anything.
//! Owns the looking; nothing here is judged.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use super::peers::Peers;
use super::timing::printed;
use crate::keycloak;
use crate::packages::Tool;

/// The lines; the program was found under another name than that of the copy that is measured.
pub(super) fn facts(kclogin: &Path, found: &Path, peers: &Peers) -> Vec<String> {
    let cores = cores();
    let kernel = one_line("/proc/sys/kernel/osrelease");
    let load = load();
    let size = fs::metadata(kclogin).map_or(0, |metadata| metadata.len());
    let mut lines = vec![
        format!("Processor   {}, {cores} {}", processor(), if cores == 1 { "core" } else { "cores" }),
        format!("System      Linux {kernel}, {}, {}", libc(), compiler()),
        format!("Load        {load:.2} in the minute before: what else runs is in every time"),
    ];
    if kclogin.is_file() {
        lines.push(format!("kclogin     {}, {} ({size} bytes)", version(Command::new(kclogin).arg("--version")), found.display()));
    }
    let tools = [Tool::Keyring, Tool::Curl, Tool::Strace, Tool::Valgrind].map(version_of);
    lines.push(format!("Keycloak    {}", keycloak::VERSION));
    lines.push(format!("Tools       {}", tools.join("; ")));
    lines.push(format!("Peers       {}", peers.names()));
    lines
}

/// A warning where more wants to run than there are cores; measuring alone is no more than one at a time.
pub(super) fn busy() -> Option<String> {
    let (load, cores) = (load(), cores());
    (load > cores as f64).then(|| format!("The machine was busy: a load of {load:.2} on {cores} cores. Figures to rely on want a quiet one."))
}

/// How many wanted to run, in the last minute.
fn load() -> f64 {
    one_line("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

fn cores() -> usize {
    available_parallelism().map_or(0, usize::from)
}

/// A tool's version, as it names itself.
pub(super) fn version_of(tool: Tool) -> String {
    tool.find().map_or_else(|| format!("no {}", tool.name()), |program| version(Command::new(program).arg("--version")))
}

/// The compiler's version, as it names itself.
pub(super) fn compiler() -> String {
    version(Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version"))
}

/// The C library's version.
pub(super) fn libc() -> String {
    let said = version(Command::new("ldd").arg("--version"));
    // As in `ldd (Debian GLIBC 2.36-9) 2.36`.
    said.split(['(', ')']).nth(1).map_or(said.clone(), str::to_owned)
}

/// The processor's name.
pub(super) fn processor() -> String {
    fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model(&text)).unwrap_or_else(|| "unknown".to_owned())
}

fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name") || line.starts_with("Model"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn one_line(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default().trim().to_owned()
}

/// The first line that is not empty, but for what curl lists behind its own version.
fn version(command: &mut Command) -> String {
    let said = printed(command).unwrap_or_default();
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("unknown");
    first.split(" libcurl/").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_has_a_name_on_both_architectures() {
        let intel = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2.0GHz\n";
        assert_eq!(model(intel), Some("Some CPU @ 2.0GHz".to_owned()));
        assert_eq!(model("processor\t: 0\nModel\t\t: Some Board\n"), Some("Some Board".to_owned()));
        assert_eq!(model("processor\t: 0\n"), None);
    }
}
