//! Each provider of the workspace, with the exchanges that it is played from.

use std::{fmt, sync::Arc};

use hallpass::{
    BaseOAuth2, ClientConfig, Descriptor, OAuth2Client, Provider, Result,
    apple::{self, Apple},
    auth0::{self, Auth0},
    core::HttpClient,
    discord::{self, Discord},
    facebook::{self, Facebook},
    franceconnect::{self, FranceConnect},
    github::{self, GitHub},
    gitlab::{self, GitLab},
    google::{self, Google},
    huggingface::{self, HuggingFace},
    kakao::{self, Kakao},
    line::{self, Line},
    linkedin::{self, LinkedIn},
    microsoft::{self, Microsoft},
    naver::{self, Naver},
    okta::{self, Okta},
    reddit::{self, Reddit},
    shopify::{self, Shopify},
    slack::{self, Slack},
    spotify::{self, Spotify},
    twitch::{self, Twitch},
    x::{self, X},
};

/// Names and texts, as a provider's crate has them.
pub type Fixtures = &'static [(&'static str, &'static str)];

type MakeClient =
    dyn Fn(ClientConfig, Arc<dyn HttpClient>) -> Result<Arc<dyn BaseOAuth2>> + Send + Sync;

/// A provider, whichever it is.
pub struct Known {
    descriptor: Descriptor,
    fixtures: Fixtures,
    client: Box<MakeClient>,
}

impl Known {
    /// Of a provider and its crate's exchanges.
    pub fn new<P: Provider + Clone>(provider: P, fixtures: Fixtures) -> Self {
        let descriptor = provider.descriptor().clone();
        let client = move |config, http| -> Result<Arc<dyn BaseOAuth2>> {
            Ok(Arc::new(OAuth2Client::new(provider.clone(), config)?.with_http_client(http)))
        };
        Self { descriptor, fixtures, client: Box::new(client) }
    }

    /// What is known of it.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// What it is played from.
    #[must_use]
    pub fn fixtures(&self) -> Fixtures {
        self.fixtures
    }

    /// Its own client.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::new`].
    pub fn client(
        &self,
        config: ClientConfig,
        http: Arc<dyn HttpClient>,
    ) -> Result<Arc<dyn BaseOAuth2>> {
        (self.client)(config, http)
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Known").field(&self.descriptor.name()).finish()
    }
}

/// All of them, in the order of [`hallpass::descriptors`]. Whoever adds one adds it here; the suite
/// `emulate` fails until then.
///
/// # Errors
///
/// None, unless a host here is no host any more.
pub fn everyone() -> Result<Vec<Known>> {
    Ok(vec![
        Known::new(Apple::new(), apple::FIXTURES),
        Known::new(Auth0::new(&"login.oak.test".parse()?), auth0::FIXTURES),
        Known::new(Discord::new(), discord::FIXTURES),
        Known::new(Facebook::new(), facebook::FIXTURES),
        Known::new(FranceConnect::new(), franceconnect::FIXTURES),
        Known::new(GitHub::new(), github::FIXTURES),
        Known::new(GitLab::new(), gitlab::FIXTURES),
        Known::new(Google::new(), google::FIXTURES),
        Known::new(HuggingFace::new(), huggingface::FIXTURES),
        Known::new(Kakao::new(), kakao::FIXTURES),
        Known::new(Line::new(), line::FIXTURES),
        Known::new(LinkedIn::new(), linkedin::FIXTURES),
        Known::new(Microsoft::new(), microsoft::FIXTURES),
        Known::new(Naver::new(), naver::FIXTURES),
        Known::new(Okta::new(&"login.oak.test".parse()?), okta::FIXTURES),
        Known::new(Reddit::new("web:example:v1 (by /u/robin_oak)".parse()?), reddit::FIXTURES),
        Known::new(Shopify::new(&"oak-trees.myshopify.com".parse()?), shopify::FIXTURES),
        Known::new(Slack::new(), slack::FIXTURES),
        Known::new(Spotify::new(), spotify::FIXTURES),
        Known::new(Twitch::new(), twitch::FIXTURES),
        Known::new(X::new(), x::FIXTURES),
    ])
}
