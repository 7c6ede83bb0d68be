//! What the benchmarks share: a client, the same work without a library, the other libraries, a
//! server on loopback, and the ratios.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

mod bare;
#[cfg(feature = "peers")]
pub mod peers;
mod ratios;
pub mod replies;
mod responder;

use hallpass_core::{Api, ClientConfig, Descriptor, OAuth2Client, Profile, Provider, Result};

pub use crate::{
    bare::{BareExchange, bare_url},
    ratios::Ratios,
    responder::Responder,
};

/// What every contender is configured with.
pub const AUTHORIZE: &str = "https://plain.test/oauth/authorize";
/// See [`AUTHORIZE`]. `openid` itself would ask for a verifier of ID tokens.
pub const SCOPES: [&str; 3] = ["openid-connect", "email", "profile"];
/// See [`AUTHORIZE`].
pub const REDIRECT_URI: &str = "https://app.test/callback";
/// See [`AUTHORIZE`].
pub const CLIENT_ID: &str = "client-id";
/// See [`AUTHORIZE`].
pub const CLIENT_SECRET: &str = "client-secret";
/// The code that is exchanged, as long as Google's.
pub const CODE: &str = "4/0AVMBsJjQ2vX7cR1pLw9eTzK5nYhU3oGdF6iSa8bPxM4qC0tErVyWkZ1uJmHlN2fD7gB5s";
/// The verifier that goes with it.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A provider of the plain kind.
#[derive(Debug)]
pub struct Plain(Descriptor);

impl Provider for Plain {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        Profile::from_json(api.get("https://api.plain.test/me").read().await?, "id")
    }
}

/// A client as an application keeps it.
///
/// # Panics
///
/// If the configuration here is wrong.
#[must_use]
pub fn client(token_endpoint: &str) -> OAuth2Client<Plain> {
    let descriptor = Descriptor::new("plain", AUTHORIZE, token_endpoint.to_owned());
    let config = ClientConfig::new(CLIENT_ID).with_secret(CLIENT_SECRET);
    let config = config.with_redirect_uri(REDIRECT_URI).expect("a redirect URI");
    OAuth2Client::new(Plain(descriptor.with_scopes(SCOPES)), config).expect("a client")
}

/// The pairs of a query or form in the order of their names, to compare two of them.
#[must_use]
pub fn pairs(encoded: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
    pairs.sort_unstable();
    pairs
}
