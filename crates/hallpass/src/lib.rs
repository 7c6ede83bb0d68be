#![doc = include_str!("../README.md")]

#[cfg(feature = "session")]
mod constructors;

pub use hallpass_core::{
    Authorization, AuthorizationRequest, AuthorizationUrl, BaseOAuth2, Callback, ClientConfig,
    CodeBinding, Descriptor, EmailSupport, EmailVerification, Error, ErrorKind, IdEmail,
    OAuth2Client, OAuth2Token, OAuthError, PendingAuthorization, Pkce, Profile, Provider, Result,
    Revocation, Revoke, Secret, SignIn,
};

#[cfg(feature = "session")]
pub use crate::constructors::constructors;

/// Everything else that a provider, a transport or a test is written with.
pub use hallpass_core as core;

#[cfg(feature = "apple")]
pub use hallpass_apple as apple;
#[cfg(feature = "auth0")]
pub use hallpass_auth0 as auth0;
#[cfg(feature = "axum")]
pub use hallpass_axum as axum;
#[cfg(feature = "cli")]
pub use hallpass_cli as cli;
#[cfg(feature = "discord")]
pub use hallpass_discord as discord;
#[cfg(feature = "facebook")]
pub use hallpass_facebook as facebook;
#[cfg(feature = "franceconnect")]
pub use hallpass_franceconnect as franceconnect;
#[cfg(feature = "github")]
pub use hallpass_github as github;
#[cfg(feature = "gitlab")]
pub use hallpass_gitlab as gitlab;
#[cfg(feature = "google")]
pub use hallpass_google as google;
#[cfg(feature = "huggingface")]
pub use hallpass_huggingface as huggingface;
#[cfg(feature = "kakao")]
pub use hallpass_kakao as kakao;
#[cfg(feature = "line")]
pub use hallpass_line as line;
#[cfg(feature = "linkedin")]
pub use hallpass_linkedin as linkedin;
#[cfg(feature = "microsoft")]
pub use hallpass_microsoft as microsoft;
#[cfg(feature = "naver")]
pub use hallpass_naver as naver;
#[cfg(feature = "oauth1")]
pub use hallpass_oauth1 as oauth1;
#[cfg(feature = "okta")]
pub use hallpass_okta as okta;
#[cfg(feature = "openid")]
pub use hallpass_openid as openid;
#[cfg(feature = "reddit")]
pub use hallpass_reddit as reddit;
#[cfg(feature = "session")]
pub use hallpass_session as session;
#[cfg(feature = "shopify")]
pub use hallpass_shopify as shopify;
#[cfg(feature = "slack")]
pub use hallpass_slack as slack;
#[cfg(feature = "spotify")]
pub use hallpass_spotify as spotify;
#[cfg(feature = "twitch")]
pub use hallpass_twitch as twitch;
#[cfg(feature = "web")]
pub use hallpass_web as web;
#[cfg(feature = "x")]
pub use hallpass_x as x;
// new-provider: above (features)

/// What is known of every provider whose feature is on, in alphabetical order: for a page of
/// buttons, or a table.
#[must_use]
pub fn descriptors() -> Vec<Descriptor> {
    let mut descriptors = vec![
        #[cfg(feature = "github")]
        github::GitHub::new().descriptor().clone(),
        #[cfg(feature = "google")]
        google::Google::new().descriptor().clone(),
        #[cfg(feature = "discord")]
        discord::Discord::new().descriptor().clone(),
        #[cfg(feature = "facebook")]
        facebook::Facebook::new().descriptor().clone(),
        #[cfg(feature = "kakao")]
        kakao::Kakao::new().descriptor().clone(),
        #[cfg(feature = "linkedin")]
        linkedin::LinkedIn::new().descriptor().clone(),
        #[cfg(feature = "microsoft")]
        microsoft::Microsoft::new().descriptor().clone(),
        #[cfg(feature = "naver")]
        naver::Naver::new().descriptor().clone(),
        #[cfg(feature = "spotify")]
        spotify::Spotify::new().descriptor().clone(),
        #[cfg(feature = "franceconnect")]
        franceconnect::FranceConnect::new().descriptor().clone(),
        #[cfg(feature = "huggingface")]
        huggingface::HuggingFace::new().descriptor().clone(),
        #[cfg(feature = "gitlab")]
        gitlab::GitLab::new().descriptor().clone(),
        #[cfg(feature = "apple")]
        apple::Apple::new().descriptor().clone(),
        #[cfg(feature = "x")]
        x::X::new().descriptor().clone(),
        #[cfg(feature = "slack")]
        slack::Slack::new().descriptor().clone(),
        #[cfg(feature = "twitch")]
        twitch::Twitch::new().descriptor().clone(),
        #[cfg(feature = "line")]
        line::Line::new().descriptor().clone(),
        // new-provider: above (descriptors)
    ];
    // Those of one host, or of a name that the application gives: as anybody would have them.
    #[cfg(feature = "auth0")]
    descriptors.extend(
        "example.auth0.com".parse().map(|domain| auth0::Auth0::new(&domain).descriptor().clone()),
    );
    #[cfg(feature = "okta")]
    descriptors.extend(
        "example.okta.com".parse().map(|domain| okta::Okta::new(&domain).descriptor().clone()),
    );
    #[cfg(feature = "reddit")]
    descriptors.extend(
        "web:example:v1 (by /u/example)"
            .parse()
            .map(|agent| reddit::Reddit::new(agent).descriptor().clone()),
    );
    #[cfg(feature = "shopify")]
    descriptors.extend(
        "example.myshopify.com"
            .parse()
            .map(|shop| shopify::Shopify::new(&shop).descriptor().clone()),
    );
    descriptors.sort_by(|a: &Descriptor, b: &Descriptor| a.name().cmp(b.name()));
    descriptors
}
