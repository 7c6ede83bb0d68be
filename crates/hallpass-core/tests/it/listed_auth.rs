//! Client authentication where metadata lists the ways that an endpoint takes.

use hallpass_core::{
    ApiRequest, ClientAuth, ClientConfig, Endpoint, ErrorKind, Json, OAuth2Client, OAuth2Token,
    Revocation, Revoke,
};
use serde_json::json;

use crate::support::{
    Acme, Key, SECRET, Sent, World, acme, callback, config, param, public, refused,
};

const URL: &str = "https://acme.test/.well-known/openid-configuration";

/// How a request proved who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Assertion,
    Basic,
    IdAlone,
    Post,
}

fn keyed() -> ClientConfig {
    public().with_assertion(Key::default())
}

fn document(more: &Json) -> Json {
    let mut document = json!({
        "authorization_endpoint": "https://acme.test/authorize",
        "token_endpoint": "https://acme.test/token",
        "revocation_endpoint": "https://acme.test/revoke",
        "introspection_endpoint": "https://acme.test/introspect",
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

fn listing(list: &[&str]) -> Json {
    document(&json!({ "token_endpoint_auth_methods_supported": list }))
}

/// One way, and nothing of another.
#[track_caller]
fn proof(sent: &Sent) -> Proof {
    let has = |name| sent.param(name).is_some();
    let basic = sent.basic();
    let id = sent.param("client_id");
    let proof = match (&basic, has("client_secret"), has("client_assertion")) {
        (Some(_), false, false) => Proof::Basic,
        (None, true, false) => Proof::Post,
        (None, false, true) => Proof::Assertion,
        (None, false, false) => Proof::IdAlone,
        _ => panic!("more than one way: {}", sent.body),
    };
    assert_eq!(has("client_assertion_type"), proof == Proof::Assertion);
    match proof {
        Proof::Basic => assert_eq!((basic, id), (Some(format!("client:{SECRET}")), None)),
        _ => assert_eq!(id.as_deref(), Some("client")),
    }
    proof
}

fn discovered() -> Acme {
    let rfc = Revocation::Rfc7009(ClientAuth::Post);
    Acme::discovered(URL).but(|d| d.with_revocation(rfc))
}

/// A login of a provider whose metadata is this: how the client proved itself, or why not.
async fn login(provider: Acme, config: ClientConfig, document: &Json) -> Result<Proof, ErrorKind> {
    let world = World::with(provider, config);
    world.wire.answer(200, document);
    let login = world.client.authorize().start().await.unwrap();
    let state = param(login.url.as_str(), "state").unwrap();
    world.wire.sent();
    world.wire.answer(200, document);
    world.wire.answer(200, &json!({ "access_token": "T" }));
    let got = world.client.get_access_token(callback(&state), login.pending).await;
    let sent = world.wire.sent();
    match got {
        Ok(_) => Ok(proof(&sent[1])),
        Err(error) => {
            assert_eq!(sent.len(), 1, "no request but that for the metadata");
            Err(error.kind())
        }
    }
}

#[tokio::test]
async fn the_first_of_the_list_that_the_credential_can_do_is_taken() {
    let all = ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"];
    let post_first = ["none", "client_secret_post", "client_secret_basic", "private_key_jwt"];
    for (config, list, want) in [
        (config(), &all[..], Ok(Proof::Basic)),
        (config(), &post_first, Ok(Proof::Post)),
        (config(), &["client_secret_basic"], Ok(Proof::Basic)),
        (config(), &["client_secret_post"], Ok(Proof::Post)),
        (keyed(), &all, Ok(Proof::Assertion)),
        (keyed(), &post_first, Ok(Proof::Assertion)),
        // Who has no secret says who it is, whatever is listed for those who have one.
        (public(), &all, Ok(Proof::IdAlone)),
        (public(), &["none"], Ok(Proof::IdAlone)),
        (public(), &["client_secret_basic"], Ok(Proof::IdAlone)),
        (public(), &["private_key_jwt"], Ok(Proof::IdAlone)),
        (public(), &[], Ok(Proof::IdAlone)),
        // None fits, and a secret or a key is not left at home.
        (config(), &["private_key_jwt", "none"], Err(ErrorKind::Config)),
        (config(), &["none"], Err(ErrorKind::Config)),
        (config(), &[], Err(ErrorKind::Config)),
        (keyed(), &["client_secret_basic", "client_secret_post"], Err(ErrorKind::Config)),
        (keyed(), &["none"], Err(ErrorKind::Config)),
    ] {
        let what = format!("{config:?} of {list:?}");
        assert_eq!(login(discovered(), config, &listing(list)).await, want, "{what}");
    }
}

#[tokio::test]
async fn the_list_wins_over_the_descriptor_and_the_application_over_both() {
    let basic = || discovered().but(|d| d.with_client_auth(ClientAuth::Basic));
    let post = ["client_secret_post"];
    assert_eq!(login(basic(), config(), &listing(&post)).await, Ok(Proof::Post));
    assert_eq!(login(basic(), config(), &document(&json!({}))).await, Ok(Proof::Basic));
    let own = || config().with_client_auth(ClientAuth::Basic);
    assert_eq!(login(discovered(), own(), &listing(&post)).await, Ok(Proof::Basic));
    assert_eq!(login(discovered(), own(), &document(&json!({}))).await, Ok(Proof::Basic));
}

#[tokio::test]
async fn without_a_list_a_credential_that_does_not_fit_is_not_left_at_home() {
    // The client is made before anybody knows what is listed.
    let by = |auth| discovered().but(move |d| d.with_client_auth(auth));
    let unlisted = document(&json!({}));
    for (auth, config, want) in [
        (ClientAuth::Post, keyed(), Err(ErrorKind::Config)),
        (ClientAuth::None, keyed(), Err(ErrorKind::Config)),
        (ClientAuth::None, config(), Err(ErrorKind::Config)),
        (ClientAuth::Assertion, config(), Err(ErrorKind::Config)),
        (ClientAuth::Assertion, keyed(), Ok(Proof::Assertion)),
        (ClientAuth::Post, config(), Ok(Proof::Post)),
        (ClientAuth::None, public(), Ok(Proof::IdAlone)),
    ] {
        assert_eq!(login(by(auth), config, &unlisted).await, want, "{auth:?}");
    }
    // Of pinned endpoints there is no list to wait for.
    let pinned = |auth| acme().but(move |d| d.with_client_auth(auth));
    for (auth, config) in [(ClientAuth::Post, keyed()), (ClientAuth::None, config())] {
        refused(OAuth2Client::new(pinned(auth), config), ErrorKind::Config, None);
    }
}

#[tokio::test]
async fn a_key_goes_its_own_way_wherever_a_secret_is_declared() {
    // For a revocation, `discovered` declares a secret in the body.
    let by = |auth| discovered().but(move |d| d.with_client_auth(auth));
    let unlisted = document(&json!({}));
    let got = revoked_by(by(ClientAuth::Assertion), keyed(), &unlisted).await;
    assert_eq!(got, Ok(Proof::Assertion));
    let got = revoked_by(by(ClientAuth::Post), keyed(), &unlisted).await;
    assert_eq!(got, Err(ErrorKind::Config));
    let own = || keyed().with_client_auth(ClientAuth::Assertion);
    assert_eq!(revoked_by(by(ClientAuth::Post), own(), &unlisted).await, Ok(Proof::Assertion));
    // A secret does not stand in for a key.
    let signed = Revocation::Rfc7009(ClientAuth::Assertion);
    let provider = discovered().but(|d| d.with_revocation(signed));
    assert_eq!(revoked_by(provider, config(), &unlisted).await, Err(ErrorKind::Config));
}

async fn revoked(config: ClientConfig, document: &Json) -> Result<Proof, ErrorKind> {
    revoked_by(discovered(), config, document).await
}

/// The revocation of a token, of a provider whose metadata is this.
async fn revoked_by(
    provider: Acme,
    config: ClientConfig,
    document: &Json,
) -> Result<Proof, ErrorKind> {
    let world = World::with(provider, config);
    world.wire.answer(200, document);
    world.wire.answer_text(200, "", "");
    let token = OAuth2Token::from_access_token("A");
    let got = world.client.revoke_token(&token, Revoke::AccessToken).await;
    let sent = world.wire.sent();
    match got {
        Ok(()) => Ok(proof(&sent[1])),
        Err(error) => {
            assert_eq!(sent.len(), 1, "no request but that for the metadata");
            Err(error.kind())
        }
    }
}

#[tokio::test]
async fn revocation_has_a_list_of_its_own_or_that_of_the_token_endpoint() {
    let lists = |token: &[&str], revocation: &[&str]| {
        document(&json!({
            "token_endpoint_auth_methods_supported": token,
            "revocation_endpoint_auth_methods_supported": revocation,
        }))
    };
    let (basic, post) = (["client_secret_basic"], ["client_secret_post"]);
    assert_eq!(revoked(config(), &lists(&post, &basic)).await, Ok(Proof::Basic));
    assert_eq!(login(discovered(), config(), &lists(&post, &basic)).await, Ok(Proof::Post));
    assert_eq!(revoked(config(), &listing(&basic)).await, Ok(Proof::Basic));
    // Without a list at all, what the descriptor declares for a revocation.
    assert_eq!(revoked(config(), &document(&json!({}))).await, Ok(Proof::Post));
    assert_eq!(revoked(public(), &lists(&post, &basic)).await, Ok(Proof::IdAlone));
    let keys = ["private_key_jwt"];
    assert_eq!(revoked(keyed(), &lists(&keys, &keys)).await, Ok(Proof::Assertion));
    let none_fits = Err(ErrorKind::Config);
    assert_eq!(revoked(keyed(), &lists(&keys, &basic)).await, none_fits);
    assert_eq!(revoked(config(), &lists(&post, &keys)).await, none_fits);
}

#[tokio::test]
async fn what_the_application_chose_gives_way_to_an_endpoints_own_list_and_to_no_mistaken_one() {
    let (basic, post, key) = ("client_secret_basic", "client_secret_post", "private_key_jwt");
    for (token, revocation, want) in [
        (&[post, basic][..], Some(basic), Proof::Basic),
        (&[post], Some(basic), Proof::Basic),
        (&[post], Some(post), Proof::Post),
        (&[post], None, Proof::Post),
        // The application knows better than a list that has not even its way to the token endpoint.
        (&[basic], Some(basic), Proof::Post),
        (&[basic], None, Proof::Post),
        // None that the client can do: what was chosen, and the provider says what is wrong with
        // it.
        (&[post], Some(key), Proof::Post),
    ] {
        let mut document = listing(token);
        if let Some(way) = revocation {
            document["revocation_endpoint_auth_methods_supported"] = json!([way]);
        }
        let own = || config().with_client_auth(ClientAuth::Post);
        let what = format!("{token:?} {revocation:?}");
        assert_eq!(revoked(own(), &document).await, Ok(want), "{what}");
        assert_eq!(login(discovered(), own(), &document).await, Ok(Proof::Post), "{what}");
    }
}

#[tokio::test]
async fn a_way_that_the_call_chooses_is_taken_or_refused() {
    let asked = |config, auth| async move {
        let world = World::with(discovered(), config);
        world.wire.answer(200, &listing(&["client_secret_basic"]));
        world.wire.answer(200, &json!({ "active": false }));
        let request = ApiRequest::form(Endpoint::Introspection, [("token", "A")]);
        let request = match auth {
            Some(auth) => request.client_auth(auth),
            None => request,
        };
        let got = world.client.send(request).await;
        let sent = world.wire.sent();
        match got {
            Ok(_) => Ok(proof(&sent[1])),
            Err(error) => {
                assert_eq!(sent.len(), 1, "no request but that for the metadata");
                Err(error.kind())
            }
        }
    };
    assert_eq!(asked(config(), None).await, Ok(Proof::Basic));
    assert_eq!(asked(config(), Some(ClientAuth::Post)).await, Ok(Proof::Post));
    assert_eq!(asked(config(), Some(ClientAuth::None)).await, Ok(Proof::IdAlone));
    assert_eq!(asked(config(), Some(ClientAuth::Assertion)).await, Err(ErrorKind::Config));
    assert_eq!(asked(keyed(), Some(ClientAuth::Assertion)).await, Ok(Proof::Assertion));
}
