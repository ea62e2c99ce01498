//! The schemas of what kclogin prints as JSON: that there is one for each call, that each is as readers need it, and that none lets anything else pass.
//!
//! What the calls of all the other tests print is held against them in `schemas.rs`.

use std::collections::{BTreeMap, BTreeSet};

use kclogin::cli::Cli;
use serde_json::{Map, Value, json};

use crate::derived::confidential;
use crate::machine::Machine;
use crate::schemas::{self, validate};

const SITE: &str = "registry.example.com:5000";

/// Every call that prints JSON, and its schema. The order matters: the site is allowed before it is asked about.
const CALLS: [(&[&str], &str); 11] = [
    (&["docker-credential", "setup", SITE], "docker-credential-setup"),
    (&["docker-credential", "get"], "docker-credential-get"),
    (&["docker-credential", "list"], "docker-credential-list"),
    (&["whoami", "--json"], "whoami"),
    (&["token", "--format", "json"], "token"),
    (&["token", "--format", "exec-credential"], "exec-credential"),
    (&["kubectl"], "exec-credential"),
    (&["status", "--json"], "status"),
    (&["doctor", "--json"], "doctor"),
    (&["decode", "--json"], "decode"),
    (&["introspect", "--json"], "introspect"),
];

/// The schemas whose members are kclogin's alone, each with the places where others may add theirs or a member's name is a host.
const CLOSED: [(&str, &[&str]); 7] = [
    ("token", &[]),
    ("status", &[]),
    ("doctor", &[]),
    ("decode", &["/header", "/claims"]),
    ("exec-credential", &[]),
    ("docker-credential-get", &[]),
    ("docker-credential-setup", &["/credHelpers"]),
];

/// What each call prints to somebody who is signed in, by its schema.
fn printed() -> BTreeMap<&'static str, Value> {
    let (_provider, machine) = confidential();
    machine.type_in(SITE);
    CALLS.into_iter().map(|(call, schema)| (schema, serde_json::from_str(&machine.run(call).done()).expect("JSON"))).collect()
}

/// A document with one place in it changed.
fn changed(document: &Value, place: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut document = document.clone();
    change(document.pointer_mut(place).and_then(Value::as_object_mut).expect("an object"));
    document
}

#[track_caller]
fn refused(schema: &str, document: &Value) {
    assert!(validate(schema, document).is_err(), "{schema} lets this pass: {document}");
}

/// The places of the objects in a document, without what is in those that are open.
fn objects(document: &Value, at: &str, open: &[&str]) -> Vec<String> {
    if let Some(items) = document.as_array() {
        return items.iter().enumerate().flat_map(|(index, item)| objects(item, &format!("{at}/{index}"), open)).collect();
    }
    let Some(members) = document.as_object().filter(|_| !open.contains(&at)) else { return Vec::new() };
    let inner = members.iter().flat_map(|(name, value)| objects(value, &format!("{at}/{name}"), open));
    std::iter::once(at.to_owned()).chain(inner).collect()
}

#[test]
fn every_schema_is_that_of_a_call_and_takes_what_it_prints() {
    let printed = printed();
    for (call, schema) in CALLS {
        assert_eq!(schemas::command(call).as_ref().and_then(schemas::of), Some(schema), "{call:?}");
        assert_eq!(validate(schema, &printed[schema]), Ok(()));
    }
    assert_eq!(printed.into_keys().map(str::to_owned).collect::<Vec<_>>(), schemas::in_the_tree().into_keys().collect::<Vec<_>>());
}

#[test]
fn every_option_that_asks_for_json_has_a_schema() {
    fn look(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        for option in command.get_arguments().filter(|argument| !argument.is_positional()) {
            let name = format!("--{}", option.get_long().unwrap_or_default());
            let values = option.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
            let objects = values.filter(|value| value.contains("json") || value.contains("credential"));
            found.extend(objects.map(|value| [path, &[name.clone(), value]].concat()));
            if name.contains("json") && !option.get_action().takes_values() {
                found.push([path, &[name]].concat());
            }
        }
        command.get_subcommands().for_each(|inner| look(inner, &[path, &[inner.get_name().to_owned()]].concat(), found));
    }
    let mut found = Vec::new();
    look(&Cli::definition(), &[], &mut found);
    for call in &found {
        let words: Vec<&str> = call.iter().map(String::as_str).collect();
        assert!(CALLS.iter().any(|(known, _)| *known == words), "{call:?} has no schema in docs/schemas, or is no call of this file");
    }
    assert!(found.len() >= 6, "{found:?}");
}

