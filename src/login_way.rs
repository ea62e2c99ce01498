//! Which way a person signs in: the one that was asked for, or that the profile remembers, or else one that can work here.

use crate::error::{Error, Result};
use crate::profile::login_method::LoginMethod;
use crate::surroundings::Surroundings;

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In a browser on this machine or, where none can be opened, by its printed address.
    Browser,
    /// With a code.
    Device,
    /// By pasting an address.
    Paste,
    /// With a code or, where the client may not, by pasting.
    DeviceOrPaste,
}

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The way that was asked for or, if not by this call, is remembered.
    pub method: Option<LoginMethod>,
    /// Whether it was asked for by this call.
    pub is_asked_for: bool,
    /// Why no browser would be opened, if so.
    pub no_browser: Option<&'static str>,
    /// Where we are.
    pub surroundings: &'a Surroundings,
}

/// Refuses to begin what would wait for somebody who can't be there.
///
/// # Errors
/// Nobody is there.
pub fn require_somebody(situation: &Situation<'_>) -> Result<()> {
    let Situation { method, is_asked_for, no_browser, surroundings, .. } = *situation;
    let needs_somebody = no_browser.is_some() || method.is_some_and(LoginMethod::needs_a_reader);
    if !is_asked_for && needs_somebody && surroundings.is_ci && !surroundings.has_terminal {
        return Err(Error::login_required("nobody is here to sign in: this is CI, and there is no terminal")
            .hint("let it be a service account, with `--client-credentials`; or name a way to sign in, such as `--device`"));
    }
    Ok(())
}

/// Chooses, and says in a line what was chosen and why, where it is not what was asked for. `has_codes` says whether the provider gives codes.
#[must_use]
pub fn choose(situation: &Situation<'_>, has_codes: bool) -> (Way, Option<String>) {
    let Situation { method, no_browser, surroundings, .. } = *situation;
    let way = match method {
        Some(LoginMethod::Browser) => Way::Browser,
        Some(LoginMethod::Device) => Way::Device,
        Some(LoginMethod::Paste) => Way::Paste,
        None => match no_browser {
            Some(why) if surroundings.has_terminal => {
                let why = place(surroundings, why);
                return if has_codes {
                    (
                        Way::DeviceOrPaste,
                        Some(format!("{why}, so you sign in with a code on another device. (Or choose `--paste` or `--no-browser`.)")),
                    )
                } else {
                    (Way::Paste, Some(format!("{why}, so you sign in with a browser on another machine. (Or choose `--no-browser`.)")))
                };
            }
            _ => Way::Browser,
        },
    };
    (way, None)
}

fn place(surroundings: &Surroundings, why: &str) -> String {
    if surroundings.ssh.is_some() {
        "You came by SSH".to_owned()
    } else if surroundings.is_container {
        "This container has no display".to_owned()
    } else {
        let (first, rest) = why.split_at(1);
        first.to_uppercase() + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    const NO_DISPLAY: Option<&str> = Some("there is no display here");

    /// What is chosen where the environment says this.
    fn chosen(variables: &[(&str, &str)], has_terminal: bool, no_browser: Option<&'static str>, method: Option<LoginMethod>) -> String {
        let environment = Environment::from_pairs(variables.iter().copied());
        let surroundings = Surroundings::of(&environment, has_terminal);
        let situation = Situation { method, is_asked_for: false, no_browser, surroundings: &surroundings };
        match require_somebody(&situation).map(|()| choose(&situation, true)) {
            Ok((way, line)) => {
                format!("{way:?}{}", line.map_or_else(String::new, |line| format!(": {}", line.split(',').next().unwrap_or_default())))
            }
            Err(error) => format!("{:?}", error.kind()),
        }
    }

    #[test]
    fn the_way_fits_the_place() {
        let ssh = ("SSH_CONNECTION", "198.51.100.7 50000 203.0.113.5 22");
        let (browser, paste) = (Some(LoginMethod::Browser), Some(LoginMethod::Paste));
        for (variables, has_terminal, no_browser, method, expected) in [
            // A desktop, with and without a terminal.
            (&[("DISPLAY", ":0")][..], true, None, None, "Browser"),
            (&[("DISPLAY", ":0")], false, None, None, "Browser"),
            (&[("WAYLAND_DISPLAY", "wayland-0"), ("FLATPAK_ID", "org.example.Terminal")], true, None, None, "Browser"),
            (&[("WSL_DISTRO_NAME", "Debian")], true, None, None, "Browser"),
            // No display.
            (&[], true, NO_DISPLAY, None, "DeviceOrPaste: There is no display here"),
            (&[("BROWSER", "none")], true, Some("$BROWSER says `none`"), None, "DeviceOrPaste: $BROWSER says `none`"),
            (
                &[("BROWSER", "w3m")],
                true,
                Some("the browser in $BROWSER draws in the terminal"),
                None,
                "DeviceOrPaste: The browser in $BROWSER draws in the terminal",
            ),
            (&[ssh], true, NO_DISPLAY, None, "DeviceOrPaste: You came by SSH"),
            (&[("container", "podman")], true, NO_DISPLAY, None, "DeviceOrPaste: This container has no display"),
            // Nobody types, but somebody may read: the address is printed, and waited for.
            (&[], false, NO_DISPLAY, None, "Browser"),
            (&[("container", "podman")], false, NO_DISPLAY, None, "Browser"),
            // Nobody at all.
            (&[("CI", "true")], false, NO_DISPLAY, None, "LoginRequired"),
            (&[("CI", "true")], false, NO_DISPLAY, browser, "LoginRequired"),
            (&[("CI", "true")], false, None, paste, "LoginRequired"),
            (&[("CI", "true"), ("BROWSER", "robot")], false, None, None, "Browser"),
            (&[("CI", "true")], true, NO_DISPLAY, None, "DeviceOrPaste: There is no display here"),
            (&[("CI", "false")], false, NO_DISPLAY, None, "Browser"),
            // What is remembered goes before what is guessed.
            (&[ssh], true, NO_DISPLAY, browser, "Browser"),
            (&[("DISPLAY", ":0")], true, None, Some(LoginMethod::Device), "Device"),
            (&[("DISPLAY", ":0")], true, None, paste, "Paste"),
        ] {
            assert_eq!(chosen(variables, has_terminal, no_browser, method), expected, "{variables:?} {has_terminal} {method:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_done_and_without_codes_an_address_is_pasted() {
        let nobody = Surroundings { is_ci: true, ..Surroundings::default() };
        let here = Surroundings { has_terminal: true, ..Surroundings::default() };
        let of = |method, is_asked_for, surroundings, has_codes| {
            let situation = Situation { method, is_asked_for, no_browser: NO_DISPLAY, surroundings };
            require_somebody(&situation).map(|()| choose(&situation, has_codes).0)
        };
        assert_eq!(of(Some(LoginMethod::Device), true, &nobody, true), Ok(Way::Device));
        assert_eq!(of(Some(LoginMethod::Browser), true, &nobody, true), Ok(Way::Browser));
        assert_eq!(of(None, false, &here, false), Ok(Way::Paste));
    }
}
