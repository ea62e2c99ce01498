//! People whose tokens are for the orders API, so that a server may ask Keycloak about them as the client `orders-api`.

use serde_json::json;

use crate::bench::{Person, admin, client_path, new_client};

/// Somebody with a client of their own, with these attributes, whose access tokens have the orders API as an audience. Not signed in.
pub(crate) fn customer(attributes: &serde_json::Value) -> Person {
    let person = Person::new();
    new_client(&person.realm, &person.name, attributes);
    is_for_orders(&person.realm, &person.name);
    person
}

/// Gives the access tokens of a client the orders API as an audience.
pub(crate) fn is_for_orders(realm: &str, client: &str) {
    let mapper = json!({
        "name": "orders", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
        "config": {"included.client.audience": "orders-api", "access.token.claim": "true", "introspection.token.claim": "true"},
    });
    admin("POST", &format!("{}/protocol-mappers/models", client_path(realm, client)), Some(&mapper));
}

/// Signs a customer in.
#[track_caller]
pub(crate) fn log_in(customer: &Person) {
    customer.log_in(&["--client-id", &customer.name]).done();
}
