//! A QR code (ISO/IEC 18004) in half-block characters: the only file that names qrcode. Whether one is drawn is left to `terminal`.

use qrcode::{Color, EcLevel, QrCode};

/// The light edge that a scanner needs around it, in modules (ISO/IEC 18004 section 6.3.8).
const QUIET_ZONE: usize = 4;

/// The lines of a QR code for this text, two rows of modules in each. With colour they are dark on light; without, a block is a light module, which is right
/// where a terminal's letters are light on dark. Nothing where it is wider than `columns`, or the text is too long for any.
pub(super) fn draw(text: &str, coloured: bool, columns: usize) -> Option<Vec<String>> {
    // The address is read from a screen and not from a worn label, so the smallest code there is does best.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let inner = code.width();
    let modules = code.to_colors();
    let width = inner + 2 * QUIET_ZONE;
    let is_dark = |x: usize, y: usize| {
        let at = |place: usize| place.checked_sub(QUIET_ZONE).filter(|place| *place < inner);
        at(x).zip(at(y)).is_some_and(|(x, y)| modules[y * inner + x] == Color::Dark)
    };
    let cell = |upper: bool, lower: bool| match (upper, lower) {
        (false, false) => ' ',
        (true, false) => '\u{2580}',
        (false, true) => '\u{2584}',
        (true, true) => '\u{2588}',
    };
    let line = |y: usize| (0..width).map(|x| cell(is_dark(x, y) == coloured, is_dark(x, y + 1) == coloured)).collect();
    (width <= columns).then(|| (0..width).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_a_quiet_zone_of_four_modules_and_is_left_out_where_it_does_not_fit() {
        let lines = draw("https://kc.example/device?user_code=ABCD-EFGH", true, 80).expect("it fits");
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width) && lines.len() == width.div_ceil(2));
        assert!([0, 1, lines.len() - 1, lines.len() - 2].iter().all(|line| lines[*line].trim().is_empty()), "{lines:#?}");
        assert!(lines.iter().all(|line| line.starts_with("    ") && line.ends_with("    ")), "{lines:#?}");
        assert!(lines[2].starts_with("    \u{2588}\u{2580}\u{2580}\u{2580}\u{2580}\u{2580}\u{2588} "), "a finder pattern in the corner: {lines:#?}");
        let inverted = draw("https://kc.example/device?user_code=ABCD-EFGH", false, width).expect("it just fits");
        assert_eq!(inverted[0], "\u{2588}".repeat(width));
        assert_eq!(draw("https://kc.example/device?user_code=ABCD-EFGH", true, width - 1), None);
        assert_eq!(draw(&"a".repeat(3000), true, usize::MAX), None);
    }
}
