//! What an administrator does to a Keycloak here: make the demo realms from the files in the tests folder, and delete them.
//! Owns the few calls of the Admin REST API; the realms' content is in `tests/live/keycloak`.

use std::fs;

use crate::failure::{Context, Failure, Outcome};
use crate::{http, workspace};

/// The demo users' passwords, as in the realms' files. They are no secret: the Keycloak they open is a demo on a loopback address.
pub(crate) const ALICE_PASSWORD: &str = "wonderland";
pub(crate) const BOB_PASSWORD: &str = "builder";

/// A demo user's password; nobody else's is known.
pub(crate) fn password_of(user: &str) -> &'static str {
    match user {
        "alice" => ALICE_PASSWORD,
        "bob" => BOB_PASSWORD,
        _ => "",
    }
}

/// A realm and the file it is made from.
#[derive(Debug)]
pub(crate) struct Realm {
    pub(crate) name: &'static str,
    file: &'static str,
}

impl Realm {
    /// What its file says, in JSON.
    pub(crate) fn description(&self) -> Outcome<String> {
        let file = workspace::root().join("tests").join("live").join("keycloak").join(self.file);
        fs::read_to_string(&file).context(format_args!("reading {}", file.display()))
    }
}

pub(crate) const DEMO: &Realm = &REALMS[0];
pub(crate) const REALMS: &[Realm] = &[Realm { name: "demo", file: "demo-realm.json" }, Realm { name: "rotating", file: "rotating-realm.json" }];

/// An administrator of one Keycloak.
#[derive(Debug)]
pub(crate) struct Admin {
    url: String,
    user: String,
    password: String,
}

impl Admin {
    pub(crate) fn new(url: &str, user: &str, password: &str) -> Self {
        Self { url: url.to_owned(), user: user.to_owned(), password: password.to_owned() }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Makes the demo realms that aren't there yet.
    pub(crate) fn ensure_realms(&self) -> Outcome {
        let token = self.token()?;
        for realm in REALMS {
            let url = format!("{}/admin/realms/{}", self.url, realm.name);
            if http::get(&url, Some(&token))?.status != 200 {
                self.create(realm, &token)?;
            }
        }
        Ok(())
    }

    /// Makes the demo realms anew: whatever was changed in them is gone, and everybody is signed out.
    pub(crate) fn reset_realms(&self) -> Outcome {
        let token = self.token()?;
        for realm in REALMS {
            let url = format!("{}/admin/realms/{}", self.url, realm.name);
            http::delete(&url, &token)?.expect(&[204, 404], "deleting a demo realm")?;
            self.create(realm, &token)?;
        }
        Ok(())
    }

    fn create(&self, realm: &Realm, token: &str) -> Outcome {
        self.post_realm(&realm.description()?, token)
    }

    fn post_realm(&self, text: &str, token: &str) -> Outcome {
        let url = format!("{}/admin/realms", self.url);
        http::post_json(&url, token, text)?.expect(&[201], "making a realm")?;
        Ok(())
    }

    /// Makes a realm as described in JSON.
    pub(crate) fn make_realm(&self, text: &str) -> Outcome {
        self.post_realm(text, &self.token()?)
    }

    /// How many events of this kind a realm has noted.
    pub(crate) fn count_events(&self, realm: &str, kind: &str) -> Outcome<usize> {
        let url = format!("{}/admin/realms/{realm}/events?type={kind}&max=1000000", self.url);
        let events = http::get(&url, Some(&self.token()?))?.expect(&[200], "asking for events")?.json()?;
        events.as_array().map(Vec::len).ok_or_else(|| Failure::new("Keycloak gave something else than events"))
    }

    fn token(&self) -> Outcome<String> {
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.url);
        let form = [("grant_type", "password"), ("client_id", "admin-cli"), ("username", &*self.user), ("password", &*self.password)];
        let answer = http::post_form(&url, &form)?;
        if answer.status == 401 {
            return Err(Failure::new(format!("the Keycloak at {} does not know the administrator {}", self.url, self.user))
                .hint("set KC_BOOTSTRAP_ADMIN_USERNAME and KC_BOOTSTRAP_ADMIN_PASSWORD"));
        }
        let value = answer.expect(&[200], "signing in as administrator")?.json()?;
        value["access_token"].as_str().map(str::to_owned).ok_or_else(|| Failure::new("Keycloak gave the administrator no token"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_files_hold_the_realms_and_the_passwords_that_are_told() {
        for realm in REALMS {
            let file = workspace::root().join("tests/live/keycloak").join(realm.file);
            let value: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
            assert_eq!(value["realm"], realm.name);
            for (user, password) in [("alice", ALICE_PASSWORD), ("bob", BOB_PASSWORD)] {
                let users = value["users"].as_array().unwrap();
                let found = users.iter().find(|entry| entry["username"] == user).unwrap();
                assert_eq!(found["credentials"][0]["value"], password, "{user} in {}", realm.name);
            }
        }
    }
}
