//! The way through Keycloak's pages: what a person with a certain intention does on each, and where that ends.
//! Owns the decisions, as a pure function of what is seen; looking and acting are `page`'s.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use super::Action;
use super::page::{Kind, Look, Page};
use crate::failure::{Failure, Outcome};

/// Who is travelling.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) new_password: Option<String>,
    pub(crate) code: Option<String>,
}

/// What was done so far, as far as it decides what is done next.
#[derive(Debug, Default, Clone, Copy)]
struct Past {
    entered_code: bool,
    named: bool,
    signed_in: bool,
    /// Entered the password once more.
    confirmed: bool,
    changed_password: bool,
    refused: bool,
}

/// What to do on a page.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    SignIn { wrongly: bool },
    Name,
    Confirm,
    ChangePassword,
    EnterCode,
    Click(&'static str),
    Wait,
    Arrived,
    Fail(String),
}

/// Goes on until it has arrived, has failed, or the time is over. `last` is what was seen last, in each case, and
/// `answered` the path of each page that was answered, after the kind of page it was.
pub(crate) fn travel(page: &mut Page, action: Action, person: &Person, last: &mut Look, answered: &mut Vec<String>) -> Outcome {
    let mut past = Past::default();
    loop {
        if page.is_late() {
            if last.kind == Kind::Blank {
                return Err(Failure::new("the time was over before a page came"));
            }
            return Err(Failure::new(format!("the time was over on the page \"{}\" ({})", last.title, last.address)));
        }
        let look = match page.look() {
            Ok(Some(look)) => look,
            // No answer in time is said as what it means.
            Err(_) if page.is_late() => continue,
            Err(failure) => return Err(failure),
            Ok(None) => {
                sleep(Duration::from_millis(50));
                continue;
            }
        };
        // A page that sends the browser on by script or by a meta element looks like the last one for a moment: seen twice, it stays.
        let stays = look == *last;
        *last = look;
        if !last.settled || !stays {
            sleep(Duration::from_millis(100));
            continue;
        }
        let step = decide(action, last, past, person.code.is_some());
        if !matches!(step, Step::Wait | Step::Arrived | Step::Fail(_)) {
            answered.push(format!("{:?} {}", last.kind, last.path()));
        }
        match step {
            Step::Wait => sleep(Duration::from_millis(100)),
            Step::Arrived => return Ok(()),
            Step::Fail(reason) => return Err(Failure::new(reason)),
            Step::SignIn { wrongly } => {
                past.signed_in = true;
                let password = if wrongly { format!("not {}", person.password) } else { person.password.clone() };
                page.act(&sign_in(&person.user, &password))?;
            }
            Step::Name => {
                past.named = true;
                page.act(&name(&person.user))?;
            }
            Step::Confirm => {
                past.confirmed = past.signed_in;
                past.signed_in = true;
                page.act(&sign_in(&person.user, &person.password))?;
            }
            Step::ChangePassword => {
                past.changed_password = true;
                page.act(&change_password(person.new_password.as_deref().unwrap_or(&person.password)))?;
            }
            Step::EnterCode => {
                past.entered_code = true;
                page.act(&enter_code(person.code.as_deref().unwrap_or_default()))?;
            }
            Step::Click(selector) => {
                past.refused |= [REFUSE, CANCEL].contains(&selector);
                page.act(&format!("document.querySelector({}).click()", json!(selector)))?;
            }
        }
    }
}

const GRANT: &str = "[name=accept]";
const REFUSE: &str = "[name=cancel]";
const CANCEL: &str = "[name=cancel-aia]";

fn sign_in(user: &str, password: &str) -> String {
    // The user name is fixed where Keycloak only asks for the password again.
    format!(
        "const user = document.querySelector('#username'); if (user && !user.readOnly) user.value = {}; \
         document.querySelector('#password').value = {}; document.querySelector('#kc-login').click()",
        json!(user),
        json!(password)
    )
}

fn name(user: &str) -> String {
    format!("document.querySelector('#username').value = {}; document.querySelector('#kc-login').click()", json!(user))
}

fn change_password(password: &str) -> String {
    format!(
        "for (const field of ['#password-new', '#password-confirm']) document.querySelector(field).value = {}; \
         document.querySelector('[name=login], #kc-submit').click()",
        json!(password)
    )
}

