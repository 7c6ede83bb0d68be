//! Plays one fixture to a client, and compares what comes out.

use std::sync::Arc;

use hallpass_core::{
    Error, ErrorKind, HttpClient, JwtKind, OAuth2Client, OAuth2Token, Provider, Result, Secret,
};

use super::{
    Contract,
    login::{self, Login},
    outcome,
    verb::{Call, Verb},
    wire::Wire,
};
use crate::{Fixture, Outcome, Replay, replay::numbered, words::Words};

/// What a call came to in the words of a fixture, and the error that says why.
pub(super) type Came = (Outcome, Option<Error>);

/// Everything in which the client is not as `fixture` says.
pub(super) async fn fixture<P: Provider>(
    contract: &Contract<'_, P>,
    fixture: &Fixture,
) -> Vec<String> {
    let name = fixture.name();
    let verb = Verb::named(fixture.operation());
    let mut exchanges = numbered(fixture);
    let is_login = matches!(verb, Some(Verb::Authorize | Verb::AccessToken));
    let browser = exchanges.iter().position(|(_, exchange)| login::is_browsers(exchange));
    let browser = browser.filter(|_| is_login).map(|at| exchanges.remove(at).1);

    let replay = Replay::of(name, exchanges, Words::fixed());
    let wire = Arc::new(Wire::new(replay, verb == Some(Verb::Authorize)));
    let http = Arc::clone(&wire) as Arc<dyn HttpClient>;
    let client = match verb {
        Some(Verb::Discovery) => contract.bare_client(http),
        _ => contract.client(http, Some(fixture)),
    };
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            let _ = wire.replay().check();
            return vec![format!("{name}: there is no client: {error}")];
        }
    };
    let mut failures = Vec::new();
    let came = match (verb, contract.own(fixture.operation())) {
        (Some(Verb::Call(call)), _) if login::goes_before(fixture, call) => {
            Some(match login::bare(&client, None).await {
                Ok(token) => called(&client, &token, call).await,
                Err(error) => (outcome::refusal(&error), Some(error)),
            })
        }
        (Some(Verb::Call(call)), _) => Some(called(&client, &contract.token, call).await),
        (Some(Verb::Discovery), _) => {
            Some(came(client.endpoints().await, |endpoints| outcome::endpoints(endpoints)))
        }
        (Some(verb), _) => {
            let login = Login { client: &client, browser: browser.as_ref(), wire: &wire };
            login.run(verb, &mut failures).await
        }
        (None, Some(own)) => {
            let json = own.call(&client, &contract.token).await;
            Some(came(json, |json| Outcome::of_json(json.clone())))
        }
        // No operation at all: that was said already, and nothing is to be said of its requests.
        (None, None) => {
            let _ = wire.replay().check();
            return failures;
        }
    };
    failures.extend(came.and_then(|came| difference(fixture.outcome(), came)));
    let failures = failures.into_iter().map(|failure| format!("{name}: {failure}"));
    wire.replay().check().into_iter().chain(failures).collect()
}

/// The lines start with `=`, so that the second can be pasted into the fixture.
fn difference(want: &Outcome, (got, error): Came) -> Option<String> {
    if got == *want {
        return None;
    }
    let why = error.map_or_else(String::new, |error| format!("\n    because: {error}"));
    Some(format!("the fixture says\n= {want}\n    and this came out\n= {got}{why}"))
}

/// What is not offered must be answered `Unsupported`, and nothing may leave.
pub(super) async fn not_offered<P: Provider>(
    contract: &Contract<'_, P>,
    name: &str,
    call: Option<Call>,
) -> Vec<String> {
    let replay = Arc::new(Replay::of(name, Vec::new(), Words::fixed()));
    let client = match contract.client(Arc::clone(&replay) as Arc<dyn HttpClient>, None) {
        Ok(client) => client,
        Err(error) => return vec![format!("{name}: there is no client: {error}")],
    };
    let (got, error) = match call {
        Some(call) => called(&client, &contract.token, call).await,
        None => {
            let jwt = client.verify_jwt(&Secret::new("JWT"), JwtKind::IdToken).await;
            came(jwt, |_| Outcome::new("VerifiedClaims"))
        }
    };
    let mut failures = replay.check();
    if error.is_none_or(|error| error.kind() != ErrorKind::Unsupported) {
        let what = "it is not offered, and was not answered Unsupported, but";
        failures.push(format!("{name}: {what}\n= {got}"));
    }
    failures
}

async fn called<P: Provider>(client: &OAuth2Client<P>, token: &OAuth2Token, call: Call) -> Came {
    match call {
        Call::IdEmail => came(client.get_id_email(token).await, outcome::id_email),
        Call::Profile => came(client.get_profile(token).await, outcome::profile),
        Call::Refresh => came(client.refresh_token(token).await, outcome::token),
        Call::Revoke(what) => {
            came(client.revoke_token(token, what).await, |()| Outcome::new("Revoked"))
        }
    }
}

pub(super) fn came<T>(result: Result<T>, accepted: impl Fn(&T) -> Outcome) -> Came {
    match result {
        Ok(value) => (accepted(&value), None),
        Err(error) => (outcome::refusal(&error), Some(error)),
    }
}
