use std::time::Duration;

use hallpass_core::http::{StatusCode, header};

use super::{
    route::Route,
    wire::{Answer, Asked},
};

/// Something that goes wrong on demand: [`LocalProvider::fault`](crate::LocalProvider::fault).
///
/// ```
/// # use std::time::Duration;
/// # use hallpass_testkit::Fault;
/// // The next two token requests are told to come back in half a minute.
/// let busy = Fault::on("token").status(503).retry_after(Duration::from_secs(30)).times(2);
/// // The next one is answered too late.
/// let slow = Fault::on("/token").delay(Duration::from_secs(60));
/// ```
///
/// A request that meets a fault with an answer of its own, or is cut off before the headers, is not
/// carried out: a code is still good afterwards. With [`carried_out`](Self::carried_out) it is, and
/// the answer alone is lost.
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault {
    on: String,
    times: u32,
    delay: Option<Duration>,
    carried_out: bool,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    body: Option<(String, String)>,
    oversized: Option<usize>,
    cut: Option<Cut>,
}

/// Where the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    BeforeHeaders,
    InBody,
}

impl Fault {
    /// The next request to `what`: an operation (`authorize`, `token`, `revoke`, `api`, and others
    /// of [`LoggedRequest::operation`](crate::LoggedRequest::operation)), a path (`/token`), or a
    /// URL without its query. When emulating, path and URL are the provider's own.
    /// As it is, it does nothing.
    pub fn on(what: impl Into<String>) -> Self {
        Self {
            on: what.into(),
            times: 1,
            delay: None,
            carried_out: false,
            status: None,
            retry_after: None,
            body: None,
            oversized: None,
            cut: None,
        }
    }

    /// How many matching requests meet it. Default: one.
    pub fn times(mut self, requests: u32) -> Self {
        self.times = requests;
        self
    }

    /// The answer comes this much later.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Another status, with an empty body unless [`body`](Self::body) gives one. What is no status
    /// of HTTP becomes 500.
    pub fn status(mut self, status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.status = Some(status);
        self
    }

    /// A `Retry-After` header, in whole seconds.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Another body, with status 200 unless [`status`](Self::status) gives one.
    pub fn body(mut self, media_type: impl Into<String>, body: impl Into<String>) -> Self {
        self.body = Some((media_type.into(), body.into()));
        self
    }

    /// A body of so many bytes, of unannounced length.
    pub fn oversized(mut self, bytes: usize) -> Self {
        self.oversized = Some(bytes);
        self
    }

    /// The connection ends without an answer.
    pub fn cut_before_headers(mut self) -> Self {
        self.cut = Some(Cut::BeforeHeaders);
        self
    }

    /// The connection ends in the middle of the body. The request is carried out, unless it is
    /// answered with another status or body.
    pub fn cut_in_body(mut self) -> Self {
        self.cut = Some(Cut::InBody);
        self
    }

    /// The request is carried out at once, whatever becomes of its answer: the code is spent, the
    /// refresh token rotated.
    pub fn carried_out(mut self) -> Self {
        self.carried_out = true;
        self
    }

    pub(super) fn wait(&self) -> Option<Duration> {
        self.delay
    }

    pub(super) fn is_carried_out(&self) -> bool {
        self.carried_out
    }

    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// How long the body is, where it is one without sense.
    pub(super) fn flood(&self) -> Option<usize> {
        self.oversized
    }

    /// What is answered, given the way to the right answer.
    pub(super) fn answer(&self, right: impl FnOnce() -> Answer) -> Answer {
        let status = self.status.unwrap_or(StatusCode::OK);
        let answer = match &self.body {
            Some((media_type, body)) => Answer::typed(status, media_type, body.as_str()),
            None if self.oversized.is_some() => Answer::typed(status, "application/json", ""),
            None if self.status.is_some() => Answer::empty(status),
            None => right(),
        };
        match self.retry_after {
            Some(wait) => {
                let up = u64::from(wait.subsec_nanos() > 0);
                answer.with(header::RETRY_AFTER, &wait.as_secs().saturating_add(up).to_string())
            }
            None => answer,
        }
    }
}

/// Faults that still wait for their requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push(fault);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many requests will still meet one.
    pub(super) fn left(&self) -> u32 {
        self.0.iter().map(|fault| fault.times).fold(0, u32::saturating_add)
    }

    /// The one that this request meets.
    pub(super) fn take(&mut self, route: Route, asked: &Asked) -> Option<Fault> {
        let met = self.0.iter_mut().find(|fault| route.is_meant_by(&fault.on, &asked.url))?;
        met.times -= 1;
        let fault = met.clone();
        self.0.retain(|fault| fault.times > 0);
        Some(fault)
    }
}
