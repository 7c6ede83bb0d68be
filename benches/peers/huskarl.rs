//! huskarl: its grant, its URL, its reply, its exchange, its userinfo, over its own client of
//! reqwest.

use std::time::SystemTime;

use huskarl::{
    core::{
        EndpointUrl,
        client_auth::ClientSecret,
        http::HttpClient,
        secrets::{ProvidedSecret, SecretString},
    },
    grant::{
        authorization_code::{
            AuthorizationCodeGrant, AuthorizationCodeGrantParameters, StartInput, StartOutput,
        },
        core::{RawTokenResponse, TokenResponse},
    },
    prelude::*,
    token::{AccessToken, BearerAccessToken},
    userinfo::UserInfoClient,
};
use huskarl_reqwest::ReqwestClient;

use crate::{AUTHORIZE, CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, VERIFIER};

/// huskarl's transport. It trusts the certificate alone, where there is one.
///
/// # Panics
///
/// If it makes no client.
pub async fn http(certificate: Option<&[u8]>) -> ReqwestClient {
    let certificates =
        certificate.map(|der| vec![reqwest::Certificate::from_der(der).expect("a certificate")]);
    let http = ReqwestClient::builder()
        .maybe_root_certificates(certificates)
        .configure_builder(Box::new(reqwest::ClientBuilder::no_proxy));
    http.build().await.expect("a client")
}

/// huskarl's grant, kept. `sends_nonce` is for scopes with `openid`: ID tokens themselves are asked
/// for by no one, so that no keys are fetched.
///
/// # Panics
///
/// If the endpoint is no URL, or huskarl makes no grant.
pub async fn grant(
    http: &(impl HttpClient + Clone + 'static),
    token_endpoint: &str,
    sends_nonce: bool,
) -> AuthorizationCodeGrant {
    let url = |url: &str| url.parse::<EndpointUrl>().expect("a URL");
    let secret = ProvidedSecret::new(SecretString::new(CLIENT_SECRET));
    AuthorizationCodeGrant::builder()
        .client_id(CLIENT_ID)
        .client_auth(ClientSecret::new(secret))
        .http_client(http.clone())
        .authorization_endpoint(url(AUTHORIZE))
        .token_endpoint(url(token_endpoint))
        .redirect_uri(REDIRECT_URI)
        .oidc(false)
        .send_oidc_nonce(sends_nonce)
        .build()
        .await
        .expect("a grant")
}

/// The URL with all that must be kept until the callback.
///
/// # Panics
///
/// If there is none.
pub async fn start(grant: &AuthorizationCodeGrant, scopes: [&str; 3]) -> StartOutput {
    let input = StartInput::scope(scopes.map(str::to_owned).to_vec());
    grant.start(input).await.expect("a URL")
}

/// Reads a token reply as its grants do.
///
/// # Panics
///
/// If there is no token in it.
#[must_use]
pub fn read(body: &[u8]) -> TokenResponse {
    let reply: RawTokenResponse = serde_json::from_slice(body).expect("a token reply");
    reply.into_token_response(None, SystemTime::UNIX_EPOCH).expect("a bearer token")
}

/// Exchanges the code and returns the access token. The ID token is read, and not verified.
///
/// # Panics
///
/// If there is no answer, or no token in it.
pub async fn exchange(grant: &AuthorizationCodeGrant) -> String {
    let parameters =
        AuthorizationCodeGrantParameters::builder().code(CODE).pkce_verifier(VERIFIER).build();
    let reply = grant.exchange(parameters).await.expect("a token reply");
    reply.access_token().token().expose_secret().to_owned()
}

/// huskarl's client of userinfo, kept.
///
/// # Panics
///
/// If the endpoint is no URL.
pub async fn userinfo_client(endpoint: &str) -> UserInfoClient {
    let endpoint = endpoint.parse::<EndpointUrl>().expect("a URL");
    UserInfoClient::builder().userinfo_endpoint(endpoint).build().await.expect("a client")
}

/// The access token as its grants give it.
#[must_use]
pub fn access_token(access_token: &str) -> AccessToken {
    let token = SecretString::new(access_token);
    AccessToken::Bearer(BearerAccessToken::new(token, SystemTime::UNIX_EPOCH, None))
}

/// Gets id, address, and whether the provider says that the address is proven.
///
/// # Panics
///
/// If there is no answer, or it is not about `subject`.
pub async fn userinfo(
    client: &UserInfoClient,
    http: &ReqwestClient,
    access_token: &AccessToken,
    subject: &str,
) -> (String, Option<String>, Option<bool>) {
    let user = client.get(http, access_token, subject).await.expect("userinfo");
    (user.sub, user.profile.email, user.profile.email_verified)
}
