//! The token on a client of the application's own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{
    Error, ErrorKind, OAuth2Token, Secret,
    http::{Extensions, HeaderMap, Method, StatusCode, header},
};
use hallpass_session::{Session, TokenMiddleware, WithoutToken};
use hallpass_testkit::Fault;
use reqwest_middleware::{
    ClientBuilder, ClientWithMiddleware, Middleware, Next,
    reqwest::{self, Body, Request, Response},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::World;

mod redirects;

/// A client that goes to loopback, and what reqwest needs where TLS is compiled in.
fn bare() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

fn over(token: TokenMiddleware) -> ClientWithMiddleware {
    ClientBuilder::new(bare().build().unwrap()).with(token).build()
}

async fn session(world: &World) -> Session {
    world.manager.sign_in("ada", world.login().await).await.unwrap()
}

/// A client of the local provider's own API, in a user's name, and the API's URL.
async fn client(world: &World) -> (ClientWithMiddleware, String) {
    let base = world.local.base_url();
    let token = TokenMiddleware::new(session(world).await, base).unwrap();
    (over(token), format!("{base}/userinfo"))
}

fn calls(world: &World) -> usize {
    world.local.requests().iter().filter(|request| request.path() == "/userinfo").count()
}

/// The error of ours within the other one.
#[track_caller]
fn refused(
    got: reqwest_middleware::Result<Response>,
    kind: ErrorKind,
    reason: Option<&str>,
) -> Error {
    let Err(reqwest_middleware::Error::Middleware(error)) = got else {
        panic!("no error of a middleware: {got:?}")
    };
    let error = error.downcast_ref::<Error>().unwrap();
    assert_eq!((error.kind(), error.reason()), (kind, reason), "{error:?}");
    error.clone()
}

#[tokio::test]
async fn a_request_is_made_with_the_users_token() {
    /// What a middleware behind ours sees, one that logs for example.
    #[derive(Default)]
    struct Spy(Mutex<Option<HeaderMap>>);

    #[async_trait]
    impl Middleware for Spy {
        async fn handle(
            &self,
            request: Request,
            extensions: &mut Extensions,
            next: Next<'_>,
        ) -> reqwest_middleware::Result<Response> {
            *self.0.lock().unwrap() = Some(request.headers().clone());
            next.run(request, extensions).await
        }
    }

    let world = World::new().await;
    let base = world.local.base_url();
    let token = TokenMiddleware::new(session(&world).await, base).unwrap();
    assert_eq!(token.session().key(), &world.manager.key("ada"));
    let spy = Arc::new(Spy::default());
    let client = ClientBuilder::new(bare().build().unwrap()).with(token);
    let client = client.with_arc(Arc::<Spy>::clone(&spy)).build();
    let answer = client.get(format!("{base}/userinfo")).send().await.unwrap();
    let me: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(me["email"], "ada@users.test");
    let seen = spy.0.lock().unwrap().take().unwrap();
    assert!(seen[header::AUTHORIZATION].is_sensitive());
}

#[tokio::test]
async fn a_token_that_the_api_refuses_is_renewed_and_the_request_made_once_more() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    for method in [Method::GET, Method::POST] {
        world.local.clear_requests();
        world.local.fault(Fault::on("/userinfo").status(401));
        let request = client.request(method, &url).body("the body");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
        assert_eq!((world.refreshes(), calls(&world)), (1, 2));
        let requests = world.local.requests();
        let sent = requests.iter().filter(|request| request.path() == "/userinfo");
        let (tokens, bodies): (Vec<_>, Vec<_>) =
            sent.map(|it| (it.header("authorization"), it.body())).unzip();
        assert_eq!(bodies, [b"the body", b"the body"]);
        assert_ne!(tokens[0], tokens[1]);
    }
}

#[tokio::test]
async fn a_request_is_made_twice_and_no_more() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    world.local.fault(Fault::on("/userinfo").status(401).times(9));
    assert_eq!(client.get(url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!((world.refreshes(), calls(&world)), (1, 2));
}

#[tokio::test]
async fn a_body_that_cannot_be_copied_is_sent_once() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    world.local.fault(Fault::on("/userinfo").status(401).body("text/plain", "why"));
    // The body of an answer is a stream.
    let stream = || async {
        let marked = client.get(world.local.base_url()).with_extension(WithoutToken);
        Body::from(marked.send().await.unwrap())
    };
    let answer = client.post(&url).body(stream().await).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.text().await.unwrap(), "why", "as it came");
    assert_eq!((world.refreshes(), calls(&world)), (0, 1));
    let answer = client.post(&url).body(stream().await).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn where_there_is_no_other_token_the_apis_refusal_comes_as_it_is() {
    let world = World::new().await;
    let session =
        world.manager.sign_in("ada", OAuth2Token::from_access_token("bare")).await.unwrap();
    let base = world.local.base_url();
    let client = over(TokenMiddleware::new(session, base).unwrap());
    let answer = client.get(format!("{base}/userinfo")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(answer.headers().contains_key(header::WWW_AUTHENTICATE));
    assert_eq!((world.refreshes(), calls(&world)), (0, 1));
}

#[tokio::test]
async fn a_renewal_that_may_work_later_is_told_of() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    world.local.fault(Fault::on("/userinfo").status(401));
    world.local.fault(Fault::on("token").status(503));
    let error = refused(client.get(url).send().await, ErrorKind::Transport, None);
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn a_user_who_signed_out_sends_nothing() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    world.manager.sign_out("ada", None).await.unwrap();
    let got = client.get(url).send().await;
    refused(got, ErrorKind::Denied, Some("signed_out"));
    assert_eq!(calls(&world), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_with_one_expired_token_make_one_refresh_request() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    for round in 1..=3 {
        world.clock.forward(4_000);
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let request = client.get(&url);
            tasks.spawn(async move { request.send().await.unwrap().status() });
        }
        let all = tasks.join_all().await;
        assert!(all.iter().all(|status| *status == StatusCode::OK), "{all:?}");
        assert_eq!(world.refreshes(), round);
    }
}

