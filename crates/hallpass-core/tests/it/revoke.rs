//! Ending a token or a grant.

use std::sync::Arc;

use hallpass_core::{
    ApiRequest, ClientAuth, Descriptor, Endpoint, Error, ErrorKind, OAuth2Client, OAuth2Token,
    OAuthError, Operation, Purpose, Revocation, Revoke, Secret, http::Method,
};
use serde_json::json;

use crate::support::{Acme, Bare, SECRET, Sent, Wire, World, acme, config, public, refused};

fn rfc(auth: ClientAuth) -> Acme {
    acme().but(|d| d.with_revocation(Revocation::Rfc7009(auth)))
}

fn both() -> OAuth2Token {
    let stored = json!({ "access_token": "A", "refresh_token": "R" });
    OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap()
}

async fn revoked(world: &World, token: &OAuth2Token, what: Revoke) -> Sent {
    world.wire.answer_text(200, "", "");
    world.client.revoke_token(token, what).await.unwrap();
    world.wire.only()
}

#[tokio::test]
async fn the_standards_way_names_the_token_and_its_kind() {
    let (access_only, refresh_only) =
        (OAuth2Token::from_access_token("A"), OAuth2Token::from_refresh_token("R"));
    for (token, what, want) in [
        (both(), Revoke::AccessToken, ("A", "access_token")),
        (both(), Revoke::RefreshToken, ("R", "refresh_token")),
        (both(), Revoke::Grant, ("R", "refresh_token")),
        (access_only.clone(), Revoke::AccessToken, ("A", "access_token")),
        (access_only.clone(), Revoke::Grant, ("A", "access_token")),
        (refresh_only.clone(), Revoke::RefreshToken, ("R", "refresh_token")),
        (refresh_only.clone(), Revoke::Grant, ("R", "refresh_token")),
    ] {
        let world = World::of(rfc(ClientAuth::Basic));
        let sent = revoked(&world, &token, what).await;
        assert_eq!(sent.url.as_str(), "https://acme.test/revoke");
        assert_eq!(sent.purpose, Purpose::Endpoint(Endpoint::Revocation));
        assert_eq!(sent.basic(), Some(format!("client:{SECRET}")));
        sent.assert_form(&[("token", want.0), ("token_type_hint", want.1)]);
    }
    let world = World::of(rfc(ClientAuth::Basic));
    let got = world.client.revoke_token(&access_only, Revoke::RefreshToken).await;
    refused(got, ErrorKind::Denied, Some("no_refresh_token"));
    // RFC 7009 section 2.1 requires the token: an empty one is a fault of ours to send.
    let got = world.client.revoke_token(&refresh_only, Revoke::AccessToken).await;
    refused(got, ErrorKind::Config, None);
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_token_of_oauth_1_goes_nowhere_without_its_signature() {
    let world = World::of(rfc(ClientAuth::Basic));
    for name in ["OAuth1", "oauth1"] {
        let token = both().with_token_type(name);
        let read = world.client.api(&token).get("https://api.acme.test/me").send().await;
        refused(read, ErrorKind::Config, Some("no_bearer"));
        let call = ApiRequest::new(Method::POST, "https://api.acme.test/me");
        let placed = world.client.send(call.token_in_query("t", &token)).await;
        refused(placed, ErrorKind::Config, Some("no_bearer"));
        let renewed = world.client.refresh_token(&token).await;
        refused(renewed, ErrorKind::Config, Some("no_bearer"));
        for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
            let ended = world.client.revoke_token(&token, what).await;
            refused(ended, ErrorKind::Config, Some("no_bearer"));
        }
    }
    world.wire.assert_silent();
}

#[tokio::test]
async fn the_client_authenticates_as_the_revocation_endpoint_wants() {
    let hint = [("token", "A"), ("token_type_hint", "access_token")];
    let sent = revoked(&World::of(rfc(ClientAuth::Post)), &both(), Revoke::AccessToken).await;
    sent.assert_form(&[hint[0], hint[1], ("client_id", "client"), ("client_secret", SECRET)]);
    assert_eq!(sent.header("authorization"), None);

    let sent = revoked(&World::of(rfc(ClientAuth::None)), &both(), Revoke::AccessToken).await;
    sent.assert_form(&hint);
    assert_eq!(sent.header("authorization"), None);

    for auth in [ClientAuth::None, ClientAuth::Basic, ClientAuth::Post] {
        let world = World::with(rfc(auth), public());
        let sent = revoked(&world, &both(), Revoke::AccessToken).await;
        sent.assert_form(&[hint[0], hint[1], ("client_id", "client")]);
        assert_eq!(sent.header("authorization"), None);
    }
}

#[tokio::test]
async fn an_assertion_stays_at_home_where_the_endpoint_wants_no_client() {
    let provider = rfc(ClientAuth::None).but(|d| d.with_client_auth(ClientAuth::Assertion));
    let world = World::with(provider, public().with_assertion(Unasked));
    let sent = revoked(&world, &both(), Revoke::AccessToken).await;
    sent.assert_form(&[("token", "A"), ("token_type_hint", "access_token")]);
}

