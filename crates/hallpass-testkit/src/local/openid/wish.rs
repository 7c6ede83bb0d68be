//! What an authentication request asks for, beyond RFC 6749: OpenID Connect Core sections 3.1.2.1
//! and 5.5.

use std::time::SystemTime;

use hallpass_core::Json;

use super::super::{grants::unguessable, shared::Shared, wire::Params};

/// What is asked for; once somebody signed in, also when that was.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Wish {
    pub(in super::super) nonce: Option<String>,
    pub(super) acr: Option<String>,
    /// Claims by name, for the ID token.
    pub(super) id_token_claims: Vec<String>,
    /// Claims by name, for userinfo.
    pub(super) userinfo_claims: Vec<String>,
    asks_auth_time: bool,
    is_silent: bool,
    session: Option<Session>,
}

#[derive(Debug, Clone)]
struct Session {
    id: String,
    since: SystemTime,
}

/// An error code, and what it says to developers.
pub(in super::super) type Refused = (&'static str, &'static str);

impl Wish {
    /// The wish of a request that says `openid`; of any other, one for nothing.
    pub(in super::super) fn of(
        shared: &Shared,
        params: &Params,
        scopes: &[String],
    ) -> Result<Self, Refused> {
        let asks_openid = scopes.iter().any(|scope| scope == "openid");
        if shared.script.is_some() && asks_openid {
            // What an emulated provider makes of the rest, its fixtures say.
            return Ok(Self { nonce: params.get("nonce").map(str::to_owned), ..Self::default() });
        }
        if shared.openid.is_none() || !asks_openid {
            return Ok(Self::default());
        }
        if params.get("request").is_some() {
            return Err(("request_not_supported", "There are no request objects here."));
        }
        if params.get("registration").is_some() {
            return Err(("registration_not_supported", "Clients do not register here."));
        }
        let prompts: Vec<_> = params.get("prompt").unwrap_or_default().split(' ').collect();
        if prompts.contains(&"none") && prompts.len() > 1 {
            return Err(("invalid_request", "prompt is none, or something else."));
        }
        let max_age = params.get("max_age");
        if max_age.is_some_and(|seconds| seconds.parse::<u64>().is_err()) {
            return Err(("invalid_request", "max_age is no number of seconds."));
        }
        let claims = match params.get("claims").map(serde_json::from_str::<Json>) {
            None => Json::Null,
            Some(Ok(claims)) if claims.is_object() => claims,
            Some(_) => return Err(("invalid_request", "claims is no JSON object.")),
        };
        let acr_values = params.get("acr_values").and_then(|values| values.split(' ').next());
        let id_token_claims = names(&claims["id_token"]);
        Ok(Self {
            nonce: params.get("nonce").map(str::to_owned),
            acr: acr_values.or_else(|| acr(&claims["id_token"]["acr"])).map(str::to_owned),
            userinfo_claims: names(&claims["userinfo"]),
            asks_auth_time: max_age.is_some() || id_token_claims.iter().any(|it| it == "auth_time"),
            id_token_claims,
            is_silent: prompts.contains(&"none"),
            session: None,
        })
    }

    /// Whether it must be answered without a page.
    pub(in super::super) fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Somebody signed in.
    pub(in super::super) fn signed_in(self, now: SystemTime) -> Self {
        Self { session: Some(Session { id: unguessable(), since: now }), ..self }
    }

    /// `sid`.
    pub(super) fn session_id(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.id.as_str())
    }

    /// `auth_time`, where it was asked for.
    pub(super) fn auth_time(&self) -> Option<SystemTime> {
        self.session.as_ref().filter(|_| self.asks_auth_time).map(|session| session.since)
    }
}

fn names(claims: &Json) -> Vec<String> {
    claims.as_object().map(|claims| claims.keys().cloned().collect()).unwrap_or_default()
}

/// Section 5.5.1.1: one value, or some in the order of preference.
fn acr(request: &Json) -> Option<&str> {
    request["value"].as_str().or_else(|| request["values"][0].as_str())
}
