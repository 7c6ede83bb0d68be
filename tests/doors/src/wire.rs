//! A server that answers in turn, and keeps what it was asked.

use std::sync::Mutex;

use async_trait::async_trait;
use hallpass::{
    Result,
    core::{
        HttpClient, Purpose, Request, Response,
        http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    },
};

use crate::world::{LABELS, STATUSES, jwks, pick};

/// One answer, as a door's input writes it: a byte for the status, one for the media type, and the
/// rest. Lines `name: value` before an empty line are headers; without an empty line all is body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(part: &[u8]) -> Self {
        let (status, label, rest) = match part {
            [status, label, rest @ ..] => (*status, *label, rest),
            _ => (0, 0, part),
        };
        let end = rest.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((&[][..], rest), |at| (&rest[..at], &rest[at + 2..]));
        let mut headers = HeaderMap::new();
        let label = pick(&LABELS, label);
        if !label.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(label));
        }
        for line in head.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let name = HeaderName::from_bytes(&line[..colon]);
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
            let (Ok(name), Ok(value)) = (name, value) else { continue };
            // Of this one a server has one.
            if name == header::CONTENT_TYPE {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
        let status = StatusCode::from_u16(pick(&STATUSES, status)).unwrap();
        Self { status, headers, body: body.to_vec() }
    }
}

/// Gives these answers in turn, and the last one from then on. Keys are those of this process.
#[derive(Debug)]
pub(crate) struct Wire {
    answers: Vec<Answer>,
    sent: Mutex<Vec<Request>>,
}

impl Wire {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        Self { answers, sent: Mutex::default() }
    }

    /// What was asked so far, but for keys.
    pub(crate) fn asked(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// The requests from this one on.
    pub(crate) fn since(&self, first: usize) -> Vec<Request> {
        let copy = |request: &Request| {
            let mut copy =
                Request::new(request.method.clone(), request.url.clone(), request.purpose());
            copy.headers = request.headers.clone();
            copy.body.clone_from(&request.body);
            copy
        };
        self.sent.lock().unwrap().iter().skip(first).map(copy).collect()
    }

    /// The answer to the request of this number.
    pub(crate) fn answer(&self, number: usize) -> Option<&Answer> {
        self.answers.get(number).or(self.answers.last())
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        if request.purpose() == Purpose::Metadata {
            let body = jwks().to_string().into_bytes();
            return Ok(Response::new(StatusCode::OK, HeaderMap::new(), body));
        }
        let number = self.asked();
        self.sent.lock().unwrap().push(request);
        Ok(match self.answer(number) {
            Some(answer) => {
                Response::new(answer.status, answer.headers.clone(), answer.body.clone())
            }
            None => Response::new(StatusCode::NO_CONTENT, HeaderMap::new(), Vec::new()),
        })
    }
}
