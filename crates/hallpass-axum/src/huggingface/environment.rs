//! Where the application is, and what it has to say to the Hub.

use std::sync::Arc;

use hallpass_core::{BaseOAuth2, Error, HttpClient, Result, Secret};
use hallpass_huggingface::Space;
use hallpass_web::SealingKeys;

use super::{NAME, boxed};
use crate::sign_in::Parts;

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

const HUB: &str = "https://huggingface.co";
/// In the place of a Space's host where there is none: each login says where it is answered.
const NO_HOST: &str = "space.invalid";
/// What else these keys might seal is bound to other words.
const PURPOSE: &str = "hallpass_axum::huggingface";

/// What the variables come to.
#[derive(Debug)]
pub(super) enum Setting {
    /// A Space.
    Space(Space),
    /// An application of one's own, on whatever machine.
    Elsewhere(Space),
    /// Nothing.
    Nowhere,
}

impl Setting {
    pub(super) fn read(lookup: &Lookup<'_>) -> Result<Self> {
        let has = |name| text(lookup, name).is_some();
        if has("SPACE_ID") || has("SPACE_HOST") {
            return Space::from_lookup(lookup).map(Self::Space);
        }
        if !has("OAUTH_CLIENT_ID") {
            return Ok(Self::Nowhere);
        }
        let stand_in = |name: &str| match name {
            "OAUTH_SCOPES" => Some("openid profile"),
            "OPENID_PROVIDER_URL" => Some(HUB),
            "SPACE_HOST" => Some(NO_HOST),
            _ => None,
        };
        let lookup = |name: &str| text(lookup, name).or_else(|| stand_in(name).map(str::to_owned));
        Space::from_lookup(lookup).map(Self::Elsewhere)
    }

    /// That of a Space, at the first of its hosts.
    pub(super) fn base_url(&self) -> Option<String> {
        self.hosts().first().cloned()
    }

    /// Where a Space is: origins, the first one first.
    pub(super) fn hosts(&self) -> Vec<String> {
        match self {
            Self::Space(space) => space.hosts().iter().map(|it| format!("https://{it}")).collect(),
            Self::Elsewhere(_) | Self::Nowhere => Vec::new(),
        }
    }

    pub(super) async fn client(
        &self,
        parts: &Parts,
        http: Option<Arc<dyn HttpClient>>,
    ) -> Result<Arc<dyn BaseOAuth2>> {
        let (Self::Space(space) | Self::Elsewhere(space)) = self else {
            return stand_in(parts).await;
        };
        let client = space.client(&parts.route(&format!("/callback/{NAME}")))?;
        let client = client.with_clock(Arc::clone(&parts.clock));
        Ok(match http {
            Some(http) => boxed(client.with_http_client(http)),
            None => boxed(client),
        })
    }
}

/// A provider that is none, under the name of the real one.
#[cfg(feature = "dev-login")]
async fn stand_in(parts: &Parts) -> Result<Arc<dyn BaseOAuth2>> {
    let (allowed, redirect_uri) = (parts.may_dev_login()?, parts.redirect_uri(NAME));
    crate::dev_login::client(allowed, NAME, "Hugging Face (dev login)", &redirect_uri).await
}

#[cfg(not(feature = "dev-login"))]
#[allow(clippy::unused_async, reason = "the other one waits for a port")]
async fn stand_in(_: &Parts) -> Result<Arc<dyn BaseOAuth2>> {
    let message = "this is no Space (no SPACE_ID): set OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET, or \
                   turn on the feature dev-login of hallpass-axum";
    Err(Error::config(message).with_reason("no_space"))
}

/// Never a constant: who knows the key makes attempts of their own.
pub(super) fn keys(lookup: &Lookup<'_>) -> Result<SealingKeys> {
    if let Some(keys) = text(lookup, "HALLPASS_KEY") {
        let mut keys = keys.split(',').map(Secret::new);
        let first = keys.next().ok_or_else(|| Error::config("HALLPASS_KEY is empty"))?;
        let first = SealingKeys::new(first).map_err(|error| error.with_preface("HALLPASS_KEY"))?;
        return keys.try_fold(first, |keys, old| {
            keys.with_old(old).map_err(|error| error.with_preface("HALLPASS_KEY"))
        });
    }
    match text(lookup, "OAUTH_CLIENT_SECRET") {
        Some(secret) => SealingKeys::from_secret(&Secret::new(secret), PURPOSE)
            .map_err(|error| error.with_preface("OAUTH_CLIENT_SECRET")),
        None => Ok(SealingKeys::generate()),
    }
}

/// Not empty, and without white space around it.
fn text(lookup: &Lookup<'_>, name: &str) -> Option<String> {
    let value = lookup(name)?.trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
