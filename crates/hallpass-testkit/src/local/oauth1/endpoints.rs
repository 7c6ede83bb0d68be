//! The login: temporary credentials, the page, the token. RFC 5849 section 2.

use std::time::Duration;

use hallpass_core::{
    http::{Method, StatusCode},
    url::form_urlencoded,
};

use super::{
    super::{
        client::LocalClient,
        page::{self, Question},
        shared::locked,
        wire::{Answer, Asked},
    },
    State,
    book::Way,
    problem::Problem,
    protocol::Said,
    tamper::{Sort, tampered},
    verify::{self, Key},
};

/// How long a login may take.
const TEMPORARY_LIFETIME: Duration = Duration::from_secs(600);

/// RFC 5849 section 2.1.
pub(super) fn temporary_credentials(state: &State, asked: &Asked) -> Result<Answer, Problem> {
    if asked.method != Method::POST {
        return Ok(Answer::not_allowed("POST"));
    }
    let said = Said::by(asked)?;
    if said.get("oauth_token").is_some() {
        return Err(Problem::malformed("parameter_rejected", "oauth_token: there is none yet"));
    }
    let client = verify::verified(state, asked, &said, Key::Client)?;
    let callback = said.needs("oauth_callback")?;
    let way = match callback {
        "oob" => Way::Shown,
        url if client.may_be_answered_at(url) => Way::Callback(url.to_owned()),
        _ => {
            let why = "oauth_callback is not one of the application's URIs";
            return Err(Problem::malformed("parameter_rejected", why));
        }
    };
    let until = state.clock.now() + TEMPORARY_LIFETIME;
    let (token, secret) = locked(&state.book).open(client.id(), way, until);
    let pairs = [
        ("oauth_token", token.as_str()),
        ("oauth_token_secret", secret.expose()),
        ("oauth_callback_confirmed", "true"),
    ];
    Ok(reply(state, Sort::TemporaryCredentials, &pairs))
}

/// RFC 5849 section 2.3.
pub(super) fn token(state: &State, asked: &Asked) -> Result<Answer, Problem> {
    if asked.method != Method::POST {
        return Ok(Answer::not_allowed("POST"));
    }
    let said = Said::by(asked)?;
    let name = said.needs("oauth_token")?;
    let now = state.clock.now();
    let temporary = locked(&state.book).temporary(name, now).cloned();
    let unknown = Problem::refused("token_rejected", "unknown, spent or too old");
    let temporary = temporary.ok_or(unknown)?;
    let client = verify::verified(state, asked, &said, Key::Token(&temporary.secret))?;
    if temporary.client != client.id() {
        return Err(Problem::refused("token_rejected", "another application's"));
    }
    let verifier = said.needs("oauth_verifier")?;
    let traded = locked(&state.book).trade(name, verifier);
    let wrong = Problem::refused("verifier_invalid", "the login must be started again");
    let (token, secret, user) = traded.ok_or(wrong)?;
    let user = state.users.get(user);
    let pairs = [
        ("oauth_token", token.as_str()),
        ("oauth_token_secret", secret.expose()),
        // As X says it; the RFC lets a server add what it likes.
        ("user_id", user.map_or("", |user| user.id())),
        ("screen_name", user.map_or("", |user| user.username())),
    ];
    Ok(reply(state, Sort::TokenCredentials, &pairs))
}

fn reply(state: &State, sort: Sort, pairs: &[(&str, &str)]) -> Answer {
    let params = tampered(&locked(&state.tampers).clone(), sort, pairs);
    let mut form = form_urlencoded::Serializer::new(String::new());
    Answer::form(StatusCode::OK, form.extend_pairs(params).finish())
}

/// RFC 5849 section 2.2: what is wrong is told to the user, since nothing proves that the request
/// is the application's.
pub(super) fn authorize(state: &State, asked: &Asked) -> Answer {
    let answer = match asked.method {
        Method::GET => ask(state, asked),
        Method::POST => decide(state, asked),
        _ => return Answer::not_allowed("GET, POST"),
    };
    answer.unwrap_or_else(|why| Answer::page(StatusCode::BAD_REQUEST, page::mistake(why)))
}

fn ask(state: &State, asked: &Asked) -> Result<Answer, &'static str> {
    let query = asked.query();
    let token = query.get("oauth_token");
    let token = token.ok_or("The request does not say which login it is for.")?;
    let now = state.clock.now();
    let mut book = locked(&state.book);
    let word = book.open_page(token, now);
    let word = word.ok_or("These temporary credentials are unknown, answered or too old.")?;
    let client = book.temporary(token, now).and_then(|temporary| state.client(&temporary.client));
    drop(book);
    Ok(Answer::page(
        StatusCode::OK,
        page::question(&Question {
            provider: state.provider.descriptor().display_name(),
            logo_svg: state.provider.descriptor().logo_svg(),
            is_emulated: false,
            client: client.map_or("", LocalClient::title),
            user_code: None,
            scopes: &[],
            people: &state.people,
            action: "/authorize",
            word: &word,
        }),
    ))
}

/// The form of a page that this server made: its word is good once.
fn decide(state: &State, asked: &Asked) -> Result<Answer, &'static str> {
    let params = asked.params().filter(|_| asked.is_form());
    let params = params.ok_or("That was not the form of the page.")?;
    let now = state.clock.now();
    let mut book = locked(&state.book);
    let closed = params.get("page").and_then(|word| book.close_page(word, now));
    let (token, temporary) =
        closed.ok_or("The page was answered before, is too old, or is not from here.")?;
    let chosen = params.get("user");
    let user = state.people.iter().position(|person| Some(person.key.as_str()) == chosen);
    let user = user.ok_or("Nobody of that name is here: start again.")?;
    let verifier = match params.get("decision") {
        Some("allow") => Some(book.grant(&token, user)),
        Some("deny") => None,
        _ => return Err("Neither Allow nor Deny was chosen: start again."),
    };
    if verifier.is_none() {
        book.close(&token);
    }
    drop(book);
    let pairs = match &verifier {
        Some(verifier) => vec![("oauth_token", token.as_str()), ("oauth_verifier", verifier)],
        // As X says it; the RFC has nothing for it.
        None => vec![("denied", token.as_str())],
    };
    let title = state.client(&temporary.client).map_or("", LocalClient::title);
    Ok(match (temporary.way, &verifier) {
        (Way::Callback(uri), _) => {
            let params = tampered(&locked(&state.tampers).clone(), Sort::Callback, &pairs);
            Answer::see_other_with(&uri, &params)
        }
        (Way::Shown, Some(verifier)) => {
            Answer::page(StatusCode::OK, page::verifier(title, verifier))
        }
        (Way::Shown, None) => Answer::page(StatusCode::OK, page::decided()),
    })
}
