//! A provider's recorded exchanges, read for what they say of its behaviour.

use std::time::Duration;

use hallpass_core::{
    Descriptor, Endpoint, Error, Json, Result,
    url::{Url, form_urlencoded},
};
use serde_json::Map;

use super::{
    page::Person,
    route::{Route, same_place},
    wire::{Asked, Params},
    words,
};
use crate::{
    Exchange, Fixture, FixtureRequest, FixtureResponse,
    fixture::{REFUSES, names_of_wrong, params_of_wrong},
    id_token::{self, Facts},
};

mod found;

pub(super) use self::found::Found;

/// How a provider behaves.
pub(super) struct Script {
    fixtures: Vec<Fixture>,
    granted: FixtureResponse,
    /// Where the browser goes.
    page: Option<String>,
}

/// The descriptor of a provider whose endpoints are discovered, with those that the fixture
/// `discovery.accepted` says; any other one as it is.
pub(super) fn pinned(descriptor: &Descriptor, texts: &[(String, String)]) -> Descriptor {
    let mut pinned = descriptor.clone();
    let document = || {
        let (name, text) = texts.iter().find(|(name, _)| name == "discovery.accepted.http")?;
        let body = last_response(&Fixture::parse(name, text).ok()?)?.body().to_owned();
        serde_json::from_str::<Json>(&body).ok()
    };
    let (None, Some(document)) = (descriptor.authorize_and_token(), document()) else {
        return pinned;
    };
    let url = |name: &str| document[name].as_str().map(str::to_owned);
    let both = (url("authorization_endpoint"), url("token_endpoint"));
    let (Some(authorize), Some(token)) = both else { return pinned };
    pinned = pinned.with_authorize_and_token(authorize, token);
    for (name, endpoint) in [
        ("userinfo_endpoint", Endpoint::Userinfo),
        ("revocation_endpoint", Endpoint::Revocation),
        ("introspection_endpoint", Endpoint::Introspection),
        ("pushed_authorization_request_endpoint", Endpoint::PushedAuthorization),
        ("device_authorization_endpoint", Endpoint::DeviceAuthorization),
    ] {
        if let Some(url) = url(name) {
            pinned = pinned.with_endpoint(endpoint, url);
        }
    }
    pinned
}

/// A recorded request that a real one could be.
pub(super) struct Model<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) request: &'a FixtureRequest,
}

impl Script {
    pub(super) fn new(descriptor: &Descriptor, texts: &[(String, String)]) -> Result<Self> {
        if descriptor.authorize_and_token().is_none() {
            let message = "endpoints are discovered, and no fixture discovery.accepted says them";
            return Err(Error::config(message));
        }
        let fixtures = texts.iter().map(|(name, text)| {
            Fixture::parse(name, text)
                .map_err(|error| Error::config(error.to_string()).with_source(error))
        });
        let fixtures: Vec<_> = fixtures.collect::<Result<_>>()?;
        let granted = granted(&fixtures).cloned().ok_or_else(|| {
            Error::config("no fixture says what a token is answered with: access_token.accepted")
        })?;
        // So that a fixture which cannot be signed is found before anybody signs in.
        let facts =
            Facts { unix_seconds: 0, client_id: "", client_secret: "", nonce: None, user: None };
        id_token::fill(granted.body(), facts).map_err(Error::config)?;
        let page = descriptor.authorize_and_token().map(|(page, _)| page.to_owned());
        Ok(Self { fixtures, granted, page })
    }

    /// What a good code is answered with, for somebody who signed in as `case`: where the ID token
    /// alone says who it is, that case's own.
    pub(super) fn granted(&self, case: &str) -> &FixtureResponse {
        let mut of_case = self.of("id_email").filter(|fixture| fixture.case() == case);
        let own = of_case.find_map(|fixture| {
            let exchange = fixture.exchanges().first()?;
            exchange.trades_a_code().then(|| exchange.response())
        });
        own.unwrap_or(&self.granted)
    }

    /// What a good refresh token is answered with, if the provider has any.
    pub(super) fn refreshed(&self) -> Option<&FixtureResponse> {
        self.of("refresh").find(|fixture| !is_refused(fixture)).and_then(last_response)
    }

