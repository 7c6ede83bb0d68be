//! The table of providers: who can be played on this machine, and how each is started.

use std::{error::Error, sync::Arc};

use hallpass::{
    BaseOAuth2, OAuth2Client, Provider,
    apple::{self, Apple},
    auth0::{self, Auth0},
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
use hallpass_testkit::LocalProvider;

/// A server that plays a provider, and that provider's own client.
pub(crate) type Emulation = (LocalProvider, Arc<dyn BaseOAuth2>);

pub(crate) const NAMES: [&str; 21] = [
    "apple",
    "auth0",
    "discord",
    "facebook",
    "franceconnect",
    "github",
    "gitlab",
    "google",
    "huggingface",
    "kakao",
    "line",
    "linkedin",
    "microsoft",
    "naver",
    "okta",
    "reddit",
    "shopify",
    "slack",
    "spotify",
    "twitch",
    "x",
];

/// Plays the provider of this name to a client that is answered at `redirect_uri`.
pub(crate) async fn emulate(name: &str, redirect_uri: &str) -> Result<Emulation, Box<dyn Error>> {
    match name {
        "apple" => start(Apple::new(), apple::FIXTURES, redirect_uri).await,
        "auth0" => {
            start(Auth0::new(&"login.oak.test".parse()?), auth0::FIXTURES, redirect_uri).await
        }
        "discord" => start(Discord::new(), discord::FIXTURES, redirect_uri).await,
        "facebook" => start(Facebook::new(), facebook::FIXTURES, redirect_uri).await,
        "franceconnect" => start(FranceConnect::new(), franceconnect::FIXTURES, redirect_uri).await,
        "github" => start(GitHub::new(), github::FIXTURES, redirect_uri).await,
        "gitlab" => start(GitLab::new(), gitlab::FIXTURES, redirect_uri).await,
        "google" => start(Google::new(), google::FIXTURES, redirect_uri).await,
        "huggingface" => start(HuggingFace::new(), huggingface::FIXTURES, redirect_uri).await,
        "kakao" => start(Kakao::new(), kakao::FIXTURES, redirect_uri).await,
        "line" => start(Line::new(), line::FIXTURES, redirect_uri).await,
        "linkedin" => start(LinkedIn::new(), linkedin::FIXTURES, redirect_uri).await,
        "microsoft" => start(Microsoft::new(), microsoft::FIXTURES, redirect_uri).await,
        "naver" => start(Naver::new(), naver::FIXTURES, redirect_uri).await,
        "okta" => start(Okta::new(&"login.oak.test".parse()?), okta::FIXTURES, redirect_uri).await,
        "reddit" => {
            start(
                Reddit::new("web:example:v1 (by /u/robin_oak)".parse()?),
                reddit::FIXTURES,
                redirect_uri,
            )
            .await
        }
        "shopify" => {
            start(
                Shopify::new(&"oak-trees.myshopify.com".parse()?),
                shopify::FIXTURES,
                redirect_uri,
            )
            .await
        }
        "slack" => start(Slack::new(), slack::FIXTURES, redirect_uri).await,
        "spotify" => start(Spotify::new(), spotify::FIXTURES, redirect_uri).await,
        "twitch" => start(Twitch::new(), twitch::FIXTURES, redirect_uri).await,
        "x" => start(X::new(), x::FIXTURES, redirect_uri).await,
        _ => Err(format!("there is no provider {name} here").into()),
    }
}

async fn start(
    provider: impl Provider,
    fixtures: &[(&str, &str)],
    redirect_uri: &str,
) -> Result<Emulation, Box<dyn Error>> {
    let local = LocalProvider::emulating(provider.descriptor(), fixtures).await?;
    let config = local.client_config(redirect_uri)?;
    let client = OAuth2Client::new(provider, config)?.with_http_client(local.http_client());
    Ok((local, Arc::new(client)))
}
