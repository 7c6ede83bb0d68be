//! What a stand-in checks is found where it is not so.

use hallpass_core::http::HeaderValue;
use hallpass_testkit::{StandIn, User};

use super::acme::{Acme, FIXTURES};

async fn acme() -> StandIn<Acme> {
    StandIn::start(Acme::new, FIXTURES).await
}

#[tokio::test]
async fn what_is_as_it_should_be_passes() {
    let acme = acme().await;
    acme.check_users().await;
    acme.check_page("read%3Ame%2Cemails", "read%3Ame+emails", Some("invalid_scope")).await;
    acme.check_page("read%3Ame%2Cemails", "read%3Ame", None).await;
    acme.check_client(acme.config().with_secret("wrong"), 200, Some("bad_app")).await;
    acme.check_spent_code(200, "bad_code").await;
}

#[tokio::test]
async fn a_user_who_is_somebody_else_is_found() {
    let exchanges = FIXTURES.iter().map(|(name, text)| (*name, (*text).to_owned()));
    let mut exchanges: Vec<_> = exchanges.collect();
    let of_one = exchanges.iter_mut().find(|(name, _)| *name == "id_email.accepted.http").unwrap();
    of_one.1 = of_one.1.replace(r#"{"id":1,"#, r#"{"id":7,"#);
    let fixtures: Vec<_> = exchanges.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let acme = StandIn::start(Acme::new, &fixtures).await;
    check(async move { acme.check_users().await }, "accepted").await;
}

#[tokio::test]
async fn fixtures_without_a_user_are_found() {
    let others = FIXTURES.iter().copied().filter(|(name, _)| !name.starts_with("id_email"));
    let acme = StandIn::start(Acme::new, &others.collect::<Vec<_>>()).await;
    check(async move { acme.check_users().await }, "nobody signs in").await;
}

#[tokio::test]
async fn a_page_that_takes_what_it_should_refuse_is_found() {
    for (from, to, want, says) in [
        ("emails", "emails", Some("invalid_scope"), "invalid_scope"),
        ("read%3Ame%2Cemails", "read%3Ame+emails", None, "invalid_scope"),
        ("read%3Ame%2Cemails", "read%3Ame+emails", Some("access_denied"), "access_denied"),
        ("nowhere", "", None, "nowhere is not in the URL"),
    ] {
        let acme = acme().await;
        check(async move { acme.check_page(from, to, want).await }, says).await;
    }
}

#[tokio::test]
async fn a_client_that_is_believed_or_refused_otherwise_is_found() {
    for (secret, status, code, says) in [
        (None, 200, "bad_app", "is believed"),
        (Some("wrong"), 401, "bad_app", "401"),
        (Some("wrong"), 200, "other", "other"),
    ] {
        let acme = acme().await;
        let config = acme.config();
        let config = secret.map_or(config.clone(), |secret| config.with_secret(secret));
        check(async move { acme.check_client(config, status, Some(code)).await }, says).await;
    }
}

#[tokio::test]
async fn a_spent_code_that_is_refused_otherwise_is_found() {
    for (status, code, says) in [(400, "bad_code", "400"), (200, "other", "other")] {
        let acme = acme().await;
        check(async move { acme.check_spent_code(status, code).await }, says).await;
    }
}

#[tokio::test]
async fn headers_that_nobody_needs_are_found() {
    let acme = acme().await;
    check(async move { acme.check_headers().await }, "400").await;
}

/// That the check fails, and says so.
async fn check(checked: impl Future<Output = ()> + Send + 'static, says: &str) {
    let panic = tokio::spawn(checked).await.unwrap_err().into_panic();
    let literal = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    let text = literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap();
    assert!(text.contains(says), "{text}");
}

#[tokio::test]
async fn a_client_spoils_what_it_sends_and_what_was_sent_can_be_sent_again() {
    let acme = acme().await;
    let spoiling = acme.spoiling(|request| {
        request.headers.insert("x-spoiled", HeaderValue::from_static("1"));
    });
    let token = acme.token(&spoiling, User::first()).await.unwrap();
    spoiling.get_profile(&token).await.unwrap();
    let requests = acme.local().requests();
    let spoiled: Vec<_> = requests.iter().filter(|it| it.header("x-spoiled").is_some()).collect();
    assert_eq!(spoiled.len(), acme.local().count("token") + acme.local().count("api"));
    let dead = acme.again("api", |request| {
        request.headers.insert("x-acme-token", HeaderValue::from_static("dead"));
    });
    assert_eq!(dead.await.status.as_u16(), 401);
}

#[tokio::test]
async fn scopes_are_those_of_all_its_clients() {
    let acme = acme().await.with_scopes(["emails"]);
    for config in [acme.config(), acme.public_config()] {
        let login = acme.client(config).authorize().start().await.unwrap();
        assert!(login.url.as_str().contains("scope=emails"), "{:?}", login.url);
    }
}
