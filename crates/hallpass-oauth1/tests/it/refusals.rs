use std::time::Duration;

use hallpass_core::{
    AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, CustomProvider, Descriptor, Error,
    ErrorKind, Grant, Json, JwtKind, OAuth2Client, OAuthError, PendingAuthorization, Revoke,
    Secret,
    http::{StatusCode, header},
    url::Url,
};
use hallpass_oauth1::{
    ClientCredentials, OAuth1Client, OAuth1Config, OAuth1Provider, Placement, SignatureMethod,
    TokenCredentials,
};

use crate::support::*;

async fn begin(world: &World) -> Error {
    let error = world.client.get_authorization_url(AuthorizationRequest::new()).await.unwrap_err();
    assert_eq!(error.provider(), Some("acme"));
    error
}

#[tokio::test]
async fn a_server_that_does_not_confirm_the_callback_is_refused() {
    for said in ["", "&oauth_callback_confirmed=false", "&oauth_callback_confirmed=yes"] {
        let world = World::new();
        world.wire.answer(200, &format!("oauth_token=TEMP&oauth_token_secret=TEMPSECRET{said}"));
        let error = begin(&world).await;
        let want = (ErrorKind::Security, Some("callback_unconfirmed"));
        assert_eq!((error.kind(), error.reason()), want, "{said}");
    }
}

#[tokio::test]
async fn the_callback_of_another_login_is_refused() {
    check_callback("oauth_token=OTHER&oauth_verifier=VER", ErrorKind::Security, Some("state"))
        .await;
    check_callback("oauth_verifier=VER", ErrorKind::Security, Some("state")).await;
    check_callback("oauth_token=&oauth_verifier=VER", ErrorKind::Security, Some("state")).await;
    check_callback("state=TEMP&oauth_verifier=VER", ErrorKind::Security, Some("state")).await;
    check_callback("denied=OTHER", ErrorKind::Security, Some("state")).await;
    check_callback("", ErrorKind::Security, Some("state")).await;
}

#[tokio::test]
async fn a_callback_without_a_verifier_is_refused() {
    check_callback("oauth_token=TEMP", ErrorKind::Malformed, Some("no_code")).await;
    check_callback("oauth_token=TEMP&oauth_verifier=", ErrorKind::Malformed, Some("no_code")).await;
    check_callback("oauth_token=TEMP&code=VER", ErrorKind::Malformed, Some("no_code")).await;
}

#[tokio::test]
async fn a_user_who_refuses_is_understood() {
    let denied = ErrorKind::Denied;
    check_callback("denied=TEMP", denied, None).await;
    check_callback("oauth_token=TEMP&oauth_problem=user_refused", denied, None).await;
    check_callback("oauth_token=TEMP&oauth_problem=permission_denied", denied, None).await;
    check_callback("oauth_token=TEMP&error=access_denied", denied, None).await;
    // Authlib's servers do not say which login it is; nobody else's may be ended by it.
    check_callback("error=access_denied", denied, Some("nameless")).await;
    check_callback("oauth_problem=user_refused", denied, Some("nameless")).await;
    let other = "oauth_token=OTHER&error=access_denied";
    check_callback(other, ErrorKind::Security, Some("state")).await;
    for query in ["denied=TEMP", "oauth_token=TEMP&oauth_problem=user_refused"] {
        assert!(callback(query).is_refusal(), "{query}");
    }
    assert!(!callback("oauth_token=TEMP&oauth_verifier=VER&denied=TEMP").is_refusal());
}

#[track_caller]
fn assert_is(error: &Error, kind: ErrorKind, reason: Option<&str>, of: &str) {
    assert_eq!((error.kind(), error.reason()), (kind, reason), "{of}: {error}");
}

async fn check_callback(query: &str, kind: ErrorKind, reason: Option<&str>) {
    let world = World::new();
    let login = world.begun().await;
    let error = world.client.get_access_token(callback(query), login.pending).await.unwrap_err();
    assert_is(&error, kind, reason, query);
    assert!(world.wire.sent().is_empty(), "{query}: nothing was sent");
}

