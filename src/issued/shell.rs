//! Words that a shell may evaluate: a variable with a token in it, whatever is in the token.

use crate::error::{Error, Result};

/// A shell with its own way to quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// The POSIX shell and those after it: sh, dash, bash, zsh, ksh.
    Sh,
    /// fish
    Fish,
    /// PowerShell
    PowerShell,
}

/// A command by which the shell gives a variable this value, for itself and for the programs it starts.
#[must_use]
pub fn assignment(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
        Shell::Fish => format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        // PowerShell takes the typographic quotes for the same, so they are doubled too.
        Shell::PowerShell => {
            let is_quote = |c| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
            let quoted: String = value.chars().flat_map(|c| std::iter::repeat_n(c, if is_quote(c) { 2 } else { 1 })).collect();
            format!("$env:{name} = '{quoted}'")
        }
    }
}

/// A text as one word for a POSIX shell: as it is where no shell would see anything in it.
#[must_use]
pub fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=./:,@%+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Refuses what every shell would take for something else than a variable's name.
///
/// # Errors
/// The name has other characters than letters, digits and `_`, or begins with a digit.
pub fn require_variable_name(name: &str) -> Result<()> {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word && name.bytes().next().is_some_and(|first| !first.is_ascii_digit()) {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` can't be the name of a variable")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_end_nothing() {
        let written = |shell| assignment(shell, "T", r"a'b\c$(d)`e`");
        assert_eq!(written(Shell::Sh), r"export T='a'\''b\c$(d)`e`'");
        assert_eq!(written(Shell::Fish), r"set -gx T 'a\'b\\c$(d)`e`'");
        assert_eq!(written(Shell::PowerShell), r"$env:T = 'a''b\c$(d)`e`'");
        assert_eq!(assignment(Shell::PowerShell, "T", "\u{2019}"), "$env:T = '\u{2019}\u{2019}'");
    }

    #[test]
    fn a_word_stays_one() {
        for plain in ["--exec-arg=kubectl", "https://kc.example/realms/work", "a,b", "alice@git.example.com:8443"] {
            assert_eq!(word(plain), plain);
        }
        for (text, quoted) in
            [("", "''"), ("a b", "'a b'"), ("[::1]:3000", "'[::1]:3000'"), ("$(x)", "'$(x)'"), ("it's", r"'it'\''s'"), ("~", "'~'"), ("ü", "'ü'")]
        {
            assert_eq!(word(text), quoted);
        }
    }

    #[test]
    fn a_variable_has_a_plain_name() {
        for good in ["A", "_", "KCLOGIN_TOKEN", "a1"] {
            assert!(require_variable_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1A", "A B", "A;B", "A=B", "Ä", "A\n"] {
            assert!(require_variable_name(bad).is_err(), "{bad}");
        }
    }
}
