//! The AWS CLI, which takes a role by a token that kclogin keeps in a file.

mod sts;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Outcome, Person, new_client, outcome, with_an_expired_token};
use crate::http_clients::with_pypi;
use crate::recipes::recipe;
use sts::{ROLE, Sts};

/// Runs the recipe with a command line in which `aws` is the real one.
fn run(person: &Person, sts: &Sts, line: &str) -> Outcome {
    let mut command = with_pypi(person, &recipe("aws.sh"), &["sh", "-c", line]);
    command.env("AWS_ROLE_ARN", ROLE).env("AWS_ENDPOINT_URL_STS", &sts.url).env("AWS_DEFAULT_REGION", "eu-central-1");
    // Keys that somebody has set, which are good for nothing here; and no machine of AWS to ask.
    command.env("AWS_ACCESS_KEY_ID", "AKIAOLD").env("AWS_SECRET_ACCESS_KEY", "old").env("AWS_EC2_METADATA_DISABLED", "true");
    outcome(command.output().expect("the recipe"))
}

const WHO: &str = "aws sts get-caller-identity --query Arn --output text";

#[track_caller]
fn is_the_role(printed: &str) {
    assert!(printed.lines().all(|line| line.starts_with("arn:aws:sts::123456789012:assumed-role/developer/")) && !printed.is_empty(), "{printed}");
}

#[test]
fn the_aws_cli_takes_a_role_by_the_id_token_in_a_file_that_is_gone_afterwards() {
    let person = Person::new();
    person.log_in(&[]).done();
    let sts = Sts::trusting(&person.issuer(), "kclogin");
    let printed = run(&person, &sts, &format!("echo $AWS_WEB_IDENTITY_TOKEN_FILE; {WHO}")).done();
    let (file, arn) = printed.split_once('\n').expect("two lines");
    is_the_role(arn);
    assert!(!file.is_empty() && !Path::new(file).exists(), "{file}");
    let taken = sts.taken();
    assert_eq!((taken.len(), &taken[0]["typ"], &taken[0]["preferred_username"]), (1, &Value::from("ID"), &Value::from(person.name.as_str())));
    assert_eq!(sts.answers(), ["ok", "ok"]);
    // The CLI keeps the role's keys, and no token.
    let cached = fs::read_dir(person.path(".aws/cli/cache")).expect("the CLI's cache").map(|entry| fs::read_to_string(entry.expect("one").path()));
    assert!(cached.map(|text| text.expect("text")).all(|text| text.contains("ASIALIVE0") && !text.contains("eyJ")));
}

#[test]
fn a_token_of_a_client_that_the_role_does_not_trust_is_refused() {
    let person = Person::new();
    person.log_in(&[]).done();
    let sts = Sts::trusting(&person.issuer(), "another");
    let refused = run(&person, &sts, WHO);
    assert!(refused.code != 0 && refused.stdout.is_empty(), "{refused:?}");
    assert!(
        refused.stderr.contains("(InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience"),
        "{}",
        refused.stderr
    );
    assert!(sts.taken().is_empty());
}

#[test]
fn an_expired_token_is_renewed_before_and_while_the_command_runs() {
    let person = with_an_expired_token("rotating");
    let sts = Sts::trusting(&person.issuer(), &person.name);
    sts.keys_live_for(Duration::from_secs(60));
    is_the_role(&run(&person, &sts, WHO).done());
    assert_eq!(person.events("REFRESH_TOKEN"), 1);
    // Tokens that live for twelve seconds are renewed at half of their life.
    let other = Person::new();
    new_client("demo", &other.name, &serde_json::json!({"access.token.lifespan": "12"}));
    other.log_in(&["--client-id", &other.name]).done();
    let sts = Sts::trusting(&other.issuer(), &other.name);
    sts.keys_live_for(Duration::from_secs(60));
    is_the_role(&run(&other, &sts, &format!("{WHO} && sleep 14 && {WHO}")).done());
    let expiries: Vec<_> = sts.taken().iter().map(|claims| claims["exp"].as_u64().expect("a time")).collect();
    assert!(expiries.len() == 2 && expiries[1] > expiries[0], "{expiries:?}");
}

#[test]
fn where_nobody_is_signed_in_aws_is_not_asked() {
    let person = Person::new();
    person.log_in(&[]).done();
    person.run(&["logout"]).done();
    let sts = Sts::trusting(&person.issuer(), "kclogin");
    let said = run(&person, &sts, WHO).failed(3);
    assert!(said.ends_with(&format!("hint: sign in with `kclogin login --profile {}`\n", person.name)), "{said}");
    assert!(sts.answers().is_empty());
}
