//! A person at Keycloak's login page, played by plain HTTP: for tests that need many sign-ins and are not about the browser.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use ureq::http::Response;
use ureq::{Agent, Body};

use crate::bench::{PASSWORD, Person};

/// Signs in at this person's realm.
#[track_caller]
pub(crate) fn log_in(person: &Person, more: &[&str]) {
    let issuer = person.issuer();
    let mut command = person.command(&[&["login", "--no-browser", "--issuer", &issuer], more].concat());
    let mut login = command.stderr(Stdio::piped()).spawn().expect("kclogin starts");
    let mut lines = BufReader::new(login.stderr.take().expect("stderr")).lines().map(|line| line.expect("text"));
    let address = lines.find_map(|line| Some(line.strip_prefix("  ")?.to_owned())).expect("an address");
    let back = sign_in(person, &address);
    ureq::get(&back).call().expect("kclogin's page");
    let rest: Vec<String> = lines.collect();
    assert!(login.wait().expect("an end").success(), "{rest:?}");
}

/// Signs in at the login page, and gives the address that the browser would go back to.
#[track_caller]
pub(crate) fn sign_in(person: &Person, address: &str) -> String {
    let agent: Agent = Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let mut page = agent.get(address).call().expect("the login page");
    let cookies = cookies(&page);
    // Where the request was pushed, Keycloak sends the browser on from it.
    if let Some(next) = page.headers().get("location").map(|next| next.to_str().expect("text").to_owned()) {
        page = agent.get(&next).header("cookie", &cookies).call().expect("the login page");
    }
    let html = page.body_mut().read_to_string().expect("a page");
    let action = html.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form").replace("&amp;", "&");
    let form = [("username", person.name.as_str()), ("password", PASSWORD)];
    let answer = agent.post(&action).header("cookie", cookies).send_form(form).expect("an answer");
    answer.headers().get("location").expect("a redirect").to_str().expect("text").to_owned()
}

/// What a browser would send back of an answer's cookies.
fn cookies(answer: &Response<Body>) -> String {
    let set = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().expect("text"));
    set.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}
