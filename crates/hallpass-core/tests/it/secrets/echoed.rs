//! A server that repeats all it was sent, piece by piece, wherever an error has room for it.

use std::sync::Arc;

use hallpass_core::{
    ApiRequest, Authorization, AuthorizationRequest, Callback, ClientAuth, Endpoint, Error, Grant,
    Json, OAuthError, PendingAuthorization, Response, Revocation, Revoke, Secret, TokenBody,
    http::{HeaderName, HeaderValue, Method, header},
    url::form_urlencoded,
};
use serde_json::json;

use super::planted::{
    ACCESS, CLIENT_SECRET, CODE, HEADER, Key, PASSWORD, Planted, QUERY, TOKEN_PARAM, confidential,
    printed, public, token,
};
use crate::support::{Acme, CountingRandom, Sent, Verifier, World, acme, param, response};

/// How a server says it.
const SHAPES: [fn(&str) -> Json; 4] = [
    |said| json!({ "error": said, "error_description": said, "error_uri": said, "message": said }),
    |said| json!({ "error": { "type": said, "message": said } }),
    |said| json!({ "error": "invalid_grant", "error_description": format!("Sorry: {said}!") }),
    |said| json!({ "message": said }),
];

/// One after the other: five do not divide the number of answers to a piece, so that each shape
/// comes with each.
const STATUSES: [u16; 5] = [200, 400, 401, 403, 500];

/// Everything that a request said, in each piece and in each spelling that a server may repeat.
fn pieces(sent: &Sent) -> Vec<String> {
    let mut pieces = vec![sent.url.to_string(), sent.body.clone()];
    pieces.extend(sent.url.query_pairs().map(|(_, value)| value.into_owned()));
    for value in sent.headers.values() {
        let value = value.to_str().unwrap();
        pieces.push(value.to_owned());
        pieces.extend(value.split(' ').map(str::to_owned));
    }
    match serde_json::from_str::<Json>(&sent.body) {
        Ok(Json::Object(members)) => {
            pieces.extend(members.values().filter_map(Json::as_str).map(str::to_owned));
        }
        _ => pieces.extend(sent.form().into_iter().map(|(_, value)| value)),
    }
    pieces.retain(|piece| piece.len() >= 4);
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// How often a test repeats one call: once for each piece, whole and cut by the limit of a part.
struct Echo<'a> {
    planted: &'a Planted,
    redacted: u32,
    told: u32,
}

impl Echo<'_> {
    async fn check<F: Future<Output = Option<Error>>>(
        &mut self,
        what: &str,
        world: &World,
        call: impl Fn() -> F,
    ) {
        world.wire.answer(400, &json!({}));
        call().await;
        let sent = world.wire.only();
        let mut statuses = STATUSES.into_iter().cycle();
        for piece in pieces(&sent) {
            for shape in SHAPES {
                // Whole, and cut after 9 and after 12 of its letters.
                let pads = [0, 500 - 9, 500 - 12];
                for pad in pads.map(|pad| "-".repeat(pad)) {
                    let body = shape(&format!("{pad}{piece}"));
                    let status = statuses.next().unwrap();
                    world.wire.answer_with(move |_| Ok(loud(status, &body)));
                    let Some(error) = call().await else { continue };
                    let text = self.planted.assert_absent_from(what, &error);
                    self.redacted += u32::from(text.contains("[redacted]"));
                    self.told += u32::from(text.contains("Sorry"));
                }
            }
        }
        world.wire.sent();
    }
}

/// The answer says it in its headers too.
fn loud(status: u16, body: &Json) -> Response {
    let mut answer = response(status, "application/json", &body.to_string());
    let line: String = body.to_string().chars().filter(|c| !c.is_control()).collect();
    for name in [header::WWW_AUTHENTICATE, header::LOCATION, header::RETRY_AFTER] {
        answer.headers.insert(name, HeaderValue::from_str(&line).unwrap());
    }
    answer
}

