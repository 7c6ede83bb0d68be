//! Every public type, printed in every way: nothing secret in any of them.

use std::{collections::BTreeSet, sync::Arc};

use hallpass_core::{
    Api, ApiRequest, Authorization, AuthorizationParts, AuthorizationRequest, AuthorizationUrl,
    Authorize, Call, Callback, CallbackParams, ClientAuth, ClientConfig, ClientKeys, ClientParts,
    CodeBinding, CustomAuth, CustomClientAuth, CustomConfig, CustomMethod, CustomPkce,
    CustomProvider, Descriptor, EmailSupport, EmailVerification, Endpoint, EndpointForm, Endpoints,
    Error, ErrorKind, Grant, Hooks, HostName, IdEmail, JwtKind, OAuth2Client, OAuth2Token,
    OAuthError, Operation, PendingAuthorization, Pkce, Profile, Purpose, Request, ReqwestClient,
    Response, Revocation, Revoke, Secret, SignIn, SystemClock, ThreadRandom, TokenBody, TokenForm,
    TokenPlacement, TokenReply, VerifiedClaims, VerifiedCode,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    url::{Url, form_urlencoded},
};
use serde_json::json;

use super::planted::{
    ACCESS, CLAIM, CLIENT_SECRET, CODE, HEADER, Key, PASSWORD, Planted, QUERY, REFRESH,
    TOKEN_PARAM, confidential, public, token,
};
use crate::support::{
    Acme, Params, Shown, Verifier, World, acme, id_token, param, show, show_text,
};

/// One public type a line, as `cargo xtask tidy` compares it with core's sources.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/redaction-types.txt");

#[tokio::test]
async fn no_public_type_prints_a_secret() {
    let shown = Shown::default();
    let mut planted = Planted::new();
    login(&shown, &mut planted).await;
    values(&shown);
    calls(&shown).await;
    words(&shown);

    let shown = shown.all();
    for (name, text) in &shown {
        planted.assert_absent(name, text);
        assert!(text.trim().len() > 2, "{name} prints nothing: {text}");
    }
    let names: BTreeSet<&str> = shown.iter().map(|(name, _)| name.as_str()).collect();
    let list = std::fs::read_to_string(LIST).unwrap();
    let listed: BTreeSet<&str> = list.lines().collect();
    assert_eq!(names, listed, "what is printed here is what the list has");
}

