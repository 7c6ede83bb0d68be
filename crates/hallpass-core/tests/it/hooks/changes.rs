//! What hooks may change, and how often they are asked.

use std::sync::atomic::{AtomicU32, Ordering};

use hallpass_core::{
    OAuth2Client,
    http::{HeaderValue, header},
};

use super::*;
use crate::support::{Signer, response};

/// Adds the same parameter and header wherever it can.
#[derive(Debug)]
struct Adds;

const NOTE: HeaderValue = HeaderValue::from_static("noted");

fn note(form: &mut TokenForm<'_>) -> Result<()> {
    form.header(header::VIA, NOTE);
    form.param("note", form.grant_type().to_owned().as_str())
}

fn note_endpoint(form: &mut EndpointForm<'_>) -> Result<()> {
    form.header(header::VIA, NOTE);
    form.param("note", "endpoint")
}

#[async_trait]
impl Hooks for Adds {
    async fn before_token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        note(form)
    }

    async fn before_refresh(&self, form: &mut TokenForm<'_>, _: &OAuth2Token) -> Result<()> {
        note(form)
    }

    async fn before_protected_request(&self, request: &mut Request, _: &OAuth2Token) -> Result<()> {
        request.headers.insert(header::VIA, NOTE);
        request.url.query_pairs_mut().append_pair("note", "query");
        Ok(())
    }

    async fn before_revoke(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        note_endpoint(form)
    }

    async fn before_introspect(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        note_endpoint(form)
    }
}

#[tokio::test]
async fn what_a_hook_adds_is_sent() {
    for (act, want) in [
        (Act::Login, "authorization_code"),
        (Act::ClientCredentials, "client_credentials"),
        (Act::Refresh, "refresh_token"),
        (Act::Revoke, "endpoint"),
        (Act::Introspect, "endpoint"),
    ] {
        let world = with(whole(), Adds);
        answer(&world);
        act.at(&world).await.unwrap();
        let sent = world.wire.only();
        assert_eq!(sent.param("note").as_deref(), Some(want), "{act:?}");
        assert_eq!(sent.header("via"), Some("noted"), "{act:?}");
    }
    for act in [Act::Profile, Act::Userinfo, Act::Api] {
        let world = with(whole(), Adds);
        answer(&world);
        act.at(&world).await.unwrap();
        let sent = world.wire.only();
        assert_eq!((sent.url.query(), sent.header("via")), (Some("note=query"), Some("noted")));
        assert_eq!(sent.header("authorization"), Some("Bearer A"), "core's own comes after it");
    }
}

#[tokio::test]
async fn a_revocation_of_the_providers_own_takes_what_hooks_add() {
    let world = with(own_way(), Adds);
    answer(&world);
    world.client.revoke_token(&token(), Revoke::AccessToken).await.unwrap();
    world.wire.only().assert_form(&[("token", "A"), ("note", "endpoint")]);
    answer(&world);
    world.client.revoke_token(&token(), Revoke::Grant).await.unwrap();
    let sent = world.wire.only();
    sent.assert_form(&[("note", "endpoint")]);
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn what_is_no_form_takes_no_parameters() {
    let world = with(whole(), Adds);
    let request = ApiRequest::endpoint(Method::POST, Endpoint::Introspection);
    let request = request.json(&json!({ "token": "A" })).client_auth(ClientAuth::Basic);
    refused(world.client.send(request).await, ErrorKind::Config, None);
    world.wire.assert_silent();
}

/// Moves a token that stands elsewhere in the reply to where core looks for it.
#[derive(Debug)]
struct Moves;

fn unwrap_answer(reply: &mut TokenReply<'_>) -> Result<()> {
    let fields = reply.fields()?;
    if let Some(inner) = fields.remove("inner") {
        fields.insert("access_token".to_owned(), inner);
    }
    Ok(())
}

#[async_trait]
impl Hooks for Moves {
    async fn after_token_response(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        unwrap_answer(reply)
    }

    async fn after_refresh(&self, reply: &mut TokenReply<'_>, _: &OAuth2Token) -> Result<()> {
        unwrap_answer(reply)
    }
}

#[tokio::test]
async fn an_odd_reply_is_put_right() {
    let world = with(acme(), Moves);
    let token = world.login_answered(200, &json!({ "inner": "T" })).await.unwrap();
    assert!(token.access_token().matches("T"));
    world.wire.answer(200, &json!({ "inner": "T2" }));
    let token = world.client.refresh_token(&super::token()).await.unwrap();
    assert!(token.access_token().matches("T2"));
    assert!(token.refresh_token().unwrap().matches("R"), "what the reply leaves out stays");
}

/// Counts how often it is asked, and wants the signature for itself.
#[derive(Debug, Default)]
struct Counts {
    forms: AtomicU32,
    requests: AtomicU32,
}

#[async_trait]
impl Hooks for Counts {
    async fn before_refresh(&self, form: &mut TokenForm<'_>, _: &OAuth2Token) -> Result<()> {
        self.forms.fetch_add(1, Ordering::Relaxed);
        form.header("dpop".parse().unwrap(), HeaderValue::from_static("forged"));
        form.param("long", "added")
    }

    async fn before_introspect(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        self.forms.fetch_add(1, Ordering::Relaxed);
        form.header("dpop".parse().unwrap(), HeaderValue::from_static("forged"));
        Ok(())
    }

    async fn before_protected_request(&self, request: &mut Request, _: &OAuth2Token) -> Result<()> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        request.headers.insert("dpop", HeaderValue::from_static("forged"));
        Ok(())
    }
}

#[tokio::test]
async fn a_signed_request_is_hooked_for_each_attempt_and_a_form_once() {
    for (act, want) in [(Act::Refresh, (1, 0)), (Act::Introspect, (1, 0)), (Act::Api, (0, 2))] {
        let counts = Arc::new(Counts::default());
        let World { client, wire, clock } = World::of(whole());
        let client: OAuth2Client<Acme> = client
            .with_request_signer(Arc::new(Signer::default()))
            .with_hooks(Arc::<Counts>::clone(&counts));
        let world = World { client, wire, clock };
        world.wire.answer_with(|_| {
            let mut refusal = response(400, "application/json", r#"{"error":"use_dpop_nonce"}"#);
            refusal.headers.insert("dpop-nonce", HeaderValue::from_static("n"));
            Ok(refusal)
        });
        world.wire.answer(200, &json!({ "access_token": "A2", "token_type": "DPoP" }));
        act.at(&world).await.unwrap();
        let sent = world.wire.sent();
        assert_eq!(sent.len(), 2);
        for (index, sent) in sent.iter().enumerate() {
            let proof = sent.header("dpop").unwrap();
            assert!(proof.starts_with(&format!("{} ", index + 1)), "signed last: {proof}");
            assert!(proof.ends_with(&format!(" {}", sent.body.len())), "all of it: {proof}");
        }
        let forms = counts.forms.load(Ordering::Relaxed);
        assert_eq!((forms, counts.requests.load(Ordering::Relaxed)), want, "{act:?}");
    }
}
