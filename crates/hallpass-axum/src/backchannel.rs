//! The provider says that somebody signed out there.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use hallpass_core::{BaseOAuth2, Error, Result};
use hallpass_openid::{BackchannelLogout, LoggedOut, ReplayStore};
use hallpass_web::Identity;
use tower_sessions::session_store;

use crate::{
    SignIn,
    guard::Began,
    marks,
    sign_in::{IDLE, Parts},
};

mod hosts; // of providers that are at many

pub(crate) use self::hosts::remember;

/// Of a request: a logout token has about one.
const MOST_BYTES: usize = 32 * 1024;
/// Longer than a session, by as much as a logout token may be old and a login may be late.
const MARGIN: Duration = Duration::from_secs(3 * 24 * 3600);
/// Longer than any application runs, and short enough for a clock.
const MOST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// A user's sessions of which the provider gave no name.
const NAMELESS: &str = "sub without sid";
/// What else is marked goes by other words.
const PURPOSE: &str = "back-channel logout";

/// Being told of logouts by the provider.
impl SignIn {
    /// One more route, `POST /backchannel-logout/{provider}`: where a provider says that somebody
    /// signed out there ([Back-Channel
    /// Logout](https://openid.net/specs/openid-connect-backchannel-1_0.html)). Register its URL as
    /// `backchannel_logout_uri`. `replays` remembers what came, for all processes of the
    /// application.
    ///
    /// A logout token that names a session at the provider (`sid`) ends the sessions that came of
    /// it, and one that names a user alone (`sub`) all of theirs; a session that began after the
    /// token was made lives on. They end with their next request:
    /// [`on_logout`](crate::SignInHooks::on_logout) is told then. What came is kept in the store of the
    /// sessions, for as long as a session lasts at most
    /// ([`longest_session`](Self::longest_session)); each request of somebody who came with an ID
    /// token looks it up there, twice.
    ///
    /// A provider [at many hosts](Self::provider_at_hosts) has the same route for all of them.
    /// Register it with `?host=` and the host, or as it is where the issuer is the host or below
    /// it. The token is verified by that host's client, and ends sessions of that host alone. A
    /// host by which nobody signed in is refused, and nothing is sent there. Who signed in is kept,
    /// for as long as what came: sessions that began before this was turned on are not ended by
    /// such a provider.
    ///
    /// The provider is answered 200, or 400: where the token is none of its own for this
    /// application, or came before (at many hosts it may come twice, and changes nothing then), and
    /// where the store did not take it, so that the provider sends it again.
    #[must_use]
    pub fn backchannel_logout(mut self, replays: Arc<dyn ReplayStore>) -> Self {
        let backchannel = BackchannelLogout::new(replays);
        Arc::make_mut(&mut self.parts).ending.backchannel = Some(backchannel);
        self
    }
}

pub(crate) fn router(parts: &Parts) -> Router<Arc<Parts>> {
    let receive = post(receive).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new().route(&parts.route("/backchannel-logout/{provider}"), receive)
}

