//! The operations, each from what it needs to what it comes to.

use std::sync::Arc;

use hallpass::openid::introspect;
use hallpass_core::{
    Api, AuthorizationRequest, BaseOAuth2, Callback, Endpoint, OAuth2Token, PendingAuthorization,
    Purpose, Request, Result, Revoke,
};
use hallpass_session::{ApiClient, DeviceAuthorization, DeviceLogin, MemoryStore, TokenManager};
use hallpass_testkit::{Browser, User};

use crate::{place::Place, table::Outcome};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The way to the authorization page, by a pushed request.
    Par,
    Exchange,
    Refresh,
    Revoke,
    Introspect,
    Profile,
    Userinfo,
    /// The way to the authorization page, from the issuer alone.
    Discovery,
    /// An exchange whose ID token is verified with keys that are not there yet.
    Jwks,
    /// A device's first request.
    Device,
    /// And its question for the token.
    Poll,
    /// The first step of OAuth 1, on the way to its page.
    Temporary,
    /// The last: the verifier for a token and its secret.
    Credentials,
    /// A profile that is asked for with a signature.
    Signed,
    /// A call of an [`ApiClient`] that may be made again.
    Get,
    /// And one that may not.
    Post,
}

/// What has to be there before the fault.
pub(crate) enum Ready {
    Nothing,
    Login(Box<(Callback, PendingAuthorization)>),
    Token(Box<OAuth2Token>),
    Device(Box<DeviceAuthorization>),
    /// And the URL that is called.
    Api(Box<ApiClient>, String),
}

type Client = Arc<dyn BaseOAuth2>;