#[test]
fn a_parameter_given_twice_is_refused() {
    for query in [
        "oauth_token=TEMP&oauth_token=TEMP&oauth_verifier=VER",
        "oauth_token=TEMP&oauth_verifier=VER&oauth_verifier=VER",
    ] {
        let error = Callback::from_query(query).unwrap_err();
        assert_is(&error, ErrorKind::Security, Some("duplicate"), query);
    }
}

#[tokio::test]
async fn a_login_of_another_client_or_of_long_ago_is_refused() {
    let query = "oauth_token=TEMP&oauth_verifier=VER";
    let world = World::new();
    let other = World::of(acme(), config().with_name("other")).begun().await;
    let error = world.client.get_access_token(callback(query), other.pending).await.unwrap_err();
    assert_is(&error, ErrorKind::Security, Some("provider"), "another name");
    let config = OAuth1Config::new(ClientCredentials::new("another", "secret"));
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    let other = World::of(acme(), config).begun().await;
    let error = world.client.get_access_token(callback(query), other.pending).await.unwrap_err();
    assert_is(&error, ErrorKind::Security, Some("client"), "another key");
    let login = world.begun().await;
    *world.time.0.lock().unwrap() += 601;
    let error = world.client.get_access_token(callback(query), login.pending).await.unwrap_err();
    assert_is(&error, ErrorKind::Denied, Some("expired"), "too old");
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn a_login_begun_at_another_host_is_refused_and_nothing_is_sent() {
    let at = |token: &'static str| {
        let (initiate, page) = ("https://acme.test/initiate", "https://acme.test/authorize");
        World::of(OAuth1Provider::new("acme", initiate, page, token), config())
    };
    let begun = at("https://one.acme.test/token");
    for elsewhere in ["https://two.acme.test/token", "https://one.acme.test/token/"] {
        let back_at = at(elsewhere);
        let kept = begun.begun().await.pending.expose_for_session();
        let pending = PendingAuthorization::from_session(&kept).unwrap();
        let back = callback("oauth_token=TEMP&oauth_verifier=VER");
        let error = back_at.client.get_access_token(back, pending).await.unwrap_err();
        assert_is(&error, ErrorKind::Security, Some("endpoint"), elsewhere);
        assert!(back_at.wire.sent().is_empty());
    }
    let (same, kept) = (at("https://one.acme.test/token"), begun.begun().await.pending);
    same.wire.answer(200, GRANTED);
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    assert!(same.client.get_access_token(back, kept).await.is_ok());
}