#[tokio::test]
async fn an_error_of_the_token_endpoint_repeats_no_secret() {
    let custom = |client: &mut hallpass_core::CustomAuth<'_>| {
        client.param("proof", ASSERTED)?;
        client.header(header::AUTHORIZATION, HeaderValue::from_static(HEADER));
        Ok(())
    };
    const ASSERTED: &str = super::planted::ASSERTION;
    let by = |auth| acme().but(move |d| d.with_client_auth(auth));
    let keyed = || public().with_assertion(Key);
    let json_body = acme().but(|d| d.with_token_body(TokenBody::Json));
    for (what, world) in [
        ("post", World::with(by(ClientAuth::Post), confidential())),
        ("basic", World::with(by(ClientAuth::Basic), confidential())),
        ("raw basic", World::with(by(ClientAuth::BasicRaw), confidential())),
        ("an assertion", World::with(by(ClientAuth::Assertion), keyed())),
        ("a posted assertion", World::with(by(ClientAuth::PostSigned), keyed())),
        ("custom", World::with(by(ClientAuth::Custom).on_authenticate(custom), confidential())),
        ("JSON", World::with(json_body, confidential())),
    ] {
        let mut planted = Planted::new();
        let session = begun(&world, &mut planted).await;
        let mut echo = Echo { planted: &planted, redacted: 0, told: 0 };
        echo.check(what, &world, || async {
            let (callback, pending) = back(&session);
            world.client.get_access_token(callback, pending).await.err()
        })
        .await;
        assert!(echo.redacted > 20, "{what}: {} errors had something to hide", echo.redacted);
        assert!(echo.told > 10, "{what}: {} errors say what the server says", echo.told);
        let token = token();
        echo.check(what, &world, || async { world.client.refresh_token(&token).await.err() }).await;
        echo.check(what, &world, || async {
            let grant = Grant::new("exchange").param("subject_token", ACCESS);
            world.client.request_token(grant.param("actor_token", PASSWORD)).await.err()
        })
        .await;
    }
}

/// A login that waits for its callback: its session and its state.
async fn begun(world: &World, planted: &mut Planted) -> (Secret, String) {
    let Authorization { url, pending, .. } =
        world.client.authorize().token_param("resource", TOKEN_PARAM).start().await.unwrap();
    let state = param(url.as_str(), "state").unwrap();
    let session = pending.expose_for_session();
    planted.add(&state);
    let stored = crate::support::json(session.expose());
    planted.add(stored["proof"].as_str().unwrap());
    (session, state)
}

fn back((session, state): &(Secret, String)) -> (Callback, PendingAuthorization) {
    let code: String = form_urlencoded::byte_serialize(CODE.as_bytes()).collect();
    let callback = Callback::from_query(&format!("code={code}&state={state}")).unwrap();
    (callback, PendingAuthorization::from_session(session).unwrap())
}

#[tokio::test]
async fn an_error_of_the_api_repeats_no_secret() {
    let planted = Planted::new();
    let signing = acme().on_api_request(|request, _, _| {
        request.url.query_pairs_mut().append_pair("proof", super::planted::ASSERTION);
        Ok(())
    });
    let quoting = signing.clone().on_response(|response| {
        let said = response.json().ok()?.get("message")?.as_str()?.to_owned();
        let said: String = said.chars().take(500).collect();
        Some(Error::denied(format!("it says {said}")).with_oauth(OAuthError::new(&said)))
    });
    for provider in [signing, quoting] {
        let world = World::with(provider, confidential());
        let token = token();
        let mut echo = Echo { planted: &planted, redacted: 0, told: 0 };
        let api = world.client.api(&token);
        let key = || {
            let mut value = HeaderValue::from_static(HEADER);
            value.set_sensitive(true);
            (HeaderName::from_static("x-key"), value)
        };
        let url = "https://api.acme.test/me";
        echo.check("a form", &world, || async {
            let (name, value) = key();
            let call = api.post(url).query("key", QUERY).header(name, value);
            call.form([("password", PASSWORD)]).send().await.err()
        })
        .await;
        echo.check("JSON", &world, || async {
            let body = json!({ "user": { "password": PASSWORD }, "list": [QUERY] });
            api.post(&format!("{url}?key={QUERY}")).json(&body).send().await.err()
        })
        .await;
        echo.check("as the client", &world, || async {
            let call = api.post(url).form([("password", PASSWORD)]);
            call.client_auth(ClientAuth::Basic).send().await.err()
        })
        .await;
        echo.check("a profile", &world, || async { world.client.get_profile(&token).await.err() })
            .await;
        assert!(echo.redacted > 20, "{} errors had something to hide", echo.redacted);
        assert!(echo.told > 10, "{} errors say what the server says", echo.told);
    }
}

