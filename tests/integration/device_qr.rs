//! The QR code of a login with a code, read off the screen: what was printed is made a picture again, and a decoder finds the address in it.

use rqrr::PreparedImage;

use crate::machine::Machine;
use crate::provider::Provider;

/// How many pixels a module is wide.
const SCALE: usize = 5;
/// How much of the bare screen is around what is looked at, in modules.
const MARGIN: usize = 6;

/// How light the letters and the ground of a terminal are.
#[derive(Clone, Copy)]
struct Colours {
    letter: u8,
    ground: u8,
}

const DARK: Colours = Colours { letter: 220, ground: 20 };
const LIGHT: Colours = Colours { letter: 20, ground: 250 };

/// What a login with a code prints on a terminal with these variables.
fn printed(variables: &[(&str, &str)], more: &[&str]) -> (Provider, String) {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.terminals(false, true);
    for (name, value) in [("LANG", "en_US.UTF-8"), ("COLUMNS", "80"), ("TERM", "xterm-256color")].iter().chain(variables) {
        machine.set(name, value);
    }
    let outcome = machine.run(&[&["login", "--device", "--issuer", &provider.issuer()], more].concat());
    let stderr = outcome.stderr.clone();
    outcome.done();
    (provider, stderr)
}

/// The rows of half blocks, each as two rows of modules, in the colours that a terminal gives them.
fn modules(text: &str, terminal: Colours) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let (mut colours, mut upper, mut lower, mut rest) = (terminal, Vec::new(), Vec::new(), line);
        while let Some(first) = rest.chars().next() {
            if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
                let end = sequence.find(|c: char| c.is_ascii_alphabetic()).expect("an end");
                for number in sequence[..end].split(';') {
                    match number {
                        "0" | "" => colours = terminal,
                        "30" => colours.letter = 0,
                        "107" => colours.ground = 255,
                        _ => {}
                    }
                }
                rest = &sequence[end + 1..];
                continue;
            }
            let (above, below) = match first {
                ' ' => (colours.ground, colours.ground),
                '\u{2580}' => (colours.letter, colours.ground),
                '\u{2584}' => (colours.ground, colours.letter),
                '\u{2588}' => (colours.letter, colours.letter),
                _ => {
                    upper.clear();
                    break;
                }
            };
            upper.push(above);
            lower.push(below);
            rest = &rest[first.len_utf8()..];
        }
        if upper.len() > 20 {
            rows.extend([upper, lower]);
        }
    }
    rows
}

/// What a camera reads off a screen with these colours; nothing where it finds no code.
fn scanned(text: &str, terminal: Colours) -> Option<String> {
    let rows = modules(text, terminal);
    let (width, height) = (rows.first()?.len() + 2 * MARGIN, rows.len() + 2 * MARGIN);
    let light = |x: usize, y: usize| {
        let at = |pixel: usize| (pixel / SCALE).checked_sub(MARGIN);
        at(x).zip(at(y)).and_then(|(x, y)| rows.get(y)?.get(x).copied()).unwrap_or(terminal.ground)
    };
    let mut picture = PreparedImage::prepare_from_greyscale(width * SCALE, height * SCALE, light);
    let grids = picture.detect_grids();
    grids.first().and_then(|grid| grid.decode().ok()).map(|(_, content)| content)
}

#[test]
fn rfc8628_3_3_1_a_scanner_reads_the_complete_address_on_a_dark_and_on_a_light_terminal() {
    let (provider, stderr) = printed(&[], &[]);
    let address = format!("{}/realms/test/device?user_code=WDJB-MJHT", provider.base());
    for terminal in [DARK, LIGHT] {
        assert_eq!(scanned(&stderr, terminal).as_ref(), Some(&address), "{stderr}");
    }
    assert!(stderr.contains("Or scan the square above with a phone, or open this one, which has the code in it:\n"), "{stderr}");
}

#[test]
fn without_colour_a_scanner_reads_it_on_a_dark_terminal() {
    let (provider, stderr) = printed(&[("NO_COLOR", "1")], &[]);
    let address = format!("{}/realms/test/device?user_code=WDJB-MJHT", provider.base());
    assert_eq!(scanned(&stderr, DARK), Some(address), "{stderr}");
}

#[test]
fn it_is_left_out_where_it_would_not_be_seen_as_one() {
    let shown = |variables: &[(&str, &str)], more: &[&str]| {
        let (_provider, stderr) = printed(variables, more);
        assert!(stderr.contains("this one, which has the code in it:\n") && stderr.contains("WDJB-MJHT"), "{stderr}");
        assert_eq!(stderr.contains("square"), !modules(&stderr, DARK).is_empty(), "{stderr}");
        stderr.contains("square")
    };
    assert!(shown(&[("COLUMNS", "41")], &[]));
    assert!(!shown(&[("COLUMNS", "40")], &[]));
    assert!(!shown(&[("TERM", "dumb")], &[]));
    assert!(!shown(&[], &["--quiet"]));
    // Elsewhere a terminal shows the characters whatever the locale says.
    if !cfg!(any(windows, target_os = "macos")) {
        assert!(!shown(&[("LC_ALL", "C")], &[]) && shown(&[("LC_ALL", "C.utf8"), ("LANG", "C")], &[]));
    }
}

#[test]
fn a_provider_that_has_no_complete_address_shows_none() {
    let (provider, machine) = (Provider::start(), Machine::new());
    machine.terminals(false, true);
    [("LANG", "en_US.UTF-8"), ("COLUMNS", "80")].iter().for_each(|(name, value)| machine.set(name, value));
    provider.alter_device_response(|said| drop(crate::provider::Members::remove(said, "verification_uri_complete")));
    let stderr = machine.run(&["login", "--device", "--issuer", &provider.issuer()]).stderr;
    assert!(modules(&stderr, DARK).is_empty() && !stderr.contains("Or "), "{stderr}");
}
