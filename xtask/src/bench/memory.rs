//! Part `memory`: how large a call becomes at most.
//! Owns the holding of a process at its end, where the system tells its peak.
//!
//! What a process had at its peak is asked of the system while it lives; afterwards only its parent's largest child is told, which begins as a copy of the
//! parent. So its output is a pipe that is full already: it waits at its last write, with everything behind it.

use std::fs;
use std::io::{PipeReader, Read, Write, pipe};
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::figures::{middle_count, thousands};
use super::keyring::{kubelogin, lookup};
use super::peers::Peers;
use super::person::Person;
use super::report::{Report, Unit, Wanted};
use super::site::Site;
use super::timing::{bare, printed};
use crate::failure::{Context, Failure, Outcome};
use crate::process::Running;

/// How long a process has to stand still until it is taken to wait for its reader.
const STILL: Duration = Duration::from_millis(300);

/// How long it may take to get there.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one call may take, in megabytes of 1,000,000 bytes.
const LIMIT: f64 = 8.0;

pub(super) fn measure(site: &Site, peers: &Peers, runs: usize) -> Outcome<Report> {
    let provider = site.provider()?;
    let issuer = provider.issuer();
    let keyring = Person::signed_in(site, "size", &issuer, "keyring")?;
    let file = Person::signed_in(site, "size-file", &issuer, "file")?;
    let cached = "kclogin token (keyring)";
    let refresh = "kclogin token --force-refresh (keyring, TLS)";
    let mut commands = vec![
        (cached, keyring.command(&["token"])),
        ("kclogin token (file)", file.command(&["token"])),
        (refresh, keyring.command(&["token", "--force-refresh"])),
        ("kclogin --version", file.command(&["--version"])),
        ("a process that prints a word", bare(Command::new(&site.word))),
        ("secret-tool lookup of the same item", lookup(site, &keyring.item(&issuer))?),
    ];
    if let Some(program) = &peers.kubelogin {
        let command = || kubelogin(site, provider, site.surroundings.command(program), "keyring");
        printed(&mut command())?;
        commands.push(("kubelogin get-token (keyring)", command()));
    }
    let mut report = Report::new(format!("memory: the most that a process had in memory (VmHWM, {runs} runs of each; median, least .. most)"));
    for (name, mut command) in commands {
        let peaks = (0..runs).map(|_| peak(&mut command)).collect::<Outcome<Vec<u64>>>();
        let peaks = peaks.map_err(|failure| Failure::new(format!("the memory of {name}: {}", failure.said())))?;
        let (least, most) = (peaks.iter().min().copied().unwrap_or_default(), peaks.iter().max().copied().unwrap_or_default());
        let middle = middle_count(&peaks);
        report.figure(name, format!("{} kB", thousands(middle)), format!("{} .. {} kB", thousands(least), thousands(most)));
        if name == cached {
            report.judge("a cached call", megabytes(middle), Unit::Megabytes, Wanted::Below(LIMIT));
        } else if name == refresh {
            report.judge("a refresh", megabytes(middle), Unit::Megabytes, Wanted::Nothing);
        }
    }
    report.note("kB are 1024 bytes, as the system counts, and MB 1,000,000. Pages that are shared with other processes, such as those of the C library, are in it.");
    Ok(report)
}

fn megabytes(kib: u64) -> f64 {
    kib as f64 * 1024.0 / 1e6
}

/// The peak of a process in KiB, read while it waits at its last write.
fn peak(command: &mut Command) -> Outcome<u64> {
    let (mut reader, writer) = pipe().context("making a pipe")?;
    let mut filler = writer.try_clone().context("making a pipe")?;
    // More than a pipe holds. It waits in there until the pipe is emptied or gone.
    let full = thread::spawn(move || while filler.write_all(&[b'.'; 4096]).is_ok() {});
    sleep(Duration::from_millis(20));
    let mut running = Running::start(command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null()))?;
    // The command has the other end as well, and would keep the pipe from ever ending.
    command.stdout(Stdio::null());
    let peak = at_the_end(&mut running);
    drain(&mut reader, &mut running)?;
    drop(reader);
    let _ = full.join();
    peak
}

/// Waits until nothing moves any more.
fn at_the_end(running: &mut Running) -> Outcome<u64> {
    let begun = Instant::now();
    let (mut seen, mut since) = (None, Instant::now());
    while begun.elapsed() < PATIENCE {
        if let Some(status) = running.ended() {
            return Err(Failure::new(format!("it ended with {status} before it printed anything")));
        }
        let now = look(running.id());
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if let Some((peak, _)) = seen.as_ref().filter(|_| since.elapsed() >= STILL) {
            return Ok(*peak);
        }
        sleep(Duration::from_millis(10));
    }
    Err(Failure::new("it does not come to its end"))
}

/// The peak, and how often it has waited for anything.
fn look(id: u32) -> Option<(u64, String)> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let peak = value("VmHWM:")?.trim_end_matches(" kB").parse().ok()?;
    let sleeps = value("State:")?.starts_with('S');
    sleeps.then(|| (peak, value("voluntary_ctxt_switches:").unwrap_or_default().to_owned()))
}

/// Reads until the process has ended.
fn drain(reader: &mut PipeReader, running: &mut Running) -> Outcome {
    let mut buffer = [0; 64 * 1024];
    while running.ended().is_none() {
        // The filler sees to it that there is always something to read.
        let _ = reader.read(&mut buffer).context("reading what it printed")?;
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_held_at_its_end_and_then_let_go() {
        let mut command = Command::new("echo");
        let kib = peak(command.arg("word")).unwrap();
        assert!(kib > 100, "{kib}");
    }

    #[test]
    fn a_process_that_prints_nothing_has_no_peak_to_read() {
        let failure = peak(&mut Command::new("true")).unwrap_err();
        assert!(failure.said().contains("before it printed anything"), "{failure}");
    }

    #[test]
    fn memory_is_counted_in_kib_and_told_in_megabytes() {
        assert!((megabytes(7812) - 7.999_488).abs() < 1e-9);
    }
}
