//! A provider's own crate, run against its own exchanges.

use std::sync::Arc;

use hallpass_core::{
    ClientAuth, ClientConfig, Descriptor, EmailVerification, ErrorKind, OAuth2Client, OAuth2Token,
    Purpose, Request, Revoke, http::Method, url::Url,
};
use hallpass_testkit::{Browser, Fault, LocalClient, LocalProvider, User};

use crate::support::{CALLBACK, TestClock, client, get, param, sign_in};

mod acme;
mod odd;
mod signed;
mod stand_in;
mod strict;

use self::acme::{Acme, FIXTURES};

async fn emulated() -> (LocalProvider, OAuth2Client<Acme>) {
    let acme = Acme::new();
    let local = LocalProvider::emulating(&acme.0, FIXTURES).await.unwrap();
    let client = OAuth2Client::new(acme, local.client_config(CALLBACK).unwrap()).unwrap();
    let client = client.with_http_client(local.http_client());
    (local, client)
}

async fn token_of(local: &LocalProvider, client: &OAuth2Client<Acme>, user: User) -> OAuth2Token {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, user).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap()
}

#[tokio::test]
async fn each_good_case_of_the_fixtures_is_somebody_who_signs_in() {
    let (local, client) = emulated().await;
    for (case, id, verification) in [
        ("accepted", "1", EmailVerification::Verified),
        ("unverified", "2", EmailVerification::Unverified),
    ] {
        let token = token_of(&local, &client, User::named(case)).await;
        let who = client.get_id_email(&token).await.unwrap();
        assert_eq!((who.id.as_str(), who.email_verification), (id, verification));
        let profile = client.get_profile(&token).await.unwrap();
        assert_eq!(profile.id(), id, "{case}");
    }
    let login = client.authorize().start().await.unwrap();
    let page = local.browser().open(&login.url).await.unwrap();
    for part in ["Acme, emulated", "unverified", "id 2, two@acme.test, not verified", "read:me"] {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(!page.text().contains("no_id"), "a case in which nobody signs in");
    assert!(local.browser().sign_in(&login.url, User::named("no_id")).await.is_err());
}

#[tokio::test]
async fn a_whole_flow_runs_at_the_providers_own_addresses() {
    let (local, client) = emulated().await;
    let login = client.authorize().start().await.unwrap();
    assert!(login.url.as_str().starts_with("https://login.acme.test/authorize?"));
    let here = local.browser_url(&login.url);
    assert!(here.starts_with(&format!("{}/https/login.acme.test/authorize?", local.base_url())));
    let landing = Browser::new().sign_in(here, User::first()).await.unwrap();
    assert_eq!(param(landing.url(), "iss").as_deref(), Some("https://login.acme.test"));
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    assert_eq!(signed_in.token.scope(), Some("read:me,emails"), "as the fixture says");
    let emails = client.provider().emails(client.api(&signed_in.token)).await.unwrap();
    assert_eq!(emails[0]["email"], "one@acme.test");

    let seen: Vec<_> = local.requests().iter().map(|r| format!("{r:?}")).collect();
    let want = [
        "LoggedRequest(authorize: GET https://login.acme.test/authorize, 200)",
        "LoggedRequest(authorize: POST https://login.acme.test/authorize, 303)",
        "LoggedRequest(token: POST https://login.acme.test/oauth/token, 200)",
        "LoggedRequest(api: GET https://api.acme.test/v1/me, 200)",
        "LoggedRequest(api: GET https://api.acme.test/v1/me/emails, 200)",
        "LoggedRequest(api: GET https://api.acme.test/v1/me/emails, 200)",
    ];
    assert_eq!(seen, want);
    assert_eq!(local.count("https://api.acme.test/v1/me"), 1);
    assert_eq!(local.count("/v1/me/emails"), 2);
}

#[tokio::test]
async fn refusals_are_in_the_providers_own_words() {
    let (local, client) = emulated().await;
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let code = param(landing.url(), "code").unwrap();
    let wrong = Some("x".repeat(43).into());
    let error = client.dangerously_exchange_code(code.into(), CALLBACK, wrong).await.unwrap_err();
    assert_eq!(said(&error), (200, "bad_code"), "a wrong verifier");

    let dead = OAuth2Token::from_access_token("dead");
    let error = client.get_profile(&dead).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    assert!(error.to_string().contains("No such token"), "{error}");

    let token = token_of(&local, &client, User::first()).await;
    let next = client.refresh_token(&token).await.unwrap();
    let error = client.refresh_token(&token).await.unwrap_err();
    assert_eq!(said(&error), (200, "bad_refresh_token"), "rotated: the fixture has REFRESH2");
    assert!(client.get_profile(&next).await.is_err(), "and the grant is gone");

    let config = local.client_config(CALLBACK).unwrap().with_secret("wrong");
    let client = OAuth2Client::new(Acme::new(), config).unwrap();
    let client = client.with_http_client(local.http_client());
    let error = client.refresh_token(&next).await.unwrap_err();
    assert_eq!(said(&error), (200, "bad_app"));
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_refresh_token_that_was_rotated_away_is_good_again_where_a_fixture_says_so() {
    let of_refresh = |(name, _): &&(&str, &str)| *name == "refresh.accepted.http";
    let text = FIXTURES.iter().find(of_refresh).unwrap().1;
    let fixtures = [FIXTURES, &[("refresh.again.http", text)]].concat();
    let local = LocalProvider::emulating(&Acme::new().0, &fixtures).await.unwrap();
    let client = OAuth2Client::new(Acme::new(), local.client_config(CALLBACK).unwrap()).unwrap();
    let client = client.with_http_client(local.http_client());
    let old = token_of(&local, &client, User::first()).await;
    for _ in 0..2 {
        let new = client.refresh_token(&old).await.unwrap();
        let [before, after] = [&old, &new].map(|token| token.refresh_token().unwrap().expose());
        assert_ne!(before, after);
        assert!(client.get_profile(&new).await.is_ok() && client.refresh_token(&new).await.is_ok());
    }
}

fn said(error: &hallpass_core::Error) -> (u16, &str) {
    (error.status().unwrap().as_u16(), error.oauth().unwrap().code())
}

#[tokio::test]
async fn a_client_that_authenticates_in_another_way_is_not_believed() {
    let (local, _) = emulated().await;
    let config = local.client_config(CALLBACK).unwrap().with_client_auth(ClientAuth::Basic);
    let client = OAuth2Client::new(Acme::new(), config).unwrap();
    let client = client.with_http_client(local.http_client());
    let token = OAuth2Token::from_refresh_token("any");
    let error = client.refresh_token(&token).await.unwrap_err();
    assert_eq!(said(&error), (401, "invalid_client"));
}

#[tokio::test]
async fn tokens_live_as_long_as_the_fixture_says() {
    let clock = Arc::new(TestClock::new());
    let builder = LocalProvider::builder().emulating(&Acme::new().0, FIXTURES);
    let local = builder.with_clock(clock.clone()).start().await.unwrap();
    let client = OAuth2Client::new(Acme::new(), local.client_config(CALLBACK).unwrap()).unwrap();
    let client = client.with_http_client(local.http_client()).with_clock(clock.clone());
    let token = token_of(&local, &client, User::first()).await;
    clock.turn(599);
    assert!(client.get_profile(&token).await.is_ok());
    clock.turn(1);
    assert_eq!(client.get_profile(&token).await.unwrap_err().reason(), Some("invalid_token"));
    let token = client.refresh_token(&token).await.unwrap();
    assert!(client.get_profile(&token).await.is_ok());
}

#[tokio::test]
async fn the_providers_own_revocation_ends_a_token_or_all() {
    let (local, client) = emulated().await;
    let one = token_of(&local, &client, User::first()).await;
    let two = token_of(&local, &client, User::first()).await;
    let other = token_of(&local, &client, User::named("unverified")).await;
    client.revoke_token(&one, Revoke::AccessToken).await.unwrap();
    assert!(client.get_profile(&one).await.is_err());
    assert!(client.refresh_token(&one).await.is_ok(), "the access token alone");
    assert!(client.get_profile(&two).await.is_ok());
    let gone = client.revoke_token(&one, Revoke::AccessToken).await.unwrap_err();
    assert_eq!(gone.status().unwrap().as_u16(), 404, "as the fixture says");

    let three = token_of(&local, &client, User::first()).await;
    client.revoke_token(&two, Revoke::Grant).await.unwrap();
    for token in [&two, &three] {
        assert!(client.get_profile(token).await.is_err());
        assert!(client.refresh_token(token).await.is_err());
    }
    assert!(client.get_profile(&other).await.is_ok(), "another user's grant");
    assert_eq!(local.count("revoke"), 3);

    let config = local.client_config(CALLBACK).unwrap().with_secret("wrong");
    let stranger = OAuth2Client::new(Acme::new(), config).unwrap();
    let stranger = stranger.with_http_client(local.http_client());
    let error = stranger.revoke_token(&other, Revoke::AccessToken).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 401);
    assert!(client.get_profile(&other).await.is_ok());
}

#[tokio::test]
async fn a_call_in_the_clients_name_is_answered_about_the_token() {
    let (local, client) = emulated().await;
    let token = token_of(&local, &client, User::first()).await;
    let checked = client.provider().check(client.api(&token)).await.unwrap();
    assert_eq!(checked["token"], token.access_token().expose());
    assert_eq!(checked["app"], local.client_id());
    let dead = OAuth2Token::from_access_token("dead");
    let error = client.provider().check(client.api(&dead)).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404, "as the fixture says");
}

