//! What a fixture's operation calls.

use std::{future::Future, pin::Pin};

use hallpass_core::{Json, OAuth2Client, OAuth2Token, Result, Revoke};

/// An operation that every client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    AccessToken,
    Authorize,
    Call(Call),
    Discovery,
}

/// One that takes a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    IdEmail,
    Profile,
    Refresh,
    Revoke(Revoke),
}

impl Verb {
    pub(super) const ALL: [(&'static str, Self); 9] = [
        ("authorize", Self::Authorize),
        ("access_token", Self::AccessToken),
        ("refresh", Self::Call(Call::Refresh)),
        ("revoke_access_token", Self::Call(Call::Revoke(Revoke::AccessToken))),
        ("revoke_refresh_token", Self::Call(Call::Revoke(Revoke::RefreshToken))),
        ("revoke_grant", Self::Call(Call::Revoke(Revoke::Grant))),
        ("profile", Self::Call(Call::Profile)),
        ("id_email", Self::Call(Call::IdEmail)),
        ("discovery", Self::Discovery),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, verb)| verb)
    }
}

/// A method of the provider's own, behind a `dyn`: `AsyncFn` cannot be one.
pub(super) trait Operation<P> {
    fn call<'a>(&'a self, client: &'a OAuth2Client<P>, token: &'a OAuth2Token) -> Called<'a>;
}

type Called<'a> = Pin<Box<dyn Future<Output = Result<Json>> + 'a>>;

impl<P, F> Operation<P> for F
where
    F: AsyncFn(&OAuth2Client<P>, &OAuth2Token) -> Result<Json>,
{
    fn call<'a>(&'a self, client: &'a OAuth2Client<P>, token: &'a OAuth2Token) -> Called<'a> {
        Box::pin(self(client, token))
    }
}
