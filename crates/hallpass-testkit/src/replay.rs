use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use hallpass_core::{
    Error, HttpClient, Request, Response, Result,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};

use crate::{Exchange, Fixture, FixtureResponse, words::Words};

mod compare;
mod sent;

pub(crate) use compare::url_differences;
pub(crate) use sent::Sent;

/// A transport that answers from a fixture, and compares what is sent with it.
///
/// Requests are answered in the order of the fixture. A request that is not the fixture's, one too
/// many, and an exchange that nobody asked for are failures: [`check`](Self::check) returns them.
/// Where nobody calls it, dropping the replay panics with them, so that none is overlooked.
///
/// How a request is compared:
///
/// - **URL**: exactly, but for the query, whose pairs may come in any order;
/// - **headers**: each that the fixture lists must be equal, or present where its value is `*`.
///   `authorization` must be absent unless listed; `Basic ID:SECRET` is compared with what the
///   header says decoded;
/// - **body**: a form as pairs in any order, JSON by value, and by the media type that it is: a
///   fixture's body is JSON if it starts with `{` or `[`, and a form otherwise. A `content-type`
///   that the fixture lists decides instead; what is neither is compared letter by letter.
///
/// Failures print what was sent, [words](Self::with_word) in the place of values: replay with test
/// credentials only.
///
/// ```
/// # use std::sync::Arc;
/// # use hallpass_core::{Api, ClientConfig, Descriptor, OAuth2Client, OAuth2Token};
/// # use hallpass_core::{Profile, Provider, Result};
/// # use hallpass_testkit::{Fixture, Replay};
/// # #[derive(Debug)]
/// # struct Acme(Descriptor);
/// # impl Provider for Acme {
/// #     type Params = ();
/// #     fn descriptor(&self) -> &Descriptor { &self.0 }
/// #     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
/// #         Profile::from_json(api.get("https://api.acme.test/me").read().await?, "id")
/// #     }
/// # }
/// # let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
/// # let acme = Acme(descriptor.with_api("https://api.acme.test"));
/// # let acme = OAuth2Client::new(acme, ClientConfig::new("ID"))?;
/// let fixture = Fixture::parse(
///     "profile.accepted.http",
///     r#"# acme.test/docs, read 2026-01-15
/// > GET https://api.acme.test/me
/// > authorization: Bearer TOKEN
/// < 200
/// < {"id":42}
/// = Profile { id: "42", email_verification: "unknown" }"#,
/// )?;
/// let replay = Arc::new(Replay::new(&fixture));
/// let acme = acme.with_http_client(replay.clone());
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let profile = acme.get_profile(&OAuth2Token::from_access_token("TOKEN")).await?;
/// assert_eq!(profile.id(), "42");
/// assert!(replay.check().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Replay {
    name: String,
    /// Each with its number in the fixture.
    exchanges: Vec<(usize, Exchange)>,
    words: Words,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    requests: usize,
    failures: Vec<String>,
    /// Somebody has asked for the failures: no need to cry out when dropped.
    is_checked: bool,
}

impl Replay {
    /// Answers from this fixture.
    #[must_use]
    pub fn new(fixture: &Fixture) -> Self {
        Self::of(fixture.name(), numbered(fixture), Words::default())
    }

    pub(crate) fn of(name: &str, exchanges: Vec<(usize, Exchange)>, words: Words) -> Self {
        Self { name: name.to_owned(), exchanges, words, progress: Mutex::default() }
    }

    /// What a word of the fixture stands for: `STATE`, `VERIFIER` … An empty value stands for
    /// nothing.
    #[must_use]
    pub fn with_word(mut self, word: &str, value: &str) -> Self {
        self.words = std::mem::take(&mut self.words).with(word, value);
        self
    }

    /// Whatever went wrong so far, and the exchanges that nobody asked for; empty if all went as
    /// the fixture says. Each is a text of several lines that starts with the fixture's name.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut progress = self.progress();
        progress.is_checked = true;
        let unused = self.exchanges.iter().skip(progress.requests).map(|(number, exchange)| {
            let request = exchange.request();
            let what = format!("{} {}", request.method(), request.url());
            format!("{}: request {number} was never sent:\n    > {what}", self.name)
        });
        progress.failures.iter().cloned().chain(unused).collect()
    }

    fn answer(&self, request: &Request) -> Result<Response> {
        let mut progress = self.progress();
        progress.is_checked = false;
        let sent = Sent::new(request, &self.words);
        let Some((number, exchange)) = self.exchanges.get(progress.requests) else {
            let what = format!("a request too many, the fixture has no more:\n{sent}");
            progress.failures.push(format!("{}: {what}", self.name));
            return Err(Error::config("the fixture has no answer to this request"));
        };
        progress.requests += 1;
        let differences = compare::differences(exchange.request(), &sent);
        if !differences.is_empty() {
            let differences = differences.concat();
            let what = format!("request {number} differs (- fixture, + sent):\n{differences}");
            progress.failures.push(format!("{}: {what}  sent was:\n{sent}", self.name));
        }
        // Answered all the same, so that a report shows what else is wrong.
        response(exchange.response(), request.body_limit_bytes)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HttpClient for Replay {
    async fn send(&self, request: Request) -> Result<Response> {
        self.answer(&request)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() || self.progress().is_checked {
            return;
        }
        let failures = self.check();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The exchanges of a fixture, counted from 1.
pub(crate) fn numbered(fixture: &Fixture) -> Vec<(usize, Exchange)> {
    (1..).zip(fixture.exchanges().iter().cloned()).collect()
}

fn response(fixture: &FixtureResponse, limit: usize) -> Result<Response> {
    let wrong = |_| Error::config("the fixture's answer is none");
    let status = StatusCode::from_u16(fixture.status()).map_err(|_| wrong(()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in fixture.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(()))?;
        let value = HeaderValue::from_str(value).map_err(|_| wrong(()))?;
        headers.append(name, value);
    }
    // As every transport must: see the contract of `HttpClient`.
    if fixture.body().len() > limit {
        return Err(Error::malformed(format!("the answer is longer than {limit} bytes"))
            .with_reason("body_limit")
            .with_status(status));
    }
    Ok(Response::new(status, headers, fixture.body().into()))
}
