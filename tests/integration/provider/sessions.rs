//! What the provider remembers: who is signed in, and the codes and tokens it gave out. Time comes in as a value; no HTTP, no signatures.

use std::collections::HashMap;

use super::keys::{sha256, uuid};

/// What becomes of a refresh token that is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// A new one comes with each refresh, and the old one still works: Keycloak's default.
    #[default]
    Lenient,
    /// The old one is spent; using it again ends the session: Keycloak's "Revoke Refresh Token" with no reuse.
    RevokeOnReuse,
    /// The response to a refresh has no refresh token; the first stays: [RFC 6749 6](https://www.rfc-editor.org/rfc/rfc6749#section-6) allows it.
    Keep,
    /// There is never a refresh token: Keycloak's `use.refresh.tokens=false`.
    Never,
}

/// The person in front of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the claims")]
pub(crate) struct User {
    pub(crate) sub: String,
    pub(crate) username: String,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) realm_roles: Vec<String>,
    pub(crate) groups: Vec<String>,
}

impl User {
    /// Alice, of the demo realm.
    pub(crate) fn alice() -> Self {
        let mut alice = Self::named("alice", "Alice", "Adams");
        alice.realm_roles.push("developer".to_owned());
        alice.groups.push("/engineering".to_owned());
        alice
    }

    /// Bob, of the demo realm.
    pub(crate) fn bob() -> Self {
        Self { email_verified: false, ..Self::named("bob", "Bob", "Brown") }
    }

    /// Somebody. The subject follows from the username.
    pub(crate) fn named(username: &str, given_name: &str, family_name: &str) -> Self {
        let hex = sha256(username.as_bytes()).iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Self {
            sub: format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]),
            username: username.to_owned(),
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            email: format!("{username}@example.test"),
            email_verified: true,
            realm_roles: ["default-roles-test", "offline_access", "uma_authorization"].map(str::to_owned).to_vec(),
            groups: Vec::new(),
        }
    }
}

/// One sign-in of one user at one client.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) client_id: String,
    pub(super) user: User,
    pub(super) scope: String,
    pub(super) auth_time: u64,
    pub(super) alive: bool,
}

impl Session {
    pub(super) fn has_scope(&self, wanted: &str) -> bool {
        self.scope.split(' ').any(|scope| scope == wanted)
    }

    /// Offline sessions outlive the browser's.
    pub(super) fn is_offline(&self) -> bool {
        self.has_scope("offline_access")
    }
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) session: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) nonce: Option<String>,
    pub(super) challenge: Option<String>,
    /// `dpop_jkt`, where the request had it.
    pub(super) bound_to: Option<String>,
    pub(super) expires: u64,
    pub(super) used: bool,
}

/// What an access or a refresh token stands for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) session: String,
    /// `None`: never.
    pub(super) expires: Option<u64>,
    pub(super) spent: bool,
}

/// Everything remembered.
#[derive(Default)]
pub(super) struct Sessions {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) access_tokens: HashMap<String, Grant>,
    pub(super) refresh_tokens: HashMap<String, Grant>,
}

impl Sessions {
    /// Signs `user` in and gives the session's ID.
    pub(super) fn begin(&mut self, client_id: &str, user: User, scope: String, now: u64) -> String {
        let id = uuid();
        let session = Session { id: id.clone(), client_id: client_id.to_owned(), user, scope, auth_time: now, alive: true };
        self.sessions.insert(id.clone(), session);
        id
    }

    /// Ends a session, and with it every token of it.
    pub(super) fn end(&mut self, id: &str) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.alive = false;
        }
    }

    /// The session of an access token that is good at `now`.
    pub(super) fn of_access_token(&self, token: &str, now: u64) -> Option<&Session> {
        let grant = self.access_tokens.get(token)?;
        let fresh = grant.expires.is_none_or(|expires| expires > now);
        self.sessions.get(&grant.session).filter(|session| fresh && !grant.spent && session.alive)
    }

    /// The session of a refresh token of `client_id`, which is spent by it where tokens rotate; or Keycloak's words for why not.
    pub(super) fn redeem(&mut self, token: &str, client_id: &str, rotation: Rotation, now: u64) -> Result<Session, &'static str> {
        let grant = self.refresh_tokens.get_mut(token).ok_or("Invalid refresh token")?;
        let session = self.sessions.get_mut(&grant.session).ok_or("Session not active")?;
        if session.client_id != client_id {
            return Err("Invalid refresh token. Token client and authorized client don't match");
        }
        if grant.expires.is_some_and(|expires| expires <= now) {
            return Err("Token is not active");
        }
        if !session.alive {
            return Err(if session.is_offline() { "Offline session not active" } else { "Session not active" });
        }
        if rotation == Rotation::RevokeOnReuse {
            if grant.spent {
                session.alive = false;
                return Err("Maximum allowed refresh token reuse exceeded");
            }
            grant.spent = true;
        }
        Ok(session.clone())
    }
}
