//! The memory that clients, logins and tokens keep, and that a long run does not take more of it.
//!
//! Counted are the bytes that this thread asks Rust's allocator for: everything here runs on one
//! thread but the endpoint on loopback. What the cryptography allocates in C is not seen, nor what
//! the allocator adds to each block.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

mod footprint;

use std::{env, fs, path::Path, sync::Arc};

use allocation_counter::measure;
use async_trait::async_trait;
use hallpass_benches::{
    CODE, Plain, REDIRECT_URI, Responder, VERIFIER, client, config,
    id_tokens::{ACCESS_TOKEN, Documents, ISSUER, Op, Signature},
    replies::GOOGLE,
};
use hallpass_core::{
    AuthorizationRequest, HttpClient, JwtKind, OAuth2Client, OAuth2Token, PendingAuthorization,
    Provider, Request, ReqwestClient, Response, Result, Secret,
    http::{HeaderMap, StatusCode},
};
use hallpass_openid::{OpenId, OpenIdOAuth2};
use serde_json::json;
use tokio::{
    runtime::{self, Runtime},
    task::JoinSet,
};

use self::footprint::{CLIENT_BYTES, PENDING_BYTES, kept};

const TOKEN_ENDPOINT: &str = "https://plain.test/oauth/token";
const URLS: u64 = 1_000_000;
const EXCHANGES: u64 = 20_000;
/// How many tasks exchange codes.
const AT_ONCE: u64 = 64;
/// How much more may live at the end of a run than after its first tenth: nothing for URLs. For
/// exchanges the buffers of one connection of the 64, since how many are in use at once is chance:
/// less than a byte for each exchange.
const MORE_AFTER_URLS: i64 = 0;
const MORE_AFTER_EXCHANGES: i64 = 16_384;

fn main() {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let responder = Responder::start(GOOGLE);
    let mut figures = Figures(Vec::new());
    clients(&mut figures, &runtime, &responder);
    logins(&mut figures, &runtime);
    openid(&mut figures, &runtime);
    urls(&mut figures, &runtime);
    exchanges(&mut figures, &runtime, &responder);
    figures.finish();
}

fn clients(figures: &mut Figures, runtime: &Runtime, responder: &Responder) {
    // What a process has once: TLS, the runtime's own.
    let first = client(&responder.url());
    runtime.block_on(exchange(&first));

    let http: Arc<dyn HttpClient> = Arc::new(ReqwestClient::new());
    let (_client, bytes) = kept(|| client(TOKEN_ENDPOINT).with_http_client(Arc::clone(&http)));
    figures.add("an idle client that shares its transport", bytes, Some(CLIENT_BYTES));
    let (_client, bytes) = kept(|| client(TOKEN_ENDPOINT));
    figures.add("an idle client, nothing sent yet", bytes, None);
    let (_client, bytes) = kept(|| {
        let client = client(&responder.url());
        runtime.block_on(exchange(&client));
        client
    });
    figures.add("an idle client, its transport and one open connection", bytes, None);
}

fn logins(figures: &mut Figures, runtime: &Runtime) {
    let client = client(TOKEN_ENDPOINT);
    let begin = || runtime.block_on(begin(&client));
    drop(begin());
    let (pending, bytes) = kept(begin);
    figures.add("a pending authorization", bytes, Some(PENDING_BYTES));
    figures.add("a pending authorization, stored", length(&pending.expose_for_session()), None);
}

fn openid(figures: &mut Figures, runtime: &Runtime) {
    let op = Op::new();
    let jwt = Secret::new(op.id_token(Signature::Rs256));
    let reply = token_reply(jwt.expose());
    let http: Arc<dyn HttpClient> = Arc::new(Memory { documents: op.documents(), reply });
    let make = || {
        let client: OpenIdOAuth2 =
            OAuth2Client::new(OpenId::new("op", ISSUER), config()).expect("a client");
        let client = client.with_http_client(Arc::clone(&http));
        runtime.block_on(client.verify_jwt(&jwt, JwtKind::IdToken)).expect("claims");
        client
    };
    drop(make());
    let (client, bytes) = kept(make);
    figures.add("an idle client of OpenID Connect, metadata and three keys kept", bytes, None);

    let token = runtime.block_on(exchange(&client));
    assert!(token.id_token().is_some() && token.claims().is_some(), "as Google's");
    let (_copy, bytes) = kept(|| token.clone());
    figures.add("a token with ID token and claims, as Google's", bytes, None);
    let stored = token.expose_for_storage();
    figures.add("a token with ID token and claims, stored", length(&stored), None);
}

