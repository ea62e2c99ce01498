//! Tokens that are bound to a key (DPoP, RFC 9449) at a real Keycloak, whose client takes no others.

use serde_json::{Value, json};

use crate::bench::{Person, change_client, new_client, user_info_status};
use crate::provider::decode;

/// Somebody with a client of their own, in the person's name, that takes bound tokens only.
fn person_whose_client_binds(more: &Value) -> Person {
    let person = Person::new();
    let mut attributes = json!({"dpop.bound.access.tokens": "true", "pkce.code.challenge.method": "S256"});
    attributes.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    new_client(&person.realm, &person.name, &attributes);
    person
}

/// How the UserInfo endpoint answers a request with these header lines.
fn status_with(address: &str, lines: &str) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let fields = lines.lines().map(|line| line.split_once(": ").expect("a header field"));
    let request = fields.fold(agent.get(address), |request, (name, value)| request.header(name, value));
    request.call().expect("an answer").status().as_u16()
}

#[test]
fn rfc9449_tokens_are_bound_and_refreshed_and_work_with_a_proof_only() {
    let person = person_whose_client_binds(&json!({}));
    let user_info = format!("{}/protocol/openid-connect/userinfo", person.issuer());
    let stderr = person.log_in(&["--client-id", &person.name]).failed(1);
    assert!(stderr.ends_with("hint: sign in with `kclogin login --dpop`, which the profile remembers\n"), "{stderr}");
    person.log_in(&["--client-id", &person.name, "--dpop"]).done();
    assert!(person.config().contains("dpop = true"), "{}", person.config());
    for _ in 0..2 {
        assert!(person.run(&["whoami"]).done().contains(&person.name));
        let token = person.run(&["token"]).done();
        assert_eq!(user_info_status(&person.issuer(), token.trim()), 401, "as a bearer");
        let lines = person.run(&["token", "--dpop", "GET", &format!("{user_info}?a=b")]).done();
        assert_eq!(lines.lines().count(), 2);
        assert_eq!(status_with(&user_info, &lines), 200, "with its proof");
        let elsewhere = person.run(&["token", "--dpop", "POST", &user_info]).done();
        assert_eq!(status_with(&user_info, &elsewhere), 401, "with the proof for another request");
        let before = token;
        assert_ne!(person.run(&["token", "--force-refresh"]).done(), before);
    }
    let stderr = person.run(&["curl", &user_info]).failed(1);
    assert!(stderr.starts_with("error: the access token is bound to kclogin's key (DPoP)"), "{stderr}");
    // The sign-in whose code could not be redeemed has left one behind as well.
    assert_eq!(person.sessions(), 2);
    let ended = person.run(&["logout"]);
    assert!(person.sessions() == 1 && !ended.stderr.contains("already over"), "{ended:?}");
    person.run(&["login"]).done();
    person.run(&["logout"]).done();
}

#[test]
fn rfc9449_10_a_pushed_request_is_bound_too_and_so_is_what_is_narrowed() {
    let person = person_whose_client_binds(&json!({"require.pushed.authorization.requests": "true"}));
    person.log_in(&["--client-id", &person.name, "--dpop", "--pushed-authorization-requests"]).done();
    assert!(person.run(&["whoami"]).done().contains(&person.name));
    let narrow = person.run(&["token", "--scope", "email", "--format", "json"]).done();
    assert_eq!(serde_json::from_str::<Value>(&narrow).expect("JSON")["type"], "DPoP");
    let ended = person.run(&["-v", "logout"]);
    assert_eq!(person.sessions(), 0, "{ended:?}");
}

#[test]
fn a_client_that_need_not_bind_its_tokens_may() {
    let person = person_whose_client_binds(&json!({}));
    change_client(&person.realm, &person.name, &json!({"attributes": {"dpop.bound.access.tokens": "false"}}));
    person.log_in(&["--client-id", &person.name, "--dpop"]).done();
    let token = person.run(&["token"]).done();
    assert_eq!(user_info_status(&person.issuer(), token.trim()), 401);
    assert!(person.run(&["whoami"]).done().contains(&person.name));
    person.log_in(&["--client-id", &person.name, "--dpop=false"]).done();
    let token = person.run(&["token"]).done();
    assert_eq!(user_info_status(&person.issuer(), token.trim()), 200);
}

#[test]
fn rfc9449_5_a_service_account_s_token_and_an_exchanged_one_are_bound_at_keycloak_too() {
    let mut person = person_whose_client_binds(&json!({"standard.token.exchange.enabled": "true"}));
    let audience = json!([{
        "name": "itself", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
        "config": {"included.client.audience": person.name, "access.token.claim": "true"},
    }]);
    let change = json!({"publicClient": false, "secret": "s3cret", "serviceAccountsEnabled": true, "protocolMappers": audience});
    change_client(&person.realm, &person.name, &change);
    person.set("KCLOGIN_CLIENT_SECRET", "s3cret");
    let user_info = format!("{}/protocol/openid-connect/userinfo", person.issuer());
    let described = |more: &[&str]| {
        let text = person.run(&[&["token", "--format", "json"], more].concat()).done();
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let key =
        |token: &Value| decode(token["token"].as_str().expect("a token")).expect("a JWT").1["cnf"]["jkt"].as_str().expect("a thumbprint").to_owned();
    person.log_in(&["--client-id", &person.name, "--dpop"]).done();
    let own = described(&[]);
    let exchanged = described(&["--audience", &person.name]);
    assert_eq!((exchanged["type"].as_str(), key(&exchanged)), (Some("DPoP"), key(&own)));
    let service = described(&["--client-credentials", "--scope", "openid"]);
    assert_eq!((service["type"].as_str(), key(&service) == key(&own)), (Some("DPoP"), false), "a key of its own");
    assert_eq!(described(&["--client-credentials", "--scope", "openid"])["token"], service["token"], "kept");
    let lines = person.run(&["token", "--client-credentials", "--scope", "openid", "--dpop", "GET", &user_info]).done();
    assert_eq!(status_with(&user_info, &lines), 200, "with its proof");
    assert_eq!(user_info_status(&person.issuer(), service["token"].as_str().expect("a token")), 401, "as a bearer");
    assert_eq!(key(&described(&["--client-credentials", "--force-refresh"])), key(&service));
    person.log_in(&["--dpop=false"]).failed(1);
    let config = person.path(".config/kclogin/config.toml");
    std::fs::write(&config, person.config().replace("dpop = true", "dpop = false")).expect("written");
    let stderr = person.run(&["token", "--client-credentials"]).failed(1);
    assert!(stderr.contains("only tokens that are bound to a key (DPoP)\nhint: write `dpop = true` into the profile"), "{stderr}");
}

#[test]
fn the_doctor_proves_possession_of_a_key_where_the_profile_has_one() {
    let person = person_whose_client_binds(&json!({}));
    let issuer = person.issuer();
    let found = |more: &[&str]| {
        let outcome = person.run(&[&["doctor", "--json", "--issuer", &issuer, "--client-id", &person.name], more].concat());
        let found: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        let checks = found["checks"].as_array().expect("checks");
        checks.iter().find(|check| check["group"] == "Provider" && check["name"] == "client secret").expect("the check").clone()
    };
    assert_eq!(found(&["--dpop"])["outcome"], "ok");
    let without = found(&[]);
    assert_eq!(without["outcome"], "failed", "{without}");
}