async fn receive(
    State(parts): State<Arc<Parts>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let Some(logout) = parts.ending.backchannel.clone().filter(|_| parts.has(&provider)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(body) = body else { return BackchannelLogout::failed().into_response() };
    // In a task of its own: the token is spent, and whoever sent it may not wait for the rest.
    let name = provider.clone();
    let task = async move {
        match (parts.client(&name), parts.hosted(&name)) {
            (None, Some(hosted)) => {
                let query = query.unwrap_or_default();
                hosts::take(&parts, hosted, &logout, &query, &body).await
            }
            (Some(client), _) => take(&parts, &**client, &logout, &body).await,
            (None, None) => Err(Error::config("nobody has this name")),
        }
    };
    let answer = tokio::spawn(task).await.map(|received| {
        if let Err(error) = &received {
            tracing::warn!(provider, %error, "a back-channel logout ended nothing");
        }
        BackchannelLogout::answer(&received)
    });
    answer.unwrap_or_else(|_| BackchannelLogout::failed()).into_response()
}

async fn take(
    parts: &Parts,
    client: &dyn BaseOAuth2,
    logout: &BackchannelLogout,
    body: &[u8],
) -> Result<LoggedOut> {
    let logged_out = logout.receive(client, body).await?;
    let provider = client.descriptor().name();
    if let Err(error) = mark(parts, (provider, None), &logged_out, &names(&logged_out)).await {
        if let Err(error) = logout.give_back(&logged_out).await {
            tracing::error!(provider, %error, "a logout is lost: it counts as done");
        }
        return Err(
            Error::transport("the store of the sessions did not take it").with_source(error)
        );
    }
    tracing::info!(provider, "the provider ends sessions");
    Ok(logged_out)
}

/// Whom it is about: a session, a user, or a session and those of the user that have no name.
fn names(logged_out: &LoggedOut) -> Vec<(&'static str, &str)> {
    match (logged_out.session(), logged_out.subject()) {
        // Of the user's sessions, those whose login said of no `sid` that it was another.
        (Some(session), subject) => {
            let rest = subject.map(|subject| (NAMELESS, subject));
            [("sid", session)].into_iter().chain(rest).collect()
        }
        (None, Some(subject)) => vec![("sub", subject)],
        // hallpass-openid takes no such token.
        (None, None) => Vec::new(),
    }
}

/// A provider, and its host where it is at many: who runs one says what it likes, and of no other.
type Place<'a> = (&'a str, Option<&'a str>);

fn words<'a>((provider, host): Place<'a>, rest: [&'a str; 3]) -> Vec<&'a str> {
    // How many there are is a part of the mark's name.
    [PURPOSE, provider].into_iter().chain(host).chain(rest).collect()
}

async fn mark(
    parts: &Parts,
    place: Place<'_>,
    logged_out: &LoggedOut,
    about: &[(&str, &str)],
) -> std::result::Result<(), session_store::Error> {
    let Some(store) = &parts.store else {
        return Err(session_store::Error::Backend("there is none".to_owned()));
    };
    let at = logged_out.issued_at();
    let seconds = at.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    for (kind, name) in about {
        let words = words(place, [logged_out.issuer(), kind, name]);
        // One that was late does not take back a later one.
        let known = match marks::find(&**store, &words).await {
            // This one is written over it.
            Err(session_store::Error::Decode(_)) => None,
            known => known?,
        };
        if known.is_none_or(|known| known < seconds.as_secs()) {
            marks::put(&**store, &words, at, remembered(parts.ending.longest)).await?;
        }
    }
    Ok(())
}

/// Longer than a session may be there, and than its record may be.
fn remembered(longest: Duration) -> Duration {
    longest.clamp(IDLE.unsigned_abs(), MOST) + MARGIN
}

/// Whether the provider said so of the login that this session came of.
pub(crate) async fn is_over(
    parts: &Parts,
    identity: &Identity,
    began: &Began,
) -> std::result::Result<bool, session_store::Error> {
    let (Some(_), Some(store), Some(login)) =
        (&parts.ending.backchannel, &parts.store, &began.login)
    else {
        return Ok(false);
    };
    let subject = login.subject.as_str();
    let first = identity.provider_session.as_deref().map_or((NAMELESS, subject), |it| ("sid", it));
    for (kind, name) in [first, ("sub", subject)] {
        let place = (identity.provider.as_str(), identity.host.as_deref());
        let words = words(place, [&login.issuer, kind, name]);
        let marked = match marks::find(&**store, &words).await {
            // It said so at some time. From now on it is known when at the latest, so that who
            // signs in afterwards is in.
            Err(session_store::Error::Decode(_)) => {
                let lasting = remembered(parts.ending.longest);
                marks::put(&**store, &words, parts.clock.now(), lasting).await?;
                return Ok(true);
            }
            marked => marked?,
        };
        // Both times are of the provider's clock; within one second it is over.
        // check: 81
        if marked.is_some_and(|marked| login.at <= marked) {
            return Ok(true);
        }
    }
    Ok(false)
}