#[tokio::test]
async fn an_error_of_a_pushed_request_repeats_no_secret() {
    let par = "https://acme.test/par";
    for (what, auth, config) in [
        ("post", ClientAuth::Post, confidential()),
        ("basic", ClientAuth::Basic, confidential()),
        ("an assertion", ClientAuth::Assertion, public().with_assertion(Key)),
    ] {
        let provider = acme().with_verifier(&Arc::<Verifier>::default());
        let provider = provider
            .but(|d| d.with_endpoint(Endpoint::PushedAuthorization, par).with_client_auth(auth));
        let world = World::with(provider, config);
        // Each login has the same state, verifier and nonce, so that it is known what to look for.
        let begin = |pushed: bool| {
            let client = world.client.clone().with_random(Arc::new(CountingRandom::default()));
            let request = AuthorizationRequest::new().scopes(["openid"]);
            let request = request.param("login_hint", PASSWORD).param("key", QUERY);
            let request = if pushed { request.pushed() } else { request };
            async move { client.get_authorization_url(request).await }
        };
        let mut planted = Planted::new();
        let login = begin(false).await.unwrap();
        for name in ["state", "code_challenge", "nonce"] {
            planted.add(&param(login.url.as_str(), name).unwrap());
        }
        let stored = crate::support::json(login.pending.expose_for_session().expose());
        planted.add(stored["proof"].as_str().unwrap());
        let mut echo = Echo { planted: &planted, redacted: 0, told: 0 };
        echo.check(what, &world, || async { begin(true).await.err() }).await;
        assert!(echo.redacted > 20, "{what}: {} errors had something to hide", echo.redacted);
        assert!(echo.told > 10, "{what}: {} errors say what the server says", echo.told);
    }
}

#[tokio::test]
async fn an_error_of_another_endpoint_repeats_no_secret() {
    let planted = Planted::new();
    let revoking = |auth| -> Acme { acme().but(|d| d.with_revocation(Revocation::Rfc7009(auth))) };
    for auth in [ClientAuth::Basic, ClientAuth::Post, ClientAuth::None] {
        let world = World::with(revoking(auth), confidential());
        let token = token();
        let mut echo = Echo { planted: &planted, redacted: 0, told: 0 };
        echo.check("a revocation", &world, || async {
            world.client.revoke_token(&token, Revoke::Grant).await.err()
        })
        .await;
        echo.check("an introspection", &world, || async {
            let request = ApiRequest::form(Endpoint::Introspection, [("token", ACCESS)]);
            world.client.send(request.client_auth(auth)).await.err()
        })
        .await;
        echo.check("nobody's request", &world, || async {
            let request = ApiRequest::new(Method::POST, "https://api.acme.test/x");
            let request = request.query("key", QUERY).form_body([("password", PASSWORD)]);
            world.client.send(request).await.err()
        })
        .await;
        assert!(echo.redacted > 20, "{} errors had something to hide", echo.redacted);
    }
}

#[tokio::test]
async fn an_error_of_the_callback_repeats_no_secret() {
    let world = World::with(acme(), confidential());
    for name in ["code", "state", "proof", "resource"] {
        let mut planted = Planted::new();
        let (session, state) = begun(&world, &mut planted).await;
        let stored = crate::support::json(session.expose());
        let said = match name {
            "code" => CODE,
            "state" => &state,
            "proof" => stored["proof"].as_str().unwrap(),
            _ => TOKEN_PARAM,
        };
        for pad in [0, 500 - 9] {
            let text = format!("{}{said}", "-".repeat(pad));
            let pairs = [
                ("error", text.as_str()),
                ("error_description", &text),
                ("error_uri", &text),
                ("code", CODE),
                ("state", &state),
            ];
            let mut query = form_urlencoded::Serializer::new(String::new());
            let query = query.extend_pairs(pairs).finish();
            let pending = PendingAuthorization::from_session(&session).unwrap();
            let callback = Callback::from_query(&query).unwrap();
            let error = world.client.get_access_token(callback, pending).await.unwrap_err();
            let text = planted.assert_absent_from(name, &error);
            assert!(text.contains("[redacted]"), "{name}: {text}");
        }
    }
    world.wire.assert_silent();
}

#[test]
fn the_search_sees_through_the_spelling_of_a_debug_print() {
    let error = Error::denied(format!("it was {CLIENT_SECRET} and {PASSWORD}"));
    assert_eq!(Planted::new().found_in(&printed(&error)).len(), 2);
}
