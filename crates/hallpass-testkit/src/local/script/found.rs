//! An exchange that answers a request, and what it says of the operation.

use hallpass_core::url::Url;

use super::{
    super::{
        route::same_place,
        wire::{Asked, Params},
        words,
    },
    Script, is_refused, params_of,
};
use crate::{Exchange, Fixture, FixtureResponse, fixture::REFUSES};

/// Operations that end what the user granted: those of every client, and names that a provider's
/// own have. One that gives a part of it back is none.
const REVOCATIONS: [&str; 6] = [
    "deauthorize",
    "revoke_access_token",
    "revoke_grant",
    "revoke_refresh_token",
    "uninstall",
    "unlink",
];

/// Operations that redeem what a login brought, and those that ask for no token.
const OF_CODE: [&str; 4] = ["access_token", "authorize", "refresh", REFUSES];

/// An exchange that answers a request.
pub(in super::super) struct Found<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) exchange: &'a Exchange,
}

impl<'a> Found<'a> {
    pub(in super::super) fn operation(&self) -> &'a str {
        self.fixture.operation()
    }

    pub(in super::super) fn response(&self) -> &'a FixtureResponse {
        self.exchange.response()
    }

    /// The parameter that holds a token, if one does.
    pub(in super::super) fn token_param(&self) -> Option<String> {
        let words: Vec<_> = words::ACCESS.into_iter().chain(words::REFRESH).collect();
        let params = params_of(self.exchange.request().body()?.as_bytes());
        params.name_of(|value| words.contains(&value)).map(str::to_owned)
    }

    pub(in super::super) fn is_revocation(&self) -> bool {
        REVOCATIONS.contains(&self.operation())
    }

    /// Whether the operation is done with this exchange.
    pub(in super::super) fn is_last(&self) -> bool {
        let last = self.fixture.exchanges().last();
        last.is_some_and(|last| std::ptr::eq(last, self.exchange))
    }

    /// Whether it is asked in the client's name, not in a user's.
    pub(in super::super) fn is_for_client(&self) -> bool {
        let request = self.exchange.request();
        let authorization = request.headers().iter().find(|(name, _)| name == "authorization");
        let only_named = authorization.is_none()
            && words::has(request.body().unwrap_or_default(), "ID")
            && self.is_about_a_token();
        authorization.is_some_and(|(_, value)| value.starts_with("Basic "))
            || self.has_secret()
            || only_named
    }

    /// Whether the client proves itself in the body.
    pub(in super::super) fn has_secret(&self) -> bool {
        words::has(self.exchange.request().body().unwrap_or_default(), "SECRET")
    }

    /// Whether a token is part of what is asked.
    pub(in super::super) fn is_about_a_token(&self) -> bool {
        let request = self.exchange.request();
        let texts = [request.url(), request.body().unwrap_or_default()];
        let mut words = words::ACCESS.into_iter().chain(words::REFRESH);
        words.any(|word| texts.iter().any(|text| words::has(text, word)))
    }
}

impl Script {
    /// The exchange of the provider's own operation that grants what is asked here, by grant and
    /// parameters. `Err` is the operation that comes nearest, if there is any with that grant.
    pub(in super::super) fn own_grant(
        &self,
        asked: &Asked,
        params: &Params,
        is: impl Fn(&str, &str) -> bool,
    ) -> Result<Found<'_>, Option<&str>> {
        let grant = params.get("grant_type");
        let good = self.fixtures.iter().filter(|fixture| !is_refused(fixture));
        let own = good.filter(|fixture| !OF_CODE.contains(&fixture.operation()));
        let exchanges = own.flat_map(|fixture| {
            fixture.exchanges().iter().map(move |exchange| Found { fixture, exchange })
        });
        let known = exchanges.filter_map(|found| {
            let request = found.exchange.request();
            let is_here = Url::parse(request.url()).is_ok_and(|url| same_place(&url, &asked.url));
            let wanted = params_of(request.body()?.as_bytes());
            let fits = is_here && wanted.get("grant_type") == grant;
            fits.then(|| (wanted.differing(params, &is), found))
        });
        // Of two that fit, the first; `accepted` comes first of all.
        let best =
            known.min_by_key(|(differing, found)| (*differing, found.fixture.case() != "accepted"));
        match best {
            Some(((0, 0), found)) => Ok(found),
            Some((_, found)) => Err(Some(found.fixture.operation())),
            None => Err(None),
        }
    }
}
