//! The provider as an OpenID provider: what its endpoints need to know, and where they are.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use hallpass_core::{Error, Result, url::Url};
use rand::Rng as _;

use super::{
    route::Route,
    shared::{Shared, locked},
    wire::{Answer, Asked},
};

mod assertion; // a client's signature
mod builder; // what can be chosen
mod claims; // what is said of a user, and to whom
mod client_auth; // which client it is
mod control; // what a test turns while it runs
mod discovery; // what the provider says of itself
mod end_session; // the way out
mod forged; // a JWT before it leaves
mod id_token; // who signed in
mod introspection; // what a token is
mod keys; // what signs, and what only looks so
mod pushed; // a request by the back door
mod tamper; // lies on demand
mod wish; // what is asked for

pub(super) use self::{
    builder::Settings,
    client_auth::authenticate,
    id_token::{Occasion, finish},
    pushed::pushed,
    wish::Wish,
};
pub use self::{
    forged::{Forged, ForgedSignature},
    keys::Jwks,
    tamper::Tamper,
};

use self::{keys::Keys, pushed::Pushed};

/// All that an OpenID provider keeps besides what any authorization server does.
pub(super) struct State {
    settings: Settings,
    issuer: String,
    /// The path of the issuer, empty or `/…`.
    path: String,
    /// Other in each run: a client that knows it has read the metadata.
    jwks_path: String,
    keys: Mutex<Keys>,
    tampers: Mutex<Vec<Arc<Tamper>>>,
    pushed: Mutex<HashMap<String, Pushed>>,
    /// Client and `jti` of all assertions so far.
    assertions: Mutex<HashSet<(String, String)>>,
}

impl State {
    pub(super) fn new(settings: Settings, base: &str) -> Result<Self> {
        settings.check()?;
        let path = settings.issuer_path.clone();
        Ok(Self {
            issuer: format!("{base}{path}"),
            jwks_path: format!("/jwks-{}", letters()),
            keys: Mutex::new(Keys::new(settings.jwks, settings.algorithm)),
            path,
            settings,
            tampers: Mutex::default(),
            pushed: Mutex::default(),
            assertions: Mutex::default(),
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What is asked for, if it is something that an OpenID provider alone has.
    pub(super) fn place(&self, url: &Url) -> Option<Place> {
        const OPENID: &str = "/.well-known/openid-configuration";
        const OAUTH: &str = "/.well-known/oauth-authorization-server";
        let (path, own) = (url.path(), self.path.as_str());
        Some(match path {
            _ if path.strip_prefix(own) == Some(OPENID) => Place::Discovery,
            _ if path.strip_prefix(OAUTH) == Some(own) => Place::Discovery,
            _ if path == self.jwks_path => Place::Jwks,
            "/par" => Place::PushedAuthorization,
            "/userinfo" => Place::Userinfo,
            "/introspect" => Place::Introspection,
            "/end_session" => Place::EndSession,
            _ => return None,
        })
    }

    /// The changes to an artefact, to be made while nothing is locked: they are a test's own code.
    fn tampers(&self) -> Vec<Arc<Tamper>> {
        locked(&self.tampers).clone()
    }
}

/// Ten letters at random.
fn letters() -> String {
    let mut bytes = [0_u8; 10];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
}

/// An endpoint that an OpenID provider has besides those of RFC 6749 and 7009.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Discovery,
    EndSession,
    Introspection,
    Jwks,
    PushedAuthorization,
    Userinfo,
}

impl Place {
    /// The operation's name.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::EndSession => "end_session",
            Self::Introspection => "introspection",
            Self::Jwks => "jwks",
            Self::PushedAuthorization => "pushed_authorization",
            Self::Userinfo => "userinfo",
        }
    }
}

pub(super) fn route(shared: &Shared, asked: &Asked) -> Option<Route> {
    shared.openid.as_ref()?.place(&asked.url).map(Route::Openid)
}

pub(super) fn carry_out(shared: &Shared, place: Place, asked: &Asked) -> Answer {
    let Some(state) = &shared.openid else {
        return Answer::empty(hallpass_core::http::StatusCode::NOT_FOUND);
    };
    match place {
        Place::Discovery => discovery::metadata(shared, state, asked),
        Place::EndSession => end_session::end_session(shared, state, asked),
        Place::Introspection => introspection::introspect(shared, state, asked),
        Place::Jwks => discovery::jwks(state, asked),
        Place::PushedAuthorization => pushed::push(shared, state, asked),
        Place::Userinfo => claims::userinfo(shared, state, asked),
    }
}

/// The parameters of an authorization response, before they leave.
pub(super) fn tampered_response(
    shared: &Shared,
    mut params: Vec<(String, String)>,
) -> Vec<(String, String)> {
    if let Some(state) = &shared.openid {
        tamper::response(&state.tampers(), &mut params);
    }
    params
}

impl Shared {
    /// Whether no client proves who it is.
    pub(super) fn has_public_clients_alone(&self) -> bool {
        self.openid.as_ref().is_some_and(|state| state.settings.takes_none_alone())
    }
}

/// Where a setting cannot be followed.
fn refused(why: impl Into<String>) -> Error {
    Error::config(why.into())
}
