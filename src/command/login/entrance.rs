//! Where the browser is sent: to the authorization request's own address or, where requests are pushed (RFC 9126), to one that stands for it.
//!
//! A request is pushed before anything is shown, so that what the provider refuses is said at once and no browser opens for it. What that gives is good
//! for a minute at Keycloak, and a person may take five; a second visit may find it used (section 4). So the first visitor gets it while it is young, and
//! everybody later one of their own. The request is the same each time: its state, nonce and code challenge belong to this login.

use std::time::Duration;

use url::Url;

use super::Attempt;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::oidc::authorization::AuthorizationRequest;
use crate::oidc::provider::Pushed;

/// How long an address has to be good when it is given out.
const LEAST: Duration = Duration::from_secs(5);

/// The way to the login page.
pub(super) struct Entrance<'a> {
    attempt: Attempt<'a>,
    request: &'a AuthorizationRequest,
    /// What was pushed and given to nobody, and until when that is good.
    unused: Option<(Pushed, Timestamp)>,
}

impl<'a> Entrance<'a> {
    /// The way to the login page of this request, which is pushed where it has to be.
    ///
    /// # Errors
    /// The provider does not take it.
    pub(super) fn open(attempt: Attempt<'a>, request: &'a AuthorizationRequest) -> Result<Self> {
        let mut entrance = Self { attempt, request, unused: None };
        if attempt.provider.pushes {
            entrance.unused = Some(entrance.push()?);
        }
        Ok(entrance)
    }

    /// Whether each address is good for a short time only.
    pub(super) fn is_pushed(&self) -> bool {
        self.attempt.provider.pushes
    }

    /// An address for one visit, soon, and for how long it is good where that is not for good.
    ///
    /// # Errors
    /// The provider does not take the request any more, or can't be reached.
    pub(super) fn address(&mut self) -> Result<(Url, Option<Duration>)> {
        if !self.is_pushed() {
            return Ok((self.request.url.clone(), None));
        }
        let least = self.attempt.parts.clock.now().after(LEAST);
        let (pushed, until) = match self.unused.take().filter(|(_, until)| *until > least) {
            Some(unused) => unused,
            None => self.push()?,
        };
        let left = u64::try_from(until.seconds_from(self.attempt.parts.clock.now())).unwrap_or_default();
        Ok((pushed.url, Some(Duration::from_secs(left))))
    }

    fn push(&self) -> Result<(Pushed, Timestamp)> {
        let Attempt { input, provider, client, parts } = self.attempt;
        let now = parts.clock.now();
        let pushed = provider.push(client, self.request)?;
        let pushed = pushed.map_err(|refusal| refusal.into_error(client, &input.registered(&self.request.redirect_uri), &input.profile.scope()))?;
        let until = now.after(pushed.expires_in);
        Ok((pushed, until))
    }
}
