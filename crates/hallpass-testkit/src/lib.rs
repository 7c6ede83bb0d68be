//! Tests of a login without a provider, an account or a network.
//!
//! # Replay
//!
//! A [`Fixture`] is one exchange with a provider, as text that can be read: what is sent, what is
//! answered, what hallpass makes of it, and where all that is written.
//!
//! ```text
//! # docs.acme.test "Refreshing tokens", read 2026-01-15
//! > POST https://acme.test/token
//! > accept: application/json
//! > grant_type=refresh_token&refresh_token=REFRESH&client_id=ID&client_secret=SECRET
//! < 400
//! < {"error":"invalid_grant"}
//! = Denied { code: "invalid_grant" }
//! ```
//!
//! [`Replay`] is a transport that answers from one. It compares each request with the fixture, and
//! what differs is never passed over in silence. Give it to any client with
//! [`with_http_client`](hallpass_core::OAuth2Client::with_http_client).
//!
//! # Contract
//!
//! [`contract`] holds a provider to all of its fixtures, and tells which ones are missing: each
//! operation that its descriptor offers needs one that is accepted and one that is refused. It is
//! the whole test of most providers:
//!
//! ```no_run
//! # use hallpass_core::{Api, Descriptor, Profile, Provider, Result};
//! # #[derive(Debug)]
//! # struct Acme(Descriptor);
//! # impl Acme { fn new() -> Self { Self(Descriptor::discovered("acme")) } }
//! # impl Provider for Acme {
//! #     type Params = ();
//! #     fn descriptor(&self) -> &Descriptor { &self.0 }
//! #     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
//! #         Profile::from_json(api.get("https://acme.test/me").read().await?, "id")
//! #     }
//! # }
//! # const FIXTURES: &[(&str, &str)] = &[];
//! fn acme_keeps_its_contract() {
//!     hallpass_testkit::contract(Acme::new, FIXTURES);
//! }
//! ```
//!
//! [`Contract`] does the same for a provider with methods of its own, and says what is checked,
//! what the words in a fixture stand for and how the browser's part is written.
//!
//! # A provider that needs every hook
//!
//! [`hooks`] is a worked example for whoever writes a provider, with what a hook can do and what
//! it cannot.
//!
//! # A local provider
//!
//! With the feature `server`: `LocalProvider` is a real authorization server on 127.0.0.1, and
//! `Browser` somebody who signs in there. An application is tested against it as against any other
//! provider, its own code unchanged:
//!
//! ```
//! # #[cfg(feature = "server")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> hallpass_core::Result<()> {
//! use hallpass_core::{ErrorKind, OAuth2Client};
//! use hallpass_testkit::{Fault, LocalProvider, User};
//!
//! let local = LocalProvider::start().await?;
//! // Into the application, in the place of its provider and its configuration.
//! let config = local.client_config("https://app.test/callback")?;
//! let client = OAuth2Client::new(local.provider(), config)?;
//!
//! let login = client.authorize().start().await?; // what /login does
//! let landing = local.browser().sign_in(&login.url, User::first()).await?;
//! let signed_in = client.sign_in(landing.callback()?, login.pending).await?; // and /callback
//! assert_eq!(signed_in.profile.verified_email(), Some("ada@users.test"));
//!
//! local.fault(Fault::on("token").status(503)); // the provider has a bad day
//! let error = client.refresh_token(&signed_in.token).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Transport);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "server"))]
//! # fn main() {}
//! ```
//!
//! With the feature `openid`, `LocalProvider::builder().with_openid()` makes it an OpenID provider,
//! for `OpenId::new("local", local.issuer())`: with discovery, keys that rotate, ID tokens and
//! userinfo signed in any way, pushed authorization requests, five ways of client authentication
//! and logout. And it lies on demand: a `Tamper` changes one artefact before it leaves.
//!
//! ```
//! # #[cfg(feature = "openid")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> hallpass_core::Result<()> {
//! use hallpass_testkit::{LocalProvider, Tamper};
//!
//! let local = LocalProvider::builder().with_openid().start().await?;
//! // A sign-in here is good.
//! local.tamper(Tamper::id_token(|token| token.append("nonce", "1")));
//! // One here must fail, with no further request: see `local.requests()`.
//! local.clear_tampering();
//! local.rotate_keys();
//! // And here it is good again, after one more look at the keys.
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "openid"))]
//! # fn main() {}
//! ```
//!
//! With the feature `oauth1`, `LocalOAuth1` is a server of OAuth 1.0a, with the same page, faults
//! and log.
//!
//! `LocalProvider::emulating` makes it behave as another provider, by that one's recorded
//! exchanges: tests and examples of `hallpass-github` run without GitHub, and its own code never
//! knows. `StandIn` is that for a provider's own tests of what it refuses.

mod fixture; // an exchange as text
mod words; // what its words stand for
mod id_token; // claims in the place of a signed JWT
mod replay; // a transport that answers from it
mod contract; // what all of a provider's must come to
mod params; // what a provider's own parameters send
pub mod hooks; // a provider that needs every hook
#[cfg(feature = "server")]
mod local; // a provider that is real, and near
#[cfg(feature = "server")]
mod browser; // a user agent without a window
#[cfg(feature = "server")]
mod stand_in; // a provider played here, and what its tests ask of it
#[cfg(feature = "openid")]
mod signing; // keys that sign what they are given

#[cfg(feature = "oauth1")]
pub use crate::local::{LocalOAuth1, LocalOAuth1Builder, OAuth1Tamper};
#[cfg(feature = "server")]
pub use crate::{
    browser::{Browser, Landing, Page, User},
    local::{
        Fault, Local, LocalClient, LocalProvider, LocalProviderBuilder, LocalUser, LoggedRequest,
    },
    stand_in::StandIn,
};
pub use crate::{
    contract::{Contract, contract},
    fixture::{Exchange, Fixture, FixtureError, FixtureRequest, FixtureResponse, Outcome},
    params::own_params,
    replay::Replay,
};
#[cfg(feature = "openid")]
pub use crate::{
    local::{Forged, ForgedSignature, Jwks, Tamper},
    signing::{SigningAlgorithm, SigningKey},
};
