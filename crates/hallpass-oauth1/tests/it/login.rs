use std::sync::Arc;

use hallpass_core::{
    AuthorizationRequest, BaseOAuth2, Callback, ErrorKind, OAuth2Token, PendingAuthorization,
    http::{Method, header},
    url::Url,
};
use hallpass_oauth1::{OAuth1Provider, Placement, SignatureMethod, TokenCredentials};

use crate::support::*;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_login_is_three_requests() {
    let World { client, wire, .. } = World::new();
    let client: Arc<dyn BaseOAuth2> = Arc::new(client);
    wire.answer(200, TEMPORARY);
    let request = AuthorizationRequest::new().data("/back").param("force_login", "a b");
    let login = client.get_authorization_url(request).await.unwrap();

    let sent = wire.only();
    assert_eq!((&*sent.method, sent.url.as_str()), ("POST", "https://acme.test/initiate"));
    assert!(sent.body.is_empty());
    let oauth = sent.oauth();
    assert_eq!(oauth["oauth_callback"], "https://app.test/cb?x=1");
    assert_eq!(oauth["oauth_consumer_key"], "consumer");
    assert_eq!(oauth["oauth_timestamp"], "1000");
    assert_eq!(oauth["oauth_signature_method"], "HMAC-SHA1");
    assert_eq!(oauth["oauth_version"], "1.0");
    assert!(!oauth.contains_key("oauth_token") && !oauth.contains_key("oauth_verifier"));
    assert_eq!(
        login.url.as_str(),
        "https://login.acme.test/authorize?lang=en&force_login=a+b&oauth_token=TEMP"
    );

    // Through the browser's session, as a router does it.
    let kept = login.pending.expose_for_session();
    let pending = PendingAuthorization::from_session(&kept).unwrap();
    wire.answer(200, GRANTED).answer(200, r#"{"id":42}"#);
    let signed_in =
        client.sign_in(callback("oauth_token=TEMP&oauth_verifier=VER+1"), pending).await.unwrap();
    assert_eq!((signed_in.profile.id(), signed_in.profile.provider()), ("42", "acme"));
    assert_eq!(signed_in.data.as_deref(), Some("/back"));

    let sent = wire.sent();
    let exchange = sent[0].oauth();
    assert_eq!((&*sent[0].method, sent[0].url.as_str()), ("POST", "https://acme.test/token"));
    assert_eq!((&*exchange["oauth_token"], &*exchange["oauth_verifier"]), ("TEMP", "VER 1"));
    assert!(!exchange.contains_key("oauth_callback"));
    let me = sent[1].oauth();
    assert_eq!(
        (&*sent[1].method, sent[1].url.as_str()),
        ("GET", "https://api.acme.test/me?full=1")
    );
    assert_eq!(me["oauth_token"], "TOKEN");
    assert!(!me.contains_key("oauth_callback") && !me.contains_key("oauth_verifier"));
    assert_eq!(sent.len(), 2);
}

#[tokio::test]
async fn the_token_carries_its_secret_and_what_else_was_said() {
    let world = World::new();
    let login = world.begun().await;
    world.wire.answer(200, GRANTED);
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    let token = world.client.get_access_token(back, login.pending).await.unwrap();
    let token = OAuth2Token::from_storage(&token.expose_for_storage()).unwrap();
    assert_eq!(token.token_type(), "OAuth1");
    assert_eq!(token.extra("screen_name").unwrap(), "ada");
    assert_eq!((token.expires_at(), token.refresh_token().is_none()), (None, true));
    let credentials = TokenCredentials::of(&token).unwrap();
    assert!(credentials.token().matches("TOKEN") && credentials.secret().matches("TOKENSECRET"));
}

#[tokio::test]
async fn what_is_signed_is_the_secret_of_the_step() {
    let signer = |token: Option<&TokenCredentials>, step: &Sent, verifier: Option<&str>| {
        let world = World::new();
        let method = Method::from_bytes(step.method.as_bytes()).unwrap();
        let mut parts = hallpass_oauth1::RequestParts::new(&method, &step.url);
        if let Some(verifier) = verifier {
            parts = parts.with_verifier(verifier);
        }
        match world.client.signer().sign(&parts, token).unwrap() {
            hallpass_oauth1::Signed::Header(value) => value,
            other => panic!("{other:?}"),
        }
    };
    let world = World::new();
    let login = world.begun().await;
    world.wire.answer(200, GRANTED).answer(200, r#"{"id":"1"}"#);
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    world.client.sign_in(back, login.pending).await.unwrap();
    let sent = world.wire.sent();
    let temporary = TokenCredentials::new("TEMP", "TEMPSECRET");
    let want = signer(Some(&temporary), &sent[0], Some("VER"));
    assert_eq!(sent[0].headers[header::AUTHORIZATION], want);
    let token = TokenCredentials::new("TOKEN", "TOKENSECRET");
    assert_eq!(sent[1].headers[header::AUTHORIZATION], signer(Some(&token), &sent[1], None));
}

#[tokio::test]
async fn parameters_go_to_the_step_that_they_are_for() {
    let config = config()
        .with_temporary_param("scope", "read write")
        .with_authorization_param("name", "app")
        .with_authorization_param("locale", "en")
        .with_token_param("audience", "one")
        .with_token_param("mode", "m");
    let World { client, wire, .. } = World::of(acme(), config);
    wire.answer(200, TEMPORARY).answer(200, GRANTED);
    let request = AuthorizationRequest::new().param("locale", "de").token_param("audience", "two");
    let login = client.get_authorization_url(request).await.unwrap();
    let page = "https://login.acme.test/authorize?lang=en&locale=de&name=app&oauth_token=TEMP";
    assert_eq!(login.url.as_str(), page);
    let pending = PendingAuthorization::from_session(&login.pending.expose_for_session()).unwrap();
    let back = callback("oauth_token=TEMP&oauth_verifier=VER");
    client.get_access_token(back, pending).await.unwrap();
    let sent = wire.sent();
    assert_eq!(sent[0].form(), [("scope".into(), "read write".into())]);
    assert_eq!(sent[0].headers[header::CONTENT_TYPE], FORM);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(sent[1].form(), [pair("audience", "two"), pair("mode", "m")]);
}

#[tokio::test]
async fn a_provider_may_want_a_get() {
    for placement in [Placement::Header, Placement::Query, Placement::Form] {
        let provider = acme().with_token_method(Method::GET).with_temporary_method(Method::GET);
        let config = config().with_temporary_param("a", "1").with_token_param("b", "2");
        let world = World::of(provider, config.with_placement(placement));
        world.wire.answer(200, TEMPORARY).answer(200, GRANTED);
        let login = world.client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let back = callback("oauth_token=TEMP&oauth_verifier=VER");
        world.client.get_access_token(back, login.pending).await.unwrap();
        let sent = world.wire.sent();
        let urls = ["https://acme.test/initiate?a=1", "https://acme.test/token?b=2"];
        for (sent, url) in sent.iter().zip(urls) {
            assert_eq!((&*sent.method, sent.body.is_empty()), ("GET", true));
            if placement == Placement::Query {
                let added = sent.url.as_str().strip_prefix(url).unwrap();
                assert!(added.contains("&oauth_signature="), "{added}");
            } else {
                // A GET has no form.
                assert_eq!(sent.url.as_str(), url);
                assert!(sent.oauth().contains_key("oauth_signature"));
            }
        }
        assert_eq!(sent.len(), 2);
    }
}

#[tokio::test]
async fn a_login_may_say_what_it_asks_temporary_credentials_for() {
    let config = config()
        .with_temporary_param("scope", "read")
        .with_temporary_name("x_auth_access_type")
        .with_authorization_param("locale", "en");
    let World { client, wire, .. } = World::of(acme(), config);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let page = "https://login.acme.test/authorize?lang=en&locale=en&oauth_token=TEMP";
    wire.answer(200, TEMPORARY);
    let request = AuthorizationRequest::new().param("x_auth_access_type", "read");
    let login = client.get_authorization_url(request.param("scope", "write")).await.unwrap();
    assert_eq!(login.url.as_str(), page);
    let want = [pair("x_auth_access_type", "read"), pair("scope", "write")];
    assert_eq!(wire.only().form(), want);
    wire.answer(200, TEMPORARY);
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    assert_eq!(login.url.as_str(), page);
    assert_eq!(wire.only().form(), [pair("scope", "read")]);
    let twice = AuthorizationRequest::new().param("scope", "a").param("scope", "b");
    let error = client.get_authorization_url(twice).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")));
    assert!(wire.sent().is_empty());
}

#[tokio::test]
async fn a_code_that_the_user_types_needs_no_callback() {
    let world = World::of(acme(), config().with_out_of_band());
    world.wire.answer(200, TEMPORARY).answer(200, GRANTED);
    let login = world.client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let typed = Callback::out_of_band(&login.pending, "1234567").unwrap();
    world.client.get_access_token(typed, login.pending).await.unwrap();
    let sent = world.wire.sent();
    assert_eq!(sent[0].oauth()["oauth_callback"], "oob");
    assert_eq!(sent[1].oauth()["oauth_verifier"], "1234567");
    assert_eq!(sent[1].oauth()["oauth_token"], "TEMP");

    let waiting = World::new().begun().await;
    let error = Callback::out_of_band(&waiting.pending, "1234567").unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Config,
        "a login with a redirect URI waits for its callback"
    );
}

#[tokio::test]
async fn every_method_and_placement_signs_each_step() {
    use SignatureMethod::{HmacSha1, HmacSha256, HmacSha512, Plaintext};
    for method in [HmacSha1, HmacSha256, HmacSha512, Plaintext] {
        for placement in [Placement::Header, Placement::Query, Placement::Form] {
            if (method, placement) == (Plaintext, Placement::Query) {
                continue; // It would put both secrets into a URL.
            }
            let provider: OAuth1Provider = acme().with_placement(placement);
            let config = config().with_signature_method(method).with_temporary_param("a", "1");
            let world = World::of(provider, config);
            let login = world.begun().await;
            world.wire.answer(200, GRANTED).answer(200, r#"{"id":"1"}"#);
            let back = callback("oauth_token=TEMP&oauth_verifier=VER");
            world.client.sign_in(back, login.pending).await.unwrap();
            let sent = world.wire.sent();
            let placed = |sent: &Sent| {
                let is_signed = |text: &str| text.contains("oauth_signature=");
                let header = sent.headers.get(header::AUTHORIZATION).is_some();
                let query = is_signed(sent.url.query().unwrap_or_default());
                let form = is_signed(std::str::from_utf8(&sent.body).unwrap());
                match (header, query, form) {
                    (true, false, false) => Placement::Header,
                    (false, true, false) => Placement::Query,
                    (false, false, true) => Placement::Form,
                    other => panic!("signed in {other:?}"),
                }
            };
            assert_eq!(placed(&sent[0]), placement, "{method}");
            if placement == Placement::Form {
                assert_eq!(sent[0].headers[header::CONTENT_TYPE], FORM);
                assert_eq!(placed(&sent[1]), Placement::Header, "a GET has no form");
            } else {
                assert_eq!(placed(&sent[1]), placement, "{method}");
            }
        }
    }
}

#[tokio::test]
async fn a_call_may_have_a_redirect_uri_of_its_own() {
    let world = World::new();
    world.wire.answer(200, TEMPORARY);
    let request = AuthorizationRequest::new().redirect_uri("http://127.0.0.1:5000/cb");
    world.client.get_authorization_url(request).await.unwrap();
    assert_eq!(world.wire.only().oauth()["oauth_callback"], "http://127.0.0.1:5000/cb");
    for bad in ["http://app.test/cb", "https://app.test/#x", "nothing"] {
        let request = AuthorizationRequest::new().redirect_uri(bad);
        let error = world.client.get_authorization_url(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
    }
    assert!(world.wire.sent().is_empty());
}

#[tokio::test]
async fn what_routers_and_registries_ask_is_there() {
    let World { client, wire, .. } = World::of(acme(), config().with_name("second"));
    let client: Arc<dyn BaseOAuth2> = Arc::new(client);
    assert_eq!((client.descriptor().name(), client.client_id()), ("second", "consumer"));
    let endpoints = client.endpoints().await.unwrap();
    assert_eq!(
        endpoints.authorization(),
        &Url::parse("https://login.acme.test/authorize?lang=en").unwrap()
    );
    assert_eq!(endpoints.token().as_str(), "https://acme.test/token");
    wire.answer(200, r#"{"id":"7"}"#);
    let token = TokenCredentials::new("TOKEN", "SECRET").into_token();
    assert_eq!(client.get_id_email(&token).await.unwrap().id, "7");
}
