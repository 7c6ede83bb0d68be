//! What the benchmarks share: a client, the same work without a library, the other libraries, a
//! server on loopback, and the ratios.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

mod bare;
pub mod hot_paths;
pub mod id_tokens;
mod measure;
#[cfg(feature = "peers")]
#[path = "peers/mod.rs"]
pub mod peers;
mod race;
pub mod replies;
mod report;
mod responder;
pub mod sessions;
#[cfg(test)]
mod small;

use std::{sync::Arc, time::Duration};

use hallpass_core::{
    Api, ClientConfig, Descriptor, OAuth2Client, Profile, Provider, ReqwestClient, Result,
};

pub use crate::{
    bare::{BareExchange, BareUserinfo, bare_callback, bare_http, bare_openid_url, bare_url},
    measure::{ThreadTime, run},
    race::{Batch, Race, calls, waits},
    report::{CONTENDERS, Lack, Report, Row, Target},
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

/// Who answers a callback and makes ID tokens.
pub const ISSUER: &str = "https://plain.test";
/// The scopes where ID tokens are asked for, and so `openid` is.
pub const OPENID_SCOPES: [&str; 3] = ["openid", "email", "profile"];
/// An access token, as long as Google's.
pub const ACCESS_TOKEN: &str = concat!(
    "ya29.a0InventedAccessTokenInventedAccessTokenInventedAccessTokenInventedAccessTokenInvented",
    "AccessTokenInventedAccessTokenInventedAccessTokenInventedAccessTokenInventedAccess0175",
);

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

/// What every client here is configured with.
///
/// # Panics
///
/// If the configuration here is wrong.
#[must_use]
pub fn config() -> ClientConfig {
    let config = ClientConfig::new(CLIENT_ID).with_secret(CLIENT_SECRET);
    config.with_redirect_uri(REDIRECT_URI).expect("a redirect URI")
}

/// A client as an application keeps it.
///
/// # Panics
///
/// If the configuration here is wrong.
#[must_use]
pub fn client(token_endpoint: &str) -> OAuth2Client<Plain> {
    let descriptor = Descriptor::new("plain", AUTHORIZE, token_endpoint.to_owned());
    let descriptor = descriptor.with_scopes(SCOPES).with_issuer(ISSUER);
    OAuth2Client::new(Plain(descriptor), config()).expect("a client")
}

/// The same client for a server whose certificate no system knows: with a reqwest client of the
/// application's own, set as [`ReqwestClient::from_client`] asks.
///
/// # Panics
///
/// If reqwest makes no client.
#[must_use]
pub fn trusting(client: OAuth2Client<Plain>, certificate: &[u8]) -> OAuth2Client<Plain> {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(5))
        .no_proxy();
    let http = bare::trusting(http, Some(certificate));
    client.with_http_client(Arc::new(ReqwestClient::from_client(http)))
}

/// The pairs of a query or form in the order of their names, to compare two of them.
#[must_use]
pub fn pairs(encoded: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
    pairs.sort_unstable();
    pairs
}

/// A URL's page, and names and lengths of its parameters: what differs from login to login is
/// random.
///
/// # Panics
///
/// If there is no query.
#[must_use]
pub fn shape(url: &str) -> (String, Vec<(String, usize)>) {
    let (page, query) = url.split_once('?').expect("a query");
    let pairs = pairs(query).into_iter().map(|(name, value)| (name, value.len()));
    (page.to_owned(), pairs.collect())
}
