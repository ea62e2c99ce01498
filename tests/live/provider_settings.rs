//! Keycloak as administrators set it up: other algorithms, signed UserInfo, lightweight access tokens, another issuer's name.

use crate::bench::{Person, admin, keycloak, new_client};

#[test]
fn id_tokens_of_every_asymmetric_algorithm_are_verified() {
    for (algorithm, provider) in
        [("ES256", "ecdsa-generated"), ("ES384", "ecdsa-generated"), ("PS256", "rsa-generated"), ("EdDSA", "eddsa-generated")]
    {
        let person = Person::new();
        add_key("demo", provider, algorithm);
        new_client(
            "demo",
            &person.name,
            &serde_json::json!({"id.token.signed.response.alg": algorithm, "user.info.response.signature.alg": algorithm}),
        );
        person.log_in(&["--client-id", &person.name]).done();
        let card = person.run(&["whoami"]).done();
        assert!(card.contains(&format!("\n  Client    {}\n", person.name)), "{algorithm}: {card}");
        person.run(&["token", "--force-refresh"]).done();
    }
}

#[test]
fn an_id_token_signed_with_a_secret_is_refused() {
    let person = Person::new();
    new_client("demo", &person.name, &serde_json::json!({"id.token.signed.response.alg": "HS256"}));
    let stderr = person.log_in(&["--client-id", &person.name]).failed(1);
    assert!(stderr.ends_with("error: the provider's ID token is refused: it is signed with an algorithm that is not accepted\n"), "{stderr}");
    assert!(person.seen()["text"].as_str().expect("text").contains("Not signed in"));
}

#[test]
fn with_a_lightweight_access_token_the_id_token_says_who_it_is() {
    let person = Person::new();
    new_client("demo", &person.name, &serde_json::json!({"client.use.lightweight.access.token.enabled": "true"}));
    person.log_in(&["--client-id", &person.name]).done();
    let outcome = person.run(&["whoami"]);
    assert!(outcome.stderr.contains("this is what the ID token says"), "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with(&format!("Live {0} ({0})\n", person.name)), "{}", outcome.stdout);
    assert!(person.run(&["whoami", "--json"]).failed(1).contains("lightweight access token"));
}

#[test]
fn a_realm_that_does_not_exist_is_said_in_keycloaks_words() {
    let person = Person::new();
    let issuer = format!("{}/realms/nowhere", keycloak());
    let stderr = person.run(&["login", "--issuer", &issuer]).failed(1);
    assert!(
        stderr.starts_with(&format!("error: there is no provider at {issuer}: Realm does not exist (404 Not Found)\nhint: look at the realm's name")),
        "{stderr}"
    );
}

#[test]
fn an_issuer_whose_document_names_another_is_refused() {
    let person = Person::new();
    let stderr = person.run(&["login", "--issuer", &format!("{}/", person.issuer())]).failed(1);
    assert!(stderr.contains(&format!("calls itself {}\nhint: use exactly its own name", person.issuer())), "{stderr}");
}

#[test]
fn a_page_that_is_no_metadata_is_said_to_be_a_web_page() {
    let person = Person::new();
    let stderr = person.run(&["login", "--issuer", &format!("{}/realms/demo/account", keycloak())]).failed(1);
    assert!(stderr.contains("a web page, not a provider's metadata") || stderr.contains("there is no provider at"), "{stderr}");
}

/// Gives the realm a key for the algorithm, if nothing has yet.
fn add_key(realm: &str, provider: &str, algorithm: &str) {
    let name = format!("live-{algorithm}");
    let components = admin("GET", &format!("/admin/realms/{realm}/components?type=org.keycloak.keys.KeyProvider"), None);
    if components.as_array().expect("components").iter().any(|component| component["name"] == name.as_str()) {
        return;
    }
    let id = admin("GET", &format!("/admin/realms/{realm}"), None)["id"].clone();
    let mut config = serde_json::json!({"priority": ["50"], "enabled": ["true"], "active": ["true"]});
    match algorithm {
        "ES256" => config["ecdsaEllipticCurveKey"] = serde_json::json!(["P-256"]),
        "ES384" => config["ecdsaEllipticCurveKey"] = serde_json::json!(["P-384"]),
        "EdDSA" => config["eddsaEllipticCurveKey"] = serde_json::json!(["Ed25519"]),
        _ => config["algorithm"] = serde_json::json!([algorithm]),
    }
    let key =
        serde_json::json!({"name": name, "providerId": provider, "providerType": "org.keycloak.keys.KeyProvider", "parentId": id, "config": config});
    admin("POST", &format!("/admin/realms/{realm}/components"), Some(&key));
}
