//! What a call returned, in the words of a fixture.

use hallpass_core::{
    EmailVerification, Endpoints, Error, IdEmail, Json, OAuth2Token, OAuthError, Profile, url::Url,
};
use serde_json::{Map, Value, json};

use crate::{Outcome, words::FixedClock};

pub(super) fn refusal(error: &Error) -> Outcome {
    let mut kind = error.kind().as_str().to_owned();
    if let Some(first) = kind.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Outcome::new(kind)
        .with("code", error.oauth().map(OAuthError::code))
        .with("reason", error.reason())
}

/// All that storage keeps, but for the time at which it was asked for and the ID token, whose
/// claims are there: the signature is another each time.
pub(super) fn token(token: &OAuth2Token) -> Outcome {
    let stored = token.expose_for_storage();
    let mut stored: Map<String, Json> = serde_json::from_str(stored.expose()).unwrap_or_default();
    let expires_at = stored.remove("expires_at").and_then(|at| at.as_i64());
    let now = i64::try_from(FixedClock::UNIX_SECONDS).unwrap_or(i64::MAX);
    stored.retain(|name, _| name != "issued_at" && name != "id_token");
    let outcome = Outcome::new("Token").with("expires_in", expires_at.map(|at| at - now));
    stored.into_iter().fold(outcome, |outcome, (name, value)| outcome.with(&name, value))
}

pub(super) fn profile(profile: &Profile) -> Outcome {
    Outcome::new("Profile")
        .with("id", profile.id())
        .with("email", profile.email())
        .with("email_verification", verification(profile.email_verification()))
        .with("name", profile.name())
        .with("username", profile.username())
        .with("picture", profile.picture())
        .with("locale", profile.locale())
}

pub(super) fn endpoints(endpoints: &Endpoints) -> Outcome {
    Outcome::new("Endpoints")
        .with("authorization", endpoints.authorization().as_str())
        .with("token", endpoints.token().as_str())
        .with("issuer", endpoints.issuer())
        .with("end_session", endpoints.end_session().map(Url::as_str))
}

pub(super) fn id_email(who: &IdEmail) -> Outcome {
    Outcome::new("IdEmail")
        .with("id", who.id.as_str())
        .with("email", who.email.as_deref())
        .with("email_verification", verification(who.email_verification))
}

fn verification(verification: EmailVerification) -> Value {
    match verification {
        EmailVerification::Unknown => json!("unknown"),
        EmailVerification::Unverified => json!("unverified"),
        EmailVerification::Verified => json!("verified"),
        // A word that no fixture knows: whoever adds a variant adds its word.
        other => json!(format!("{other:?}")),
    }
}