#[tokio::test]
async fn a_token_is_nothing_to_another_client() {
    let builder = LocalProvider::builder().emulating(&Acme::new().0, FIXTURES);
    let other = LocalClient::new("other").with_secret("other-secret");
    let local = builder.with_client(other).start().await.unwrap();
    let with = |config| {
        let client = OAuth2Client::new(Acme::new(), config).unwrap();
        client.with_http_client(local.http_client())
    };
    let own = with(local.client_config(CALLBACK).unwrap());
    let other = with(ClientConfig::new("other").with_secret("other-secret"));
    let token = token_of(&local, &own, User::first()).await;
    let error = other.provider().check(other.api(&token)).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
    assert!(other.revoke_token(&token, Revoke::Grant).await.is_err());
    assert!(own.get_profile(&token).await.is_ok());
}

#[tokio::test]
async fn what_no_fixture_has_is_named() {
    let (local, client) = emulated().await;
    let token = token_of(&local, &client, User::first()).await;
    let fields =
        |fields| client.api(&token).get("https://api.acme.test/v1/me").query("fields", fields);
    assert!(fields("id,name").read().await.is_ok());
    for call in [
        fields("id"),
        fields("id,name").query("more", "1"),
        client.api(&token).get("https://api.acme.test/v1/me"),
        client.api(&token).get("https://api.acme.test/v1/me/").query("fields", "id,name"),
        client.api(&token).post("https://api.acme.test/v1/me").query("fields", "id,name"),
        client.api(&token).get("https://login.acme.test/v1/me").query("fields", "id,name"),
    ] {
        let error = call.read().await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 404));
        assert!(error.to_string().contains("no fixture answers"), "{error}");
    }
}