#[tokio::test]
async fn a_login_of_oauth_2_is_refused_and_nothing_is_sent() {
    let world = World::new();
    let descriptor = Descriptor::new(
        "acme",
        "https://login.acme.test/authorize?lang=en",
        "https://acme.test/token",
    );
    let provider = CustomProvider::new(descriptor, "https://acme.test/me", "/id").unwrap();
    let config = ClientConfig::new("consumer").with_secret("secret");
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    let client = OAuth2Client::new(provider, config).unwrap();
    for code_name in ["code", "oauth_verifier"] {
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let url = Url::parse(login.url.as_str()).unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let kept = login.pending.expose_for_session();
        // Of the same age, so that nothing else is wrong with it; once also of half the names.
        let mut kept: Json = serde_json::from_str(kept.expose()).unwrap();
        kept["created_at"] = 1_000.into();
        kept["code_name"] = code_name.into();
        let pending = PendingAuthorization::from_session(&kept.to_string().into()).unwrap();
        let back = callback(&format!("state={state}&{code_name}=CODE"));
        let error = world.client.get_access_token(back, pending).await.unwrap_err();
        assert_is(&error, ErrorKind::Security, Some("endpoint"), code_name);
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let back = callback("oauth_token=TEMP&oauth_verifier=VER");
        let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
        assert_is(&error, ErrorKind::Security, Some("state"), "the callback of OAuth 1");
    }
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn a_wrong_verifier_is_a_denial_however_little_the_server_says() {
    for body in ["", "error=bad_request", "<html>"] {
        let world = World::new();
        let login = world.begun().await;
        world.wire.answer(400, body);
        let back = callback("oauth_token=TEMP&oauth_verifier=VER");
        let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
        assert_is(&error, ErrorKind::Denied, None, body);
    }
    let world = World::new();
    let login = world.begun().await;
    world.wire.answer(400, "oauth_problem=signature_invalid");
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
    assert_is(&error, ErrorKind::Config, None, "a clearer word");
}

#[tokio::test]
async fn a_page_for_people_is_no_answer() {
    let html = "<html>oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true</html>";
    for body in [html, "", "[]", "oauth_token=a"] {
        let world = World::new();
        world.wire.answer(200, body);
        assert_is(&begin(&world).await, ErrorKind::Malformed, None, body);
        let login = world.begun().await;
        world.wire.answer(200, body);
        let back = callback("oauth_token=TEMP&oauth_verifier=VER");
        let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
        assert_is(&error, ErrorKind::Malformed, None, body);
    }
}

#[tokio::test]
async fn an_error_status_is_kept_with_how_long_to_wait() {
    let world = World::new();
    world.wire.answer_with(503, &[(header::RETRY_AFTER, "7")], "later");
    let error = begin(&world).await;
    assert_is(&error, ErrorKind::Transport, None, "503");
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    world.wire.answer(401, "Failed to validate oauth signature and token");
    let error = begin(&world).await;
    assert_is(&error, ErrorKind::Config, Some("client_auth"), "401");
    assert!(error.to_string().contains("Failed to validate oauth signature"), "{error}");
    let login = world.begun().await;
    world.wire.answer(401, "oauth_problem=token_rejected");
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
    assert_is(&error, ErrorKind::Denied, Some("invalid_token"), "401");
    assert_eq!(error.oauth().map(OAuthError::code), Some("token_rejected"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new();
    world.wire.answer_with(302, &[(header::LOCATION, "https://acme.test/elsewhere")], "");
    assert_is(&begin(&world).await, ErrorKind::Malformed, Some("redirect"), "302");
    assert_eq!(world.wire.sent().len(), 1);
}

#[tokio::test]
async fn what_was_not_sent_is_said() {
    let world = World::new();
    world.wire.fail(Error::transport("no connection").with_reason("connect"));
    assert!(begin(&world).await.is_unsent());
    world.wire.fail(Error::transport("too slow").with_reason("timeout"));
    assert!(!begin(&world).await.is_unsent());
}

#[tokio::test]
async fn what_the_protocol_sets_is_nobody_elses() {
    for request in [
        AuthorizationRequest::new().param("oauth_token", "x"),
        AuthorizationRequest::new().param("oauth_callback", "x"),
        AuthorizationRequest::new().param("a", "1").param("a", "2"),
        AuthorizationRequest::new().param("lang", "de"),
        AuthorizationRequest::new().token_param("oauth_verifier", "x"),
    ] {
        let world = World::new();
        let error = world.client.get_authorization_url(request).await.unwrap_err();
        assert_is(&error, ErrorKind::Config, Some("reserved"), "request");
        assert!(world.wire.sent().is_empty());
    }
    for config in [
        config().with_temporary_param("oauth_callback", "x"),
        config().with_authorization_param("oauth_token", "x"),
        config().with_token_param("oauth_nonce", "x"),
        config().with_token_param("a", "1").with_token_param("a", "2"),
    ] {
        let error = OAuth1Client::new(acme(), config).unwrap_err();
        assert_is(&error, ErrorKind::Config, Some("reserved"), "configuration");
    }
    let at = "https://acme.test/";
    for taken in ["https://acme.test/?oauth_callback=x", "https://acme.test/?a=1&mine=2"] {
        for [first, second, third] in [[taken, at, at], [at, taken, at], [at, at, taken]] {
            let config = config()
                .with_temporary_param("mine", "1")
                .with_authorization_param("mine", "1")
                .with_token_param("mine", "1");
            let provider = OAuth1Provider::new("acme", first, second, third);
            let error = OAuth1Client::new(provider, config).unwrap_err();
            assert_is(&error, ErrorKind::Config, Some("reserved"), taken);
        }
    }
}

#[tokio::test]
async fn a_login_without_a_redirect_uri_is_refused() {
    let config = OAuth1Config::new(ClientCredentials::new("consumer", "secret"));
    let world = World::of(acme(), config);
    assert_is(&begin(&world).await, ErrorKind::Config, None, "no redirect URI");
}

#[test]
fn what_cannot_work_is_said_when_the_client_is_made() {
    let new = |at: [&'static str; 3]| OAuth1Provider::new("acme", at[0], at[1], at[2]);
    let good = "https://acme.test/";
    for bad in [
        "http://acme.test/",
        "ftp://acme.test/",
        "nothing",
        "https://u@acme.test/",
        "https://acme.test/#f",
    ] {
        for provider in [new([bad, good, good]), new([good, bad, good]), new([good, good, bad])] {
            check_new(provider, config());
        }
        check_new(acme().with_api(bad), config());
        check_new(
            acme().with_profile(bad, |me| hallpass_core::Profile::from_json(me, "id")),
            config(),
        );
    }
    check_new(OAuth1Provider::new("", good, good, good), config());
    check_new(acme(), OAuth1Config::new(ClientCredentials::new("", "secret")));
    check_new(acme(), OAuth1Config::new(ClientCredentials::new("consumer", "")));
    check_new(acme().with_realm("a\nb"), config());
    let plaintext = || config().with_signature_method(SignatureMethod::Plaintext);
    check_new(acme(), plaintext().with_placement(Placement::Query));
    check_new(acme().with_placement(Placement::Query), plaintext());
    assert!(
        OAuth1Client::new(
            new(["http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"]),
            config()
        )
        .is_ok()
    );
    let allowed = config().dangerously_allow_http("Intra.test");
    assert!(
        OAuth1Client::new(new(["http://intra.test/a", good, "http://intra.test:81/"]), allowed)
            .is_ok()
    );
}

#[track_caller]
fn check_new(provider: OAuth1Provider, config: OAuth1Config) {
    let shown = format!("{provider:?}");
    let error = OAuth1Client::new(provider, config).expect_err(&shown);
    assert_eq!(error.kind(), ErrorKind::Config, "{shown}");
}

#[tokio::test]
async fn plaintext_wants_https_even_where_plain_http_is_allowed() {
    let at = "http://intra.test/";
    let config = config()
        .dangerously_allow_http("intra.test")
        .with_signature_method(SignatureMethod::Plaintext);
    let world = World::of(OAuth1Provider::new("acme", at, at, at), config);
    assert_is(&begin(&world).await, ErrorKind::Security, Some("plain_http"), "PLAINTEXT");
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn what_oauth_2_alone_has_is_unsupported_without_a_request() {
    let world = World::new();
    let client: &dyn BaseOAuth2 = &world.client;
    let token = TokenCredentials::new("TOKEN", "SECRET").into_token();
    let errors = [
        client.refresh_token(&token).await.unwrap_err(),
        client.revoke_token(&token, Revoke::Grant).await.unwrap_err(),
        client.request_token(Grant::new("client_credentials")).await.unwrap_err(),
        client.verify_jwt(&Secret::new("a.b.c"), JwtKind::Userinfo).await.unwrap_err(),
        client.get_authorization_url(AuthorizationRequest::new().scopes(["a"])).await.unwrap_err(),
        client.get_authorization_url(AuthorizationRequest::new().pushed()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let at = "https://acme.test/";
    let silent = World::of(OAuth1Provider::new("acme", at, at, at), config());
    let error = silent.client.get_profile(&token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(world.wire.sent().is_empty() && silent.wire.sent().is_empty());
}
