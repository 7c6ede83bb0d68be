//! oauth2: its client, its URL, its reply, its exchange.

use std::collections::HashMap;

use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicTokenType},
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{AUTHORIZE, CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, SCOPES, VERIFIER};

/// oauth2's client with the two endpoints of a login.
pub type Client =
    BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// oauth2's token reply, made to keep what it does not know, as hallpass's does.
pub type Reply = StandardTokenResponse<Kept, BasicTokenType>;

/// Members that oauth2 does not know.
#[derive(Debug, Deserialize, Serialize)]
pub struct Kept {
    /// By name.
    #[serde(flatten)]
    pub members: HashMap<String, serde_json::Value>,
}

impl ExtraTokenFields for Kept {}

/// oauth2's client, kept.
///
/// # Panics
///
/// If the endpoint is no URL.
#[must_use]
pub fn client(token_endpoint: &str) -> Client {
    BasicClient::new(ClientId::new(CLIENT_ID.to_owned()))
        .set_client_secret(ClientSecret::new(CLIENT_SECRET.to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::new(AUTHORIZE.to_owned()).expect("a URL"))
        .set_token_uri(TokenUrl::new(token_endpoint.to_owned()).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).expect("a URL"))
}

/// The URL with all that must be kept until the callback: state and verifier of 256 bits.
pub fn url(client: &Client) -> (Url, CsrfToken, PkceCodeVerifier) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let scopes = SCOPES.map(|scope| Scope::new(scope.to_owned()));
    let (url, state) = client
        .authorize_url(|| CsrfToken::new_random_len(32))
        .add_scopes(scopes)
        .set_pkce_challenge(challenge)
        .url();
    (url, state, verifier)
}

/// oauth2's own reqwest, which is an older one than hallpass's. It trusts the certificate alone,
/// where there is one.
///
/// # Panics
///
/// If it makes no client.
#[must_use]
pub fn http(certificate: Option<&[u8]>) -> oauth2::reqwest::Client {
    let http = oauth2::reqwest::Client::builder();
    let http = http.redirect(oauth2::reqwest::redirect::Policy::none()).no_proxy();
    let http = http.timeout(std::time::Duration::from_secs(10));
    let http = match certificate {
        Some(der) => {
            let certificate = oauth2::reqwest::Certificate::from_der(der).expect("a certificate");
            http.tls_built_in_root_certs(false).add_root_certificate(certificate)
        }
        None => http,
    };
    http.build().expect("a client")
}

/// Exchanges the code and returns the access token.
///
/// # Panics
///
/// If there is no answer, or no token in it.
pub async fn exchange(client: &Client, http: &oauth2::reqwest::Client) -> String {
    let request = client
        .exchange_code(AuthorizationCode::new(CODE.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(VERIFIER.to_owned()));
    let reply = request.request_async(http).await.expect("a token reply");
    reply.access_token().secret().clone()
}
