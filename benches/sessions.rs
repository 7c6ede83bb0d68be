//! A token that is kept and renewed: an endpoint in memory, whose answer waits until all have
//! asked, hallpass's session over it, and the limit.

mod bare;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{
    Clock, HttpClient, Request, Response, Result, Secret,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use hallpass_session::{MemoryStore, Session, TokenManager};
use tokio::sync::watch;

pub use self::bare::{BareToken, BareTokens};
use crate::{CODE, REDIRECT_URI, VERIFIER, client, replies::GOOGLE};

/// Where the tokens come from.
pub const TOKEN_ENDPOINT: &str = "https://plain.test/oauth/token";

/// Counts requests, and answers none of them before everybody has asked for the token who is to.
///
/// Else the first to ask would have it before the second asks, on a runtime of one thread at least:
/// there would be nothing to wait for.
#[derive(Debug)]
pub struct Endpoint {
    answer: Mutex<(StatusCode, &'static str)>,
    requests: AtomicUsize,
    /// How many have not asked yet.
    missing: AtomicUsize,
    is_open: watch::Sender<bool>,
}

impl Endpoint {
    /// Answers at once with a token of [`GOOGLE`]'s, good for an hour.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new((StatusCode::OK, GOOGLE)),
            requests: AtomicUsize::new(0),
            missing: AtomicUsize::new(0),
            is_open: watch::Sender::new(true),
        })
    }

    /// Answers with this from now on.
    pub fn set_answer(&self, status: StatusCode, body: &'static str) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (status, body);
    }

    /// Begins to count, and waits for so many.
    pub fn expect(&self, tasks: usize) {
        self.requests.store(0, Ordering::Relaxed);
        self.missing.store(tasks, Ordering::Relaxed);
        self.is_open.send_replace(false);
    }

    /// One more asks, before it waits for anything: whatever the last of them wakes here runs after
    /// it on a runtime of one thread.
    pub fn ask(&self) {
        if self.missing.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.is_open.send_replace(true);
        }
    }

    /// How many requests came since [`expect`](Self::expect).
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// One request, and its answer.
    ///
    /// # Panics
    ///
    /// Never: nobody is gone while it waits.
    pub async fn answer(&self) -> (StatusCode, &'static str) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.is_open.subscribe().wait_for(|is_open| *is_open).await.expect("the endpoint");
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// hallpass's transport to it.
#[derive(Debug)]
struct Memory(Arc<Endpoint>);

#[async_trait]
impl HttpClient for Memory {
    async fn send(&self, request: Request) -> Result<Response> {
        drop(std::hint::black_box(request));
        let (status, body) = self.0.answer().await;
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
        Ok(Response::new(status, headers, body.as_bytes().to_vec()))
    }
}

/// hallpass's session of a user who signed in there, in a store in memory.
///
/// # Panics
///
/// If the login fails, and outside a tokio runtime.
pub async fn session(endpoint: &Arc<Endpoint>, clock: Arc<dyn Clock>) -> Session {
    let http = Arc::new(Memory(Arc::clone(endpoint)));
    let client = client(TOKEN_ENDPOINT).with_http_client(http).with_clock(Arc::clone(&clock));
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    let token = client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier)).await;
    let manager = TokenManager::new(Arc::new(client), Arc::new(MemoryStore::new()));
    let session = manager.with_clock(clock).sign_in("user", token.expect("a token")).await;
    session.expect("a session")
}

/// The system's clock, and how many seconds it was turned on.
#[derive(Debug, Default)]
pub struct Turned(AtomicU64);

impl Turned {
    /// Whatever was good for an hour has ended.
    pub fn past_the_end(&self) {
        self.0.fetch_add(2 * 3_600, Ordering::Relaxed);
    }
}

impl Clock for Turned {
    fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}
