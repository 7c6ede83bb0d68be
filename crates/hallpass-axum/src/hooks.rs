use std::fmt;

use async_trait::async_trait;
use hallpass_core::{OAuth2Token, Profile, Result};
use hallpass_web::{Identity, LocalRedirect};
use tower_sessions::Session;

/// What the application has to say of logins. Write what is wanted; the rest lets everybody in.
#[async_trait]
pub trait SignInHooks: fmt::Debug + Send + Sync {
    /// A login has come to its end, and nobody is signed in yet: look up or make the account.
    ///
    /// # Errors
    ///
    /// Whatever keeps the application from knowing: nobody is signed in from now on, whoever was
    /// before, and the page says that the fault is not theirs.
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let _ = login;
        Ok(Decision::Allow)
    }

    /// Asked on every request of somebody who is signed in; `false` signs them out, and
    /// [`on_logout`](Self::on_logout) is told.
    ///
    /// # Errors
    ///
    /// Whatever keeps the application from knowing: the request is answered 503, and the session
    /// stays.
    async fn check_session(&self, identity: &Identity) -> Result<bool> {
        let _ = identity;
        Ok(true)
    }

    /// A session is over, for this reason. Told once for each, after its end, by whichever request
    /// ended it: of however many that do so at once, one tells.
    ///
    /// There are exceptions. Where two processes end a session in the same instant, both may tell:
    /// over a store of the application's whose `create` does not see in one step that a record is
    /// there, and where a store deletes a session and takes no mark of it. Where a process dies
    /// between the end and the word, none tells. A session that is not used for 14 days ends in its
    /// store, and one that the application empties itself (`Session::flush`) is its own affair:
    /// neither is told.
    async fn on_logout(&self, identity: &Identity, why: SessionEnd) {
        let _ = (identity, why);
    }
}

/// Why a session is over, for [`SignInHooks::on_logout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEnd {
    /// Its user pressed the button of `/logout`.
    SignedOut,
    /// The provider said so: [`backchannel_logout`](crate::SignIn::backchannel_logout).
    ToldByProvider,
    /// It was as old as any may be ([`longest_session`](crate::SignIn::longest_session)), or by our
    /// clock begins in more than a day, so that its age says nothing.
    TooOld,
    /// [`check_session`](SignInHooks::check_session) said `false`.
    NotLetIn,
    /// Somebody else came with a login in this browser, whatever
    /// [`on_login`](SignInHooks::on_login) then says of them.
    Replaced,
    /// Its user signed in once more, and [`on_login`](SignInHooks::on_login) denied it or failed. A
    /// login that is denied to somebody who was not signed in is the end of no session.
    LoginRefused,
    /// Its token is over and cannot be renewed, in a Hugging Face Space.
    TokenOver,
    /// What is kept beside its user is not as it was written. Of a session of which nobody can read
    /// whose it is, which ends too, nobody is told.
    Unreadable,
}

/// A login that has come to its end. `Debug` leaves out the session, whose id is as good as a
/// login.
#[non_exhaustive]
pub struct LoginContext<'a> {
    /// Who it is: what the session will keep.
    pub identity: &'a Identity,
    /// What the provider gave. It is dropped unless the application keeps it, in a `TokenManager`
    /// for one.
    pub token: &'a OAuth2Token,
    /// All that the provider says of them.
    pub profile: &'a Profile,
    /// Where the user wanted to go.
    pub return_to: &'a LocalRedirect,
    /// What the application gave to
    /// [`AuthorizationRequest::data`](hallpass_core::AuthorizationRequest::data), if it began the
    /// login itself: [`Steps::begin`](crate::Steps::begin).
    pub data: Option<&'a str>,
    /// The session, to read and to write: that of before, empty if it was somebody else's. It has a
    /// new id once the login is allowed; what is written and then denied is dropped with it.
    pub session: &'a Session,
}

impl fmt::Debug for LoginContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginContext")
            .field("identity", &self.identity)
            .field("return_to", &self.return_to)
            .finish_non_exhaustive()
    }
}

/// What becomes of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The user is signed in, and goes where they wanted to.
    Allow,
    /// Nobody is signed in from now on, whoever was before, and the page says why.
    Deny(String),
    /// The user is signed in, and goes elsewhere first: to a page that asks for what is missing.
    Redirect(LocalRedirect),
}

/// Lets everybody in.
#[derive(Debug)]
pub(crate) struct NoHooks;

#[async_trait]
impl SignInHooks for NoHooks {}
