//! kclogin in process, against a scriptable provider on a real socket.

mod provider;
