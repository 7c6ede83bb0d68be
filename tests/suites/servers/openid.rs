//! OpenID Connect against both servers, as far as each offers it. The table in
//! `servers/README.md` says what is tested where, and what is not offered.

use std::time::SystemTime;

use hallpass_core::{
    Authorization, ClientAuth, ClientConfig, Clock, Error, ErrorKind, OAuth2Client, OAuthError,
    PendingAuthorization, Result, Secret, SignIn,
};
use hallpass_openid::{JwtSigner, OpenId, OpenIdOAuth2, OpenIdParams, Prompt};
use hallpass_tests::{
    registered::Registered,
    server::RealServer,
    user::{Landing, User},
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::op::callback;

mod algorithms;
mod back_channel;
mod client_auth;
mod clock;
mod discovery;
mod dpop;
mod foreign;
mod freshness;
mod keys;
mod logout;
mod pushed;
mod sign_in;
mod tokens;
mod userinfo;

pub(crate) const BASIC: &str = "client-basic";

pub(crate) fn op(server: &RealServer) -> OpenId {
    OpenId::new("op", server.issuer())
}

/// A client as it is registered; everything else is discovered.
pub(crate) fn client(server: &RealServer, id: &str) -> OpenIdOAuth2 {
    client_of(op(server), server, id)
}

pub(crate) fn client_of(op: OpenId, server: &RealServer, id: &str) -> OpenIdOAuth2 {
    OAuth2Client::new(op, config(server, id)).unwrap()
}

/// Only `client_secret_post` is said: who has a secret cannot know from metadata that Basic, which
/// is listed too, is not for them.
fn config(server: &RealServer, id: &str) -> ClientConfig {
    let registered = server.client(id).unwrap();
    let config = ClientConfig::new(id.to_owned());
    let config = config.with_redirect_uri(registered.redirect_uri().unwrap()).unwrap();
    let secret = || registered.secret().unwrap();
    match registered.token_endpoint_auth_method().unwrap() {
        "none" => config,
        "client_secret_jwt" => config.with_assertion(JwtSigner::hs256(secret()).unwrap()),
        "client_secret_post" => config.with_secret(secret()).with_client_auth(ClientAuth::Post),
        "private_key_jwt" => {
            let pem = registered.private_pem().unwrap();
            config.with_assertion(signer(server, registered, pem))
        }
        _ => config.with_secret(secret()),
    }
}

pub(crate) fn signer(server: &RealServer, registered: Registered<'_>, pem: &str) -> JwtSigner {
    let signer = match registered.token_endpoint_auth_signing_alg().unwrap() {
        "RS256" => JwtSigner::rs256(pem),
        "ES256" => JwtSigner::es256(pem),
        _ => JwtSigner::ed25519(pem),
    };
    let signer = signer.unwrap().with_key_id(registered.key_id().unwrap());
    if server.name() == "canaille" {
        // RFC 7523 section 3 leaves it to the server, which knows no issuer here.
        return signer.with_audience(format!("{}/oauth/token", server.issuer()));
    }
    signer
}

/// Begins a login whose token can be refreshed.
pub(crate) async fn begin(client: &OpenIdOAuth2) -> Authorization {
    let params = OpenIdParams::new().with_prompt(Prompt::Consent);
    let login = client.authorize().scopes(["openid", "email", "offline_access"]);
    login.params(&params).start().await.unwrap()
}

/// The user's part, by somebody who may be signed in already.
pub(crate) async fn visit_as(user: &User, server: &RealServer, url: &str) -> Landing {
    // All clients have the same one.
    let redirect_uri = server.client(BASIC).unwrap().redirect_uri().unwrap();
    user.sign_in(url, redirect_uri).await.unwrap()
}

/// A whole login of `alice`, or of whoever `user` is.
pub(crate) async fn sign_in_as(
    user: &User,
    server: &RealServer,
    client: &OpenIdOAuth2,
) -> Result<SignIn> {
    let login = begin(client).await;
    let landing = visit_as(user, server, login.url.as_str()).await;
    client.sign_in(callback(&landing), login.pending).await
}

pub(crate) async fn try_sign_in(server: &RealServer, client: &OpenIdOAuth2) -> Result<SignIn> {
    sign_in_as(&User::new(), server, client).await
}

pub(crate) async fn sign_in(server: &RealServer, client: &OpenIdOAuth2) -> SignIn {
    try_sign_in(server, client).await.unwrap_or_else(|error| {
        panic!("{} at {}: {error}\n{}", client.client_id(), server.name(), server.stderr())
    })
}

/// What a browser's session holds of a login, changed: as if it were that of another one.
pub(crate) fn changed(
    pending: PendingAuthorization,
    name: &str,
    to: Value,
) -> PendingAuthorization {
    let mut stored: Value = serde_json::from_str(pending.expose_for_session().expose()).unwrap();
    assert!(!stored[name].is_null(), "{name} is there");
    stored[name] = to;
    PendingAuthorization::from_session(&Secret::new(stored.to_string())).unwrap()
}

#[track_caller]
pub(crate) fn check_refused(error: &Error, reason: &str) {
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some(reason)), "{error}");
}

#[track_caller]
pub(crate) fn check_oauth(error: &Error, kind: ErrorKind, code: &str) {
    let said = error.oauth().map(OAuthError::code);
    assert_eq!((error.kind(), said), (kind, Some(code)), "{error}");
}

/// The requests at oidc-provider that have `part` in URL or body: others come from other tests.
pub(crate) async fn sent_with(server: &RealServer, path: &str, part: &str) -> Vec<Value> {
    let mut requests = server.requests(path).await.unwrap();
    let has = |text: &Value| text.as_str().unwrap().contains(part);
    requests.retain(|request| has(&request["url"]) || has(&request["body"]));
    requests
}

/// What a request says in its body, as an object.
pub(crate) fn form(request: &Value) -> Value {
    pairs(request["body"].as_str().unwrap())
}

/// What a URL says in its query, as an object.
pub(crate) fn query(url: &str) -> Value {
    pairs(Url::parse(url).unwrap().query().unwrap_or_default())
}

fn pairs(text: &str) -> Value {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}

/// The names of an object's members, in alphabetical order.
pub(crate) fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A time that does not go on.
#[derive(Debug)]
pub(crate) struct Standing(pub(crate) SystemTime);

impl Clock for Standing {
    fn now(&self) -> SystemTime {
        self.0
    }
}
