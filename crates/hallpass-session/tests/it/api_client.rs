use std::{
    error::Error as _,
    time::{Duration, Instant},
};

use hallpass_core::{Error, ErrorKind, OAuth2Token, Secret, http::StatusCode};
use hallpass_session::{ApiClient, Placement};
use hallpass_testkit::Fault;
use serde_json::json;

use crate::support::World;

/// A client of the local provider's own API, in a user's name.
async fn api(world: &World) -> ApiClient {
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    ApiClient::new(session, world.local.base_url()).unwrap()
}

#[tokio::test]
async fn a_call_is_made_with_the_users_token() {
    let world = World::new().await;
    let api = api(&world).await;
    for path in ["userinfo", "/userinfo", "/userinfo?x=1"] {
        let me = api.get(path).query("y", "2").read().await.unwrap();
        assert_eq!(me["email"], "ada@users.test");
    }
    let last = world.local.requests().pop().unwrap();
    assert_eq!(last.url().query(), Some("x=1&y=2"));
    let before = world.local.requests().len();
    api.get("userinfo?next=https://elsewhere.test/").read().await.unwrap();
    assert_eq!(world.local.requests().len(), before + 1, "a URL in the query is no URL to call");
}

#[tokio::test]
async fn a_token_that_the_api_refuses_is_renewed_and_the_call_made_once_more() {
    let world = World::new().await;
    let api = api(&world).await;
    world.local.fault(Fault::on("/userinfo").status(401));
    api.get("userinfo").send().await.unwrap();
    assert_eq!((world.refreshes(), calls(&world)), (1, 2));
    world.local.fault(Fault::on("/userinfo").status(401).times(9));
    let error = api.get("userinfo").send().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Denied, Some(StatusCode::UNAUTHORIZED)));
    assert_eq!(error.reason(), Some("invalid_token"));
    assert_eq!((world.refreshes(), calls(&world)), (2, 4), "once, and no more");
    world.local.clear_faults();
    world.local.fault(Fault::on("/userinfo").status(401));
    let _ = api.post("userinfo").json(&json!({ "a": 1 })).send().await;
    assert_eq!((world.refreshes(), calls(&world)), (3, 6), "a POST too: it was not carried out");
}

#[tokio::test]
async fn a_token_in_the_url_or_the_form_is_renewed_like_any_other() {
    for placement in [Placement::Query("t".into()), Placement::Form("t".into())] {
        let world = World::new().await;
        let api = api(&world).await.with_placement(placement);
        let call = || api.put("userinfo").form([("a", "1")]);
        world.local.fault(Fault::on("/userinfo").status(401));
        world.local.fault(Fault::on("/userinfo").status(200).body("application/json", "{}"));
        call().send().await.unwrap();
        assert_eq!((world.refreshes(), calls(&world)), (1, 2));
        world.local.fault(Fault::on("/userinfo").status(401).times(2));
        let error = call().send().await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
        assert_eq!((world.refreshes(), calls(&world)), (2, 4));
    }
}

#[tokio::test]
async fn a_token_bound_to_a_key_goes_into_the_header_or_nowhere() {
    let world = World::new().await;
    let stored = Secret::new(r#"{"access_token":"T","token_type":"dpop"}"#);
    let token = OAuth2Token::from_storage(&stored).unwrap();
    let session = world.manager.sign_in("ada", token).await.unwrap();
    let header = ApiClient::new(session, world.local.base_url()).unwrap();
    let query = header.clone().with_placement(Placement::Query("t".into()));
    let form = header.clone().with_placement(Placement::Form("t".into()));
    for call in [query.get("userinfo"), form.put("userinfo").form([("a", "1")])] {
        let error = call.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    assert_eq!(calls(&world), 0);
    for call in [header.get("userinfo"), form.get("userinfo")] {
        // It is not a token of the local provider.
        assert_eq!(call.send().await.unwrap_err().status(), Some(StatusCode::UNAUTHORIZED));
    }
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn where_there_is_no_other_token_the_apis_own_refusal_is_told() {
    let world = World::new().await;
    let bare = OAuth2Token::from_access_token("bare");
    let session = world.manager.sign_in("ada", bare).await.unwrap();
    let header = ApiClient::new(session, world.local.base_url()).unwrap();
    let query = header.clone().with_placement(Placement::Query("t".into()));
    for api in [header, query] {
        let error = api.get("userinfo").send().await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
        let source = error.source().unwrap().downcast_ref::<Error>().unwrap();
        assert_eq!(source.reason(), Some("no_refresh_token"));
    }
    assert_eq!((world.refreshes(), calls(&world)), (0, 2));
}

fn calls(world: &World) -> usize {
    world.local.requests().iter().filter(|request| request.path() == "/userinfo").count()
}

#[tokio::test]
async fn a_call_that_may_be_made_twice_is_made_again() {
    let world = World::new().await;
    let api = api(&world).await;
    world.local.fault(Fault::on("/userinfo").status(503).retry_after(Duration::ZERO).times(2));
    let begun = Instant::now();
    api.get("userinfo").send().await.unwrap();
    assert_eq!(calls(&world), 3);
    assert!(begun.elapsed() >= Duration::from_millis(100), "not at once, whatever it says");
    world.local.fault(Fault::on("/userinfo").status(503).retry_after(Duration::ZERO).times(9));
    let error = api.get("userinfo").send().await.unwrap_err();
    assert_eq!((error.kind(), calls(&world)), (ErrorKind::Transport, 6));
    api.post("userinfo").json(&json!({ "a": 1 })).send().await.unwrap_err();
    assert_eq!(calls(&world), 7, "a POST is made once");
    let once = api.clone().with_tries(1);
    once.get("userinfo").send().await.unwrap_err();
    assert_eq!(calls(&world), 8);
}

#[tokio::test]
async fn who_asks_us_to_wait_for_long_is_told_of_to_the_caller() {
    let world = World::new().await;
    let api = api(&world).await;
    world.local.fault(Fault::on("/userinfo").status(429).retry_after(Duration::from_secs(3600)));
    let error = api.get("userinfo").send().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn the_token_goes_to_the_apis_origins_alone() {
    let world = World::new().await;
    let api = api(&world).await;
    let before = world.local.requests().len();
    for url in ["https://evil.test/x", "http://127.0.0.1:1/x", "HTTPS://evil.test"] {
        let error = api.get(url).send().await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("origin")), "{url}");
    }
    assert_eq!(world.local.requests().len(), before, "nothing was sent");
    // Whatever a path looks like, it stays at the base URL's host.
    for (path, sent) in [
        ("//evil.test/x", "/evil.test/x"),
        ("\\\\evil.test\\x", "///evil.test/x"),
        ("@evil.test/x", "/@evil.test/x"),
        (":80@evil.test", "/:80@evil.test"),
        ("evil.test:80/", "/evil.test:80/"),
    ] {
        let before = world.local.requests().len();
        let error = api.get(path).send().await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::NOT_FOUND), "{path}: {error}");
        let requests = world.local.requests();
        assert_eq!(requests.len(), before + 1, "{path}");
        assert_eq!(requests.last().unwrap().path(), sent, "{path}");
    }
}