#[test]
fn a_member_can_t_go_change_its_type_or_come_without_its_schema() {
    let printed = printed();
    for (schema, open) in CLOSED {
        let document = &printed[schema];
        for place in objects(document, "", open) {
            let names: Vec<String> = document.pointer(&place).and_then(Value::as_object).expect("an object").keys().cloned().collect();
            for name in &names {
                // Where the provider does not say when a token expires, Kubernetes' clients must find nothing.
                if name != "expirationTimestamp" {
                    refused(schema, &changed(document, &place, |object| drop(object.remove(name))));
                }
                refused(schema, &changed(document, &place, |object| drop(object.insert(name.clone(), json!([])))));
            }
            refused(schema, &changed(document, &place, |object| drop(object.insert("surplus".to_owned(), json!("x")))));
        }
        refused(schema, &json!([document]));
    }
}

#[test]
fn what_the_provider_answers_may_hold_anything_beside_what_it_must() {
    let printed = printed();
    for (schema, must) in [("whoami", "sub"), ("introspect", "active")] {
        let document = &printed[schema];
        for strange in [json!(null), json!(7), json!([]), json!({})] {
            refused(schema, &changed(document, "", |object| drop(object.insert(must.to_owned(), strange.clone()))));
            assert_eq!(validate(schema, &changed(document, "", |object| drop(object.insert("email_verified".to_owned(), strange)))), Ok(()));
        }
        refused(schema, &changed(document, "", |object| drop(object.remove(must))));
    }
    assert_eq!(validate("decode", &json!({"verified": false, "header": {"x": 1}, "claims": {"y": [null]}})), Ok(()));
    assert_eq!(validate("docker-credential-list", &json!({})), Ok(()));
    for bad in [json!({"a.example": "a:b"}), json!({"a.example": ""}), json!({"a.example": null}), json!([])] {
        refused("docker-credential-list", &bad);
    }
    for bad in [json!({"credHelpers": {}}), json!({"credHelpers": {"a": "kclogin", "b": "kclogin"}}), json!({"credHelpers": {"a": "pass"}})] {
        refused("docker-credential-setup", &bad);
    }
}

#[test]
fn times_addresses_and_seconds_are_held_to_their_form() {
    let printed = printed();
    let with = |schema: &str, name: &str, value: Value| changed(&printed[schema], "", |object| drop(object.insert(name.to_owned(), value)));
    for (schema, name) in [("token", "expiry"), ("status", "token_expiry"), ("status", "session_expiry")] {
        for bad in ["", "soon", "1795545900", "2026-11-24", "2026-13-24T18:45:00Z", "2026-11-24T18:45:00", "2026-11-24T18:45:00+01:00"] {
            refused(schema, &with(schema, name, json!(bad)));
        }
        assert_eq!(validate(schema, &with(schema, name, Value::Null)), Ok(()));
    }
    let expiring =
        |value: &str| changed(&printed["exec-credential"], "/status", |object| drop(object.insert("expirationTimestamp".to_owned(), json!(value))));
    assert_eq!(validate("exec-credential", &expiring("9999-12-31T23:59:59Z")), Ok(()));
    refused("exec-credential", &expiring("9223372036854775807"));
    for bad in [json!("kc.example"), json!("/realms/a"), json!("https://kc.example/a b"), json!(7)] {
        refused("token", &with("token", "issuer", bad.clone()));
        refused("status", &with("status", "issuer", bad));
    }
    for bad in [json!(-1), json!(1.5), json!("300")] {
        refused("token", &with("token", "seconds_left", bad));
    }
    for (name, bad) in [("token", "a b"), ("token", ""), ("type", "mac"), ("proof", "a b")] {
        refused("token", &with("token", name, json!(bad)));
    }
}

