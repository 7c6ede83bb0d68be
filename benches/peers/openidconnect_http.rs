//! openidconnect: its client, its URL, its reply, its exchange, its userinfo. It stands on oauth2,
//! and sends by oauth2's reqwest: see [`super::oauth2::http`].

use openidconnect::{
    AccessToken, AuthType, AuthUrl, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl,
    JsonWebKeySet, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, StandardTokenResponse, TokenUrl, UserInfoUrl,
    core::{
        CoreClient, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
        CoreResponseType, CoreTokenType, CoreUserInfoClaims,
    },
};
use url::Url;

use super::oauth2::Kept;
use crate::{AUTHORIZE, CLIENT_ID, CLIENT_SECRET, CODE, ISSUER, REDIRECT_URI, VERIFIER};

/// openidconnect's client with the endpoints of a login and of userinfo.
pub type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointSet,
>;

/// openidconnect's token reply, made to keep what it does not know, as hallpass's does.
pub type Reply = StandardTokenResponse<
    IdTokenFields<
        EmptyAdditionalClaims,
        Kept,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// openidconnect's client, kept. It asks for `openid` where it is among the scopes alone, not by
/// itself.
///
/// # Panics
///
/// If an endpoint is no URL.
#[must_use]
pub fn client(token_endpoint: &str, userinfo: &str) -> Client {
    let issuer = IssuerUrl::new(ISSUER.to_owned()).expect("a URL");
    CoreClient::new(ClientId::new(CLIENT_ID.to_owned()), issuer, JsonWebKeySet::default())
        .set_client_secret(ClientSecret::new(CLIENT_SECRET.to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::new(AUTHORIZE.to_owned()).expect("a URL"))
        .set_token_uri(TokenUrl::new(token_endpoint.to_owned()).expect("a URL"))
        .set_user_info_url(UserInfoUrl::new(userinfo.to_owned()).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).expect("a URL"))
        .disable_openid_scope()
}

/// The URL with all that must be kept until the callback: state, verifier and nonce of 256 bits.
pub fn url(client: &Client, scopes: [&str; 3]) -> (Url, CsrfToken, Nonce, PkceCodeVerifier) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            || CsrfToken::new_random_len(32),
            || Nonce::new_random_len(32),
        )
        .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    (url, state, nonce, verifier)
}

/// Exchanges the code and returns the access token. The ID token is read, and not verified.
///
/// # Panics
///
/// If there is no answer, or no token in it.
pub async fn exchange(client: &Client, http: &openidconnect::reqwest::Client) -> String {
    let request = client
        .exchange_code(AuthorizationCode::new(CODE.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(VERIFIER.to_owned()));
    let reply = request.request_async(http).await.expect("a token reply");
    reply.access_token().secret().clone()
}

/// Gets id, address, and whether the provider says that the address is proven. The subject is not
/// compared, as there is no ID token.
///
/// # Panics
///
/// If there is no answer, or no user in it.
pub async fn userinfo(
    client: &Client,
    http: &openidconnect::reqwest::Client,
    access_token: &str,
) -> (String, Option<String>, Option<bool>) {
    let request = client.user_info(AccessToken::new(access_token.to_owned()), None);
    let user: CoreUserInfoClaims = request.request_async(http).await.expect("userinfo");
    let email = user.email().map(|email| email.as_str().to_owned());
    (user.subject().as_str().to_owned(), email, user.email_verified())
}