#[tokio::test]
async fn no_path_climbs_out_of_the_base_url() {
    let world = World::new().await;
    let session = world.manager.sign_in("ada", world.login().await).await.unwrap();
    let base = format!("{}/v1/api", world.local.base_url());
    let api = ApiClient::new(session, &base).unwrap();
    let before = world.local.requests().len();
    for path in [
        "../userinfo",
        "../../userinfo",
        "%2e%2e/userinfo",
        "a/../../userinfo",
        "a/../b",
        "a/.%2E",
        "./a",
        "a\\..\\..\\b",
        "..%2fuserinfo",
        "..%2Fuserinfo",
        "..%5cuserinfo",
        "a%5C..",
        ".\t./a",
        "..%\n2fuserinfo",
    ] {
        let error = api.get(path).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{path}");
    }
    assert_eq!(world.local.requests().len(), before, "nothing was sent");
    // Dots that are none of these, and slashes in the query.
    for path in ["...", "a..b", ".well-known", "%252e%252e", "a?x=%2f.."] {
        let error = api.get(path).send().await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::NOT_FOUND), "{path}");
    }
}

#[tokio::test]
async fn an_api_has_the_token_where_it_wants_it() {
    let world = World::new().await;
    let api = api(&world).await;
    let token = api.session().token().await.unwrap();
    let token = token.access_token().expose();
    world.local.fault(Fault::on("/userinfo").status(200).body("application/json", "{}").times(3));

    let query = api.clone().with_placement(Placement::Query("access_token".into()));
    query.get("userinfo").send().await.unwrap();
    let last = world.local.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), None);
    assert_eq!(last.param("access_token").as_deref(), Some(token));

    let form = api.clone().with_placement(Placement::Form("access_token".into()));
    form.post("userinfo").form([("a", "1")]).send().await.unwrap();
    let last = world.local.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), None);
    let body = String::from_utf8(last.body().to_vec()).unwrap();
    assert_eq!(body, format!("a=1&access_token={token}"));

    // A JSON body is never touched: there the header it is.
    form.post("userinfo").json(&json!({ "a": 1 })).send().await.unwrap();
    let last = world.local.requests().pop().unwrap();
    assert_eq!(last.body(), br#"{"a":1}"#);
    assert_eq!(last.header("authorization"), Some(&*format!("Bearer {token}")));
}

#[tokio::test]
async fn a_call_in_nobodys_name_shows_no_token() {
    let world = World::new().await;
    let api = api(&world).await;
    let error = api.get("userinfo").without_token().send().await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    let last = world.local.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), None);
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn a_base_url_is_a_url_without_query() {
    let world = World::new().await;
    let session = world.manager.session("ada");
    for base in ["https://api.test/?a=b", "https://api.test/#x"] {
        let error = ApiClient::new(session.clone(), base).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{base}");
    }
    let api = ApiClient::new(session.clone(), "https://api.test").unwrap();
    for url in [
        "",
        "api",
        "data:text",
        "ftp://api.test/",
        "file:///etc",
        "https://planted@api.test/",
        "https://:planted@api.test/",
    ] {
        let error = ApiClient::new(session.clone(), url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        let error = api.clone().allow_origin(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
    }
}

#[tokio::test]
async fn debug_of_a_call_shows_neither_query_nor_password() {
    let world = World::new().await;
    let api = ApiClient::new(world.manager.session("ada"), "https://api.test").unwrap();
    for (path, shown) in [
        ("a/b?planted", "a/b"),
        ("a#planted", "a"),
        ("https://planted:planted@api.test/@me?planted", "https://api.test/@me"),
        ("https:///planted@api.test", "https://api.test"),
        ("https://plan@ted@api.test/", "https://api.test/"),
    ] {
        assert_eq!(format!("{:?}", api.get(path)), format!("ApiCall(GET {shown:?})"));
    }
}
