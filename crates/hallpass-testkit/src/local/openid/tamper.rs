use std::{fmt, sync::Arc};

use hallpass_core::Json;
use serde_json::Map;

use super::{forged::Forged, id_token::Occasion};

type Members = Map<String, Json>;
type Params = Vec<(String, String)>;

/// A lie of a [`LocalProvider`](crate::LocalProvider): it changes one sort of artefact before it
/// leaves, and nothing else. Set it with [`tamper`](crate::LocalProvider::tamper); it applies to
/// all artefacts of its sort that follow, after those that were set before it, until
/// [`clear_tampering`](crate::LocalProvider::clear_tampering).
///
/// ```
/// # use hallpass_testkit::Tamper;
/// let tampers = [
///     Tamper::id_token(|token| token.append("iss", "1")),
///     Tamper::id_token(|token| token.spoil_signature()),
///     Tamper::userinfo(|claims| drop(claims.insert("sub".into(), "somebody else".into()))),
///     Tamper::authorization_response(|params| params.retain(|(name, _)| name != "iss")),
/// ];
/// # assert_eq!(format!("{:?}", tampers[0]), "Tamper(IdToken)");
/// ```
pub struct Tamper {
    artefact: Artefact,
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Artefact {
    IdToken,
    RefreshedIdToken,
    Userinfo,
    UserinfoJwt,
    Discovery,
    Jwks,
    TokenReply,
    Introspection,
    AuthorizationResponse,
    LogoutRedirect,
    LogoutToken,
}

enum Change {
    Jwt(Box<dyn Fn(&mut Forged) + Send + Sync>),
    Members(Box<dyn Fn(&mut Members) + Send + Sync>),
    Params(Box<dyn Fn(&mut Params) + Send + Sync>),
}

/// What is changed, and how.
impl Tamper {
    /// ID tokens, those of a refresh among them.
    #[must_use]
    pub fn id_token(change: impl Fn(&mut Forged) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::IdToken, change: Change::Jwt(Box::new(change)) }
    }

    /// ID tokens of a refresh alone.
    #[must_use]
    pub fn refreshed_id_token(change: impl Fn(&mut Forged) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::RefreshedIdToken, change: Change::Jwt(Box::new(change)) }
    }

    /// Logout tokens of [`logout_token`](crate::LocalProvider::logout_token); before the change
    /// that is given there.
    #[must_use]
    pub fn logout_token(change: impl Fn(&mut Forged) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::LogoutToken, change: Change::Jwt(Box::new(change)) }
    }

    /// The claims of userinfo, signed or not.
    #[must_use]
    pub fn userinfo(change: impl Fn(&mut Map<String, Json>) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::Userinfo, change: Change::Members(Box::new(change)) }
    }

    /// Userinfo as a JWT, where it is signed.
    #[must_use]
    pub fn userinfo_jwt(change: impl Fn(&mut Forged) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::UserinfoJwt, change: Change::Jwt(Box::new(change)) }
    }

    /// The provider's metadata, at either address.
    #[must_use]
    pub fn discovery(change: impl Fn(&mut Map<String, Json>) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::Discovery, change: Change::Members(Box::new(change)) }
    }

    /// The provider's keys: `keys` is a list of JWKs.
    #[must_use]
    pub fn jwks(change: impl Fn(&mut Map<String, Json>) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::Jwks, change: Change::Members(Box::new(change)) }
    }

    /// Token replies that are no refusals, with their ID tokens.
    #[must_use]
    pub fn token_reply(change: impl Fn(&mut Map<String, Json>) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::TokenReply, change: Change::Members(Box::new(change)) }
    }

    /// What is said of a token.
    #[must_use]
    pub fn introspection(change: impl Fn(&mut Map<String, Json>) + Send + Sync + 'static) -> Self {
        Self { artefact: Artefact::Introspection, change: Change::Members(Box::new(change)) }
    }

    /// The parameters that the browser brings back from the authorization page, errors among them.
    #[must_use]
    pub fn authorization_response(
        change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static,
    ) -> Self {
        let change = Change::Params(Box::new(change));
        Self { artefact: Artefact::AuthorizationResponse, change }
    }

    /// The parameters that the browser brings back from the end of the session: `state` alone.
    #[must_use]
    pub fn logout_redirect(
        change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static,
    ) -> Self {
        Self { artefact: Artefact::LogoutRedirect, change: Change::Params(Box::new(change)) }
    }
}

impl fmt::Debug for Tamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tamper({:?})", self.artefact)
    }
}

type Tampers = [Arc<Tamper>];

fn of<'a>(tampers: &'a Tampers, artefacts: &'a [Artefact]) -> impl Iterator<Item = &'a Change> {
    let fitting = tampers.iter().filter(|tamper| artefacts.contains(&tamper.artefact));
    fitting.map(|tamper| &tamper.change)
}

fn jwt(tampers: &Tampers, artefacts: &[Artefact], forged: &mut Forged) {
    for change in of(tampers, artefacts) {
        if let Change::Jwt(change) = change {
            change(forged);
        }
    }
}

fn members(tampers: &Tampers, artefact: Artefact, document: &mut Json) {
    let Some(object) = document.as_object_mut() else { return };
    for change in of(tampers, &[artefact]) {
        if let Change::Members(change) = change {
            change(object);
        }
    }
}

fn params(tampers: &Tampers, artefact: Artefact, params: &mut Params) {
    for change in of(tampers, &[artefact]) {
        if let Change::Params(change) = change {
            change(params);
        }
    }
}

pub(super) fn id_token(tampers: &Tampers, occasion: Occasion, forged: &mut Forged) {
    let artefacts: &[_] = match occasion {
        Occasion::Code => &[Artefact::IdToken],
        Occasion::Refresh => &[Artefact::IdToken, Artefact::RefreshedIdToken],
    };
    jwt(tampers, artefacts, forged);
}

pub(super) fn logout_token(tampers: &Tampers, forged: &mut Forged) {
    jwt(tampers, &[Artefact::LogoutToken], forged);
}

pub(super) fn userinfo_jwt(tampers: &Tampers, forged: &mut Forged) {
    jwt(tampers, &[Artefact::UserinfoJwt], forged);
}

pub(super) fn userinfo(tampers: &Tampers, document: &mut Json) {
    members(tampers, Artefact::Userinfo, document);
}

pub(super) fn discovery(tampers: &Tampers, document: &mut Json) {
    members(tampers, Artefact::Discovery, document);
}

pub(super) fn jwks(tampers: &Tampers, document: &mut Json) {
    members(tampers, Artefact::Jwks, document);
}

pub(super) fn token_reply(tampers: &Tampers, document: &mut Json) {
    members(tampers, Artefact::TokenReply, document);
}

pub(super) fn introspection(tampers: &Tampers, document: &mut Json) {
    members(tampers, Artefact::Introspection, document);
}

pub(super) fn response(tampers: &Tampers, response: &mut Params) {
    params(tampers, Artefact::AuthorizationResponse, response);
}

pub(super) fn logout_redirect(tampers: &Tampers, redirect: &mut Params) {
    params(tampers, Artefact::LogoutRedirect, redirect);
}
