//! Bad input: a clear sentence, the right exit code, and nothing lost.

use kclogin::exit::Exit;
use serde_json::json;

use crate::machine::Machine;
use crate::person::error_in;
use crate::provider::{Endpoint, Members, Provider, Respond};
use crate::token::at_now;

/// What a login says where discovery already goes wrong. No browser may open.
#[track_caller]
fn not_found(provider: &Provider, issuer: &str, exit: Exit) -> String {
    let machine = Machine::new();
    let stderr = machine.run(&["login", "--timeout", "5s", "--issuer", issuer]).failed(exit);
    assert_eq!((machine.opened(), machine.store.calls().len(), machine.config().as_str()), (0, 0, ""));
    assert_eq!(provider.requests(Endpoint::Authorization).len(), 0);
    stderr
}

#[test]
fn an_unknown_realm_is_named_with_the_provider_s_words() {
    let provider = Provider::start();
    let issuer = format!("{}/realms/tset", provider.base());
    let expected = format!(
        "error: there is no provider at {issuer}: Realm does not exist (404 Not Found)\n\
         hint: look at the realm's name and at the path; Keycloak's issuers end in /realms/NAME, older ones in /auth/realms/NAME\n"
    );
    assert_eq!(not_found(&provider, &issuer, Exit::Failed), expected);
}

#[test]
fn discovery_4_3_a_provider_that_calls_itself_otherwise_is_not_believed() {
    let provider = Provider::start();
    let asked = provider.issuer();
    provider.set_issuer("https://kc.example/realms/test");
    let expected = format!(
        "error: the provider at {asked} calls itself https://kc.example/realms/test\n\
         hint: use exactly its own name: `--issuer https://kc.example/realms/test`, if that is the one you trust\n"
    );
    assert_eq!(not_found(&provider, &asked, Exit::Failed), expected);
}

#[test]
fn discovery_4_3_a_slash_too_many_is_another_issuer() {
    let provider = Provider::start();
    let (name, asked) = (provider.issuer(), format!("{}/", provider.issuer()));
    assert!(not_found(&provider, &asked, Exit::Failed).starts_with(&format!("error: the provider at {asked} calls itself {name}\nhint: ")));
    let machine = Machine::new();
    provider.set_issuer(&asked);
    machine.run(&["login", "--timeout", "5s", "--issuer", &asked]).done();
}

#[test]
fn a_web_page_is_no_provider() {
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, Respond::body("text/html", "\n <!DOCTYPE html><title>Welcome</title>"));
    let expected = format!(
        "error: {} answers a web page, not a provider's metadata\nhint: look at the issuer: Keycloak's end in /realms/NAME\n",
        provider.url(Endpoint::Discovery)
    );
    assert_eq!(not_found(&provider, &provider.issuer(), Exit::Failed), expected);
}

#[test]
fn metadata_that_lack_what_is_needed_are_none() {
    for missing in ["authorization_endpoint", "token_endpoint", "jwks_uri", "id_token_signing_alg_values_supported", "issuer"] {
        let provider = Provider::start();
        provider.alter_metadata(move |metadata| drop(metadata.remove(missing)));
        let stderr = not_found(&provider, &provider.issuer(), Exit::Failed);
        assert!(stderr.starts_with("error: ") && stderr.lines().count() <= 2, "{missing}: {stderr}");
    }
    for text in ["", "null", "[]", "{}", "{\"issuer\":7}", &"[".repeat(100_000)] {
        let provider = Provider::start();
        provider.respond(Endpoint::Discovery, Respond::body("application/json", text));
        let stderr = not_found(&provider, &provider.issuer(), Exit::Failed);
        assert!(stderr.contains(" answers something else, not a provider's metadata\nhint: "), "{stderr}");
    }
}

#[test]
fn a_provider_in_trouble_is_worth_another_try() {
    for (status, reason) in [(500, "500 Internal Server Error"), (503, "503 Service Unavailable"), (429, "429 Too Many Requests")] {
        let provider = Provider::start();
        provider.respond(Endpoint::Discovery, Respond::status(status));
        let expected = format!("error: the provider at {} is in trouble: it answers {reason}\nhint: try again later\n", provider.issuer());
        assert_eq!(not_found(&provider, &provider.issuer(), Exit::ProviderUnreachable), expected);
    }
}

#[test]
fn a_redirecting_discovery_is_not_followed() {
    let (provider, elsewhere) = (Provider::start(), Provider::start());
    provider.respond(Endpoint::Discovery, Respond::redirect(&elsewhere.url(Endpoint::Discovery)));
    let expected = format!(
        "error: {} redirects elsewhere, which is not followed\nhint: configure the address it redirects to, if that is the provider\n",
        provider.url(Endpoint::Discovery)
    );
    assert_eq!(not_found(&provider, &provider.issuer(), Exit::Failed), expected);
    assert_eq!(elsewhere.connection_count(), 0);
}