fn length(stored: &Secret) -> u64 {
    stored.expose().len() as u64
}

fn urls(figures: &mut Figures, runtime: &Runtime) {
    let client = client(TOKEN_ENDPOINT);
    let tenth = || {
        runtime.block_on(async {
            for _ in 0..URLS / 10 {
                drop(begin(&client).await);
            }
        });
    };
    soak(figures, "1,000,000 authorization URLs", MORE_AFTER_URLS, tenth);
}

fn exchanges(figures: &mut Figures, runtime: &Runtime, responder: &Responder) {
    let client = Arc::new(client(&responder.url()));
    let tenth = || {
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for task in 0..AT_ONCE {
                let client = Arc::clone(&client);
                let share = EXCHANGES / 10 / AT_ONCE + u64::from(task < EXCHANGES / 10 % AT_ONCE);
                tasks.spawn(async move {
                    for _ in 0..share {
                        drop(exchange(&client).await);
                    }
                });
            }
            while let Some(done) = tasks.join_next().await {
                done.expect("a task that ends");
            }
        });
    };
    soak(figures, "20,000 exchanges, 64 at once", MORE_AFTER_EXCHANGES, tenth);
}

/// A tenth to warm up, then all of it: what lives after each tenth, and at the end no more than
/// `bound` above the first.
#[allow(clippy::print_stdout, reason = "the report of a program")]
fn soak(figures: &mut Figures, what: &str, bound: i64, tenth: impl Fn()) {
    tenth();
    let mut live = 0;
    let lives: [i64; 10] = std::array::from_fn(|_| {
        live += measure(&tenth).bytes_current;
        live
    });
    println!("{what}: live bytes after each tenth, beside those after the warm-up: {lives:?}");
    let more = lives[9] - lives[0];
    assert!(more <= bound, "{what}: {more} bytes more at the end");
    let bytes = u64::try_from(more).unwrap_or(0);
    figures.add(&format!("more after {what}"), bytes, u64::try_from(bound).ok());
}

async fn begin(client: &OAuth2Client<Plain>) -> PendingAuthorization {
    let login = client.get_authorization_url(AuthorizationRequest::new()).await;
    login.expect("a URL").pending
}

async fn exchange<P: Provider>(client: &OAuth2Client<P>) -> OAuth2Token {
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    let token = client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier)).await;
    token.expect("a token")
}

/// With the members that Google's has.
fn token_reply(id_token: &str) -> String {
    let reply = json!({
        "access_token": ACCESS_TOKEN,
        "expires_in": 3599,
        "refresh_token": format!("1//0{}", "Invented".repeat(12)),
        "scope": "openid https://www.googleapis.com/auth/userinfo.email",
        "token_type": "Bearer",
        "id_token": id_token,
    });
    reply.to_string()
}

/// Answers from memory.
#[derive(Debug)]
struct Memory {
    documents: Documents,
    reply: String,
}

#[async_trait]
impl HttpClient for Memory {
    async fn send(&self, request: Request) -> Result<Response> {
        let body = match request.url.path() {
            "/token" => self.reply.clone().into_bytes(),
            path => self.documents.at(path),
        };
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), body))
    }
}

/// What is kept where, for `cargo xtask bench`.
struct Figures(Vec<serde_json::Value>);

impl Figures {
    #[allow(clippy::print_stdout, reason = "the report of a program")]
    fn add(&mut self, what: &str, bytes: u64, at_most: Option<u64>) {
        match at_most {
            Some(at_most) => println!("{what}: {bytes} bytes, at most {at_most}"),
            None => println!("{what}: {bytes} bytes"),
        }
        self.0.push(json!({ "what": what, "bytes": bytes, "at_most": at_most }));
    }

    /// Beside the profile's folder, in which `deps` holds this program.
    fn finish(self) {
        let program = env::current_exe().expect("this program");
        let target = program.ancestors().nth(3).map(|target: &Path| target.join("hallpass"));
        let folder = target.expect("a target folder");
        fs::create_dir_all(&folder).expect("a folder for the figures");
        let figures = json!({ "figures": self.0 });
        fs::write(folder.join("memory.json"), figures.to_string()).expect("the figures written");
    }
}
