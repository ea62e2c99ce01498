//! The bundle of seams between kclogin and the machine it runs on. Only `lib` opens it; a command gets just the parts it uses.

use std::cell::RefCell;
use std::io::Read;

use crate::browser::{Browser, SystemBrowser};
use crate::clock::{Clock, SystemClock};
use crate::environment::Environment;
use crate::interrupt::{Interrupt, SystemInterrupt};
use crate::program::{Programs, SystemPrograms};
use crate::surroundings::Surroundings;
use crate::terminal::Terminal;
use crate::token_store::{Stores, SystemStores};
use crate::typed::{SystemTyped, Typed};

/// Everything outside of kclogin that a run touches, but for the network and the file system.
pub struct Host {
    /// What shows the login page.
    pub browser: Box<dyn Browser>,
    /// The token stores.
    pub stores: Box<dyn Stores>,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// The environment variables.
    pub environment: Environment,
    /// stdout and stderr.
    pub terminal: Terminal,
    /// stdin, which is read only where a client secret is announced on it, and where git asks by it.
    pub stdin: Box<dyn Read>,
    /// stdin, where a person types while something else is waited for.
    pub typed: RefCell<Box<dyn Typed>>,
    /// What runs other programs.
    pub programs: Box<dyn Programs>,
    /// Ctrl-C.
    pub interrupt: Box<dyn Interrupt>,
}

impl Host {
    /// Where this runs, and whether somebody reads and types here.
    #[must_use]
    pub fn surroundings(&self) -> Surroundings {
        Surroundings::of(&self.environment, self.typed.borrow().is_terminal() && self.terminal.has_reader())
    }

    /// The machine and process this runs in.
    #[must_use]
    pub fn system() -> Self {
        let (environment, terminal) = (Environment::of_process(), Terminal::of_process());
        let voice = terminal.clone();
        Self {
            browser: Box::new(SystemBrowser::new(&environment)),
            stores: Box::new(SystemStores::new(&environment).telling(move |text| voice.prompt(text))),
            clock: Box::new(SystemClock),
            terminal,
            stdin: Box::new(std::io::stdin()),
            typed: RefCell::new(Box::new(SystemTyped::default())),
            programs: Box::new(SystemPrograms),
            interrupt: Box::new(SystemInterrupt),
            environment,
        }
    }
}
