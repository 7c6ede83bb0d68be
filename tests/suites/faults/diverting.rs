//! A client's way out: what is for one endpoint meets the fault, everything else arrives.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use hallpass_core::{HttpClient, Request, ReqwestClient, Response, Result, url::Url};

use crate::{body, fault::Fault, server::Server};

/// So long a request may take that is not to fail by its time.
const LONG: Duration = Duration::from_secs(60);
/// No label is longer than 63 bytes (RFC 1035 section 2.3.4): who resolves names knows without
/// asking anybody. Not https, since TLS would know it first.
const NOBODYS_NAME: &str =
    "http://there-is-no-server-of-this-name-and-nobody-has-to-be-asked-whether.invalid/";

#[derive(Debug)]
pub(crate) struct Diverting {
    /// To the good provider.
    inner: Arc<dyn HttpClient>,
    /// What every user's requests go by.
    plain: ReqwestClient,
    diversion: Mutex<Option<Arc<Diversion>>>,
}

pub(crate) struct Diversion {
    is_meant: fn(&Request) -> bool,
    answer: Damage,
    server: Server,
    sent: Mutex<usize>,
    /// Requests that were not meant.
    others: Mutex<usize>,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Damage {
    Of(Fault),
    /// A refusal with this status and text, whose body the fault is done to.
    Refusal(u16, &'static str, body::Body),
}

impl fmt::Debug for Diversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diversion").field("answer", &self.answer).finish_non_exhaustive()
    }
}

impl Diverting {
    pub(crate) fn new(inner: Arc<dyn HttpClient>) -> Self {
        Self { inner, plain: ReqwestClient::new(), diversion: Mutex::default() }
    }

    /// From now on, requests that are meant meet the fault.
    pub(crate) async fn divert(
        &self,
        is_meant: fn(&Request) -> bool,
        answer: Damage,
    ) -> Arc<Diversion> {
        let manner = match answer {
            Damage::Of(fault) => fault.manner(),
            Damage::Refusal(..) => crate::server::Manner::Answer,
        };
        let server = Server::start(manner).await;
        let (sent, others) = (Mutex::default(), Mutex::default());
        let diversion = Arc::new(Diversion { is_meant, answer, server, sent, others });
        *self.diversion.lock().unwrap() = Some(Arc::clone(&diversion));
        diversion
    }

    pub(crate) fn restore(&self) {
        *self.diversion.lock().unwrap() = None;
    }
}

impl Diversion {
    /// How many requests left for it.
    pub(crate) fn sent(&self) -> usize {
        *self.sent.lock().unwrap()
    }

    /// How many went to the good provider meanwhile.
    pub(crate) fn others(&self) -> usize {
        *self.others.lock().unwrap()
    }

    /// How many arrived.
    pub(crate) fn heard(&self) -> usize {
        self.server.heard()
    }

    /// Makes the server ready, and the request one to it.
    async fn prepare(&self, request: &mut Request, inner: &dyn HttpClient) -> Result<()> {
        *self.sent.lock().unwrap() += 1;
        let address = self.server.address();
        let mut place = format!("http://{address}/");
        let mut is_waited_for = false;
        match self.answer {
            Damage::Refusal(status, text, body) => {
                self.server.set_answer(body.refusing(status, text));
            }
            Damage::Of(fault) => {
                is_waited_for = fault.is_waited_for();
                match fault {
                    Fault::Socket(_, text) => self.server.set_answer(text.into()),
                    Fault::Tls(_, text) => {
                        place = format!("https://{address}/");
                        self.server.set_answer(text.into());
                    }
                    Fault::NoName => NOBODYS_NAME.clone_into(&mut place),
                    Fault::Status(status, headers) => {
                        let html = b"<!doctype html><title>No</title>";
                        self.server.set_answer(body::answer(status, headers, html));
                    }
                    Fault::Body(body) => {
                        let good = inner.send(copy(request)).await?;
                        self.server.set_answer(body.instead_of(&good));
                    }
                }
            }
        }
        request.url = Url::parse(&place).unwrap();
        if !is_waited_for {
            request.timeout = LONG;
        }
        Ok(())
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Diverting {
    async fn send(&self, mut request: Request) -> Result<Response> {
        let diversion = self.diversion.lock().unwrap().clone();
        match diversion {
            Some(diversion) if (diversion.is_meant)(&request) => {
                diversion.prepare(&mut request, &*self.inner).await?;
                return self.plain.send(request).await;
            }
            Some(diversion) => *diversion.others.lock().unwrap() += 1,
            None => {}
        }
        request.timeout = LONG;
        self.inner.send(request).await
    }
}

fn copy(request: &Request) -> Request {
    let mut copy = Request::new(request.method.clone(), request.url.clone(), request.purpose());
    copy.headers = request.headers.clone();
    copy.body = request.body.clone();
    copy.body_limit_bytes = request.body_limit_bytes;
    copy.timeout = LONG;
    copy
}
