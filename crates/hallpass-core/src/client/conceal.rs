//! What was sent must not come back in an error, however much of it the provider repeats.

use http::HeaderValue;
use url::form_urlencoded;

use crate::{Json, OAuth2Client, Provider, Request, Secret, config::Credential, request::Body};

/// What went out: of the plan, of client authentication and of hooks.
pub(super) struct Sent {
    body: Body,
    credentials: Vec<HeaderValue>,
    query: Option<Secret>,
}

impl Sent {
    /// `body` is what client authentication made of the plan's, or the plan's own.
    pub(super) fn of(request: &Request, body: Body) -> Self {
        let credentials = request.headers.values().filter(|value| value.is_sensitive());
        let query = request.url.query().map(Secret::from);
        Self { body, credentials: credentials.cloned().collect(), query }
    }
}

impl<P: Provider> OAuth2Client<P> {
    /// Everything in a request that may be a secret, the longest first, so that one within another
    /// does not save the rest of it.
    pub(super) fn secrets(&self, sent: &Sent) -> Vec<Secret> {
        let mut secrets = Vec::new();
        if let Credential::Secret(secret) = &self.config.credential {
            secrets.push(secret.clone());
        }
        self.push_body(&sent.body, &mut secrets);
        for value in &sent.credentials {
            // Whole, and without the word that says of what kind it is.
            let text = String::from_utf8_lossy(value.as_bytes());
            secrets.extend(text.split_once(' ').map(|(_, rest)| Secret::new(rest)));
            secrets.push(Secret::new(text));
        }
        if let Some(query) = &sent.query {
            let pairs = form_urlencoded::parse(query.expose().as_bytes());
            secrets.extend(pairs.map(|(_, value)| Secret::new(value)));
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        secrets
    }

    fn push_body(&self, body: &Body, secrets: &mut Vec<Secret>) {
        match body {
            Body::Empty => {}
            Body::Form(form) => {
                let told = form.iter().filter(|(name, _)| !self.is_public(name));
                secrets.extend(told.map(|(_, value)| value.clone()));
            }
            Body::Json(json) => {
                secrets.push(json.clone());
                let value = serde_json::from_str(json.expose()).unwrap_or_default();
                self.push_text(&value, secrets);
            }
        }
    }

    /// The text in a JSON body, at whatever depth.
    fn push_text(&self, value: &Json, secrets: &mut Vec<Secret>) {
        match value {
            Json::String(text) => secrets.push(text.as_str().into()),
            Json::Array(list) => list.iter().for_each(|value| self.push_text(value, secrets)),
            Json::Object(members) => {
                let told = members.iter().filter(|(name, _)| !self.is_public(name));
                told.for_each(|(_, value)| self.push_text(value, secrets));
            }
            Json::Number(number) => secrets.push(Secret::new(number.to_string())),
            Json::Null | Json::Bool(_) => {}
        }
    }

    /// The words that say what is asked and by whom: an error that repeats them helps.
    fn is_public(&self, name: &str) -> bool {
        const WORDS: [&str; 14] = [
            "acr_values",
            "client_assertion_type",
            "client_id",
            "code_challenge_method",
            "display",
            "grant_type",
            "max_age",
            "prompt",
            "redirect_uri",
            "resource",
            "response_mode",
            "response_type",
            "scope",
            "token_type_hint",
        ];
        WORDS.contains(&name) || name == self.descriptor.client_params.0
    }
}
