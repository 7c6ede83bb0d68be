//! What a token is good for: who signed in, and an API that says what it was asked.

use hallpass_core::http::{Method, StatusCode};
use serde_json::json;

use super::{
    super::{
        shared::locked,
        user::LocalUser,
        wire::{Answer, Asked},
    },
    State,
    problem::Problem,
    protocol::{Said, form_pairs},
    verify::{self, Key},
};

/// `/userinfo`, and all below `/api/`; there also in the application's own name, without a token.
pub(super) fn api(state: &State, asked: &Asked) -> Result<Answer, Problem> {
    let said = Said::by(asked)?;
    let (client, user) = caller(state, asked, &said)?;
    if asked.url.path() != "/userinfo" {
        return Ok(own_api(asked, &client, user));
    }
    if asked.method != Method::GET {
        return Ok(Answer::not_allowed("GET"));
    }
    let missing = Problem::malformed("parameter_absent", "oauth_token");
    let scopes = ["profile".to_owned(), "email".to_owned()];
    Ok(Answer::json(StatusCode::OK, &user.ok_or(missing)?.userinfo(&scopes)))
}

/// RFC 5849 section 3.2: the application, and the user if there is a token.
fn caller<'a>(
    state: &'a State,
    asked: &Asked,
    said: &Said,
) -> Result<(String, Option<&'a LocalUser>), Problem> {
    let Some(name) = said.get("oauth_token").filter(|name| !name.is_empty()) else {
        let client = verify::verified(state, asked, said, Key::Client)?;
        return Ok((client.id().to_owned(), None));
    };
    let token = locked(&state.book).token(name).cloned();
    let token = token.ok_or(Problem::refused("token_rejected", "unknown or revoked"))?;
    let client = verify::verified(state, asked, said, Key::Token(&token.secret))?;
    if token.client != client.id() {
        return Err(Problem::refused("token_rejected", "another application's"));
    }
    Ok((token.client, state.users.get(token.user)))
}

fn own_api(asked: &Asked, client: &str, user: Option<&LocalUser>) -> Answer {
    let query = form_pairs(asked.url.query().unwrap_or_default().as_bytes());
    let mut form = if asked.is_form() { form_pairs(&asked.body) } else { Vec::new() };
    form.retain(|(name, _)| !name.starts_with("oauth_"));
    Answer::json(
        StatusCode::OK,
        &json!({
            "consumer_key": client,
            "user": user.map(LocalUser::username),
            "method": asked.method.as_str(),
            "path": asked.url.path(),
            "query": query.iter().filter(|(name, _)| !name.starts_with("oauth_")).collect::<Vec<_>>(),
            "form": form,
            "body_bytes": asked.body.len(),
        }),
    )
}
