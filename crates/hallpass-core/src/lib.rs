//! OAuth 2 for relying parties: what every hallpass provider stands on.
//!
//! ```text
//! config ──► authorize ──► (browser, provider) ──► callback ──► token ──► identity
//!              │                                      ▲
//!              └── PendingAuthorization ──────────────┘
//! ```
//!
//! Whoever logs people in uses [`OAuth2Client`] with a provider's crate, or [`BaseOAuth2`] where
//! the provider is chosen at run time. Whoever writes a provider implements [`Provider`]:
//!
//! ```
//! use hallpass_core::{Api, Callback, ClientConfig, Descriptor, OAuth2Client, Profile, Provider, Result};
//!
//! #[derive(Debug)]
//! struct Acme(Descriptor);
//!
//! impl Acme {
//!     fn new() -> Self {
//!         let descriptor = Descriptor::new("acme", "https://acme.test/authorize", "https://acme.test/token");
//!         Self(descriptor.with_api("https://api.acme.test").with_scopes(["profile"]))
//!     }
//! }
//!
//! impl Provider for Acme {
//!     type Params = ();
//!     fn descriptor(&self) -> &Descriptor {
//!         &self.0
//!     }
//!     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
//!         Profile::from_json(api.get("https://api.acme.test/me").read().await?, "id")
//!     }
//! }
//!
//! # async fn login(query: &str) -> Result<()> {
//! let config = ClientConfig::new("client-id").with_secret("client-secret");
//! let acme = OAuth2Client::new(Acme::new(), config.with_redirect_uri("https://app.test/callback")?)?;
//!
//! let login = acme.authorize().start().await?; // send the browser to login.url, keep login.pending
//! let signed_in = acme.sign_in(Callback::from_query(query)?, login.pending).await?;
//! println!("{} signed in", signed_in.profile.id());
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here spawns a task, keeps global state but one TLS configuration, or takes the time or
//! randomness but from [`Clock`] and [`Random`]. Secrets are [`Secret`]s; errors are one [`Error`]
//! whose [`ErrorKind`] says what to do next.
//!
//! # Features
//!
//! - **aws-lc** (default): TLS by rustls on aws-lc-rs.
//! - **ring**: TLS by rustls on ring, lighter to build. Where both are on, aws-lc wins.
//!
//! Without either, only plain http to loopback works.

// In reading order, foundation first: a module uses those above it alone.
mod secret;
mod error;
mod clock;
mod random;
mod host_name;
mod loopback;
mod wire;
mod transport;
mod query;
mod logo;
mod descriptor;
mod endpoints;
mod config; // who we are
mod keys;
mod claims;
mod token;
mod loose;
mod reply;
mod pending;
mod callback; // what comes back
mod grant; // what is asked of the token endpoint
mod authorize; // where to send the browser
mod identity; // who it is
mod request;
mod signer;
mod backchannel;
mod verifier;
mod base;
mod api;
mod provider; // how one provider differs
mod custom; // one that is data at run time
mod hooks; // what an application adds
mod client; // all of it together

#[cfg(feature = "__bench")]
#[doc(hidden)]
pub mod bench;

/// Any JSON.
pub type Json = serde_json::Value;

// Their types stand in signatures here.
pub use http;
pub use url;

pub use crate::{
    api::{Api, Call},
    authorize::{Authorization, AuthorizationParts, AuthorizationRequest, AuthorizationUrl},
    backchannel::{Backchannel, MetadataSource},
    base::{BaseOAuth2, SignIn},
    callback::{Callback, CallbackParams, VerifiedCode},
    claims::VerifiedClaims,
    client::{Authorize, OAuth2Client},
    clock::{Clock, SystemClock},
    config::{ClientAssertion, ClientConfig, ClientParts},
    custom::{CustomClientAuth, CustomConfig, CustomMethod, CustomPkce, CustomProvider},
    descriptor::{
        ClientAuth, CodeBinding, Descriptor, EmailSupport, Pkce, Revocation, Revoke, TokenBody,
        TokenPlacement,
    },
    endpoints::Endpoints,
    error::{Error, ErrorKind, OAuthError, Operation, Result},
    grant::{CustomAuth, Grant, TokenForm, TokenReply},
    hooks::{EndpointForm, Hooks},
    host_name::HostName,
    identity::{EmailVerification, IdEmail, Profile},
    keys::ClientKeys,
    loopback::{is_loopback, is_loopback_host},
    pending::PendingAuthorization,
    provider::Provider,
    random::{Random, ThreadRandom},
    request::ApiRequest,
    secret::Secret,
    signer::RequestSigner,
    token::OAuth2Token,
    transport::ReqwestClient,
    verifier::{Expected, IdTokenVerifier, JwtKind},
    wire::{Endpoint, HttpClient, Purpose, Request, Response},
};
