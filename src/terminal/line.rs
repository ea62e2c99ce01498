//! A line of text with what each piece of it means to the reader, and how that is coloured. Whether it is, each stream decides.

use colored::{ColoredString, Colorize};

use crate::text::neutralise;

#[derive(Clone, Copy, Debug)]
enum Style {
    Plain,
    Strong,
    Dim,
    Good,
    Warning,
    Bad,
    Link,
    Modules,
}

/// One line of text in pieces, each with what it means to the reader. Pieces may come from outside: they are neutralised when printed.
#[derive(Clone, Debug, Default)]
pub struct Line(Vec<(Style, String)>);

macro_rules! pieces {
    ($($(#[$doc:meta])* $name:ident => $style:ident;)*) => {
        $($(#[$doc])* #[must_use] pub fn $name(mut self, text: impl Into<String>) -> Self {
            self.0.push((Style::$style, text.into()));
            self
        })*
    };
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pieces! {
        /// Adds ordinary text.
        plain => Plain;
        /// Adds what the reader's eye should land on.
        strong => Strong;
        /// Adds what matters less.
        dim => Dim;
        /// Adds what went well.
        good => Good;
        /// Adds what deserves care.
        caution => Warning;
        /// Adds what went wrong.
        bad => Bad;
        /// Adds something to follow or to type.
        link => Link;
    }

    /// Adds a row of a code that a camera reads, dark on light whatever the terminal's own colours are.
    pub(super) fn modules(mut self, text: String) -> Self {
        self.0.push((Style::Modules, text));
        self
    }

    /// A row of a card: a term in a column of its own, and what there is to say of it.
    #[must_use]
    pub fn row(term: &str, value: Self) -> Self {
        let mut row = Self::new().dim(format!("  {term:<8}  "));
        row.0.extend(value.0);
        row
    }

    /// The members of an object, a line each, their values below each other.
    #[must_use]
    pub fn members<'a>(members: impl Iterator<Item = (&'a String, String)>) -> Vec<Self> {
        let members: Vec<_> = members.collect();
        let width = members.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let line = |(name, value): (&String, String)| Self::new().plain("  ").dim(format!("{name:<width$}")).plain("  ").plain(value);
        members.into_iter().map(line).collect()
    }

    pub(super) fn render(&self, colour: bool) -> String {
        self.0.iter().map(|(style, text)| paint(*style, &neutralise(text), colour)).collect()
    }
}

impl<T: Into<String>> From<T> for Line {
    fn from(text: T) -> Self {
        Self::new().plain(text)
    }
}

fn paint(style: Style, text: &str, colour: bool) -> String {
    if !colour || text.is_empty() {
        return text.to_owned();
    }
    // `colored` has one switch for the whole process, set by what stdout is. It is only ever asked here, when this stream wants colour.
    colored::control::set_override(true);
    #[cfg(windows)]
    let _ = colored::control::set_virtual_terminal(true);
    let painted: ColoredString = match style {
        Style::Plain => return text.to_owned(),
        Style::Strong => text.bold(),
        Style::Dim => text.dimmed(),
        Style::Good => text.green(),
        Style::Warning => text.yellow(),
        Style::Bad => text.red().bold(),
        Style::Link => text.cyan(),
        Style::Modules => text.black().on_bright_white(),
    };
    painted.to_string()
}