    /// Whether a refresh token that was rotated away is good once more: `refresh.again` says so.
    pub(super) fn takes_refresh_again(&self) -> bool {
        self.of("refresh").any(|fixture| fixture.case() == "again" && !is_refused(fixture))
    }

    /// What a refusal is answered with.
    pub(super) fn refusal(&self, operation: &str, case: &str) -> Option<&FixtureResponse> {
        let mut refused = self.of(operation).filter(|fixture| is_refused(fixture));
        refused.find(|fixture| fixture.case() == case).and_then(last_response)
    }

    /// What the provider adds to a callback besides what RFC 6749 and RFC 9207 have there.
    pub(super) fn added_to_callbacks(&self) -> Vec<(String, String)> {
        const STANDARD: [&str; 3] = ["code", "iss", "state"];
        let mut good = self.of("authorize").filter(|fixture| fixture.case() == "accepted");
        let location = good.next().and_then(last_response).and_then(|it| it.header("location"));
        let Some(url) = location.and_then(|location| Url::parse(location).ok()) else {
            return Vec::new();
        };
        let all = url.query_pairs().into_owned();
        all.filter(|(name, _)| !STANDARD.contains(&name.as_str())).collect()
    }

    /// Who can sign in: the cases in which somebody did.
    pub(super) fn people(&self) -> Vec<Person> {
        for operation in ["id_email", "profile"] {
            let signed_in = self.of(operation).filter(|fixture| !is_refused(fixture));
            let people: Vec<_> = signed_in.map(person).collect();
            if !people.is_empty() {
                return people;
            }
        }
        let detail = "the fixtures tell of nobody".to_owned();
        vec![Person { key: "somebody".to_owned(), title: "somebody".to_owned(), detail }]
    }

    /// The exchange that says what is discovered.
    #[cfg(feature = "openid")]
    pub(super) fn discovery(&self) -> Option<&Exchange> {
        self.of("discovery").find(|fixture| fixture.case() == "accepted")?.exchanges().first()
    }

    /// What the provider says of somebody who signed in as `case`: that case's answer, where it is
    /// an object.
    pub(super) fn userinfo(&self, case: &str) -> Option<Map<String, Json>> {
        let of = |operation| self.of(operation).find(|fixture| fixture.case() == case);
        let fixture = of("id_email").or_else(|| of("profile"))?;
        let body = last_response(fixture)?.body();
        // Signed userinfo is no JSON.
        serde_json::from_str(body).ok().or_else(|| id_token::claims(body))
    }