fn enter_code(code: &str) -> String {
    format!("const field = document.querySelector('[name=device_user_code]'); field.value = {}; field.form.requestSubmit()", json!(code))
}

fn decide(action: Action, look: &Look, past: Past, has_code: bool) -> Step {
    let fail = |reason: String| Step::Fail(reason);
    if look.kind == Kind::Unreachable {
        // Chromium's own word for it says more than its prose.
        let reason = look.text.lines().find(|line| line.starts_with("ERR_")).unwrap_or_else(|| first_line(&look.text));
        return fail(format!("the browser could not get there: {reason}"));
    }
    if look.kind == Kind::Blank {
        return Step::Wait;
    }
    if action == Action::Open {
        return Step::Arrived;
    }
    match look.kind {
        Kind::SignIn => match (action, past.signed_in, &look.complaint) {
            (Action::Abandon, ..) | (Action::WrongPassword, true, Some(_)) => Step::Arrived,
            (_, true, Some(complaint)) => fail(format!("Keycloak refused the sign-in: {complaint}")),
            (_, true, None) => fail("Keycloak asked to sign in again and did not say why".to_owned()),
            (_, false, _) => Step::SignIn { wrongly: action == Action::WrongPassword },
        },
        Kind::UserName if action == Action::Abandon => Step::Arrived,
        Kind::UserName if past.named => fail(format!("Keycloak refused the user name: {}", look.complaint.as_deref().unwrap_or("it says nothing"))),
        Kind::UserName => Step::Name,
        Kind::Password if action == Action::Abandon => Step::Arrived,
        Kind::Password if past.confirmed || past.signed_in && look.complaint.is_some() => {
            // Before anything was answered, that one has to sign in again is no complaint.
            fail(format!("Keycloak refused the password: {}", look.complaint.as_deref().unwrap_or("it says nothing")))
        }
        Kind::Password => Step::Confirm,
        Kind::NewPassword if action == Action::Cancel => Step::Click(CANCEL),
        Kind::NewPassword if past.changed_password => {
            fail(format!("Keycloak refused the new password: {}", look.complaint.as_deref().unwrap_or("it says nothing")))
        }
        Kind::NewPassword => Step::ChangePassword,
        Kind::Consent if action == Action::Deny => Step::Click(REFUSE),
        Kind::Consent => Step::Click(GRANT),
        Kind::SignOut => Step::Click("#kc-logout"),
        Kind::UserCode if past.entered_code => {
            fail(format!("Keycloak refused the user code: {}", look.complaint.as_deref().unwrap_or("it says nothing")))
        }
        Kind::UserCode if has_code => Step::EnterCode,
        Kind::UserCode => fail("Keycloak asks for a user code and there is none".to_owned()),
        Kind::Error if past.refused => Step::Arrived,
        Kind::Error => fail(format!("Keycloak shows an error: {}", first_line(look.complaint.as_deref().unwrap_or(&look.text)))),
        Kind::Note if matches!(action, Action::SignOut | Action::ApproveDevice) || past.refused => Step::Arrived,
        Kind::Elsewhere => match action {
            Action::Deny if !past.refused => fail("nobody asked for a consent that could be denied".to_owned()),
            Action::Cancel if !past.refused => fail("nobody asked for an action that could be cancelled".to_owned()),
            Action::WrongPassword | Action::Abandon => fail("nobody asked to sign in".to_owned()),
            _ => Step::Arrived,
        },
        // Pages that have nothing for us: the next look, or the end of the time, tells more.
        Kind::Note | Kind::Keycloak | Kind::Unreachable | Kind::Blank => Step::Wait,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Past = Past { entered_code: false, named: false, signed_in: false, confirmed: false, changed_password: false, refused: false };
    const SIGNED_IN: Past = Past { signed_in: true, ..FRESH };

    fn look(kind: Kind) -> Look {
        Look { kind, settled: true, text: "\n Invalid parameter: redirect_uri".into(), ..Look::default() }
    }

    fn complaining() -> Look {
        Look { complaint: Some("Invalid username or password.".into()), ..look(Kind::SignIn) }
    }

    #[test]
    fn signing_in_ends_where_the_browser_is_sent() {
        assert_eq!(decide(Action::SignIn, &look(Kind::SignIn), FRESH, false), Step::SignIn { wrongly: false });
        assert_eq!(decide(Action::SignIn, &look(Kind::Consent), SIGNED_IN, false), Step::Click(GRANT));
        assert_eq!(decide(Action::SignIn, &look(Kind::Elsewhere), SIGNED_IN, false), Step::Arrived);
    }

    #[test]
    fn a_refused_password_is_tried_once() {
        let Step::Fail(reason) = decide(Action::SignIn, &complaining(), SIGNED_IN, false) else { panic!("it went on") };
        assert_eq!(reason, "Keycloak refused the sign-in: Invalid username or password.");
        assert_eq!(decide(Action::WrongPassword, &look(Kind::SignIn), FRESH, false), Step::SignIn { wrongly: true });
        assert_eq!(decide(Action::WrongPassword, &complaining(), SIGNED_IN, false), Step::Arrived);
    }

    #[test]
    fn a_password_is_confirmed_once_and_a_name_asked_for_alone_is_given() {
        assert_eq!(decide(Action::SignIn, &look(Kind::UserName), FRESH, false), Step::Name);
        assert!(matches!(decide(Action::SignIn, &look(Kind::UserName), Past { named: true, ..FRESH }, false), Step::Fail(_)));
        assert_eq!(decide(Action::SignIn, &look(Kind::Password), SIGNED_IN, false), Step::Confirm);
        assert!(matches!(decide(Action::SignIn, &look(Kind::Password), Past { confirmed: true, ..SIGNED_IN }, false), Step::Fail(_)));
        let again = Look { complaint: Some("Please re-authenticate to continue".into()), ..look(Kind::Password) };
        assert_eq!(decide(Action::SignIn, &again, FRESH, false), Step::Confirm);
        assert!(matches!(decide(Action::SignIn, &again, SIGNED_IN, false), Step::Fail(_)));
    }

    #[test]
    fn a_new_password_is_entered_or_not() {
        assert_eq!(decide(Action::SignIn, &look(Kind::NewPassword), SIGNED_IN, false), Step::ChangePassword);
        assert_eq!(decide(Action::Cancel, &look(Kind::NewPassword), SIGNED_IN, false), Step::Click(CANCEL));
        assert!(matches!(decide(Action::Cancel, &look(Kind::Elsewhere), SIGNED_IN, false), Step::Fail(_)));
        assert_eq!(decide(Action::Cancel, &look(Kind::Elsewhere), Past { refused: true, ..SIGNED_IN }, false), Step::Arrived);
    }

    #[test]
    fn denying_needs_something_to_deny() {
        assert_eq!(decide(Action::Deny, &look(Kind::Consent), SIGNED_IN, false), Step::Click(REFUSE));
        assert!(matches!(decide(Action::Deny, &look(Kind::Elsewhere), SIGNED_IN, false), Step::Fail(_)));
        assert_eq!(decide(Action::Deny, &look(Kind::Elsewhere), Past { refused: true, ..SIGNED_IN }, false), Step::Arrived);
    }

    #[test]
    fn walking_away_answers_nothing() {
        assert_eq!(decide(Action::Abandon, &look(Kind::SignIn), FRESH, false), Step::Arrived);
        assert_eq!(decide(Action::Open, &look(Kind::Error), FRESH, false), Step::Arrived);
    }

    #[test]
    fn what_keycloak_objects_to_is_passed_on() {
        let Step::Fail(reason) = decide(Action::SignIn, &look(Kind::Error), FRESH, false) else { panic!("it went on") };
        assert_eq!(reason, "Keycloak shows an error: Invalid parameter: redirect_uri");
    }

    #[test]
    fn a_device_is_approved_with_its_code() {
        assert_eq!(decide(Action::ApproveDevice, &look(Kind::UserCode), FRESH, true), Step::EnterCode);
        assert!(matches!(decide(Action::ApproveDevice, &look(Kind::UserCode), FRESH, false), Step::Fail(_)));
        assert_eq!(decide(Action::ApproveDevice, &look(Kind::Note), SIGNED_IN, true), Step::Arrived);
    }

    #[test]
    fn what_is_typed_cannot_leave_its_string() {
        assert!(sign_in("a\"; alert(1); \"", "b").contains(r#"user.value = "a\"; alert(1); \"""#));
    }
}
