//! Logins that somebody else begins.

use hallpass_core::ErrorKind;
use hallpass_openid::ThirdPartyLogin;
use serde_json::json;

use crate::support::{ISSUER, World, param, refused};

const OWN: &[&str] = &["https://app.test", "https://admin.app.test:8443", "http://localhost:3000"];

/// Where the user goes after the login, or the reason of the refusal.
async fn sent_on(target: &str) -> Result<Option<String>, &'static str> {
    let query = hallpass_core::url::form_urlencoded::Serializer::new(String::new())
        .append_pair("iss", ISSUER)
        .append_pair("target_link_uri", target)
        .finish();
    let world = World::new();
    let asked = ThirdPartyLogin::from_query(&query).unwrap();
    match asked.request(&world.client, OWN).await {
        Ok(request) => {
            let login = world.client.get_authorization_url(request).await.unwrap();
            Ok(login.pending.data().map(str::to_owned))
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Security);
            Err(error.reason().unwrap())
        }
    }
}

#[tokio::test]
async fn a_login_of_our_own_is_begun_at_the_issuer() {
    let world = World::new();
    let query = format!("?iss={ISSUER}&login_hint=ada%40users.test&more=1");
    let asked = ThirdPartyLogin::from_query(&query).unwrap();
    assert_eq!(asked.issuer(), ISSUER);
    let request = asked.request(&world.client, OWN).await.unwrap();
    let login = world.client.get_authorization_url(request).await.unwrap();
    let url = login.url.as_str();
    assert!(url.starts_with("https://op.test/authorize?"));
    assert_eq!(param(url, "login_hint").as_deref(), Some("ada@users.test"));
    assert_eq!(param(url, "more"), None);
    assert!(param(url, "state").is_some() && param(url, "nonce").is_some());
    assert_eq!(login.pending.data(), None);
    let posted = ThirdPartyLogin::from_form(format!("iss={ISSUER}").as_bytes()).unwrap();
    assert_eq!(posted.issuer(), ISSUER);
}

#[tokio::test]
async fn a_login_with_another_issuer_is_not_begun() {
    for issuer in ["https://evil.test", "https://op.test/", "https://OP.test", "http://op.test"] {
        let world = World::new();
        let asked = ThirdPartyLogin::from_query(&format!("iss={issuer}")).unwrap();
        let got = asked.request(&world.client, OWN).await;
        refused(got, ErrorKind::Security, Some("issuer"));
    }
    for (query, kind, reason) in [
        (String::new(), ErrorKind::Malformed, "issuer"),
        ("iss=".to_owned(), ErrorKind::Malformed, "issuer"),
        (format!("iss={ISSUER}&iss={ISSUER}"), ErrorKind::Security, "duplicate"),
        (format!("iss={ISSUER}&x={}", "x".repeat(200_000)), ErrorKind::Security, "too_long"),
    ] {
        refused(ThirdPartyLogin::from_query(&query), kind, Some(reason));
        refused(ThirdPartyLogin::from_form(query.as_bytes()), kind, Some(reason));
    }
}

#[tokio::test]
async fn the_user_is_sent_on_to_the_applications_own_pages_alone() {
    for (target, want) in [
        ("https://app.test", "https://app.test/"),
        ("https://app.test/inbox?a=1#b", "https://app.test/inbox?a=1#b"),
        ("https://APP.test:443/", "https://app.test/"),
        ("https://admin.app.test:8443/x", "https://admin.app.test:8443/x"),
        ("http://localhost:3000/x", "http://localhost:3000/x"),
        // What a browser would make of it is what we give on.
        (r"https://app.test\@evil.test", "https://app.test/@evil.test"),
        ("https://app.test/../..//evil.test", "https://app.test//evil.test"),
        ("\thttps://app.test/\n", "https://app.test/"),
    ] {
        assert_eq!(sent_on(target).await, Ok(Some(want.to_owned())), "{target}");
    }
    assert_eq!(sent_on("").await, Ok(None));
}

#[tokio::test]
async fn the_user_is_not_sent_on_to_anybody_else() {
    for target in [
        "https://evil.test",
        "https://app.test.evil.test",
        "https://evil.test/https://app.test",
        "https://app.test@evil.test",
        "https://user@app.test",
        "https://:password@app.test",
        "https://app.test:444",
        "https://admin.app.test",
        "http://app.test",
        "http://localhost:3001",
        r"\\evil.test",
        r"https:\\evil.test",
        "//evil.test",
        "/\\evil.test",
        "/inbox",
        "inbox",
        "javascript:alert(1)",
        "JavaScript://app.test/%0aalert(1)",
        "data:text/html,x",
        "blob:https://app.test/1",
        "ftp://app.test",
        "file:///etc/passwd",
        "https://",
    ] {
        assert_eq!(sent_on(target).await, Err("target_link_uri"), "{target}");
    }
}

#[test]
fn what_has_no_room_in_a_url_or_a_cookie_is_refused() {
    for name in ["login_hint", "target_link_uri"] {
        for (length, reason) in [(2048, None), (2049, Some("too_long"))] {
            let form = format!("iss={ISSUER}&{name}={}", "x".repeat(length));
            let got = ThirdPartyLogin::from_form(form.as_bytes()).err();
            assert_eq!(got.and_then(|error| error.reason()), reason, "{name} {length}");
        }
    }
}

#[tokio::test]
async fn an_issuer_of_nobody_is_no_issuer() {
    let world = World::new();
    world.announce(&json!({ "issuer": "https://other.test" }));
    let asked = ThirdPartyLogin::from_query(&format!("iss={ISSUER}")).unwrap();
    refused(asked.request(&world.client, OWN).await, ErrorKind::Security, Some("issuer"));
}
