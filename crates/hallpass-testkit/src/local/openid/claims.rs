//! What is said of a user, by scope and by name, and userinfo, which says it: OpenID Connect Core
//! sections 5.3 to 5.5.

use hallpass_core::{
    Json,
    http::{Method, StatusCode},
};
use serde_json::{Map, json};

use super::{
    super::{
        api,
        shared::{Shared, locked},
        wire::{Answer, Asked, Params},
    },
    State, tamper,
};

/// `sub`, the claims of the scopes, and those of these names as far as they are known.
pub(super) fn of(
    shared: &Shared,
    user: usize,
    scopes: &[String],
    names: &[String],
) -> Map<String, Json> {
    let Some(user) = shared.settings.users.get(user) else { return Map::new() };
    let Json::Object(mut all) = user.userinfo(&["profile".to_owned(), "email".to_owned()]) else {
        return Map::new();
    };
    let by_scope = user.userinfo(scopes);
    all.retain(|name, _| by_scope.get(name).is_some() || names.contains(name));
    all
}

pub(super) fn userinfo(shared: &Shared, state: &State, asked: &Asked) -> Answer {
    if !matches!(asked.method, Method::GET | Method::POST) {
        return Answer::not_allowed("GET, POST");
    }
    let Some((holder, _)) = api::holder(shared, asked) else { return api::no_holder(asked) };
    // RFC 6750 section 2: a token comes in one way.
    let says = |params: Option<Params>| params.is_some_and(|it| it.get("access_token").is_some());
    if says(Some(asked.query())) || says(asked.params().filter(|_| asked.is_form())) {
        let why = "the token comes in two ways";
        return Answer::refusal(StatusCode::BAD_REQUEST, "invalid_request", why);
    }
    let family = locked(&shared.ledger).family(holder.id).clone();
    let names = &family.openid.userinfo_claims;
    let mut claims = Json::Object(of(shared, holder.user, &holder.scopes, names));
    let tampers = state.tampers();
    if !state.settings.signs_userinfo {
        tamper::userinfo(&tampers, &mut claims);
        return Answer::json(StatusCode::OK, &claims);
    }
    // Section 5.3.2: signed, it says from whom and for whom it is.
    claims["iss"] = json!(state.issuer);
    claims["aud"] = json!(holder.client);
    tamper::userinfo(&tampers, &mut claims);
    let keys = locked(&state.keys).current();
    let client = shared.client(&holder.client);
    let signed = client.and_then(|client| {
        let own = state.signer(&keys, client)?;
        let claims = claims.as_object().cloned().unwrap_or_default();
        Some(state.forged(own, keys, client, None, claims))
    });
    match signed {
        Some(mut forged) => {
            tamper::userinfo_jwt(&tampers, &mut forged);
            Answer::typed(StatusCode::OK, "application/jwt", forged.into_jwt())
        }
        None => Answer::json(StatusCode::OK, &claims),
    }
}