#[tokio::test]
async fn the_token_goes_to_the_origins_named_for_it_alone() {
    let (world, other) = (World::new().await, World::new().await);
    let (client, url) = client(&world).await;
    let port = world.local.base_url().rsplit(':').next().unwrap().to_owned();
    let elsewhere = format!("{}/userinfo", other.local.base_url());
    for url in [
        elsewhere.clone(),
        url.replace("http://", "https://"),
        format!("http://localhost:{port}/userinfo"),
        format!("http://127.0.0.1.evil.test:{port}/userinfo"),
        format!("http://127.0.0.1:{port}@evil.test/userinfo"),
    ] {
        let got = client.get(&url).send().await;
        refused(got, ErrorKind::Security, Some("origin"));
    }
    assert_eq!((calls(&world), calls(&other)), (0, 0), "nothing was sent");
    for url in [&url, &elsewhere] {
        let marked = client.get(url).with_extension(WithoutToken);
        assert_eq!(marked.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    for world in [&world, &other] {
        assert_eq!(world.local.requests().pop().unwrap().header("authorization"), None);
    }
    let token = TokenMiddleware::new(session(&world).await, world.local.base_url()).unwrap();
    let both = over(token.allow_origin(&elsewhere).unwrap());
    both.get(&elsewhere).send().await.unwrap();
    let last = other.local.requests().pop().unwrap();
    assert!(last.header("authorization").unwrap().starts_with("Bearer "));
}

#[tokio::test]
async fn an_authorization_of_the_callers_own_is_for_a_marked_request() {
    let world = World::new().await;
    let (client, url) = client(&world).await;
    let own = || client.get(&url).header(header::AUTHORIZATION, "Basic own");
    refused(own().send().await, ErrorKind::Config, Some("reserved"));
    // reqwest makes a header of them.
    let in_url = url.replace("http://", "http://user:pw@");
    refused(client.get(&in_url).send().await, ErrorKind::Config, Some("reserved"));
    let whole = Request::new(Method::GET, in_url.parse().unwrap());
    refused(client.execute(whole).await, ErrorKind::Config, None);
    assert_eq!(calls(&world), 0);
    own().with_extension(WithoutToken).send().await.unwrap();
    let last = world.local.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Basic own"));
    assert_eq!(world.refreshes(), 0, "the refusal was of another's credentials");
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_refused() {
    for (kind, is_refused) in
        [("DPoP", true), ("mac", true), ("unheard-of", true), ("bEARER", false)]
    {
        let world = World::new().await;
        let stored = json!({ "access_token": "T", "token_type": kind });
        let token = OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap();
        let session = world.manager.sign_in("ada", token).await.unwrap();
        let base = world.local.base_url();
        let client = over(TokenMiddleware::new(session, base).unwrap());
        let got = client.get(format!("{base}/userinfo")).send().await;
        if is_refused {
            refused(got, ErrorKind::Unsupported, Some("key_binding"));
            assert_eq!(calls(&world), 0);
        } else {
            assert_eq!(got.unwrap().status(), StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn a_url_that_no_token_should_go_to_is_refused() {
    let world = World::new().await;
    let good = || TokenMiddleware::new(session_of(&world), "https://api.test/v1?x#y").unwrap();
    for url in [
        "",
        "api.test",
        "http://api.test",
        "http://192.0.2.1",
        "http://localhost.test",
        "ftp://api.test",
        "data:,x",
        "https://user@api.test",
        "https://:pw@api.test",
    ] {
        let got = TokenMiddleware::new(session_of(&world), url);
        assert_eq!(got.unwrap_err().kind(), ErrorKind::Config, "{url}");
        assert_eq!(good().allow_origin(url).unwrap_err().kind(), ErrorKind::Config, "{url}");
    }
    for url in ["http://localhost:1", "http://[::1]", "http://127.0.0.2"] {
        good().allow_origin(url).unwrap();
    }
}

fn session_of(world: &World) -> Session {
    world.manager.session("ada")
}
