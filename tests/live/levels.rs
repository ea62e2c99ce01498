//! A realm with two levels of authentication, and sign-ins that have to be fresh: what Keycloak asks for, and that kclogin sees whether it has.

use serde_json::{Value, json};

use crate::bench::{PassingRealm, Person};

/// A realm where a password is the level `silver`, and the same password once more, which nobody is spared, the level `gold`. There is no flow for `platinum`.
fn realm() -> PassingRealm {
    let realm = PassingRealm::new(&json!({"attributes": {"acr.loa.map": r#"{"silver":"1","gold":"2","platinum":"3"}"#}}));
    realm.admin("POST", "authentication/flows", &json!({"alias": "levels", "providerId": "basic-flow", "topLevel": true, "builtIn": false}));
    let add_flow = |to: &str, alias: &str| {
        let flow = json!({"alias": alias, "type": "basic-flow", "provider": "", "description": ""});
        realm.admin("POST", &format!("authentication/flows/{to}/executions/flow"), &flow);
    };
    let add = |to: &str, provider: &str| {
        realm.admin("POST", &format!("authentication/flows/{to}/executions/execution"), &json!({"provider": provider}));
    };
    add("levels", "auth-cookie");
    add_flow("levels", "pages");
    for (level, form) in [("one", "auth-username-password-form"), ("two", "auth-password-form")] {
        add_flow("pages", level);
        add(level, "conditional-level-of-authentication");
        add(level, form);
    }
    let executions = realm.admin("GET", "authentication/flows/levels/executions", &Value::Null);
    let mut levels = [("1", "36000"), ("2", "0")].into_iter();
    for execution in executions.as_array().expect("executions") {
        let name = execution["displayName"].as_str().expect("a name");
        let is_condition = execution["providerId"] == "conditional-level-of-authentication";
        let requirement = match name {
            "one" | "two" => "CONDITIONAL",
            _ if execution["level"] == 0 => "ALTERNATIVE",
            _ => "REQUIRED",
        };
        let mut changed = execution.clone();
        changed["requirement"] = requirement.into();
        realm.admin("PUT", "authentication/flows/levels/executions", &changed);
        if is_condition {
            let (level, age) = levels.next().expect("two levels");
            let config = json!({"alias": format!("level {level}"), "config": {"loa-condition-level": level, "loa-max-age": age}});
            realm.admin("POST", &format!("authentication/executions/{}/config", execution["id"].as_str().expect("an ID")), &config);
        }
    }
    let mut changed = realm.admin("GET", "", &Value::Null);
    changed["browserFlow"] = "levels".into();
    realm.admin("PUT", "", &changed);
    realm
}

/// A person who uses the same browser each time.
fn somebody(realm: &PassingRealm) -> Person {
    let mut person = Person::in_realm(&realm.0);
    let cookies = person.path("cookies.json").to_str().expect("UTF-8").to_owned();
    person.set("XTASK_BROWSER_COOKIES", &cookies);
    person
}

/// What kinds of pages the browser answered since it was asked last.
fn answered(person: &Person) -> Vec<String> {
    let seen = person.seen();
    person.forget_seen();
    assert_eq!(seen["outcome"], "done", "{seen}");
    let kind = |page: &Value| page.as_str().expect("text").split(' ').next().expect("a word").to_owned();
    seen["answered"].as_array().expect("pages").iter().map(kind).collect()
}

fn claims(person: &Person) -> Value {
    let document: Value = serde_json::from_str(&person.run(&["decode", "--id-token", "--json"]).done()).expect("JSON");
    document["claims"].clone()
}

#[test]
fn a_level_steps_up_the_session_and_one_that_is_not_reached_is_an_error() {
    let realm = realm();
    let person = somebody(&realm);
    person.log_in(&[]).done();
    assert_eq!((answered(&person), &claims(&person)["acr"]), (vec!["SignIn".to_owned()], &json!("silver")));

    person.log_in(&["--acr-values", "gold"]).done();
    let stepped_up = claims(&person);
    assert_eq!((answered(&person), &stepped_up["acr"]), (vec!["Password".to_owned()], &json!("gold")), "only what is missing is asked for");

    let said = person.log_in(&["--acr-values", "platinum"]).failed(1);
    assert!(said.contains("error: the provider vouches for the level of authentication `") && said.contains(", and not for `platinum`\n"), "{said}");
    assert_eq!(claims(&person), stepped_up, "what was kept before is still there");
}

#[test]
fn a_fresh_sign_in_is_one_and_nobody_is_asked_where_nobody_may_be() {
    let realm = realm();
    let person = somebody(&realm);
    let said = person.log_in(&["--prompt", "none"]).failed(1);
    assert!(said.contains("error: the provider needs the person, and was asked not to: "), "{said}");
    assert!(said.ends_with("(login_required)\nhint: leave out `--prompt none`\n") || said.contains("login_required"), "{said}");
    assert_eq!(answered(&person), Vec::<String>::new());

    person.log_in(&[]).done();
    let first = claims(&person);
    assert_eq!(answered(&person), ["SignIn"]);
    person.log_in(&[]).done();
    assert_eq!((answered(&person).len(), &claims(&person)["auth_time"]), (0, &first["auth_time"]), "the browser is signed in");
    person.log_in(&["--prompt", "none"]).done();
    assert_eq!(answered(&person).len(), 0);

    std::thread::sleep(std::time::Duration::from_secs(1));
    person.log_in(&["--max-age", "0"]).done();
    let second = claims(&person);
    assert_eq!(answered(&person), ["Password"]);
    assert!(second["auth_time"].as_u64() > first["auth_time"].as_u64(), "{first} {second}");
    person.log_in(&["--prompt", "login"]).done();
    assert_eq!(answered(&person), ["Password"]);
}
