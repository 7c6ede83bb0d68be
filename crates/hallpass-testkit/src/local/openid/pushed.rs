//! A request that comes by the back door, and the front-channel request that stands for it: RFC
//! 9126.

use std::time::{Duration, SystemTime};

use hallpass_core::http::{Method, StatusCode};
use serde_json::json;

use super::{
    super::{
        authorize,
        grants::unguessable,
        shared::{Shared, locked},
        token::not_believed,
        wire::{Answer, Asked, Params},
    },
    State,
};

/// How long a pushed request waits for the browser.
const LIFETIME: Duration = Duration::from_secs(60);

/// What proves the client is no part of the request.
const PROOFS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// A request that waits for the browser.
pub(super) struct Pushed {
    params: Params,
    until: SystemTime,
}

pub(super) fn push(shared: &Shared, state: &State, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return Answer::not_allowed("POST");
    }
    let bad = |code: &str, why: &str| Answer::refusal(StatusCode::BAD_REQUEST, code, why);
    let Some(params) = asked.params().filter(|_| asked.is_form()) else {
        return bad("invalid_request", "the body is no form");
    };
    if params.repeats_one() {
        return bad("invalid_request", "a parameter comes twice");
    }
    let client = match super::authenticate(shared, state, asked, &params) {
        Ok(client) => client,
        Err(disbelief) => return not_believed(asked, disbelief),
    };
    // Section 2.1.
    if params.get("request_uri").is_some() {
        return bad("invalid_request", "a pushed request has no request_uri");
    }
    let params = params.without(&PROOFS).with("client_id", client.id());
    if let Err((code, why)) = authorize::check(shared, &params) {
        return bad(&code, &why);
    }
    let uri = format!("urn:ietf:params:oauth:request_uri:{}", unguessable());
    let until = shared.settings.clock.now() + LIFETIME;
    locked(&state.pushed).insert(uri.clone(), Pushed { params, until });
    let reply = json!({ "request_uri": uri, "expires_in": LIFETIME.as_secs() });
    Answer::json(StatusCode::CREATED, &reply)
}

/// The request that was pushed, where a front-channel request stands for one: once. Then what else
/// that one says does not count (RFC 9101 section 5).
pub(in super::super) fn pushed(
    shared: &Shared,
    params: &Params,
) -> Result<Option<Params>, &'static str> {
    let Some(state) = &shared.openid else { return Ok(None) };
    let Some(uri) = params.get("request_uri") else {
        return match state.settings.needs_pushed {
            true => Err("The provider takes pushed requests alone, and this one is none."),
            false => Ok(None),
        };
    };
    let pushed = locked(&state.pushed).remove(uri);
    let pushed = pushed.filter(|pushed| shared.settings.clock.now() < pushed.until);
    let pushed = pushed.ok_or("The request_uri is unknown, was used before or is too old.")?;
    if params.get("client_id") != pushed.params.get("client_id") {
        return Err("The request_uri is another application's.");
    }
    Ok(Some(pushed.params))
}
