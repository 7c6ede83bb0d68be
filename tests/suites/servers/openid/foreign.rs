//! JWTs that are good, but not ours.

use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use hallpass_core::{
    ErrorKind, HttpClient, JwtKind, Purpose, Request, ReqwestClient, Response, Result, Secret,
};
use hallpass_openid::{OpenId, OpenIdOAuth2};
use hallpass_tests::server::RealServer;

use super::{BASIC, check_refused, client, client_of, sign_in, try_sign_in};
use crate::raw::get;
use crate::shared::{CANAILLE, OP};

const OTHER_ISSUER: &str = "https://op.example.test";

#[tokio::test]
async fn an_id_token_is_good_for_its_client_at_its_issuer_alone() {
    for (server, other) in [(&*OP, &*CANAILLE), (&*CANAILLE, &*OP)] {
        let ours = client(server, BASIC);
        let token = sign_in(server, &ours).await.token;
        let id_token = token.id_token().unwrap();
        ours.verify_jwt(id_token, JwtKind::IdToken).await.unwrap();
        check(&client(server, "client-post"), id_token, JwtKind::IdToken, "aud").await;
        check(&client(other, BASIC), id_token, JwtKind::IdToken, "key").await;
        check(&twin(server).await, id_token, JwtKind::IdToken, "iss").await;
        check(&ours, &forged(id_token), JwtKind::IdToken, "signature").await;
        check(&ours, id_token, JwtKind::LogoutToken, "events").await;
        check(&ours, id_token, JwtKind::Introspection, "typ").await;
    }
}

async fn check(client: &OpenIdOAuth2, jwt: &Secret, kind: JwtKind, reason: &str) {
    check_refused(&client.verify_jwt(jwt, kind).await.unwrap_err(), reason);
}

/// A client of somebody who publishes the same keys under another name.
async fn twin(server: &RealServer) -> OpenIdOAuth2 {
    let mut document = get(server, "/.well-known/openid-configuration").await;
    let keys = document["jwks_uri"].as_str().unwrap().to_owned();
    document["issuer"] = OTHER_ISSUER.into();
    for (_, value) in document.as_object_mut().unwrap() {
        // A document of an https issuer may name https alone.
        if let Some(url) = value.as_str().filter(|text| text.starts_with(server.issuer())) {
            *value = url.replace("http://", "https://").into();
        }
    }
    let op = OpenId::from_metadata("op", document).unwrap().with_jwks_uri(keys);
    client_of(op, server, BASIC)
}

/// Another subject under the same signature.
fn forged(jwt: &Secret) -> Secret {
    let [header, claims, signature]: [&str; 3] =
        jwt.expose().split('.').collect::<Vec<_>>().try_into().unwrap();
    let claims = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert!(claims.contains("\"alice\""), "{claims}");
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.replace("\"alice\"", "\"mallory\""));
    Secret::new(format!("{header}.{claims}.{signature}"))
}

#[tokio::test]
async fn an_encrypted_id_token_is_refused() {
    let error = try_sign_in(&OP, &client(&OP, "client-encrypted-ecdh-es")).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("encrypted")), "{error}");
}

#[tokio::test]
async fn an_answer_that_was_put_together_of_two_is_refused() {
    // Only the ID token of canaille says which access token it came with, and that is looked at
    // before the nonce.
    for (server, member, reason) in [
        (&*CANAILLE, "access_token", "at_hash"),
        (&*CANAILLE, "id_token", "at_hash"),
        (&*OP, "id_token", "nonce"),
    ] {
        let client = client(server, BASIC);
        let earlier = sign_in(server, &client).await.token;
        let earlier = match member {
            "id_token" => earlier.id_token().unwrap().clone(),
            _ => earlier.access_token().clone(),
        };
        let mixed = client.with_http_client(Arc::new(Mixing(member, earlier)));
        check_refused(&try_sign_in(server, &mixed).await.unwrap_err(), reason);
    }
}

/// Puts something of an earlier answer into those of the token endpoint.
#[derive(Debug)]
struct Mixing(&'static str, Secret);

#[async_trait::async_trait]
impl HttpClient for Mixing {
    async fn send(&self, request: Request) -> Result<Response> {
        let is_token = request.purpose() == Purpose::Token;
        let mut response = ReqwestClient::new().send(request).await?;
        if is_token {
            let mut body = response.json()?;
            assert!(body[self.0].is_string(), "{}", response.status);
            body[self.0] = self.1.expose().into();
            response.body = body.to_string().into_bytes();
        }
        Ok(response)
    }
}
