//! Signing out at the provider, and being told in a frame that somebody did.

use hallpass_core::{ErrorKind, OAuth2Token, Secret, url::Url};
use hallpass_openid::{FrontchannelLogout, LogoutRequest, PendingLogout, logout};
use serde_json::json;

use crate::support::{CLIENT, ISSUER, World, param, refused};

fn back() -> LogoutRequest {
    LogoutRequest::new().with_redirect_uri("https://app.test/goodbye")
}

#[tokio::test]
async fn the_browser_goes_to_the_providers_page_with_a_state() {
    let world = World::new();
    let token = world.login(&json!({})).await.unwrap();
    let request = back().with_logout_hint("ada").with_ui_locales("fr en");
    let leaving = logout(&world.client, Some(&token), request).await.unwrap();
    let url = leaving.url.as_str();
    let page = Url::parse(url).unwrap();
    assert_eq!((page.host_str(), page.path()), (Some("op.test"), "/logout"));
    let state = param(url, "state").unwrap();
    assert_eq!(state.len(), 43);
    for (name, want) in [
        ("lang", "en"),
        ("client_id", CLIENT),
        ("id_token_hint", token.id_token().unwrap().expose()),
        ("post_logout_redirect_uri", "https://app.test/goodbye"),
        ("logout_hint", "ada"),
        ("ui_locales", "fr en"),
    ] {
        assert_eq!(param(url, name).as_deref(), Some(want), "{name}");
    }
    leaving.pending.verify(&format!("state={state}")).unwrap();
    let other = logout(&world.client, None, back()).await.unwrap();
    assert_ne!(param(other.url.as_str(), "state").unwrap(), state);
}

#[tokio::test]
async fn what_is_not_wanted_is_not_in_the_url() {
    let world = World::new();
    let token = world.login(&json!({})).await.unwrap();
    let without = LogoutRequest::new().without_id_token_hint();
    let leaving = logout(&world.client, Some(&token), without).await.unwrap();
    let url = leaving.url.as_str();
    for name in ["id_token_hint", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales"]
    {
        assert_eq!(param(url, name), None, "{name}");
    }
    leaving.pending.verify("").unwrap();
    let leaving = logout(&world.client, None, back()).await.unwrap();
    assert_eq!(param(leaving.url.as_str(), "id_token_hint"), None);
}

#[tokio::test]
async fn a_browser_comes_back_from_this_logout_or_is_refused() {
    let world = World::new();
    let stored = || async {
        let leaving = logout(&world.client, None, back()).await.unwrap();
        let state = param(leaving.url.as_str(), "state").unwrap();
        (state, leaving.pending.expose_for_session())
    };
    let (state, kept) = stored().await;
    let (other, _) = stored().await;
    for (query, reason) in [
        (format!("state={state}"), None),
        (format!("?state={state}&x=1"), None),
        (String::new(), Some("state")),
        ("state=".to_owned(), Some("state")),
        (format!("state={other}"), Some("state")),
        (format!("state={state}x"), Some("state")),
        (format!("State={state}"), Some("state")),
        (format!("state={state}&state={state}"), Some("duplicate")),
        (format!("state={state}&%73tate={other}"), Some("duplicate")),
        (format!("state={state}&x={}", "x".repeat(200_000)), Some("too_long")),
    ] {
        let got = PendingLogout::from_session(&kept).unwrap().verify(&query);
        match reason {
            None => got.unwrap(),
            Some(reason) => refused(got, ErrorKind::Security, Some(reason)),
        }
    }
    let leaving = logout(&world.client, None, LogoutRequest::new()).await.unwrap();
    let kept = leaving.pending.expose_for_session();
    let pending = PendingLogout::from_session(&kept).unwrap();
    refused(pending.verify("state=made-up"), ErrorKind::Security, Some("state"));
    let login = world.client.authorize().start().await.unwrap().pending.expose_for_session();
    let others = ["", "{}", "{}x", "[1,2]", r#"{"state":7}"#, r#"{"state":null,"nonce":"n"}"#];
    for broken in others.into_iter().chain([login.expose()]) {
        let got = PendingLogout::from_session(&Secret::new(broken));
        refused(got, ErrorKind::Malformed, Some("pending"));
    }
}

#[tokio::test]
async fn a_provider_without_such_a_page_says_so() {
    let world = World::new();
    world.announce(&json!({ "end_session_endpoint": null }));
    let got = logout(&world.client, None, back()).await;
    refused(got, ErrorKind::Unsupported, None);
}

#[tokio::test]
async fn a_frame_ends_the_session_that_it_names() {
    let world = World::new();
    let token = world.login(&json!({ "sid": "s-1" })).await.unwrap();
    let claims = token.claims().unwrap();
    let read = |query: String| {
        let client = world.client.clone();
        async move { FrontchannelLogout::from_query(&client, &query).await }
    };
    let named = read(format!("iss={ISSUER}&sid=s-1")).await.unwrap();
    assert_eq!(named.session(), Some("s-1"));
    assert!(named.ends(claims));
    let other = read(format!("?iss={ISSUER}&sid=s-2")).await.unwrap();
    assert!(!other.ends(claims));
    let plain = World::new().login(&json!({})).await.unwrap();
    assert!(!named.ends(plain.claims().unwrap()));
    let nameless = read(String::new()).await.unwrap();
    assert_eq!(nameless.session(), None);
    assert!(named.is_named() && !nameless.is_named());
    assert!(!nameless.ends(claims), "any page could have made the browser load it");
}

#[tokio::test]
async fn a_token_of_another_provider_is_not_shown_to_this_one() {
    let world = World::new();
    let stored = json!({
        "access_token": "T", "id_token": "a.b.c", "claims": { "iss": "https://other.test" },
    });
    let foreign = OAuth2Token::from_storage(&stored.to_string().into()).unwrap();
    refused(logout(&world.client, Some(&foreign), back()).await, ErrorKind::Config, Some("issuer"));
}

#[tokio::test]
async fn a_frame_of_another_issuer_ends_nothing() {
    let world = World::new();
    for (query, kind, reason) in [
        ("iss=https://evil.test&sid=s-1".to_owned(), ErrorKind::Security, "issuer"),
        (format!("iss={ISSUER}/&sid=s-1"), ErrorKind::Security, "issuer"),
        (format!("iss={ISSUER}"), ErrorKind::Malformed, "sid"),
        ("sid=s-1".to_owned(), ErrorKind::Malformed, "sid"),
        (format!("iss={ISSUER}&sid="), ErrorKind::Malformed, "sid"),
        (format!("iss={ISSUER}&sid=s-1&sid=s-2"), ErrorKind::Security, "duplicate"),
    ] {
        let got = FrontchannelLogout::from_query(&world.client, &query).await;
        refused(got, kind, Some(reason));
    }
}