/// A key that nobody may ask.
#[derive(Debug)]
struct Unasked;

#[async_trait::async_trait]
impl hallpass_core::ClientAssertion for Unasked {
    async fn sign(
        &self,
        _: &str,
        _: &str,
        _: std::time::SystemTime,
    ) -> hallpass_core::Result<Secret> {
        Err(Error::config("nobody asked for a signature"))
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_asked_for() {
    let all = [Revoke::AccessToken, Revoke::Grant, Revoke::RefreshToken];
    for what in all {
        let world = World::of(acme());
        let error =
            refused(world.client.revoke_token(&both(), what).await, ErrorKind::Unsupported, None);
        assert_eq!(error.operation(), Some(Operation::Revoke));
        world.wire.assert_silent();
    }
    let world = World::of(rfc(ClientAuth::Basic).but(Descriptor::without_refresh));
    let got = world.client.revoke_token(&both(), Revoke::RefreshToken).await;
    refused(got, ErrorKind::Unsupported, None);
    world.wire.assert_silent();
    let custom = acme().but(|d| d.with_revocation(Revocation::Custom(&[Revoke::Grant])));
    for what in all {
        let world = World::of(custom.clone());
        if what == Revoke::Grant {
            revoked(&world, &both(), what).await;
        } else {
            refused(world.client.revoke_token(&both(), what).await, ErrorKind::Unsupported, None);
            world.wire.assert_silent();
        }
    }
}

#[tokio::test]
async fn a_provider_revokes_in_its_own_way() {
    let listed = &[Revoke::Grant, Revoke::AccessToken];
    let world = World::of(acme().but(|d| d.with_revocation(Revocation::Custom(listed))));
    let sent = revoked(&world, &both(), Revoke::Grant).await;
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        ("DELETE", "https://api.acme.test/grant")
    );
    assert_eq!(sent.header("authorization"), Some("Bearer A"));

    let sent = revoked(&world, &both(), Revoke::AccessToken).await;
    assert_eq!(sent.url.as_str(), "https://api.acme.test/revocations");
    assert_eq!(sent.basic(), Some(format!("client:{SECRET}")));
    sent.assert_form(&[("token", "A")]);
}

#[tokio::test]
async fn a_way_of_its_own_that_nobody_wrote_is_unsupported() {
    let wire = Arc::new(Wire::default());
    let descriptor = acme().descriptor.with_revocation(Revocation::Custom(&[Revoke::Grant]));
    let client = OAuth2Client::new(Bare(descriptor), config()).unwrap();
    let client = client.with_http_client(wire.clone());
    refused(client.revoke_token(&both(), Revoke::Grant).await, ErrorKind::Unsupported, None);
    wire.assert_silent();
}

#[tokio::test]
async fn a_refused_revocation_says_what_to_do() {
    use ErrorKind::{Config, Malformed, Transport, Unsupported};
    for (status, body, kind, reason, code) in [
        (
            400,
            r#"{"error":"unsupported_token_type"}"#,
            Unsupported,
            None,
            Some("unsupported_token_type"),
        ),
        (401, r#"{"error":"invalid_client"}"#, Config, None, Some("invalid_client")),
        (503, "", Transport, None, None),
        (307, "", Malformed, Some("redirect"), None),
    ] {
        let world = World::of(rfc(ClientAuth::Basic));
        world.wire.answer_text(status, "application/json", body);
        let got = world.client.revoke_token(&both(), Revoke::AccessToken).await;
        let error = refused(got, kind, reason);
        assert_eq!(error.oauth().map(OAuthError::code), code);
        world.wire.only();
    }
    let world = World::of(rfc(ClientAuth::Basic).on_response(|_| Some(Error::denied("never"))));
    world.wire.answer_text(200, "", "");
    let got = world.client.revoke_token(&both(), Revoke::Grant).await;
    refused(got, ErrorKind::Denied, None);
}

#[tokio::test]
async fn revocation_needs_an_endpoint() {
    let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
    let provider = Bare(descriptor.with_revocation(Revocation::Rfc7009(ClientAuth::Basic)));
    refused(OAuth2Client::new(provider, config()), ErrorKind::Config, None);
}

#[tokio::test]
async fn a_way_that_is_declared_for_a_request_is_taken_or_refused() {
    let world = World::of(rfc(ClientAuth::Basic));
    let request = |auth| ApiRequest::form(Endpoint::Revocation, [("token", "A")]).client_auth(auth);
    world.wire.answer_text(200, "", "");
    world.client.send(request(ClientAuth::None)).await.unwrap();
    let sent = world.wire.only();
    assert_eq!(sent.basic(), None);
    sent.assert_form(&[("token", "A"), ("client_id", "client")]);

    let world = World::of(rfc(ClientAuth::Basic));
    let got = world.client.send(request(ClientAuth::Assertion)).await;
    refused(got, ErrorKind::Config, None);
    world.wire.assert_silent();
}
