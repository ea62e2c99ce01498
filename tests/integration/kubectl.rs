//! `kclogin kubectl`: what Kubernetes' clients are answered, when a browser may open, and the command that makes the user of a kubeconfig.

use kclogin::exit::Exit;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::provider::{Endpoint, Provider, decode};
use crate::token::{at_now, pass, token};

/// What kubectl says in version v1 of the interface.
fn told(machine: &Machine, interactive: bool) {
    let info = json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "spec": {"interactive": interactive}});
    machine.set("KUBERNETES_EXEC_INFO", &info.to_string());
}

/// The answer of a run that printed nothing else.
#[track_caller]
fn answer(machine: &Machine, more: &[&str]) -> Value {
    let outcome = machine.run(&[&["kubectl"], more].concat());
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, ""), "{}", outcome.stdout);
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

fn given(machine: &Machine, more: &[&str]) -> String {
    answer(machine, more)["status"]["token"].as_str().expect("a token").to_owned()
}

#[test]
fn the_answer_is_that_of_token_with_the_id_token_in_it() {
    let (provider, machine) = at_now();
    let id_token = token(&machine, &["--id-token"]);
    let expected = json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": id_token, "expirationTimestamp": answer(&machine, &[])["status"]["expirationTimestamp"]},
    });
    assert_eq!(answer(&machine, &[]), expected);
    assert_eq!(machine.run(&["kubectl"]).stdout, machine.run(&["token", "--id-token", "--format", "exec-credential"]).stdout);
    let claims = decode(&id_token).expect("a JWT").1;
    assert_eq!(claims["aud"], "kclogin");
    assert_eq!(given(&machine, &["--access-token"]), token(&machine, &[]));
    assert_eq!(provider.request_count(), 0);
}

#[test]
fn the_version_is_the_one_that_is_asked_for_and_an_unknown_one_is_a_wrong_call() {
    let (_provider, machine) = at_now();
    for version in ["v1", "v1beta1"] {
        let version = format!("client.authentication.k8s.io/{version}");
        machine.set("KUBERNETES_EXEC_INFO", &json!({"kind": "ExecCredential", "apiVersion": version, "spec": {}}).to_string());
        assert_eq!(answer(&machine, &[])["apiVersion"], version.as_str());
    }
    machine.set("KUBERNETES_EXEC_INFO", r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}"#);
    assert_eq!(
        machine.run(&["kubectl"]).failed(Exit::Usage),
        "error: the Kubernetes client asks for `client.authentication.k8s.io/v1alpha1`, which is not known here\n\
         hint: set `apiVersion: client.authentication.k8s.io/v1` in the kubeconfig's `exec`, or `client.authentication.k8s.io/v1beta1` for a client \
         before 1.22\n"
    );
    machine.set("KUBERNETES_EXEC_INFO", "{");
    assert_eq!(machine.run(&["kubectl"]).failed(Exit::Usage), "error: KUBERNETES_EXEC_INFO is not an ExecCredential\n");
}

#[test]
fn an_id_token_that_has_expired_is_refreshed_silently() {
    let (provider, machine) = at_now();
    let first = given(&machine, &[]);
    pass(&provider, &machine, 301);
    assert_ne!(given(&machine, &[]), first);
    assert_eq!((provider.requests(Endpoint::Token).len(), machine.opened()), (1, 1));
}

#[test]
fn where_nobody_is_there_no_browser_opens_even_if_a_sign_in_is_wished() {
    let (_provider, machine) = at_now();
    machine.store.forget("token-set ");
    told(&machine, false);
    for call in [&["kubectl"][..], &["kubectl", "--login"], &["kubectl", "--login", "--access-token"]] {
        let stderr = machine.run(call).failed(Exit::LoginRequired);
        assert!(
            stderr.starts_with("error: not logged in to ") && stderr.ends_with("hint: sign in with `kclogin login --profile test`\n"),
            "{stderr}"
        );
    }
    assert_eq!(machine.opened(), 1, "the login of before");
}

