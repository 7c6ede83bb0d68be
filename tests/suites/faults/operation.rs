//! The operations, each from what it needs to what it comes to.

use std::sync::Arc;

use hallpass::openid::introspect;
use hallpass_core::{
    Api, AuthorizationRequest, BaseOAuth2, Callback, Endpoint, OAuth2Token, PendingAuthorization,
    Purpose, Request, Result, Revoke,
};
use hallpass_session::{DeviceAuthorization, DeviceLogin};
use hallpass_testkit::{LocalProvider, User};

use crate::table::Outcome;

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
}

/// What has to be there before the fault.
pub(crate) enum Ready {
    Nothing,
    Login(Box<(Callback, PendingAuthorization)>),
    Token(Box<OAuth2Token>),
    Device(Box<DeviceAuthorization>),
}

type Client = Arc<dyn BaseOAuth2>;

impl Operation {
    pub(crate) const ALL: [Self; 11] = [
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
    ];

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
            Self::Profile | Self::Userinfo => {
                |it| matches!(it.purpose(), Purpose::Endpoint(Endpoint::Userinfo) | Purpose::Api)
            }
            Self::Discovery => {
                |it| it.purpose() == Purpose::Metadata && it.url.path().contains(WELL_KNOWN)
            }
            Self::Jwks => {
                |it| it.purpose() == Purpose::Metadata && !it.url.path().contains(WELL_KNOWN)
            }
            Self::Device => |it| it.purpose() == Purpose::Endpoint(Endpoint::DeviceAuthorization),
        }
    }

    /// All that comes before it.
    pub(crate) async fn prepare(self, client: &Client, local: &LocalProvider) -> Ready {
        match self {
            Self::Par | Self::Discovery | Self::Device => Ready::Nothing,
            Self::Exchange | Self::Jwks => Ready::Login(Box::new(login(client, local).await)),
            Self::Refresh | Self::Revoke | Self::Introspect | Self::Profile | Self::Userinfo => {
                let (callback, pending) = login(client, local).await;
                let token = client.get_access_token(callback, pending).await.unwrap();
                Ready::Token(Box::new(token))
            }
            Self::Poll => {
                let login = DeviceLogin::new(Arc::clone(client)).start().await.unwrap();
                let (page, code) = (login.verification_uri(), login.user_code());
                local.browser().enter_code(page, code, User::first()).await.unwrap();
                Ready::Device(Box::new(login))
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
            (Self::Discovery, _) => {
                client.get_authorization_url(AuthorizationRequest::new()).await?;
            }
            (Self::Device, _) => {
                DeviceLogin::new(Arc::clone(client)).start().await?;
            }
            (Self::Exchange | Self::Jwks, ready @ Ready::Login(_)) => {
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
            (Self::Profile, Ready::Token(token)) => {
                assert!(!client.get_profile(token).await?.id().is_empty());
            }
            (Self::Userinfo, Ready::Token(token)) => {
                Api::new(&**client, token).userinfo().await?;
            }
            (Self::Poll, Ready::Device(login)) => {
                let token = login.poll().await?;
                return Ok(if token.is_some() { Outcome::Good } else { Outcome::Wait });
            }
            _ => panic!("{self:?} needs something else"),
        }
        Ok(Outcome::Good)
    }
}

/// A user's way through the browser.
pub(crate) async fn login(
    client: &Client,
    local: &LocalProvider,
) -> (Callback, PendingAuthorization) {
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    (landing.callback().unwrap(), login.pending)
}
