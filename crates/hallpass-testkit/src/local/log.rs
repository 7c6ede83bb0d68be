use std::{fmt, sync::Arc};

use hallpass_core::{
    Purpose, Request,
    http::{HeaderMap, Method, StatusCode, header},
    url::Url,
};

use super::{route::Route, wire::Asked};

/// A request that a [`LocalProvider`](crate::LocalProvider) saw, or a server of OAuth 1.
///
/// `Debug` shows operation, method, URL without its query, and status: the rest holds credentials.
#[derive(Clone)]
pub struct LoggedRequest {
    asked: Arc<Asked>,
    route: Route,
    status: Option<StatusCode>,
}

impl LoggedRequest {
    /// What it was for: `authorize`, `token`, `revoke`, `device_authorization`, `device`, `api`, or
    /// `elsewhere` for what the provider does not have. An OpenID provider has `userinfo` instead
    /// of `api`, and besides `discovery`, `jwks`, `pushed_authorization`, `introspection` and
    /// `end_session`. One of OAuth 1 has `temporary_credentials`, `authorize`, `token` and `api`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.route.as_str()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.asked.method
    }

    /// The URL, query included; when emulating, the provider's own.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.asked.url
    }

    /// The path of [`url`](Self::url).
    #[must_use]
    pub fn path(&self) -> &str {
        self.asked.url.path()
    }

    /// The headers. `Host` is that of the local server.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.asked.headers
    }

    /// A header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.asked.headers.get(name)?.to_str().ok()
    }

    /// The same request, to be sent again with
    /// [`http_client`](crate::LocalProvider::http_client), as it was or with something changed. Its
    /// purpose is that of a call to the API; `Host` and `Content-Length` are the transport's.
    #[must_use]
    pub fn to_request(&self) -> Request {
        let asked = &self.asked;
        let mut request = Request::new(asked.method.clone(), asked.url.clone(), Purpose::Api);
        request.headers = asked.headers.clone();
        for name in [header::HOST, header::CONTENT_LENGTH] {
            request.headers.remove(name);
        }
        request.body = asked.body.clone();
        request
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.asked.body
    }

    /// A parameter: of the body, form or JSON, else of the query.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<String> {
        let in_body = self.asked.params();
        let found = in_body.and_then(|params| params.get(name).map(str::to_owned));
        found.or_else(|| self.asked.query().get(name).map(str::to_owned))
    }

    /// What was answered; `None` if nothing was, or not yet.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    pub(super) fn is_meant_by(&self, what: &str) -> bool {
        self.route.is_meant_by(what, self.url())
    }
}

impl fmt::Debug for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        let (origin, path) = (url.origin().ascii_serialization(), url.path());
        let operation = self.operation();
        write!(f, "LoggedRequest({operation}: {} {origin}{path}", self.method())?;
        match self.status {
            Some(status) => write!(f, ", {})", status.as_u16()),
            None => f.write_str(", unanswered)"),
        }
    }
}

/// Requests in the order of their arrival.
#[derive(Default)]
pub(super) struct Log {
    requests: Vec<LoggedRequest>,
    /// How many were cleared away: what a running request counts from.
    cleared: usize,
}

impl Log {
    /// Notes a request, and returns its number.
    pub(super) fn arrived(&mut self, asked: Arc<Asked>, route: Route) -> usize {
        self.requests.push(LoggedRequest { asked, route, status: None });
        self.cleared + self.requests.len() - 1
    }

    pub(super) fn answered(&mut self, number: usize, status: StatusCode) {
        let at = number.checked_sub(self.cleared);
        if let Some(request) = at.and_then(|at| self.requests.get_mut(at)) {
            request.status = Some(status);
        }
    }

    pub(super) fn requests(&self) -> &[LoggedRequest] {
        &self.requests
    }

    pub(super) fn clear(&mut self) {
        self.cleared += self.requests.len();
        self.requests.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_finds_its_request_after_others_were_cleared_away() {
        let asked = || {
            let url = Url::parse("https://acme.test/t").unwrap();
            let (headers, body) = (HeaderMap::new(), Vec::new());
            Arc::new(Asked { method: Method::GET, url, headers, body })
        };
        let mut log = Log::default();
        let cleared = log.arrived(asked(), Route::Api);
        log.clear();
        let (one, two) = (log.arrived(asked(), Route::Api), log.arrived(asked(), Route::Api));
        log.answered(two, StatusCode::OK);
        log.answered(one, StatusCode::FOUND);
        log.answered(cleared, StatusCode::GONE);
        let statuses: Vec<_> = log.requests().iter().map(LoggedRequest::status).collect();
        assert_eq!(statuses, [Some(StatusCode::FOUND), Some(StatusCode::OK)]);
    }
}
