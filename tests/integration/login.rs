//! Signing in, from the command line to the stored token set.

use kclogin::exit::Exit;

use crate::machine::Machine;
use crate::provider::{Endpoint, Provider};

#[test]
fn a_login_says_who_signed_in_and_prints_nothing_on_stdout() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let outcome = machine.run(&["login", "--issuer", &provider.issuer()]);
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (Exit::Done, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with(&format!("Logged in as Alice Adams (alice) at {}.\n", provider.issuer())), "{}", outcome.stderr);
    assert_eq!(provider.requests(Endpoint::Token).len(), 1);
    assert_eq!(provider.leaks_in(&outcome.stderr), Vec::<&str>::new());
}