#[test]
fn every_schema_says_what_its_members_mean_in_words_that_a_validator_knows() {
    const KEYWORDS: [&str; 18] = [
        "$schema",
        "$id",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "format",
        "pattern",
        "const",
        "enum",
        "minimum",
        "minLength",
        "minProperties",
        "maxProperties",
        "items",
        "minItems",
    ];
    fn look(schema: &Value, at: &str) {
        let Some(object) = schema.as_object() else { return assert!(schema.is_boolean(), "{at}") };
        let strange: Vec<_> = object.keys().filter(|name| !KEYWORDS.contains(&name.as_str())).collect();
        assert!(strange.is_empty(), "{at}: {strange:?} would be passed over");
        let described = object.get("description").and_then(Value::as_str).unwrap_or_default();
        assert!(described.ends_with('.'), "{at} is not described in a sentence");
        let members = object.get("properties").and_then(Value::as_object);
        members.into_iter().flatten().for_each(|(name, member)| look(member, &format!("{at}/{name}")));
        for others in ["additionalProperties", "items"].iter().filter_map(|name| object.get(*name)) {
            look(others, &format!("{at}/*"));
        }
        let names: BTreeSet<&str> = members.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let required = object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        required.for_each(|name| assert!(names.contains(name), "{at} wants `{name}`, which it does not describe"));
    }
    let readme = std::fs::read_to_string(schemas::dir().join("README.md")).expect("text");
    for (name, schema) in schemas::in_the_tree() {
        look(&schema, &name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_eq!(schema["$id"], format!("{name}.json"));
        // The calls that print it, each as the command line takes it.
        let calls: BTreeSet<String> = CALLS.iter().filter(|(_, of)| *of == name).map(|(call, _)| format!("kclogin {}", call.join(" "))).collect();
        let titled: BTreeSet<String> = schema["title"].as_str().expect("a title").split(", ").map(str::to_owned).collect();
        assert_eq!(titled, calls.iter().map(|call| call.replace(&format!(" {SITE}"), "")).collect(), "{name}");
        let row = readme
            .lines()
            .find(|line| line.contains(&format!("[{name}.json]({name}.json)")))
            .unwrap_or_else(|| panic!("README.md leaves {name} out"));
        titled.iter().for_each(|title| assert!(row.contains(&format!("`{title}`")), "{row}"));
    }
}

#[test]
#[should_panic(expected = "and docs/schemas has no schema for it")]
fn an_object_without_a_schema_fails_its_test() {
    schemas::check(&["profile", "list"], true, "{}\n");
}

#[test]
#[should_panic(expected = "prints what docs/schemas/whoami.json refuses")]
fn an_object_that_its_schema_refuses_fails_its_test_even_where_the_call_has_failed() {
    schemas::check(&["whoami", "--json"], false, "{}\n");
}

#[test]
#[should_panic(expected = "prints no JSON")]
fn a_call_for_json_that_prints_something_else_fails_its_test() {
    schemas::check(&["status", "--json"], true, "");
}

#[test]
fn text_and_the_output_of_other_programs_have_no_schema() {
    schemas::check(&["status"], true, "  Profile   test\n");
    schemas::check(&["exec", "--", "cat", "file.json"], true, "{}\n");
    schemas::check(&["status", "--json"], false, "");
    schemas::check(&["nonsense"], false, "");
}

#[test]
fn an_expiry_that_no_calendar_holds_is_still_a_date() {
    let provider = crate::provider::Provider::start();
    provider.alter_token_response(|response| response["expires_in"] = json!(9_000_000_000_000_000_000_u64));
    let machine = Machine::signed_in_to(&provider);
    for call in [&["token", "--format", "json"][..], &["kubectl", "--access-token"], &["status", "--json"]] {
        assert!(machine.run(call).done().contains("\"9999-12-31T23:59:59Z\""), "{call:?}");
    }
}

/// The program itself, whose output is checked where it is run.
#[cfg(unix)]
#[test]
fn the_program_prints_what_the_schemas_say() {
    let home = crate::real::Home::new().signed_in();
    for (call, schema) in CALLS.into_iter().filter(|(_, schema)| ["whoami", "token", "status", "decode", "exec-credential"].contains(schema)) {
        let output = home.run(call);
        assert_eq!(output.status.code(), Some(0), "{call:?}");
        let document = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(validate(schema, &document), Ok(()));
    }
}
