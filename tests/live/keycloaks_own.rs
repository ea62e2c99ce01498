//! What Keycloak adds to OpenID Connect: identity providers behind it, actions at its pages, organizations.

use serde_json::{Value, json};

use crate::bench::{PASSWORD, PassingRealm, Person};

/// What kind of page the browser answered, and in which realm.
fn answered(person: &Person) -> Vec<String> {
    let seen = person.seen();
    assert_eq!(seen["outcome"], "done", "{seen}");
    let short = |page: &Value| page.as_str().expect("text").split('/').take(3).collect::<Vec<_>>().join("/");
    seen["answered"].as_array().expect("pages").iter().map(short).collect()
}

/// The claims of this person's ID token.
fn claims(person: &Person) -> Value {
    let document: Value = serde_json::from_str(&person.run(&["decode", "--id-token", "--json"]).done()).expect("JSON");
    document["claims"].clone()
}

#[test]
fn a_hint_leads_straight_to_the_identity_provider_behind_keycloak() {
    let (ours, theirs) = (PassingRealm::new(&json!({})), PassingRealm::new(&json!({})));
    let client = json!({
        "clientId": "first-realm", "secret": "a-broker-s-secret", "publicClient": false, "standardFlowEnabled": true,
        "redirectUris": [format!("{}/broker/corp/endpoint", ours.issuer())],
    });
    theirs.admin("POST", "clients", &client);
    let at = |endpoint: &str| format!("{}/protocol/openid-connect/{endpoint}", theirs.issuer());
    let provider = json!({
        "alias": "corp", "providerId": "keycloak-oidc", "enabled": true, "trustEmail": true,
        "config": {
            "issuer": theirs.issuer(), "authorizationUrl": at("auth"), "tokenUrl": at("token"), "userInfoUrl": at("userinfo"), "jwksUrl": at("certs"),
            "useJwksUrl": "true", "validateSignature": "true", "clientId": "first-realm", "clientSecret": "a-broker-s-secret",
            "clientAuthMethod": "client_secret_post", "syncMode": "IMPORT",
        },
    });
    ours.admin("POST", "identity-provider/instances", &provider);
    let person = Person::in_realm(&theirs.0);
    let outcome = person.run(&["login", "--issuer", &ours.issuer(), "--timeout", "90s", "--idp-hint", "corp"]);
    assert_eq!(outcome.code, 0, "{}\n{}", outcome.stderr, person.seen());
    assert_eq!(answered(&person), [format!("SignIn /realms/{}", theirs.0)], "the first realm has asked for nothing");
    let card = person.run(&["whoami"]).done();
    assert!(card.starts_with(&format!("Live {0} ({0})\n", person.name)), "{card}");
    assert!(card.contains(&format!("\n  Issuer    {}\n", ours.issuer())), "{card}");
    let users = ours.admin("GET", &format!("users?exact=true&username={}", person.name), &Value::Null);
    assert_eq!(claims(&person)["sub"], users[0]["id"], "it is the first realm's own user");
}

#[test]
fn an_action_changes_the_password_and_one_that_is_cancelled_or_unknown_is_said() {
    let mut person = Person::new();
    person.set("XTASK_BROWSER_NEW_PASSWORD", "battery staple");
    let outcome = person.log_in(&["--action", "UPDATE_PASSWORD"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with("\nThe action `UPDATE_PASSWORD` is done.\n"), "{}", outcome.stderr);
    assert_eq!(answered(&person), ["SignIn /realms/demo", "NewPassword /realms/demo"]);
    person.run(&["logout"]).done();

    person.forget_seen();
    person.browser("wrong-password");
    person.set("XTASK_BROWSER_PASSWORD", PASSWORD);
    let mut login = person.start_login(&["--timeout", "60s"]);
    assert!(person.seen()["text"].as_str().expect("text").contains("Invalid"), "{}", person.seen());
    login.kill().expect("killed");
    login.wait().expect("an end");
    person.forget_seen();
    person.set("XTASK_BROWSER_PASSWORD", "battery staple");
    person.browser("cancel");
    let said = person.log_in(&["--action", "UPDATE_PASSWORD"]).failed(1);
    assert!(said.contains(&format!("Logged in as Live {}", person.name)), "{said}");
    let expected = "error: the action `UPDATE_PASSWORD` was cancelled\nhint: you are signed in all the same; ask for it again to do it\n";
    assert!(said.ends_with(expected), "{said}");
    assert_eq!(person.run(&["whoami", "--json"]).code, 0, "there is a session");

    person.browser("sign-in");
    let said = person.log_in(&["--action", "update_password"]).failed(1);
    assert!(said.contains("error: the provider could not do the action `update_password`\n"), "{said}");
    person.run(&["whoami"]).done();
}

#[test]
fn an_organization_is_asked_for_by_its_scope() {
    let realm = PassingRealm::new(&json!({"organizationsEnabled": true}));
    let person = Person::in_realm(&realm.0);
    for alias in ["acme", "umbrella"] {
        let organization = json!({"name": alias, "alias": alias, "enabled": true, "domains": [{"name": format!("{alias}.example")}]});
        realm.admin("POST", "organizations", &organization);
    }
    let organizations = realm.admin("GET", "organizations", &Value::Null);
    for organization in organizations.as_array().expect("organizations") {
        realm.admin("POST", &format!("organizations/{}/members", organization["id"].as_str().expect("an ID")), &json!(person.id()));
    }
    let log_in = |scope: &str| {
        person.log_in(&["--scope", &format!("profile email {scope}")]).done();
        let document: Value = serde_json::from_str(&person.run(&["whoami", "--json"]).done()).expect("JSON");
        let shown = document["organization"].clone();
        assert_eq!(shown, claims(&person)["organization"], "the ID token has it too");
        shown
    };
    assert_eq!(log_in("organization:acme"), json!(["acme"]));
    let mut all: Vec<String> = serde_json::from_value(log_in("organization:*")).expect("names");
    all.sort();
    assert_eq!(all, ["acme", "umbrella"]);
    person.run(&["token", "--force-refresh"]).done();
    assert_eq!(claims(&person)["organization"].as_array().map(Vec::len), Some(2), "a refresh keeps it");
}