    /// The exchange that answers a request by somebody who signed in as `case`.
    pub(super) fn find(
        &self,
        asked: &Asked,
        case: &str,
        is: impl Fn(&str, &str) -> bool,
    ) -> Option<Found<'_>> {
        let good = self.fixtures.iter().filter(|fixture| !is_refused(fixture));
        let ranked = good.filter_map(|fixture| Some((rank(fixture, case)?, fixture)));
        let fitting = ranked.filter_map(|(rank, fixture)| {
            let mut exchanges = fixture.exchanges().iter();
            let exchange = exchanges.find(|known| fits(known.request(), asked, &is))?;
            Some((rank, Found { fixture, exchange }))
        });
        fitting.min_by_key(|(rank, _)| *rank).map(|(_, found)| found)
    }

    /// Whether a request is one of the provider's own revocations.
    pub(super) fn revokes(&self, asked: &Asked) -> bool {
        self.find(asked, "", |_, _| true).is_some_and(|found| found.is_revocation())
    }

    /// What a revocation by RFC 7009 is answered with, if a fixture says it.
    pub(super) fn revoked(&self, at: &Url) -> Option<&FixtureResponse> {
        let mut good = self.fixtures.iter().filter(|fixture| {
            let exchange = fixture.exchanges().last().map(Exchange::request);
            let url = exchange.and_then(|request| Url::parse(request.url()).ok());
            fixture.operation().starts_with("revoke")
                && !is_refused(fixture)
                && url.is_some_and(|url| same_place(&url, at))
        });
        good.next().and_then(last_response)
    }

    /// The recorded requests that this one could be: all but their headers are compared.
    pub(super) fn models(
        &self,
        route: Route,
        asked: &Asked,
        is: impl Fn(&str, &str) -> bool,
    ) -> Vec<Model<'_>> {
        let good = self.fixtures.iter().filter(|fixture| !is_refused(fixture));
        let exchanges = good.flat_map(|fixture| {
            fixture.exchanges().iter().map(move |it| Model { fixture, request: it.request() })
        });
        let is_model = |model: &Model<'_>| match (route, model.fixture.operation()) {
            (_, REFUSES) => false,
            (Route::Token, _) => {
                *model.request.method() == asked.method
                    && Url::parse(model.request.url()).is_ok_and(|url| same_place(&url, &asked.url))
                    && grant_of(model.request).as_deref() == grant_in(&asked.body).as_deref()
            }
            (_, "access_token" | "authorize" | "refresh") => false,
            _ => fits(model.request, asked, &is),
        };
        exchanges.filter(is_model).collect()
    }

    /// What the provider answers to a request with these headers missing or wrong: a refusal before
    /// anything else, a fixture of this very place before one of its origin.
    pub(super) fn refusing(
        &self,
        asked: &Asked,
        wrong: &[&str],
    ) -> Option<(&Fixture, &FixtureResponse)> {
        let fitting = self.of(REFUSES).filter_map(|fixture| {
            let exchange = fixture.exchanges().first()?;
            let request = exchange.request();
            let url = Url::parse(request.url()).ok()?;
            let says_it = names_of_wrong(request).any(|name| wrong.contains(&name));
            let grant = grant_of(request);
            let is_grant = grant.is_none() || grant == grant_in(&asked.body);
            let is_here = *request.method() == asked.method && same_place(&url, &asked.url);
            (says_it && is_grant && url.origin() == asked.url.origin()).then_some((
                is_here,
                fixture,
                exchange.response(),
            ))
        });
        let best = fitting.min_by_key(|(is_here, fixture, _)| (!is_refused(fixture), !is_here));
        best.map(|(_, fixture, response)| (fixture, response))
    }

    /// What the provider answers to a request that would be answered but for a parameter of its
    /// query.
    pub(super) fn refusing_params(
        &self,
        asked: &Asked,
        is: impl Fn(&str, &str) -> bool,
    ) -> Option<&FixtureResponse> {
        let good = || self.fixtures.iter().filter(|fixture| rank(fixture, "accepted").is_some());
        let is_known = |names: &[String]| {
            let mut known =
                good().filter(|fixture| !is_refused(fixture)).flat_map(Fixture::exchanges);
            known.any(|known| fits_but(known.request(), asked, names, &is))
        };
        let mut refuses = self.of(REFUSES).filter_map(|fixture| fixture.exchanges().first());
        let found = refuses.find(|refused| {
            let names = params_of_wrong(refused.request());
            let url = Url::parse(refused.request().url());
            let is_here = url.is_ok_and(|url| url.origin() == asked.url.origin());
            is_here && !names.is_empty() && is_known(&names)
        });
        found.map(Exchange::response)
    }

    /// What the authorization page says to a request without a parameter that the provider
    /// requires: a fixture tells of it, with the page's address and that parameter.
    pub(super) fn missing(&self, params: &Params) -> Option<(String, String)> {
        let page = Url::parse(self.page.as_deref()?).ok()?;
        self.of(REFUSES).find_map(|fixture| {
            let exchange = fixture.exchanges().first()?;
            let url = Url::parse(exchange.request().url()).ok()?;
            let wrong = params_of_wrong(exchange.request());
            let name = wrong.iter().find(|name| params.get(name).is_none())?;
            same_place(&url, &page).then(|| said_in(exchange.response(), name))
        })
    }

    fn of(&self, operation: &str) -> impl Iterator<Item = &Fixture> {
        self.fixtures.iter().filter(move |fixture| fixture.operation() == operation)
    }
}