#[tokio::test]
async fn faults_are_named_by_the_providers_own_paths() {
    let (local, client) = emulated().await;
    let token = token_of(&local, &client, User::first()).await;
    for what in ["/oauth/token", "https://login.acme.test/oauth/token", "token"] {
        local.fault(Fault::on(what).status(503));
        let error = client.refresh_token(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{what}");
    }
    local.fault(Fault::on("revoke").status(503));
    assert!(client.revoke_token(&token, Revoke::AccessToken).await.is_err());
    assert!(client.get_profile(&token).await.is_ok(), "it was not carried out");
}

#[tokio::test]
async fn nothing_leaves_for_another_origin() {
    let (local, _) = emulated().await;
    let send = |url: &str| {
        let request = Request::new(Method::GET, Url::parse(url).unwrap(), Purpose::Api);
        let http = local.http_client();
        async move { http.send(request).await }
    };
    for url in ["https://evil.test/v1/me", "https://acme.test/", "http://api.acme.test/v1/me"] {
        let error = send(url).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("origin")), "{url}");
    }
    assert!(send("https://evil.test/").await.unwrap_err().to_string().contains("evil.test"));
    assert!(local.requests().is_empty());
    let other = LocalProvider::start().await.unwrap();
    let response = send(&format!("{}/userinfo", other.base_url())).await.unwrap();
    assert_eq!((response.status.as_u16(), other.count("api")), (401, 1), "loopback is left alone");
    let foreign = get(&format!("{}/https/evil.test/", local.base_url()), &[]).await;
    assert_eq!(foreign.status.as_u16(), 404);
    sign_in(&other, &client(&other).with_http_client(local.http_client())).await;
}

#[tokio::test]
async fn what_cannot_be_emulated_is_refused_at_the_start() {
    let acme = || Acme::new().0;
    let only = |name| FIXTURES.iter().filter(move |(known, _)| *known == name).copied();
    let good: Vec<_> = only("access_token.accepted.http").collect();
    assert!(LocalProvider::emulating(&acme(), &good).await.is_ok());
    let refused: Vec<_> = only("access_token.refused.http").collect();
    let token = "# page, recalled, not re-read\n> POST https://login.acme.test/oauth/token\n< 200\n\
        < {\"access_token\":\"TOKEN\",\"id_token\":ID_TOKEN_RS1{}}\n= Token\n";
    for (descriptor, fixtures, says) in [
        (acme(), &[][..], "access_token.accepted"),
        (acme(), &refused, "access_token.accepted"),
        (acme(), &[("access_token.accepted.http", "nonsense")], "access_token.accepted.http:1"),
        (acme(), &[("access_token.accepted.http", token)], "ID token"),
        (Descriptor::discovered("acme"), &good, "discovered"),
    ] {
        let error = LocalProvider::emulating(&descriptor, fixtures).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(says), "{error}");
    }
}
