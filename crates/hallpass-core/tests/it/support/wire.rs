use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{
    Error, HttpClient, Json, Purpose, Request, Response, Result,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    url::{Url, form_urlencoded},
};

type Answer = Box<dyn FnOnce(&Sent) -> Result<Response> + Send>;

/// A transport that answers from a queue and keeps what it was given.
#[derive(Default)]
pub(crate) struct Wire {
    answers: Mutex<VecDeque<Answer>>,
    sent: Mutex<Vec<Sent>>,
}

/// One request, as it would have left the machine.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) body_limit_bytes: usize,
    pub(crate) timeout: Duration,
    pub(crate) purpose: Purpose,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub(crate) fn param(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// What stands in `Authorization: Basic`.
    pub(crate) fn basic(&self) -> Option<String> {
        let text = self.header("authorization")?.strip_prefix("Basic ")?;
        Some(String::from_utf8(STANDARD.decode(text).unwrap()).unwrap())
    }

    #[track_caller]
    pub(crate) fn assert_form(&self, want: &[(&str, &str)]) {
        let got = self.form();
        let got: Vec<_> = got.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(got, want);
    }
}

impl Wire {
    pub(crate) fn answer(&self, status: u16, body: &Json) {
        self.answer_text(status, "application/json", &body.to_string());
    }

    pub(crate) fn answer_text(&self, status: u16, media_type: &str, body: &str) {
        let response = response(status, media_type, body);
        self.answer_with(move |_| Ok(response));
    }

    pub(crate) fn fail(&self, error: Error) {
        self.answer_with(move |_| Err(error));
    }

    pub(crate) fn answer_with(
        &self,
        answer: impl FnOnce(&Sent) -> Result<Response> + Send + 'static,
    ) {
        lock(&self.answers).push_back(Box::new(answer));
    }

    /// Everything that was sent since the last look.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *lock(&self.sent))
    }

    /// The one request that was sent since the last look.
    #[track_caller]
    pub(crate) fn only(&self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "one request");
        sent.remove(0)
    }

    #[track_caller]
    pub(crate) fn assert_silent(&self) {
        assert_eq!(lock(&self.sent).len(), 0, "nothing is sent");
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        let purpose = request.purpose();
        let sent = Sent {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: String::from_utf8(request.body).unwrap(),
            body_limit_bytes: request.body_limit_bytes,
            timeout: request.timeout,
            purpose,
        };
        lock(&self.sent).push(sent.clone());
        let answer = lock(&self.answers).pop_front();
        let answer =
            answer.unwrap_or_else(|| panic!("nobody expected {} {}", sent.method, sent.url));
        answer(&sent)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn response(status: u16, media_type: &str, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    if !media_type.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
    }
    Response::new(StatusCode::from_u16(status).unwrap(), headers, body.into())
}

pub(crate) fn json_response(status: u16, body: &Json) -> Response {
    response(status, "application/json", &body.to_string())
}
