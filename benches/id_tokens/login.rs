//! hallpass's verifier, given what core gives it at a login.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    Api, Backchannel, ClientConfig, Descriptor, Error, Expected, HttpClient, IdTokenVerifier, Json,
    MetadataSource, OAuth2Client, Profile, Provider, Request, Response, Result, Secret,
    VerifiedClaims,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use hallpass_openid::{OpenId, OpenIdParams, standard_profile};

use super::{ACCESS_TOKEN, Documents, ISSUER, NONCE, Op};
use crate::{CLIENT_ID, CLIENT_SECRET};

/// Verifies as `OAuth2Client::get_access_token` does, without the exchange before it:
/// `OAuth2Client::verify_jwt` knows of no login, and this provider tells the verifier of one.
#[derive(Debug)]
pub struct Login {
    openid: OpenId,
    nonce: Secret,
    access_token: Secret,
    is_cold: bool,
}

/// A client that keeps metadata and keys.
///
/// # Panics
///
/// If the configuration here is wrong.
#[must_use]
pub fn warm_client(op: &Op) -> OAuth2Client<Login> {
    client(op, false)
}

/// A client that begins each time with empty caches.
///
/// # Panics
///
/// If the configuration here is wrong.
#[must_use]
pub fn cold_client(op: &Op) -> OAuth2Client<Login> {
    client(op, true)
}

fn client(op: &Op, is_cold: bool) -> OAuth2Client<Login> {
    let (nonce, access_token) = (Secret::new(NONCE), Secret::new(ACCESS_TOKEN));
    let login = Login { openid: OpenId::new("op", ISSUER), nonce, access_token, is_cold };
    let config = ClientConfig::new(CLIENT_ID).with_secret(CLIENT_SECRET);
    let http = Memory(op.documents());
    OAuth2Client::new(login, config).expect("a client").with_http_client(Arc::new(http))
}

impl Provider for Login {
    type Params = OpenIdParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        standard_profile(api).await
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        Some(&self.openid)
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(self)
    }
}

#[async_trait]
impl IdTokenVerifier for Login {
    async fn verify(
        &self,
        jwt: &Secret,
        mut expected: Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<VerifiedClaims> {
        expected.nonce = Some(&self.nonce);
        expected.access_token = Some(&self.access_token);
        let claims = if self.is_cold {
            let openid: OpenId = OpenId::new("op", ISSUER);
            openid.verify(jwt, expected, net).await?
        } else {
            self.openid.verify(jwt, expected, net).await?
        };
        // Core's own part.
        let nonce = claims.get("nonce").and_then(Json::as_str).unwrap_or_default();
        if !self.nonce.matches(nonce) {
            return Err(Error::security("nonce", "the ID token is for another login"));
        }
        Ok(claims)
    }
}

/// Answers from memory.
#[derive(Debug)]
struct Memory(Documents);

#[async_trait]
impl HttpClient for Memory {
    async fn send(&self, request: Request) -> Result<Response> {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
        Ok(Response::new(StatusCode::OK, headers, self.0.at(request.url.path())))
    }
}