impl Operation {
    pub(crate) const ALL: [Self; 16] = [
        Self::Par,
        Self::Exchange,
        Self::Refresh,
        Self::Revoke,
        Self::Introspect,
        Self::Profile,
        Self::Userinfo,
        Self::Discovery,
        Self::Jwks,
        Self::Device,
        Self::Poll,
        Self::Get,
        Self::Post,
        Self::Temporary,
        Self::Credentials,
        Self::Signed,
    ];
    /// Those of a client of OpenID.
    pub(crate) const OF_OPENID: &'static [Self] = Self::ALL.split_at(13).0;
    /// And those of one of OAuth 1.
    pub(crate) const OF_OAUTH1: &'static [Self] = Self::ALL.split_at(11).1;

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Par => "par",
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
            Self::Introspect => "introspect",
            Self::Profile => "profile",
            Self::Userinfo => "userinfo",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::Device => "device",
            Self::Poll => "poll",
            Self::Temporary => "temporary",
            Self::Credentials => "credentials",
            Self::Signed => "signed",
            Self::Get => "get",
            Self::Post => "post",
        }
    }

    /// Whether a request is the one that meets the fault.
    pub(crate) fn is_meant(self) -> fn(&Request) -> bool {
        const WELL_KNOWN: &str = "/.well-known/";
        match self {
            Self::Par => |it| it.purpose() == Purpose::Endpoint(Endpoint::PushedAuthorization),
            Self::Exchange | Self::Refresh | Self::Poll => |it| it.purpose() == Purpose::Token,
            Self::Revoke => {
                |it| matches!(it.purpose(), Purpose::Endpoint(Endpoint::Revocation) | Purpose::Api)
            }
            Self::Introspect => |it| it.purpose() == Purpose::Endpoint(Endpoint::Introspection),
            Self::Profile | Self::Userinfo | Self::Signed | Self::Get | Self::Post => {
                |it| matches!(it.purpose(), Purpose::Endpoint(Endpoint::Userinfo) | Purpose::Api)
            }
            Self::Discovery => {
                |it| it.purpose() == Purpose::Metadata && it.url.path().contains(WELL_KNOWN)
            }
            Self::Jwks => {
                |it| it.purpose() == Purpose::Metadata && !it.url.path().contains(WELL_KNOWN)
            }
            Self::Device => |it| it.purpose() == Purpose::Endpoint(Endpoint::DeviceAuthorization),
            Self::Temporary => {
                |it| it.purpose() == Purpose::Token && it.url.path().ends_with("/initiate")
            }
            Self::Credentials => {
                |it| it.purpose() == Purpose::Token && it.url.path().ends_with("/token")
            }
        }
    }

    /// All that comes before it.
    pub(crate) async fn prepare(self, client: &Client, place: &Place) -> Ready {
        match self {
            Self::Par | Self::Discovery | Self::Device | Self::Temporary => Ready::Nothing,
            Self::Exchange | Self::Jwks | Self::Credentials => {
                Ready::Login(Box::new(login(client, &place.browser()).await))
            }
            Self::Refresh
            | Self::Revoke
            | Self::Introspect
            | Self::Profile
            | Self::Userinfo
            | Self::Signed => Ready::Token(Box::new(token(client, place).await)),
            Self::Poll => {
                let login = DeviceLogin::new(Arc::clone(client)).start().await.unwrap();
                let (page, code) = (login.verification_uri(), login.user_code());
                place.browser().enter_code(page, code, User::first()).await.unwrap();
                Ready::Device(Box::new(login))
            }
            Self::Get | Self::Post => {
                let manager = TokenManager::new(Arc::clone(client), Arc::new(MemoryStore::new()));
                let token = token(client, place).await;
                let session = manager.sign_in("ada", token).await.unwrap();
                let api = ApiClient::new(session, place.api()).unwrap();
                Ready::Api(Box::new(api), place.api().to_owned())
            }
        }
    }

    /// The operation itself.
    pub(crate) async fn run(self, client: &Client, ready: &mut Ready) -> Result<Outcome> {
        match (self, ready) {
            (Self::Par, _) => {
                let request = AuthorizationRequest::new().pushed();
                client.get_authorization_url(request).await?;
            }
            (Self::Discovery | Self::Temporary, _) => {
                client.get_authorization_url(AuthorizationRequest::new()).await?;
            }
            (Self::Device, _) => {
                DeviceLogin::new(Arc::clone(client)).start().await?;
            }
            (Self::Exchange | Self::Jwks | Self::Credentials, ready @ Ready::Login(_)) => {
                let Ready::Login(login) = std::mem::replace(ready, Ready::Nothing) else {
                    unreachable!()
                };
                client.get_access_token(login.0, login.1).await?;
            }
            (Self::Refresh, Ready::Token(token)) => {
                client.refresh_token(token).await?;
            }
            (Self::Revoke, Ready::Token(token)) => {
                client.revoke_token(token, Revoke::AccessToken).await?;
            }
            (Self::Introspect, Ready::Token(token)) => {
                let said = introspect(&**client, token.access_token()).await?;
                assert!(said.is_active());
            }
            (Self::Profile | Self::Signed, Ready::Token(token)) => {
                assert!(!client.get_profile(token).await?.id().is_empty());
            }
            (Self::Userinfo, Ready::Token(token)) => {
                Api::new(&**client, token).userinfo().await?;
            }
            (Self::Poll, Ready::Device(login)) => {
                let token = login.poll().await?;
                return Ok(if token.is_some() { Outcome::Good } else { Outcome::Wait });
            }
            (Self::Get, Ready::Api(api, url)) => {
                api.get(url).read().await?;
            }
            (Self::Post, Ready::Api(api, url)) => {
                api.post(url).form([("text", "é & +")]).read().await?;
            }
            _ => panic!("{self:?} needs something else"),
        }
        Ok(Outcome::Good)
    }
}

/// A user's way through the browser.
pub(crate) async fn login(client: &Client, browser: &Browser) -> (Callback, PendingAuthorization) {
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = browser.sign_in(&login.url, User::first()).await.unwrap();
    (landing.callback().unwrap(), login.pending)
}

async fn token(client: &Client, place: &Place) -> OAuth2Token {
    let (callback, pending) = login(client, &place.browser()).await;
    client.get_access_token(callback, pending).await.unwrap()
}