#[test]
fn redirecting_keys_and_user_info_are_not_followed() {
    let (provider, machine) = at_now();
    let elsewhere = Provider::start();
    provider.respond(Endpoint::UserInfo, Respond::redirect(&elsewhere.url(Endpoint::UserInfo)));
    let stderr = machine.run(&["whoami"]).failed(Exit::Failed);
    assert!(stderr.starts_with(&format!("error: {} redirects elsewhere, which is not followed\n", provider.url(Endpoint::UserInfo))), "{stderr}");
    provider.respond(Endpoint::Jwks, Respond::redirect(&elsewhere.url(Endpoint::Jwks)));
    let stderr = machine.run(&["login", "--timeout", "5s"]).failed(Exit::Failed);
    let expected = format!("error: {} redirects elsewhere, which is not followed\n", provider.url(Endpoint::Jwks));
    assert!(error_in(&stderr).starts_with(&expected), "{stderr}");
    assert_eq!((elsewhere.connection_count(), machine.store.kept().len()), (0, 1));
}

#[test]
fn nobody_at_the_address_is_said() {
    let mut provider = Provider::start();
    provider.stop();
    let address = provider.base().replace("http://", "");
    let expected = format!("error: the provider at {address} can't be reached: nothing listens there (connection refused)\n");
    assert_eq!(not_found(&provider, &provider.issuer(), Exit::ProviderUnreachable), expected);
}

#[test]
fn what_is_no_http_is_said() {
    for bytes in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "\r\n\r\n\r\n"] {
        let provider = Provider::start();
        provider.respond(Endpoint::Discovery, Respond::raw(bytes));
        let stderr = not_found(&provider, &provider.issuer(), Exit::ProviderUnreachable);
        assert!(stderr.contains(" can't be reached: ") && stderr.lines().count() == 1, "{bytes:?}: {stderr}");
    }
}

#[test]
fn issuers_that_are_no_https_urls_are_a_wrong_call() {
    for (bad, sentence) in [
        (
            "keycloak.example.com/realms/a",
            "error: the issuer `keycloak.example.com/realms/a` has no https:// in front\nhint: write it in full, such as https://keycloak.example.com/realms/a\n",
        ),
        ("https://", "error: the issuer `https://` is not a URL: "),
        ("ftp://keycloak.example.com/", "error: the issuer `ftp://keycloak.example.com/` is not an https URL\n"),
        ("file:///etc/passwd", "error: the issuer `file:///etc/passwd` is not an https URL\n"),
        ("https://alice:hunter2@kc.example/", "error: the issuer must not hold a user name or a password\n"),
        ("https://kc.example/realms/a?x=1", "error: the issuer `https://kc.example/realms/a?x=1` has a query or a fragment\n"),
    ] {
        let machine = Machine::new();
        let stderr = machine.run(&["login", "--issuer", bad]).failed(Exit::Usage);
        assert!(stderr.starts_with(sentence) && !stderr.contains("hunter2"), "{stderr}");
    }
}

