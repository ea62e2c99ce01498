//! What is known of browsers by their names: how each opens a private window, and which of them live in a terminal.

use std::path::Path;

/// Programs, and the switch by which they open a private window. Firefox and its like want it right before the address.
const PRIVATE_SWITCHES: &[(&[&str], &str)] = &[
    (
        &["firefox", "firefox-esr", "firefox-developer-edition", "librewolf", "waterfox", "org.mozilla.firefox", "io.gitlab.librewolf-community"],
        "--private-window",
    ),
    (
        &[
            "google-chrome",
            "google-chrome-stable",
            "google-chrome-beta",
            "chrome",
            "com.google.Chrome",
            "Google Chrome",
            "chromium",
            "chromium-browser",
            "org.chromium.Chromium",
            "brave",
            "brave-browser",
            "com.brave.Browser",
            "Brave Browser",
            "vivaldi",
            "vivaldi-stable",
            "com.vivaldi.Vivaldi",
        ],
        "--incognito",
    ),
    (&["microsoft-edge", "microsoft-edge-stable", "msedge", "com.microsoft.Edge", "Microsoft Edge"], "--inprivate"),
    (&["opera", "com.opera.Opera"], "--private"),
    (&["epiphany", "epiphany-browser", "org.gnome.Epiphany"], "--incognito-mode"),
    (&["falkon", "org.kde.falkon"], "--private-browsing"),
];

/// Browsers that draw in the terminal. A login page of today does not work there, and two programs would share one terminal.
const IN_THE_TERMINAL: &[&str] = &["w3m", "lynx", "links", "links2", "elinks", "www-browser", "browsh", "chawan", "cha"];

/// What a program is called, without its directory and Windows' ending.
fn name(program: &str) -> &str {
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// The switch for a private window, of the first of these words that names a browser: `flatpak run org.mozilla.firefox` names it third.
pub(super) fn private_switch(words: &[String]) -> Option<&'static str> {
    let of = |word: &String| PRIVATE_SWITCHES.iter().find(|(names, _)| names.contains(&name(word))).map(|(_, switch)| *switch);
    words.iter().find_map(of)
}

/// Whether a program draws in the terminal.
pub(super) fn is_in_the_terminal(program: &str) -> bool {
    IN_THE_TERMINAL.contains(&name(program))
}

/// The command of a desktop file, by its name: `firefox.desktop`, Flatpak's `org.mozilla.firefox.desktop`, Snap's `firefox_firefox.desktop`.
pub(super) fn command_of_desktop_file(file: &str) -> Option<Vec<String>> {
    let name = file.trim().strip_suffix(".desktop")?;
    let name = name.split_once('_').map_or(name, |(snap, _)| snap);
    let words = if name.matches('.').count() >= 2 { vec!["flatpak".to_owned(), "run".to_owned(), name.to_owned()] } else { vec![name.to_owned()] };
    private_switch(&words).map(|_| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_their_names_wherever_they_are() {
        let switch = |text: &str| private_switch(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(switch("/usr/bin/firefox-esr -P work"), Some("--private-window"));
        assert_eq!(switch("flatpak run org.chromium.Chromium"), Some("--incognito"));
        assert_eq!(switch("msedge.exe"), Some("--inprivate"));
        assert_eq!(switch("xdg-open"), None);
        assert!(is_in_the_terminal("/usr/bin/w3m") && !is_in_the_terminal("firefox"));
    }

    #[test]
    fn a_desktop_file_names_its_command() {
        let command = |file: &str| command_of_desktop_file(file).map(|words| words.join(" "));
        assert_eq!(command("firefox.desktop\n").as_deref(), Some("firefox"));
        assert_eq!(command("firefox_firefox.desktop").as_deref(), Some("firefox"));
        assert_eq!(command("org.mozilla.firefox.desktop").as_deref(), Some("flatpak run org.mozilla.firefox"));
        assert_eq!(command("gimp.desktop"), None);
        assert_eq!(command(""), None);
    }
}
