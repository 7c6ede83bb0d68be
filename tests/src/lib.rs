//! The harness of the tests that need more than one crate: real servers, a user with a browser and
//! one without, and plain HTTP to look behind the scenes.
//!
//! ```no_run
//! use hallpass_tests::{server::RealServer, user};
//!
//! # async fn test(url: &str) -> Result<(), hallpass_tests::Failure> {
//! let server = RealServer::start("oidc-provider", &["--always-refresh"])?;
//! let client = server.client("client-basic")?;
//! let landing = user::sign_in(url, client.redirect_uri()?).await?;
//! assert_eq!(landing.params["iss"], server.issuer());
//! # Ok(())
//! # }
//! ```

pub mod browser;
pub mod control;
mod failure;
pub mod http;
pub mod providers;
pub mod receiver;
pub mod registered;
pub mod renewing;
pub mod server;
mod tail;
pub mod user;

pub use crate::failure::Failure;

/// The project's front page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// So do the pages for those who come from elsewhere.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-httpx-oauth.md")]
pub struct FromHttpxOAuth;

/// The same.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-oauth2-rs.md")]
pub struct FromOAuth2Rs;