#[test]
fn the_search_finds_what_a_careless_type_prints() {
    #[derive(Debug)]
    struct Careless(#[expect(dead_code, reason = "printed")] String);
    let planted = Planted::new();
    let careless = Careless(PASSWORD.to_owned());
    assert_eq!(planted.found_in(&format!("{careless:?}")).len(), 1);
    assert_eq!(planted.found_in(&format!("{careless:#?}")).len(), 1);
    let encoded: String = form_urlencoded::byte_serialize(ACCESS.as_bytes()).collect();
    assert_eq!(planted.found_in(&encoded).len(), 1);
    assert_eq!(planted.found_in(Secret::new(CODE).expose()).len(), 1);
}

/// A provider whose hooks print what they are given.
fn showing(shown: &Shown) -> Acme {
    let of = || shown.clone();
    let (callback, form, auth, reply, response, api) = (of(), of(), of(), of(), of(), of());
    acme()
        .but(|d| d.with_scopes(["openid"]).with_client_auth(ClientAuth::Custom))
        .on_callback(move |params, keys, _| {
            show!(callback, CallbackParams, params);
            show!(callback, ClientKeys<'_>, &keys);
            Ok(())
        })
        .on_token_request(move |token_form| {
            token_form.send_state();
            token_form.param("key", QUERY)?;
            token_form.header(header::COOKIE, HeaderValue::from_static(HEADER));
            show!(form, TokenForm<'_>, token_form);
            Ok(())
        })
        .on_authenticate(move |client| {
            client.param("client_secret", CLIENT_SECRET)?;
            client.header(header::AUTHORIZATION, HeaderValue::from_static(HEADER));
            show!(auth, CustomAuth<'_>, client);
            Ok(())
        })
        .on_token_reply(move |token_reply| {
            show!(reply, TokenReply<'_>, token_reply);
            token_reply.fields()?;
            show!(reply, TokenReply<'_>, token_reply);
            Ok(())
        })
        .on_response(move |got| {
            show!(response, Response, got);
            None
        })
        .on_api_request(move |request, _, _| {
            show!(api, Request, request);
            Ok(())
        })
}

/// What a login is made of.
async fn login(shown: &Shown, planted: &mut Planted) {
    let verifier = Arc::new(Verifier::showing(shown));
    let world = World::with(showing(shown).with_verifier(&verifier), confidential());
    let request = AuthorizationRequest::new()
        .param("login_hint", PASSWORD)
        .token_param("audience", TOKEN_PARAM)
        .resource(format!("https://api.acme.test/?key={QUERY}"))
        .acr_values(["gold"])
        .data(PASSWORD);
    show!(shown, AuthorizationRequest, &request);
    let params = Params::Fields(json!({ "login_hint": PASSWORD }));
    let authorize = world.client.authorize().params(&params).token_param("key", QUERY).data(QUERY);
    show!(shown, Authorize<'_, Acme>, &authorize);
    let login = world.client.get_authorization_url(request).await.unwrap();
    show!(shown, Authorization, &login);
    show!(shown, AuthorizationUrl, &login.url);
    show!(shown, PendingAuthorization, &login.pending);
    let of = |name: &str| param(login.url.as_str(), name).unwrap();
    let (state, nonce) = (of("state"), of("nonce"));
    planted.add(&state);
    planted.add(&nonce);
    let session = login.pending.expose_for_session();
    show!(shown, Secret, &session);
    let proof = crate::support::json(session.expose())["proof"].as_str().unwrap().to_owned();
    planted.add(&proof);

    let code: String = form_urlencoded::byte_serialize(CODE.as_bytes()).collect();
    let callback =
        || Callback::from_query(&format!("code={code}&state={state}&user={code}")).unwrap();
    show!(shown, Callback, &callback());
    let pending = || PendingAuthorization::from_session(&session).unwrap();
    let descriptor = world.client.descriptor();
    let verified = callback().verify(pending(), descriptor, "client", crate::support::now());
    show!(shown, VerifiedCode, &verified.unwrap());

    let jwt = id_token(&json!({ "sub": "42", "name": CLAIM, "nonce": nonce, "acr": "gold" }));
    planted.add(&jwt[5..]);
    let reply = json!({
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "id_token": jwt,
        "more": PASSWORD,
    });
    world.wire.answer(200, &reply);
    world.wire.answer(200, &json!({ "id": 42, "email": PASSWORD, "name": CLAIM }));
    let done = world.client.sign_in(callback(), pending()).await.unwrap();
    show!(shown, OAuth2Token, &done.token);
    show!(shown, VerifiedClaims, done.token.claims().unwrap());
    show!(shown, Profile, &done.profile);
    show!(shown, SignIn, &done);
    show!(shown, IdEmail, &done.profile.clone().into_id_email());
    show!(shown, OAuth2Client<Acme>, &world.client);
}

/// Values that an application makes itself.
fn values(shown: &Shown) {
    let parts = AuthorizationRequest::new().param("a", PASSWORD).token_param("b", TOKEN_PARAM);
    show!(shown, AuthorizationParts, &parts.data(PASSWORD).into_parts().unwrap());
    show!(shown, ClientConfig, &confidential());
    show!(shown, ClientConfig, &public().with_assertion(Key));
    let parts = public().with_secret(CLIENT_SECRET).with_token_param("b", TOKEN_PARAM);
    show!(shown, ClientParts, &parts.into_parts().unwrap());
    show!(shown, OAuth2Token, &token());
    show!(shown, OAuth2Token, &OAuth2Token::from_refresh_token(REFRESH));
    show!(shown, Grant<'_>, &Grant::new("exchange").param("subject_token", ACCESS));
    let original = token();
    show!(shown, Grant<'_>, &Grant::refresh(&original));
    show!(shown, Profile, &Profile::new("42", json!({ "secret": PASSWORD })));
    show!(shown, IdEmail, &IdEmail::new("42"));
    let url = || Url::parse(&format!("https://api.acme.test/me?key={QUERY}")).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-key", HeaderValue::from_static(HEADER));
    let mut request = Request::new(Method::POST, url(), Purpose::Api);
    request.headers = headers.clone();
    request.body = PASSWORD.into();
    show!(shown, Request, &request);
    show!(shown, Response, &Response::new(StatusCode::OK, headers, PASSWORD.into()));
    let endpoint = Url::parse("https://acme.test/x").unwrap();
    show!(shown, Endpoints, &Endpoints::new(endpoint.clone(), endpoint).with_issuer("i"));
    show!(shown, Descriptor, &acme().descriptor);
    show!(shown, ReqwestClient, &ReqwestClient::new());
    show!(shown, ReqwestClient, &ReqwestClient::public_only());
    show!(shown, ReqwestClient, &ReqwestClient::from_client(talkative()));
    show_text!(shown, HostName, &"a.test".parse().unwrap());
    show!(shown, SystemClock, &SystemClock);
    show!(shown, ThreadRandom, &ThreadRandom);
    let custom: CustomConfig = serde_json::from_value(json!({
        "name": "corp",
        "authorization_url": "https://corp.test/authorize",
        "token_url": "https://corp.test/token",
        "profile_url": "https://corp.test/me",
        "id": "/id",
    }))
    .unwrap();
    show!(shown, CustomConfig, &custom);
    show!(shown, CustomProvider, &CustomProvider::try_from(custom).unwrap());
    show_text!(shown, OAuthError, &OAuthError::new("invalid_grant").with_uri("u"));
    show_text!(shown, Error, &Error::denied("no").with_oauth(OAuthError::new("invalid_grant")));
}

/// A client of the application's own that holds credentials of the application's own.
fn talkative() -> reqwest::Client {
    let mut headers = HeaderMap::new();
    headers.insert("x-key", HeaderValue::from_static(HEADER));
    let proxy = reqwest::Proxy::all(format!("http://user:{HEADER}@127.0.0.1:9")).unwrap();
    crate::transport::redirects::builder().default_headers(headers).proxy(proxy).build().unwrap()
}

/// An application's hook that prints what it is given.
#[derive(Debug)]
struct Printing(Shown);

#[async_trait::async_trait]
impl Hooks for Printing {
    async fn before_introspect(&self, form: &mut EndpointForm<'_>) -> hallpass_core::Result<()> {
        form.param("key", QUERY)?;
        form.header(header::COOKIE, HeaderValue::from_static(HEADER));
        show!(self.0, EndpointForm<'_>, form);
        Ok(())
    }
}

/// What a call is made of.
async fn calls(shown: &Shown) {
    let provider = showing(shown).but(|d| d.with_scopes(["profile"]));
    let mut world = World::with(provider, confidential());
    world.client = world.client.with_hooks(Arc::new(Printing(shown.clone())));
    let token = token();
    let api = world.client.api(&token);
    show!(shown, Api<'_>, &api);
    let url = format!("https://api.acme.test/me?key={QUERY}#{QUERY}");
    let key = HeaderName::from_static("x-key");
    let call =
        api.post(&url).query("key", QUERY).header(key.clone(), HeaderValue::from_static(HEADER));
    let call = call.json(&json!({ "password": PASSWORD }));
    show!(shown, Call<'_>, &call);
    world.wire.answer(200, &json!({ "more": PASSWORD }));
    call.send().await.unwrap();
    let request = ApiRequest::new(Method::POST, &url)
        .query("key", QUERY)
        .header(key, HeaderValue::from_static(HEADER))
        .form_body([("password", PASSWORD)])
        .token(&token);
    show!(shown, ApiRequest<'_>, &request);
    show!(shown, Request, &request.into_request().unwrap().0);
    let form = ApiRequest::form(Endpoint::Introspection, [("token", ACCESS)]);
    let form = form.client_auth(ClientAuth::Post);
    show!(shown, ApiRequest<'_>, &form);
    world.wire.answer(200, &json!({ "active": true }));
    world.client.send(form).await.unwrap();
    let bad = api.get(&format!("https://evil.test/?key={QUERY}")).send().await;
    show_text!(shown, Error, &bad.unwrap_err());
}

/// Enums whose variants are words.
fn words(shown: &Shown) {
    macro_rules! each {
        ($($type:ident: $($variant:expr),+;)+) => {
            $($({
                use $type::*;
                show!(shown, $type, &$variant);
            })+)+
        };
    }
    each! {
        ClientAuth: Assertion, Basic, BasicRaw, Custom, None, Post, PostSigned;
        CodeBinding: Nonce, Pkce, StateOnly;
        CustomClientAuth: Assertion, Basic, BasicRaw, None, Post;
        CustomMethod: Get, Post;
        CustomPkce: Plain, Required, S256;
        EmailSupport: Flagged, Never, Unflagged;
        EmailVerification: Unknown, Unverified, Verified;
        Endpoint: BackchannelAuthentication, DeviceAuthorization, Introspection,
            PushedAuthorization, Revocation, Userinfo;
        ErrorKind: Config, Denied, Malformed, Security, Transport, Unsupported;
        JwtKind: AuthorizationResponse, IdToken, Introspection, LogoutToken, Userinfo;
        Operation: AccessToken, Authorize, Endpoints, IdEmail, Profile, Refresh, RequestToken,
            Revoke, Send, VerifyJwt;
        Pkce: Ignored, Plain, Refused, Required, S256;
        Purpose: Api, Endpoint(hallpass_core::Endpoint::Userinfo), Metadata, Token;
        Revocation: Custom(&[]), None, Rfc7009(ClientAuth::Basic);
        Revoke: AccessToken, Grant, RefreshToken;
        TokenBody: Form, Json;
        TokenPlacement: Bearer, Header(header::AUTHORIZATION);
    }
}
