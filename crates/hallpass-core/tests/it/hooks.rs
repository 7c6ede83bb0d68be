//! The application's hooks: when they run, and what comes of what they say.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{
    ApiRequest, AuthorizationRequest, ClientAuth, Descriptor, Endpoint, EndpointForm, Error,
    ErrorKind, Grant, Hooks, OAuth2Token, Operation, Request, Result, Revocation, Revoke, Secret,
    TokenForm, TokenReply, http::Method,
};
use serde_json::json;

use crate::support::{Acme, CODE, World, acme, refused};

mod bounds;
mod changes;

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down which step it is at, and refuses one.
#[derive(Debug)]
struct Probe {
    name: &'static str,
    log: Log,
    refused: Option<(&'static str, Error)>,
}

impl Probe {
    /// As a hook that asks somebody else first.
    async fn at(&self, step: &'static str) -> Result<()> {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.log.lock().unwrap().push(format!("{}{step}", self.name));
        match &self.refused {
            Some((refused, error)) if *refused == step => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Hooks for Probe {
    async fn before_token_request(&self, _: &mut TokenForm<'_>) -> Result<()> {
        self.at("before_token_request").await
    }

    async fn after_token_response(&self, _: &mut TokenReply<'_>) -> Result<()> {
        self.at("after_token_response").await
    }

    async fn before_refresh(&self, _: &mut TokenForm<'_>, token: &OAuth2Token) -> Result<()> {
        assert!(token.access_token().matches("A"), "the token that is renewed");
        self.at("before_refresh").await
    }

    async fn after_refresh(&self, _: &mut TokenReply<'_>, token: &OAuth2Token) -> Result<()> {
        assert!(token.access_token().matches("A"), "the token that is renewed");
        self.at("after_refresh").await
    }

    async fn before_protected_request(&self, _: &mut Request, token: &OAuth2Token) -> Result<()> {
        assert!(token.access_token().matches("A"), "the token that is sent");
        self.at("before_protected_request").await
    }

    async fn before_revoke(&self, _: &mut EndpointForm<'_>) -> Result<()> {
        self.at("before_revoke").await
    }

    async fn before_introspect(&self, _: &mut EndpointForm<'_>) -> Result<()> {
        self.at("before_introspect").await
    }
}

/// A world whose client has these hooks.
fn with(provider: Acme, hooks: impl Hooks + 'static) -> World {
    let World { client, wire, clock } = World::of(provider);
    World { client: client.with_hooks(Arc::new(hooks)), wire, clock }
}

fn token() -> OAuth2Token {
    let stored = json!({ "access_token": "A", "refresh_token": "R" });
    OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap()
}

/// A provider with everything that a request can go to.
fn whole() -> Acme {
    let rfc = Revocation::Rfc7009(ClientAuth::Basic);
    acme().but(|d| {
        d.with_revocation(rfc)
            .with_endpoint(Endpoint::Userinfo, "https://acme.test/userinfo")
            .with_endpoint(Endpoint::DeviceAuthorization, "https://acme.test/device")
            .with_endpoint(Endpoint::PushedAuthorization, "https://acme.test/par")
    })
}

/// One that revokes a grant by the user's token, anything else as the client.
fn own_way() -> Acme {
    const ALL: &[Revoke] = &[Revoke::Grant, Revoke::AccessToken];
    acme().but(|d: Descriptor| d.with_revocation(Revocation::Custom(ALL)))
}

/// What a client does.
#[derive(Debug, Clone, Copy)]
enum Act {
    Login,
    BareCode,
    ClientCredentials,
    Refresh,
    NarrowerRefresh,
    Profile,
    IdEmail,
    Userinfo,
    Api,
    ApiAsClient,
    ApiAsNobody,
    Revoke,
    RevokeByForm,
    Introspect,
    IntrospectWithToken,
    Device,
    Authorize,
    Push,
}

impl Act {
    async fn at(self, world: &World) -> Result<()> {
        let (client, token) = (&world.client, token());
        let api = client.api(&token);
        let url = "https://api.acme.test/x";
        let form = [("token", "A")];
        match self {
            Self::Login => world.login().await.map(drop),
            Self::BareCode => {
                let redirect_uri = "https://app.test/callback";
                client.dangerously_exchange_code(CODE.into(), redirect_uri, None).await.map(drop)
            }
            Self::ClientCredentials => {
                client.request_token(Grant::new("client_credentials")).await.map(drop)
            }
            Self::Refresh => client.refresh_token(&token).await.map(drop),
            Self::NarrowerRefresh => {
                let grant = Grant::refresh(&token).param("scope", "a");
                client.request_token(grant).await.map(drop)
            }
            Self::Profile => client.get_profile(&token).await.map(drop),
            Self::IdEmail => client.get_id_email(&token).await.map(drop),
            Self::Userinfo => api.userinfo().await.map(drop),
            Self::Api => api.get(url).send().await.map(drop),
            Self::ApiAsClient => api.get(url).client_auth(ClientAuth::Basic).send().await.map(drop),
            Self::ApiAsNobody => client.send(ApiRequest::new(Method::GET, url)).await.map(drop),
            Self::Revoke => client.revoke_token(&token, Revoke::AccessToken).await,
            Self::RevokeByForm => {
                client.send(ApiRequest::form(Endpoint::Revocation, form)).await.map(drop)
            }
            Self::Introspect => {
                client.send(ApiRequest::form(Endpoint::Introspection, form)).await.map(drop)
            }
            Self::IntrospectWithToken => {
                let request = ApiRequest::form(Endpoint::Introspection, form).token(&token);
                client.send(request).await.map(drop)
            }
            Self::Device => {
                let form = [("scope", "a")];
                client.send(ApiRequest::form(Endpoint::DeviceAuthorization, form)).await.map(drop)
            }
            Self::Authorize => client.authorize().start().await.map(drop),
            Self::Push => {
                let request = AuthorizationRequest::new().pushed();
                client.get_authorization_url(request).await.map(drop)
            }
        }
    }
}

/// An answer that is good for whatever was asked.
fn answer(world: &World) {
    let body = json!({
        "access_token": "A2", "refresh_token": "R2", "id": "42", "sub": "42",
        "request_uri": "urn:x", "active": true,
    });
    world.wire.answer(200, &body);
}

#[tokio::test]
async fn each_step_is_reached_by_its_operations_and_by_no_other() {
    const TOKEN: &[&str] = &["before_token_request", "after_token_response"];
    const REFRESH: &[&str] = &["before_refresh", "after_refresh"];
    const PROTECTED: &[&str] = &["before_protected_request"];
    for (act, want) in [
        (Act::Login, TOKEN),
        (Act::BareCode, TOKEN),
        (Act::ClientCredentials, TOKEN),
        (Act::Refresh, REFRESH),
        (Act::NarrowerRefresh, REFRESH),
        (Act::Profile, PROTECTED),
        (Act::IdEmail, PROTECTED),
        (Act::Userinfo, PROTECTED),
        (Act::Api, PROTECTED),
        (Act::ApiAsClient, &[]),
        (Act::ApiAsNobody, &[]),
        (Act::Revoke, &["before_revoke"]),
        (Act::RevokeByForm, &["before_revoke"]),
        (Act::Introspect, &["before_introspect"]),
        (Act::IntrospectWithToken, &["before_introspect", "before_protected_request"]),
        (Act::Device, &[]),
        (Act::Authorize, &[]),
        (Act::Push, &[]),
    ] {
        check_reached(whole(), act, want).await;
    }
    // A revocation of the provider's own is one whatever it is sent to.
    check_reached(own_way(), Act::Revoke, &["before_revoke"]).await;
    check_reached(own_way(), Act::ApiAsClient, &[]).await;
}

async fn check_reached(provider: Acme, act: Act, want: &[&str]) {
    let log = Log::default();
    let world = with(provider, Probe { name: "", log: log.clone(), refused: None });
    answer(&world);
    act.at(&world).await.unwrap_or_else(|error| panic!("{act:?}: {error}"));
    assert_eq!(*log.lock().unwrap(), want, "{act:?}");
}

#[tokio::test]
async fn a_grant_that_is_revoked_by_its_token_is_a_protected_request_too() {
    let log = Log::default();
    let world = with(own_way(), Probe { name: "", log: log.clone(), refused: None });
    answer(&world);
    world.client.revoke_token(&token(), Revoke::Grant).await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["before_revoke", "before_protected_request"]);
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_gives_hooks_nothing_to_put_right() {
    for (act, want) in [(Act::Login, "before_token_request"), (Act::Refresh, "before_refresh")] {
        let log = Log::default();
        let world = with(acme(), Probe { name: "", log: log.clone(), refused: None });
        world.wire.answer(400, &json!({ "error": "invalid_grant" }));
        refused(act.at(&world).await, ErrorKind::Denied, None);
        assert_eq!(*log.lock().unwrap(), [want]);
    }
}

#[tokio::test]
async fn hooks_run_in_the_order_given_after_the_providers_own() {
    let log = Log::default();
    let (form, reply, api) = (log.clone(), log.clone(), log.clone());
    let provider = whole()
        .on_token_request(move |_| {
            form.lock().unwrap().push("provider".to_owned());
            Ok(())
        })
        .on_token_reply(move |_| {
            reply.lock().unwrap().push("provider".to_owned());
            Ok(())
        })
        .on_api_request(move |_, _, _| {
            api.lock().unwrap().push("provider".to_owned());
            Ok(())
        });
    let probe = |name| Arc::new(Probe { name, log: log.clone(), refused: None });
    let World { client, wire, clock } = World::of(provider);
    // A clone has the hooks that were there when it was made.
    let client = client.with_hooks(probe("1 ")).clone().with_hooks(probe("2 "));
    let world = World { client, wire, clock };
    for (act, steps) in [
        (Act::Login, &["before_token_request", "after_token_response"][..]),
        (Act::Refresh, &["before_refresh", "after_refresh"]),
        (Act::Profile, &["before_protected_request"]),
    ] {
        answer(&world);
        act.at(&world).await.unwrap();
        let want = steps
            .iter()
            .flat_map(|step| ["provider".to_owned(), format!("1 {step}"), format!("2 {step}")]);
        let got = std::mem::take(&mut *log.lock().unwrap());
        assert_eq!(got, want.collect::<Vec<_>>());
    }
    for (act, step) in [(Act::Revoke, "before_revoke"), (Act::Introspect, "before_introspect")] {
        answer(&world);
        act.at(&world).await.unwrap();
        let got = std::mem::take(&mut *log.lock().unwrap());
        assert_eq!(got, [format!("1 {step}"), format!("2 {step}")]);
    }
}

#[tokio::test]
async fn a_refusal_before_a_request_sends_nothing_and_asks_no_other_hook() {
    for (act, step, operation) in [
        (Act::Login, "before_token_request", Operation::AccessToken),
        (Act::ClientCredentials, "before_token_request", Operation::RequestToken),
        (Act::Refresh, "before_refresh", Operation::Refresh),
        (Act::Profile, "before_protected_request", Operation::Send),
        (Act::Api, "before_protected_request", Operation::Send),
        (Act::Revoke, "before_revoke", Operation::Revoke),
        (Act::Introspect, "before_introspect", Operation::Send),
    ] {
        let log = Log::default();
        let error = Error::denied("not today").with_reason("frozen");
        let first = Probe { name: "1 ", log: log.clone(), refused: Some((step, error)) };
        let mut world = with(whole(), first);
        let second = Probe { name: "2 ", log: log.clone(), refused: None };
        world.client = world.client.with_hooks(Arc::new(second));
        let error = refused(act.at(&world).await, ErrorKind::Denied, Some("frozen"));
        assert_eq!((error.operation(), error.status()), (Some(operation), None));
        world.wire.assert_silent();
        assert_eq!(*log.lock().unwrap(), [format!("1 {step}")]);
    }
}

#[tokio::test]
async fn a_refusal_after_an_answer_says_that_there_was_one() {
    for (act, step) in [(Act::Login, "after_token_response"), (Act::Refresh, "after_refresh")] {
        // A word that says of other errors that nothing was sent says of this one what happened.
        for (reason, want) in [("frozen", "frozen"), ("connect", "interrupted")] {
            let error = Error::transport("no").with_reason(reason);
            let refusing = Probe { name: "", log: Log::default(), refused: Some((step, error)) };
            let world = with(acme(), refusing);
            answer(&world);
            let error = refused(act.at(&world).await, ErrorKind::Transport, Some(want));
            assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
            world.wire.only();
        }
    }
}

/// Hooks that nobody wrote do nothing.
#[derive(Debug)]
struct Silent;

impl Hooks for Silent {}

#[tokio::test]
async fn a_step_that_is_not_written_does_nothing() {
    let acts = [Act::Login, Act::Refresh, Act::Profile, Act::Revoke, Act::Introspect];
    for act in acts {
        let (plain, hooked) = (World::of(whole()), with(whole(), Silent));
        for world in [&plain, &hooked] {
            answer(world);
            act.at(world).await.unwrap();
        }
        let (plain, hooked) = (plain.wire.only(), hooked.wire.only());
        assert_eq!(plain.headers, hooked.headers);
        let names = |form: Vec<(String, String)>| form.into_iter().map(|(name, _)| name);
        assert!(names(plain.form()).eq(names(hooked.form())), "{act:?}");
    }
}