#[test]
fn where_somebody_is_there_a_sign_in_has_to_be_wished() {
    let (_provider, machine) = at_now();
    for interactive in ["true", "null"] {
        machine.store.forget("token-set ");
        machine.set(
            "KUBERNETES_EXEC_INFO",
            &format!(r#"{{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{{"interactive":{interactive}}}}}"#),
        );
        let before = machine.opened();
        machine.run(&["kubectl"]).failed(Exit::LoginRequired);
        assert_eq!(machine.opened(), before);
        let outcome = machine.run(&["kubectl", "--login"]);
        assert_eq!((outcome.exit, machine.opened()), (Exit::Done, before + 1), "{}", outcome.stderr);
        assert!(serde_json::from_str::<Value>(&outcome.stdout).expect("JSON and nothing else")["status"]["token"].is_string());
    }
}

#[test]
fn audiences_and_scopes_are_for_access_tokens() {
    let (provider, machine) = at_now();
    for option in ["--audience=orders", "--scope=email"] {
        let stderr = machine.run(&["kubectl", option]).failed(Exit::Usage);
        assert!(stderr.starts_with("error: `--audience` and `--scope` are for access tokens") && stderr.contains("\nhint: say `--access-token` too"));
        machine.run(&["kubectl", "setup", option]).failed(Exit::Usage);
    }
    assert_eq!(provider.request_count(), 0);
    let claims = decode(&given(&machine, &["--access-token", "--scope", "email"])).expect("a JWT").1;
    assert_eq!(claims["scope"], "email");
    for more in ["--login", "--audience=x"] {
        machine.run(&["kubectl", "--client-credentials", more]).failed(Exit::Usage);
    }
}

#[test]
fn a_service_account_needs_nobody_and_no_profile() {
    let provider = Provider::start();
    provider.confidential_client("ci", "s3cret");
    let machine = Machine::new();
    for (name, value) in [("KCLOGIN_ISSUER", provider.issuer().as_str()), ("KCLOGIN_CLIENT_ID", "ci"), ("KCLOGIN_CLIENT_SECRET", "s3cret")] {
        machine.set(name, value);
    }
    told(&machine, false);
    let claims = decode(&given(&machine, &["--client-credentials"])).expect("a JWT").1;
    assert_eq!((claims["preferred_username"].as_str(), machine.opened()), (Some("service-account-ci"), 0));
    let printed = machine.run(&["kubectl", "setup", "--client-credentials", "--user", "ci"]);
    assert_eq!(
        (printed.exit, printed.stdout.as_str()),
        (
            Exit::Done,
            "kubectl config set-credentials ci --exec-api-version=client.authentication.k8s.io/v1 --exec-interactive-mode=IfAvailable \
             --exec-command=kclogin --exec-arg=kubectl --exec-arg=--client-credentials\n"
        ),
        "{}",
        printed.stderr
    );
    assert!(!printed.stderr.contains("s3cret"));
}

#[test]
fn the_set_up_is_a_command_line_and_what_the_api_server_has_to_be_told() {
    let (provider, machine) = at_now();
    let outcome = machine.run(&["kubectl", "setup"]);
    assert_eq!(
        outcome.stdout,
        "kubectl config set-credentials test --exec-api-version=client.authentication.k8s.io/v1 --exec-interactive-mode=IfAvailable \
         --exec-command=kclogin --exec-arg=kubectl --exec-arg=--profile --exec-arg=test\n"
    );
    let expected = format!(
        "Run this, for instance by `kclogin kubectl setup | sh`, and choose the user for your context:\n  kubectl config set-context --current --user=test\n\
         The API server has to be started with\n  --oidc-issuer-url={} --oidc-client-id=kclogin\n\
         or to have both in its AuthenticationConfiguration, as `issuer.url` and in `issuer.audiences`.\n\
         warning: an API server takes no issuer over plain http\n",
        provider.issuer()
    );
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Exit::Done, expected.as_str()));
    let old = machine.run(&["kubectl", "setup", "--exec-api-version", "v1beta1"]).done();
    assert!(old.contains("k8s.io/v1beta1 --exec-command") && !old.contains("interactive-mode"), "{old}");
    assert_eq!((provider.request_count(), machine.opened()), (0, 1), "nothing is asked of anybody");
}

#[test]
fn the_set_up_keeps_what_the_plug_in_is_to_be_called_with_wherever_it_stands() {
    let (_provider, machine) = at_now();
    let arguments = |call: &[&str]| -> Vec<String> {
        let line = machine.run(call).done();
        line.split(" --exec-arg=").skip(1).map(|word| word.trim_end().to_owned()).collect()
    };
    let expected = [
        "kubectl",
        "--profile",
        "test",
        "--store=keyring",
        "--access-token",
        "--login",
        "--audience=cluster",
        "--scope=a",
        "--scope=b",
        "--min-validity=2m",
    ];
    let after = ["--access-token", "--login", "--audience", "cluster", "--scope", "a b", "--min-validity", "120s", "--store", "keyring"];
    assert_eq!(arguments(&[&["kubectl", "setup"], &after[..]].concat()), expected);
    assert_eq!(arguments(&[&["kubectl"], &after[..], &["setup"]].concat()), expected);
    assert_eq!(arguments(&[&["kubectl"], &after[..4], &["setup"], &after[4..]].concat()), expected);
    let stderr = machine.run(&[&["kubectl", "setup"], &after[..]].concat()).stderr;
    assert!(stderr.contains("--oidc-client-id=cluster\n"), "{stderr}");
}

#[test]
fn names_stay_what_they_are_in_a_shell() {
    let (_provider, machine) = at_now();
    let line = |more: &[&str]| machine.run(&[&["kubectl", "setup"], more].concat()).done();
    assert!(line(&["--user", "o'brien; rm -rf ~"]).starts_with(r"kubectl config set-credentials 'o'\''brien; rm -rf ~' --exec-"));
    assert!(line(&["--access-token", "--audience", "a,b"]).contains(r#" '--exec-arg="--audience=a,b"'"#));
    #[cfg(unix)]
    {
        assert!(line(&["--command", "/opt/my tools/kclogin"]).contains(" '--exec-command=/opt/my tools/kclogin' "));
        let here = std::env::current_dir().expect("a folder").join("bin/kclogin");
        assert!(line(&["--command", "bin/kclogin"]).contains(here.to_str().expect("UTF-8")), "kubectl would begin at its configuration");
    }
    for bad in ["", "a\nb", "a\x1b[2J"] {
        machine.run(&["kubectl", "setup", "--user", bad]).failed(Exit::Usage);
    }
}

#[test]
fn without_a_profile_there_is_nothing_to_set_up() {
    let stderr = Machine::new().run(&["kubectl", "setup"]).failed(Exit::LoginRequired);
    assert!(stderr.starts_with("error: not logged in: no profile is set up yet\nhint: "), "{stderr}");
}