#[test]
fn an_unknown_client_at_the_token_endpoint_is_named() {
    let (provider, machine) = (Provider::start(), Machine::new());
    provider.respond(Endpoint::Token, Respond::error(401, "invalid_client", "Invalid client or Invalid client credentials"));
    let stderr = machine.run(&["login", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    let expected = "error: the sign-in failed: the provider does not accept the client `kclogin`: Invalid client or Invalid client credentials \
                    (invalid_client)\nhint: if the client has a secret at the provider, give it with `kclogin login --client-secret-stdin`, or its \
                    certificate with `--client-certificate`; if it has neither, look at its ID\n";
    assert_eq!(error_in(&stderr), expected);
}

#[test]
fn an_unknown_client_at_the_login_page_is_hinted_at_by_the_timeout() {
    let (provider, machine) = (Provider::start(), Machine::new());
    let stderr = machine.run(&["login", "--timeout", "1s", "--client-id", "nobody", "--issuer", &provider.issuer()]).failed(Exit::Failed);
    assert!(error_in(&stderr).starts_with("error: nobody signed in within 1 s\nhint: "), "{stderr}");
    assert!(stderr.ends_with("if it shows `Client not found`, look at the client ID\n"), "{stderr}");
}

#[test]
fn a_malformed_configuration_names_the_line_and_is_kept() {
    let machine = Machine::new();
    let text = "default-profile = \"work\"\n\n[profile.work]\nclient-id = \"x\"\nisuer = \"https://a.example\"\n";
    machine.write_config(text);
    for call in [&["login"][..], &["token"], &["whoami"], &["status"], &["logout"], &["profile", "list"], &["profile", "use", "work"]] {
        let stderr = machine.run(call).failed(Exit::Usage);
        let start = format!(
            "error: the configuration is malformed: {}, line 5: unknown field `isuer`",
            machine.path(".config/kclogin/config.toml").display()
        );
        assert!(stderr.starts_with(&start), "{stderr}");
        assert!(stderr.ends_with("\nhint: mend that line, or move the file away to start anew\n"), "{stderr}");
    }
    assert_eq!((machine.config().as_str(), machine.opened()), (text, 0));
}

#[test]
fn a_password_in_an_address_of_the_configuration_is_refused_and_not_repeated() {
    let fine = "[profile.work]\nclient-id = \"x\"\nissuer = \"https://kc.example/realms/a\"\nredirect-uri = \"http://127.0.0.1/callback\"\n\
                [profile.work.endpoints]\ntoken-endpoint = \"https://kc.example/token\"\n";
    let machine = Machine::new();
    machine.write_config(fine);
    machine.run(&["profile", "show"]).done();
    for host in ["kc.example/realms/a", "127.0.0.1/callback", "kc.example/token"] {
        machine.write_config(&fine.replace(host, &format!("alice:hunter2@{host}")));
        for call in [&["profile", "show"][..], &["profile", "list"], &["status"], &["login"]] {
            let stderr = machine.run(call).failed(Exit::Usage);
            assert!(stderr.contains(" must not hold a user name or a password\n") && !stderr.contains("hunter2"), "{stderr}");
        }
    }
}

#[test]
fn a_damaged_session_is_kept_and_a_login_offered() {
    let (provider, machine) = at_now();
    machine.store.change("token-set ", |bytes| bytes.truncate(bytes.len() - 1));
    let kept = machine.store.kept();
    let expected = "error: the stored session is damaged\nhint: it was kept as it is; `kclogin login` replaces it\n";
    for call in ["token", "whoami", "status"] {
        assert_eq!(machine.run(&[call]).failed(Exit::LoginRequired), expected, "{call}");
    }
    assert_eq!((machine.store.kept(), machine.opened(), provider.request_count()), (kept, 1, 0));
    machine.run(&["login"]).done();
    machine.run(&["token"]).done();
}

#[test]
fn a_session_of_a_newer_kclogin_is_kept_and_said_to_be() {
    let (_provider, machine) = at_now();
    machine.store.change("token-set ", |bytes| *bytes = json!({ "version": 7, "anything": ["new"] }).to_string().into_bytes());
    let kept = machine.store.kept();
    let expected = "error: the stored session was written by a newer kclogin (in form 7; this one knows form 2)\n\
                    hint: it was kept as it is: update kclogin, or replace the session with `kclogin login`\n";
    for call in ["token", "whoami", "status"] {
        assert_eq!(machine.run(&[call]).failed(Exit::LoginRequired), expected, "{call}");
    }
    assert_eq!((machine.store.kept(), machine.opened()), (kept, 1));
}

#[test]
fn a_store_of_another_name_is_a_wrong_call() {
    let (_provider, machine) = at_now();
    let expected = "error: there is no token store called `vault`\nhint: the stores are: keyring, file, kernel, helper:NAME\n";
    assert_eq!(machine.run(&["token", "--store", "vault"]).failed(Exit::Usage), expected);
    machine.set("KCLOGIN_STORE", "vault");
    assert_eq!(machine.run(&["token"]).failed(Exit::Usage), expected);
}

#[test]
fn answers_above_a_mebibyte_are_not_read() {
    let provider = Provider::start();
    provider.alter_metadata(|metadata| metadata["padding"] = json!("a".repeat(1 << 20)));
    let stderr = not_found(&provider, &provider.issuer(), Exit::ProviderUnreachable);
    assert!(stderr.ends_with("can't be reached: its answer is larger than 1 MiB\n"), "{stderr}");
}

#[test]
fn endless_answers_are_cut_off() {
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, Respond::endless());
    let stderr = not_found(&provider, &provider.issuer(), Exit::ProviderUnreachable);
    assert!(stderr.ends_with("can't be reached: its answer is larger than 1 MiB\n"), "{stderr}");
    let provider = Provider::start();
    provider.respond(Endpoint::Discovery, Respond::endless_headers());
    let stderr = not_found(&provider, &provider.issuer(), Exit::ProviderUnreachable);
    assert!(stderr.contains(" can't be reached: "), "{stderr}");
}

#[test]
fn an_endless_user_info_keeps_the_session() {
    let (provider, machine) = at_now();
    provider.respond(Endpoint::UserInfo, Respond::endless());
    let stderr = machine.run(&["whoami"]).failed(Exit::ProviderUnreachable);
    assert!(stderr.ends_with("can't be reached: its answer is larger than 1 MiB\n"), "{stderr}");
    assert_eq!(machine.store.kept().len(), 1);
}

#[test]
fn a_name_in_other_letters_is_written_in_ascii() {
    for name in ["sso.m\u{fc}ller", "SSO.M\u{dc}LLER", "\u{432}\u{445}\u{43e}\u{434}"] {
        let issuer = format!("https://{name}.example/realms/a");
        let stderr = Machine::new().run(&["login", "--issuer", &issuer]).failed(Exit::Usage);
        let (said, hint) = stderr.split_once('\n').expect("a hint");
        assert_eq!(said, format!("error: the issuer `{issuer}` has a host name with other letters than those of ASCII"));
        assert!(hint.contains("`xn--`"), "{hint}");
    }
}
