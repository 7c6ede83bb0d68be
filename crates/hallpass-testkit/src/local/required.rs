//! The headers of the recorded requests, which a real request must have too; and what is answered
//! to one that lacks them.

use std::collections::BTreeSet;

use hallpass_core::{
    TokenPlacement,
    http::{StatusCode, header},
};
use serde_json::json;

use super::{
    route::Route,
    script::{Model, is_refused},
    shared::Shared,
    wire::{Answer, Asked},
    words,
};
use crate::{FixtureRequest, FixtureResponse};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// How a request is taken.
pub(super) enum Taken<'a> {
    AsEver,
    /// A good code is answered with this, where the provider answers such a request in another way.
    Granted(&'a FixtureResponse),
    Refused(Answer),
}

/// Compares headers with those of the recorded requests that this one could be: one of them must
/// have all of its headers here. The authorization page is the browser's, and is not compared.
pub(super) fn take<'a>(shared: &'a Shared, route: Route, asked: &Asked) -> Taken<'a> {
    let Some(script) = shared.script.as_ref().filter(|_| route != Route::Authorize) else {
        return Taken::AsEver;
    };
    let is = |word: &str, got: &str| shared.stands_for(asked, word, got);
    let models = script.models(route, asked, is);
    let wrong: Vec<_> = models.iter().map(|model| wrong(shared, model.request, asked)).collect();
    let (Some(model), Some(first)) = (models.first(), wrong.first()) else { return Taken::AsEver };
    if wrong.iter().any(Vec::is_empty) {
        return Taken::AsEver;
    }
    match script.refusing(asked, first) {
        Some((fixture, response)) if is_refused(fixture) => {
            Taken::Refused(Answer::recorded(response, response.body().to_owned()))
        }
        Some((_, response)) => Taken::Granted(response),
        None => Taken::Refused(by_default(route, model, first)),
    }
}

/// Names of headers that are missing, or are not as the recorded request has them.
fn wrong<'a>(shared: &Shared, known: &'a FixtureRequest, asked: &Asked) -> Vec<&'a str> {
    let credential = match shared.descriptor.token_placement() {
        TokenPlacement::Header(name) => name.as_str(),
        _ => header::AUTHORIZATION.as_str(),
    };
    let names: BTreeSet<&str> = known.headers().iter().map(|(name, _)| name.as_str()).collect();
    let of_body = known.body().map(|_| header::CONTENT_TYPE.as_str());
    let mut wrong: Vec<_> = names
        .into_iter()
        .chain(of_body)
        // Who asks is checked where it is known how the provider answers to that.
        .filter(|name| *name != credential && *name != header::AUTHORIZATION.as_str())
        .filter(|name| !is_right(shared, known, asked, name))
        .collect();
    wrong.dedup();
    wrong
}

fn is_right(shared: &Shared, known: &FixtureRequest, asked: &Asked, name: &str) -> bool {
    let values = known.headers().iter().filter(|(listed, _)| listed == name);
    let want: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
    let want = match (want.as_slice(), known.body()) {
        ([], Some(body)) if body.starts_with(['{', '[']) => JSON.to_owned(),
        ([], _) => FORM.to_owned(),
        (values, _) => values.join(", "),
    };
    let got = asked.headers.get_all(name).iter();
    let got: Vec<_> = got.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let got = got.join(", ");
    if got.is_empty() || want == "*" {
        return !got.is_empty();
    }
    if name == header::CONTENT_TYPE.as_str() {
        return media_type(&want).eq_ignore_ascii_case(media_type(&got));
    }
    words::fits(&want, &got, |word, got| shared.stands_for(asked, word, got))
}

/// Without its parameters.
fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// Where no fixture says how the provider refuses it: in the shape of the endpoint's errors.
fn by_default(route: Route, model: &Model<'_>, wrong: &[&str]) -> Answer {
    let (names, fixture) = (wrong.join(", "), model.fixture.name());
    let why = format!("these headers are not as in {fixture}: {names}");
    match route {
        Route::Token | Route::Revoke => {
            Answer::refusal(StatusCode::BAD_REQUEST, "invalid_request", &why)
        }
        _ => Answer::json(StatusCode::BAD_REQUEST, &json!({ "message": why })),
    }
}
