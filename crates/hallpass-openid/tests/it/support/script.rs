use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use hallpass_core::{
    HttpClient, Json, Request, Response, Result,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    url::{Url, form_urlencoded},
};
use tokio::sync::watch;

type Answer = Arc<dyn Fn(&Sent) -> Response + Send + Sync>;

/// A transport that answers by URL without query, 404 to any other, and keeps what it was given.
pub(crate) struct Script {
    answers: Mutex<HashMap<String, Answer>>,
    sent: Mutex<Vec<Sent>>,
    is_open: watch::Sender<bool>,
}

/// One request, as it would have left the machine.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// A parameter of the form.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let mut form = form_urlencoded::parse(self.body.as_bytes());
        form.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

impl Script {
    pub(crate) fn new() -> Self {
        Self {
            answers: Mutex::default(),
            sent: Mutex::default(),
            is_open: watch::Sender::new(true),
        }
    }

    /// From now on, this is what stands there.
    pub(crate) fn answer(&self, url: &str, body: &Json) {
        let body = body.to_string();
        self.answer_with(url, move |_| response(200, "application/json", &body));
    }

    /// From now on, this is what stands there, with a word of how long it is good.
    pub(crate) fn answer_for(&self, url: &str, body: &Json, cache_control: &'static str) {
        let body = body.to_string();
        self.answer_with(url, move |_| {
            let mut response = response(200, "application/json", &body);
            let value = HeaderValue::from_static(cache_control);
            response.headers.insert(header::CACHE_CONTROL, value);
            response
        });
    }

    pub(crate) fn fail(&self, url: &str, status: u16) {
        self.answer_with(url, move |_| response(status, "text/plain", "no"));
    }

    pub(crate) fn answer_with(
        &self,
        url: &str,
        answer: impl Fn(&Sent) -> Response + Send + Sync + 'static,
    ) {
        lock(&self.answers).insert(url.to_owned(), Arc::new(answer));
    }

    /// Everything that was sent since the last look.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *lock(&self.sent))
    }

    /// Where it was sent since the last look, without queries.
    pub(crate) fn places(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| place(&sent.url)).collect()
    }

    /// How many requests went there since the last look at what was sent.
    pub(crate) fn count(&self, url: &str) -> usize {
        lock(&self.sent).iter().filter(|sent| place(&sent.url) == url).count()
    }

    /// Requests wait until it is opened again.
    pub(crate) fn close(&self) {
        self.is_open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.is_open.send_replace(true);
    }
}

#[async_trait]
impl HttpClient for Script {
    async fn send(&self, request: Request) -> Result<Response> {
        let limit = request.body_limit_bytes;
        let sent = Sent {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: String::from_utf8(request.body).unwrap(),
        };
        lock(&self.sent).push(sent.clone());
        self.is_open.subscribe().wait_for(|is_open| *is_open).await.unwrap();
        let answer = lock(&self.answers).get(&place(&sent.url)).cloned();
        let response = match answer {
            Some(answer) => answer(&sent),
            None => response(404, "text/plain", "nothing here"),
        };
        // The contract of a transport.
        if response.body.len() > limit {
            return Err(hallpass_core::Error::malformed("too long").with_reason("body_limit"));
        }
        Ok(response)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

pub(crate) fn response(status: u16, media_type: &str, body: &str) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
    let headers = HeaderMap::from_iter([content_type]);
    Response::new(StatusCode::from_u16(status).unwrap(), headers, body.into())
}
