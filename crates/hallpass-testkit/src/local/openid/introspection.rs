//! What a token is: RFC 7662.

use hallpass_core::{
    Json,
    http::{Method as HttpMethod, StatusCode},
};
use serde_json::json;

use super::{
    super::{
        client::{Disbelief, LocalClient},
        shared::{Shared, locked},
        token::not_believed,
        wire::{Answer, Asked},
    },
    State,
    client_auth::{self, Method},
    id_token::unix,
    tamper,
};

pub(super) fn introspect(shared: &Shared, state: &State, asked: &Asked) -> Answer {
    if asked.method != HttpMethod::POST {
        return Answer::not_allowed("POST");
    }
    let bad = |why| Answer::refusal(StatusCode::BAD_REQUEST, "invalid_request", why);
    let Some(params) = asked.params().filter(|_| asked.is_form()) else {
        return bad("the body is no form");
    };
    let client = match client_auth::identify(shared, state, asked, &params) {
        Ok((_, Method::None)) => {
            let disbelief = Disbelief::OtherWay("a public client may not ask that");
            return not_believed(asked, disbelief);
        }
        Ok((client, _)) => client,
        Err(disbelief) => return not_believed(asked, disbelief),
    };
    let Some(token) = params.get("token") else {
        return bad("token is missing");
    };
    let mut said = about(shared, state, client, token);
    tamper::introspection(&state.tampers(), &mut said);
    Answer::json(StatusCode::OK, &said)
}

/// Section 2.2: of a token that is none, or not the client's, nothing but that.
fn about(shared: &Shared, state: &State, client: &LocalClient, token: &str) -> Json {
    let now = shared.settings.clock.now();
    let ledger = locked(&shared.ledger);
    let is_access = ledger.holder(token, now).is_some();
    let holder = ledger.holder_of_any(token, now).filter(|holder| holder.client == client.id());
    let user = holder.as_ref().and_then(|holder| shared.settings.users.get(holder.user));
    let (Some(holder), Some(user)) = (holder, user) else { return json!({ "active": false }) };
    let scopes = match is_access {
        true => holder.scopes,
        false => ledger.family(holder.id).scopes.clone(),
    };
    let mut said = json!({
        "active": true,
        "iss": state.issuer,
        "sub": user.id(),
        "aud": holder.client,
        "client_id": holder.client,
        "username": user.username(),
        "scope": scopes.join(" "),
    });
    if is_access {
        said["token_type"] = json!("Bearer");
    }
    if let Some(until) = ledger.until(token) {
        said["exp"] = json!(unix(until));
    }
    said
}
