#![doc = include_str!("../README.md")]

pub use hallpass_core::{
    Authorization, AuthorizationRequest, AuthorizationUrl, BaseOAuth2, Callback, ClientConfig,
    CodeBinding, Descriptor, EmailSupport, EmailVerification, Error, ErrorKind, IdEmail,
    OAuth2Client, OAuth2Token, OAuthError, PendingAuthorization, Pkce, Profile, Provider, Result,
    Revocation, Revoke, Secret, SignIn,
};

/// Everything else that a provider, a transport or a test is written with.
pub use hallpass_core as core;

#[cfg(feature = "cli")]
pub use hallpass_cli as cli;
#[cfg(feature = "discord")]
pub use hallpass_discord as discord;
#[cfg(feature = "github")]
pub use hallpass_github as github;
#[cfg(feature = "google")]
pub use hallpass_google as google;
#[cfg(feature = "openid")]
pub use hallpass_openid as openid;
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
        // new-provider: above (descriptors)
    ];
    descriptors.sort_by(|a: &Descriptor, b: &Descriptor| a.name().cmp(b.name()));
    descriptors
}
