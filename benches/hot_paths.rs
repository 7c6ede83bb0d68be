//! The hot paths, one call each, for the programs that count what a call costs: `hot` and
//! `hot_allocations`. Nothing waits: a transport that answers from memory stands for the network.

mod id_token;

use std::{
    fmt,
    future::Future,
    hint::black_box,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use hallpass_core::{
    AuthorizationRequest, Callback, Clock as _, Descriptor, HttpClient, OAuth2Client, OAuth2Token,
    PendingAuthorization, Random, Request, Response, Result, Secret, SystemClock,
    bench::read_token,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};

use crate::{
    AUTHORIZE, CODE, Plain, REDIRECT_URI, SCOPES, VERIFIER, config,
    replies::{GITHUB, GOOGLE},
    sessions::{Endpoint, session},
};

/// As often as this, a prepared path can be called: what a call uses up is made beforehand.
pub const MOST_CALLS: usize = 2_000;

/// What one login goes through, or a part of it.
pub struct HotPath {
    /// One word, as on the command line.
    pub name: &'static str,
    prepare: fn() -> Call,
}

/// One call, of [`MOST_CALLS`] at most.
pub type Call = Box<dyn FnMut()>;

/// Each path, in the order of a login.
pub const HOT_PATHS: [HotPath; 12] = [
    HotPath { name: "authorization_url", prepare: authorization_url },
    HotPath { name: "callback", prepare: callback },
    HotPath { name: "exchange_in_memory", prepare: exchange_in_memory },
    HotPath { name: "token_read_google", prepare: || token_read(GOOGLE) },
    HotPath { name: "token_read_github", prepare: || token_read(GITHUB) },
    HotPath { name: "id_token_rs256", prepare: || id_token::verification("RS256") },
    HotPath { name: "id_token_es256", prepare: || id_token::verification("ES256") },
    HotPath { name: "id_token_eddsa", prepare: || id_token::verification("EdDSA") },
    HotPath { name: "get_id_email_in_memory", prepare: get_id_email_in_memory },
    HotPath { name: "token_expose_for_storage", prepare: token_expose_for_storage },
    HotPath { name: "token_from_storage", prepare: token_from_storage },
    HotPath { name: "session_token", prepare: session_token },
];

impl HotPath {
    /// The path of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        HOT_PATHS.iter().find(|path| path.name == name)
    }

    /// Makes what the calls need, and returns the call.
    ///
    /// # Panics
    ///
    /// If it cannot be made. The call panics if its work fails.
    #[must_use]
    pub fn prepare(&self) -> Call {
        (self.prepare)()
    }
}

impl fmt::Debug for HotPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HotPath({})", self.name)
    }
}

fn authorization_url() -> Call {
    let client = client(GOOGLE);
    Box::new(move || {
        let login = ready(client.get_authorization_url(AuthorizationRequest::new()));
        finish(login.expect("a URL"));
    })
}

/// The query read, and compared with what was kept. The clock is asked beforehand.
fn callback() -> Call {
    let client = client(GOOGLE).with_random(Arc::new(Sevens));
    let mut query = String::new();
    let mut begin = || {
        let login = ready(client.get_authorization_url(AuthorizationRequest::new()));
        let login = login.expect("a URL");
        let (_, parameters) = login.url.as_str().split_once('?').expect("a query");
        let mut parameters = parameters.split('&');
        let state = parameters.find(|parameter| parameter.starts_with("state=")).expect("state");
        query =
            format!("{state}&code={}&scope=email%20profile&prompt=none", CODE.replace('/', "%2F"));
        login.pending
    };
    let mut pending: Vec<PendingAuthorization> = (0..MOST_CALLS).map(|_| begin()).collect();
    let now = SystemClock.now();
    Box::new(move || {
        let pending = pending.pop().expect("no more than MOST_CALLS calls");
        let callback = Callback::from_query(black_box(&query)).expect("a callback");
        let code = callback.verify(pending, client.descriptor(), client.client_id(), now);
        finish(code.expect("a code"));
    })
}

fn exchange_in_memory() -> Call {
    let client = client(GOOGLE);
    Box::new(move || finish(exchange(&client)))
}

fn exchange(client: &OAuth2Client<Plain>) -> OAuth2Token {
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    ready(client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier))).expect("a token")
}

fn token_read(body: &'static str) -> Call {
    let descriptor = Descriptor::new("plain", AUTHORIZE, "https://plain.test/oauth/token");
    let response = json_response(body);
    Box::new(move || finish(read_token(black_box(&response), &descriptor).expect("a token")))
}

fn get_id_email_in_memory() -> Call {
    let client = client(PROFILE);
    let token = OAuth2Token::from_access_token("ya29.Invented");
    Box::new(move || finish(ready(client.get_id_email(&token)).expect("a user")))
}

fn token_expose_for_storage() -> Call {
    let token = exchange(&client(GOOGLE));
    Box::new(move || finish(black_box(&token).expose_for_storage()))
}

fn token_from_storage() -> Call {
    let stored = exchange(&client(GOOGLE)).expose_for_storage();
    Box::new(move || finish(OAuth2Token::from_storage(black_box(&stored)).expect("a token")))
}

/// A token that is good for an hour. The login needs a runtime, the token does not.
fn session_token() -> Call {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let session = runtime.block_on(session(&Endpoint::new(), Arc::new(SystemClock)));
    Box::new(move || finish(ready(session.token()).expect("a token")))
}

/// What an API says of its user, all of it invented.
const PROFILE: &str = concat!(
    "{\"id\":\"104729130977510234985\",\"email\":\"someone@mail.test\",\"email_verified\":true,",
    "\"name\":\"Some One\",\"given_name\":\"Some\",\"family_name\":\"One\",\"locale\":\"en\",",
    "\"picture\":\"https://pictures.plain.test/a/InventedPictureInventedPictureInvented=s96-c\"}",
);

/// As [`client`](crate::client), but each answer is `body`.
fn client(body: &'static str) -> OAuth2Client<Plain> {
    let descriptor = Descriptor::new("plain", AUTHORIZE, "https://plain.test/oauth/token");
    let descriptor = descriptor.with_scopes(SCOPES).with_api("https://api.plain.test");
    let client = OAuth2Client::new(Plain(descriptor), config()).expect("a client");
    client.with_http_client(Arc::new(Memory(body)))
}

/// Answers each request with one body, at once.
#[derive(Debug)]
struct Memory(&'static str);

#[async_trait]
impl HttpClient for Memory {
    async fn send(&self, request: Request) -> Result<Response> {
        drop(black_box(request));
        Ok(json_response(self.0))
    }
}

fn json_response(body: &str) -> Response {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
    Response::new(StatusCode::OK, headers, body.as_bytes().to_vec())
}

/// So that every `state` is the same, and one query answers all.
#[derive(Debug)]
struct Sevens;

impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// What came of the work is dropped, as a caller would, and not optimised away.
fn finish<T>(output: T) {
    drop(black_box(output));
}

/// Without a runtime, whose work would be counted too.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing here to wait for"),
    }
}

#[cfg(test)]
mod tests {
    use super::{HOT_PATHS, HotPath};

    #[test]
    fn each_path_can_be_called_again_and_again() {
        for path in &HOT_PATHS {
            let mut call = path.prepare();
            (0..3).for_each(|_| call());
        }
    }

    #[test]
    fn a_path_is_found_by_its_own_name_alone() {
        for path in &HOT_PATHS {
            assert_eq!(HotPath::named(path.name).map(|found| found.name), Some(path.name));
        }
        assert!(HotPath::named("hot").is_none());
    }
}
