//! Addresses of the session bus in forms other than the usual one: they work, and where nobody speaks there, that is found out all the same.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::{Duration, Instant};

use crate::fake_keyring::{FakeKeyring, Script};
use crate::secret_service::{Desk, NOWHERE, SILENT};

/// The address with its path percent-encoded throughout (D-Bus Specification, "Server Addresses").
fn escaped(address: &str) -> String {
    let path = address.strip_prefix("unix:path=").expect("a plain address");
    format!("unix:path={}", path.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>())
}

#[test]
fn a_keyring_is_found_at_an_address_of_any_form() {
    let keyring = FakeKeyring::start(Script::default());
    let plain = keyring.bus.address();
    for address in [escaped(&plain), format!("unix:path=/nowhere/bus;{plain}"), plain] {
        let desk = Desk::at(Some(address.clone()));
        keyring.put(desk.item("at-kept", NOWHERE));
        let begun = Instant::now();
        assert_eq!(desk.run(&["token"]).done(), "at-kept\n", "{address}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{address}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_bus_that_never_speaks_is_given_up_at_an_address_of_any_form() {
    let dir = tempfile::tempdir().expect("a directory");
    let plain = format!("unix:path={}", dir.path().join("bus").display());
    let _socket = UnixListener::bind(dir.path().join("bus")).expect("a socket");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    let tcp = format!("tcp:host=127.0.0.1,port={},family=ipv4", port.local_addr().expect("bound").port());
    let mut addresses = vec![escaped(&plain), format!("unix:path=/nowhere/bus;{plain}"), tcp];
    #[cfg(target_os = "linux")]
    let _abstract = {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("kclogin-test-{}", std::process::id());
        addresses.push(format!("unix:abstract={name}"));
        UnixListener::bind_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name).expect("a name")).expect("a socket")
    };
    thread::scope(|scope| {
        for address in addresses {
            scope.spawn(move || {
                let begun = Instant::now();
                // What hangs is ended by the system, so that it fails this test and not all.
                let stderr = Desk::at(Some(address.clone())).run_within(Duration::from_secs(20), &["token"]).failed(4);
                assert!(stderr.starts_with(SILENT), "{address}: {stderr}");
                let took = begun.elapsed();
                assert!(took > Duration::from_secs(4) && took < Duration::from_secs(9), "{address}: {took:?}");
            });
        }
    });
}
