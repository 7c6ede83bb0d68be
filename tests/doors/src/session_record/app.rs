//! An application with the router of hallpass, whose sessions are in a Redis that says what it is
//! told to.

use std::{
    convert::Infallible,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    handler::Handler as _,
    http::{HeaderMap, Method, Request, StatusCode, header},
    middleware::from_fn,
    routing::{MethodRouter, any_service, get},
};
use hallpass::{
    AuthorizationRequest, BaseOAuth2,
    axum::{Identity, Sessions, SignIn, SignOutForm, require_login, tower_sessions::session::Id},
    core::{Descriptor, Json, url::Url},
    openid::{Algorithm, IssuerRule, MemoryReplayStore, OpenId},
    session::SealingKeys,
};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::redis::Redis;
use crate::{
    jwt::ISSUER,
    world::{Answers, CLIENT_ID, NOW, Still, at_once, client, config, keys},
};

/// One for each thread: its tasks live in the runtime.
pub(super) fn with(visit: impl FnOnce(&App)) {
    thread_local! {
        static APP: App = App::start();
    }
    APP.with(visit);
}

pub(super) struct App {
    runtime: Runtime,
    redis: Arc<Redis>,
    routes: MethodRouter<(), Infallible>,
    /// What a login has written, but for what is by chance.
    written: String,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) text: String,
    /// So slow that the store may have been given up, by a machine that had other things to do.
    pub(super) is_late: bool,
}

/// Less than hallpass waits for one answer of Redis.
const PATIENCE: Duration = Duration::from_secs(4);

const COOKIE: &str = "__Host-hallpass.session";

/// The session that the browser has the cookie of.
const ID: Id = Id(0x0700_0000_0000_0000_0000_0000_0000_0007);

pub(super) fn session_key() -> String {
    format!("hallpass:session:{ID}")
}

impl App {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (redis, routes, written) = runtime.block_on(async {
            let redis = Redis::start().await;
            let sessions = Sessions::redis(&redis.url()).await.expect("Redis answers");
            // A router is called by the trait of a crate that is not ours to name.
            let routes = any_service(routes(sessions));
            let written = written(&redis, &routes).await;
            (redis, routes, written)
        });
        Self { runtime, redis, routes, written }
    }

    pub(super) fn redis(&self) -> &Redis {
        &self.redis
    }

    pub(super) fn written(&self) -> &str {
        &self.written
    }

    pub(super) fn block_on(&self, visit: impl Future<Output = ()>) {
        self.runtime.block_on(visit);
    }

    /// A request of the browser that has the cookie.
    pub(super) async fn ask(&self, method: Method, path: &str, form: &str) -> Answer {
        ask(&self.routes, method, path, &format!("{COOKIE}={ID}"), form).await
    }
}

async fn ask(
    routes: &MethodRouter<(), Infallible>,
    method: Method,
    path: &str,
    cookies: &str,
    form: &str,
) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookies);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.body(Body::from(form.to_owned())).unwrap();
    let begun = Instant::now();
    let (head, body) = routes.clone().call(request, ()).await.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a page is not long");
    let text = String::from_utf8(body.to_vec()).expect("a page is text");
    let is_late = begun.elapsed() > PATIENCE;
    Answer { status: head.status, headers: head.headers, text, is_late }
}

fn routes(sessions: Sessions) -> Router {
    let replays = MemoryReplayStore::new().with_clock(Arc::new(Still));
    let sign_in = SignIn::new("https://app.test", SealingKeys::generate())
        .and_then(|sign_in| sign_in.provider(acme()))
        .expect("it is set up as it should be");
    let sign_in = sign_in.clock(Arc::new(Still)).backchannel_logout(Arc::new(replays));
    let mine =
        Router::new().route("/mine", get(|| async { "yours" })).layer(from_fn(require_login));
    sign_in.attach_with(Router::new().route("/", get(who)).merge(mine), sessions)
}

async fn who(who: Option<Identity>, form: Option<SignOutForm>) -> String {
    let key = who.as_ref().map(|who| [who.key().0.to_owned(), who.key().1.to_owned()]);
    let who = who.map(|who| serde_json::to_value(&who.0).unwrap());
    json!({ "who": who, "key": key, "csrf": form.map(|form| form.csrf().to_owned()) }).to_string()
}

/// A provider with ID tokens, so that a session can be ended by its word.
fn acme() -> Arc<dyn BaseOAuth2> {
    let of = |answers: Answers| {
        let descriptor =
            Descriptor::new("acme", "https://id.test/authorize", "https://id.test/token");
        let descriptor = descriptor.with_scopes(["openid"]);
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        let provider: OpenId = OpenId::pinned(descriptor, issuer, "https://id.test/keys");
        client(provider.with_algorithms([Algorithm::EdDsa]), config(), Arc::new(answers))
    };
    // The nonce is that of every login here.
    let login = of(Answers::json(Vec::new()));
    let login = at_once(login.get_authorization_url(AuthorizationRequest::new())).unwrap();
    let claims = json!({
        "iss": ISSUER, "sub": "42", "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 3600,
        "sid": "planted-sid", "nonce": param(login.url.as_str(), "nonce"),
        "email": "ada@planted.test", "email_verified": true, "name": "Ada",
    });
    let jwt = keys().ed.jwt(claims.as_object().unwrap());
    let token = json!({ "access_token": "planted-token", "token_type": "Bearer", "id_token": jwt });
    of(Answers::json(vec![token.to_string().into_bytes()]))
}

fn param(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).expect("it is there").1.into_owned()
}

/// Signs in, and reads what is kept then. What is different each time is written over.
async fn written(redis: &Redis, routes: &MethodRouter<(), Infallible>) -> String {
    let begun = ask(routes, Method::GET, "/login/acme", "", "").await;
    let state = param(begun.headers[header::LOCATION].to_str().unwrap(), "state");
    let cookie = begun.headers[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let callback = format!("/callback/acme?code=c&state={state}");
    let back = ask(routes, Method::GET, &callback, cookie, "").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    let all = back.headers.get_all(header::SET_COOKIE).iter();
    let mut all = all.map(|set| set.to_str().unwrap().split(';').next().unwrap());
    let id = all.find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='));
    let text = redis.get(&format!("hallpass:session:{}", id.expect("it has a cookie")));
    let mut kept: Json = serde_json::from_slice(&text.expect("it is kept")).unwrap();
    kept["data"]["hallpass.csrf"] = "0123456789abcdef0123456789abcdef".into();
    kept["expires_at"] = (NOW * 1000 + 14 * 86_400_000).into();
    kept.to_string()
}