/// Error code and description of a callback; of any other answer, that the parameter is missing.
fn said_in(response: &FixtureResponse, missing: &str) -> (String, String) {
    let location = response.header("location").and_then(|location| Url::parse(location).ok());
    let of = |name: &str| {
        let mut pairs = location.as_ref()?.query_pairs();
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let code = of("error").unwrap_or_else(|| "invalid_request".to_owned());
    (code, of("error_description").unwrap_or_else(|| format!("{missing} is missing.")))
}

/// How long a token reply says that its token lives.
pub(super) fn lifetime(body: &str) -> Option<Duration> {
    let body = id_token::blank(body);
    let seconds = match serde_json::from_str::<Json>(&body) {
        Ok(reply) => match &reply["expires_in"] {
            Json::String(text) => text.parse().ok(),
            other => other.as_u64(),
        },
        Err(_) => {
            let mut pairs = form_urlencoded::parse(body.as_bytes());
            pairs.find(|(name, _)| name == "expires_in").and_then(|(_, value)| value.parse().ok())
        }
    };
    seconds.map(Duration::from_secs)
}

/// The reply that shows most: one with a refresh token, if there is one.
fn granted(fixtures: &[Fixture]) -> Option<&FixtureResponse> {
    let good = || {
        let of_code = fixtures.iter().filter(|fixture| fixture.operation() == "access_token");
        of_code.filter(|fixture| !is_refused(fixture)).filter_map(last_response)
    };
    good().find(|response| words::has(response.body(), "REFRESH")).or_else(|| good().next())
}

fn grant_of(request: &FixtureRequest) -> Option<String> {
    grant_in(request.body()?.as_bytes())
}

/// Whatever the body is said to be: that may be what is wrong with it.
fn grant_in(body: &[u8]) -> Option<String> {
    params_of(body).get("grant_type").map(str::to_owned)
}

fn params_of(body: &[u8]) -> Params {
    Params::of_json(body).unwrap_or_else(|| Params::of_form(body))
}

pub(super) fn is_refused(fixture: &Fixture) -> bool {
    fixture.outcome().is_refusal()
}

fn last_response(fixture: &Fixture) -> Option<&FixtureResponse> {
    fixture.exchanges().last().map(Exchange::response)
}

fn person(fixture: &Fixture) -> Person {
    let field = |name: &str| fixture.outcome().fields().get(name).and_then(Json::as_str);
    let id = field("id").map(|id| format!("id {id}"));
    let email = match (field("email"), field("email_verification")) {
        (None, _) => "no email address".to_owned(),
        (Some(email), Some("verified")) => format!("{email}, verified"),
        (Some(email), Some("unverified")) => format!("{email}, not verified"),
        (Some(email), _) => email.to_owned(),
    };
    let detail = id.into_iter().chain([email]).collect::<Vec<_>>().join(", ");
    Person { key: fixture.case().to_owned(), title: fixture.case().replace('_', " "), detail }
}

/// Which fixture answers first for somebody who signed in as `case`; `None` for one that is not of
/// the API, or of somebody else.
fn rank(fixture: &Fixture, case: &str) -> Option<u8> {
    match (fixture.operation(), fixture.case()) {
        ("access_token" | "authorize" | "refresh" | REFUSES, _) => None,
        ("id_email", of) => (of == case).then_some(0),
        ("profile", of) if of == case => Some(1),
        ("profile", "accepted") => Some(2),
        ("profile", _) => None,
        (_, of) if of == case => Some(3),
        (_, "accepted") => Some(4),
        _ => Some(5),
    }
}

/// Method, place and parameters; a fixture's words stand for what was sent.
fn fits(known: &FixtureRequest, asked: &Asked, is: &impl Fn(&str, &str) -> bool) -> bool {
    fits_but(known, asked, &[], is)
}

/// The same, whatever these parameters of the query are.
fn fits_but(
    known: &FixtureRequest,
    asked: &Asked,
    names: &[String],
    is: &impl Fn(&str, &str) -> bool,
) -> bool {
    let Ok(url) = Url::parse(known.url()) else { return false };
    if *known.method() != asked.method || url.origin() != asked.url.origin() {
        return false;
    }
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (want, got) = (segments(url.path()), segments(asked.url.path()));
    let same_path = want.len() == got.len()
        && want.iter().zip(&got).all(|(want, got)| words::fits(want, got, is));
    let is_asked = |name: &str| !names.iter().any(|known| known == name);
    let mut sent: Vec<_> = asked.url.query_pairs().filter(|(name, _)| is_asked(name)).collect();
    let same_query = url.query_pairs().filter(|(name, _)| is_asked(name)).all(|(name, want)| {
        let at = sent.iter().position(|(known, got)| *known == name && words::fits(&want, got, is));
        at.map(|at| sent.swap_remove(at)).is_some()
    });
    same_path && same_query && sent.is_empty()
}
