//! The way out: RP-Initiated Logout sections 2 to 4.

use hallpass_core::http::{Method, StatusCode};

use super::{
    super::{
        client::LocalClient,
        page,
        shared::{Shared, locked},
        wire::{Answer, Asked, Params},
    },
    State,
    assertion::Jwt,
    tamper,
};
use crate::signing::{SigningAlgorithm, SigningKey};

pub(super) fn end_session(shared: &Shared, state: &State, asked: &Asked) -> Answer {
    let params = match asked.method {
        Method::GET => Some(asked.query()),
        Method::POST => asked.params().filter(|_| asked.is_form()),
        _ => return Answer::not_allowed("GET, POST"),
    };
    let params = params.ok_or("The body is no form.");
    params
        .and_then(|params| leave(shared, state, &params))
        .unwrap_or_else(|mistake| Answer::page(StatusCode::BAD_REQUEST, page::mistake(mistake)))
}

fn leave(shared: &Shared, state: &State, params: &Params) -> Result<Answer, &'static str> {
    if params.repeats_one() {
        return Err("A parameter comes twice.");
    }
    let hinted = match params.get("id_token_hint") {
        Some(hint) => Some(owner(shared, state, hint)?),
        None => None,
    };
    let named = match params.get("client_id") {
        Some(id) => Some(shared.client(id).ok_or("The application is unknown.")?),
        None => None,
    };
    if let (Some(hinted), Some(named)) = (hinted, named) {
        if hinted.id() != named.id() {
            return Err("The id_token_hint is another application's.");
        }
    }
    let Some(uri) = params.get("post_logout_redirect_uri") else {
        return Ok(Answer::page(StatusCode::OK, page::signed_out()));
    };
    let client = hinted.or(named).ok_or("Nothing says which application it is from.")?;
    if !client.may_be_left_for(uri) {
        return Err("The post_logout_redirect_uri is not one of the application's.");
    }
    let state_param = params.get("state").map(|state| ("state".to_owned(), state.to_owned()));
    let mut fields: Vec<_> = state_param.into_iter().collect();
    tamper::logout_redirect(&state.tampers(), &mut fields);
    Ok(Answer::see_other_with(uri, &fields))
}

/// The application that an ID token of this provider is for. It may be too old: that is what it is
/// by then (section 4).
fn owner<'a>(
    shared: &'a Shared,
    state: &State,
    hint: &str,
) -> Result<&'a LocalClient, &'static str> {
    const FOREIGN: &str = "The id_token_hint is not from here.";
    let jwt = Jwt::parse(hint).ok_or(FOREIGN)?;
    let mut clients = shared.settings.clients.iter();
    let client = clients.find(|client| jwt.is_for(client.id())).ok_or(FOREIGN)?;
    let algorithm = state.settings.algorithm;
    let is_own = jwt.claims["iss"] == state.issuer()
        && jwt.header["alg"] == algorithm.as_str()
        && match (algorithm, client.secret()) {
            (SigningAlgorithm::None, _) => jwt.signature.is_empty(),
            (SigningAlgorithm::Hs256, Some(secret)) => {
                SigningKey::hs256(secret.clone()).verifies(jwt.signed, &jwt.signature)
            }
            _ => locked(&state.keys).signed(jwt.signed, &jwt.signature),
        };
    if is_own { Ok(client) } else { Err(FOREIGN) }
}
