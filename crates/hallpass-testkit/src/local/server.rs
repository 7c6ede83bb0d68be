//! Sockets and tasks: the only part that waits.

use std::{
    error::Error as StdError,
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use hallpass_core::{http::StatusCode, url::Url};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

use super::{
    fault::{Cut, Faults},
    log::Log,
    route::Route,
    shared::locked,
    wire::{Answer, Asked},
};

/// Longer requests than any client has reason to send are refused: 1 MiB.
const LONGEST_REQUEST_BYTES: usize = 1 << 20;

/// What a server answers for.
pub(super) trait Site: Send + Sync {
    /// The URL that a client meant by a path and query of this server.
    fn meant(&self, target: &str) -> Option<Url>;
    fn route(&self, asked: &Asked) -> Route;
    /// Does what is asked.
    fn carry_out(&self, route: Route, asked: &Asked) -> Answer;
    fn log(&self) -> &Mutex<Log>;
    fn faults(&self) -> &Mutex<Faults>;
}

/// A listening socket and the task that serves it. Both end with this value.
#[derive(Debug)]
pub(super) struct Server {
    door: Arc<Door>,
    task: Option<JoinHandle<()>>,
}

/// The socket, where it can be closed from outside the task, at once and without waiting.
#[derive(Debug)]
struct Door {
    listener: Mutex<Option<TcpListener>>,
    closed: Notify,
}

impl Door {
    /// The next connection; `None` once the door is closed.
    async fn next(&self) -> Option<io::Result<TcpStream>> {
        std::future::poll_fn(|context| match &*locked(&self.listener) {
            Some(listener) => {
                listener.poll_accept(context).map(|got| Some(got.map(|(stream, _)| stream)))
            }
            None => Poll::Ready(None),
        })
        .await
    }

    fn close(&self) {
        locked(&self.listener).take();
        self.closed.notify_one();
    }
}

impl Server {
    pub(super) fn start(listener: TcpListener, site: Arc<dyn Site>) -> Self {
        let door = Arc::new(Door { listener: Mutex::new(Some(listener)), closed: Notify::new() });
        let task = tokio::spawn(serve(Arc::clone(&door), site));
        Self { door, task: Some(task) }
    }

    /// Ends, and waits until the last connection is gone.
    pub(super) async fn stop(mut self) {
        self.door.close();
        if let Some(task) = self.task.take() {
            // It is neither cancelled nor does it panic; and if it did, it would be gone too.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.door.close();
    }
}

async fn serve(door: Arc<Door>, site: Arc<dyn Site>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = door.closed.notified() => break,
            Some(_) = connections.join_next() => {}
            next = door.next() => match next {
                Some(Ok(stream)) => {
                    connections.spawn(connection(stream, Arc::clone(&site)));
                }
                // The client was gone before it was let in.
                Some(Err(_)) => tokio::task::yield_now().await,
                None => break,
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, site: Arc<dyn Site>) {
    let service = service_fn(move |request| {
        let site = Arc::clone(&site);
        async move { answer(&*site, request).await }
    });
    let mut server = http1::Builder::new();
    // A client that went away, or a cut that was asked for: nobody is left to be told.
    let _ = server.header_read_timeout(None).serve_connection(TokioIo::new(stream), service).await;
}

type Reply = hyper::Response<Outgoing>;

async fn answer(site: &dyn Site, request: hyper::Request<Incoming>) -> Result<Reply, Broken> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LONGEST_REQUEST_BYTES).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(whole(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE)));
        }
        Err(_) => return Err(Broken),
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let Some(url) = site.meant(target) else {
        let text = "The emulated provider has no such host.\n";
        return Ok(whole(Answer::text(StatusCode::NOT_FOUND, text)));
    };
    let asked = Asked { method: head.method, url, headers: head.headers, body };
    let asked = Arc::new(asked);
    let route = site.route(&asked);
    let number = locked(site.log()).arrived(Arc::clone(&asked), route);
    let answered = |status| locked(site.log()).answered(number, status);

    let Some(fault) = locked(site.faults()).take(route, &asked) else {
        let answer = site.carry_out(route, &asked);
        answered(answer.status);
        return Ok(whole(answer));
    };
    let early = fault.is_carried_out().then(|| site.carry_out(route, &asked));
    if let Some(delay) = fault.wait() {
        tokio::time::sleep(delay).await;
    }
    if fault.cut() == Some(Cut::BeforeHeaders) {
        return Err(Broken);
    }
    let answer = fault.answer(|| early.unwrap_or_else(|| site.carry_out(route, &asked)));
    answered(answer.status);
    Ok(match (fault.flood(), fault.cut()) {
        (Some(bytes), _) => reply(answer, |_| Outgoing::Flood { left: bytes }),
        (None, Some(_)) => reply(answer, Outgoing::half_of),
        (None, None) => whole(answer),
    })
}

fn whole(answer: Answer) -> Reply {
    reply(answer, |body| Outgoing::Whole((!body.is_empty()).then_some(body)))
}

fn reply(answer: Answer, body: impl FnOnce(Bytes) -> Outgoing) -> Reply {
    let mut reply = hyper::Response::new(body(answer.body.into()));
    *reply.status_mut() = answer.status;
    *reply.headers_mut() = answer.headers;
    reply
}

/// The connection breaks, on purpose or because the client left.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is broken off")
    }
}

impl StdError for Broken {}

/// A body as it leaves: whole, or as no sane server sends it.
enum Outgoing {
    Whole(Option<Bytes>),
    /// Announced in full, and broken off: the first part, then one turn for it to leave, then the
    /// end.
    Half {
        first: Option<Bytes>,
        announced: u64,
        has_left: bool,
    },
    /// Spaces without end, nearly.
    Flood {
        left: usize,
    },
}

impl Outgoing {
    fn half_of(mut body: Bytes) -> Self {
        // One byte at least is missing, or the answer would be whole.
        let announced = (body.len() as u64).max(1);
        let first = body.split_to(body.len() / 2);
        Self::Half { first: Some(first), announced, has_left: false }
    }
}

const SPACES: Bytes = Bytes::from_static(&[b' '; 16 << 10]);

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            Self::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Self::Half { first, has_left, .. } => {
                if let Some(first) = first.take() {
                    return Poll::Ready(Some(Ok(Frame::data(first))));
                }
                if !std::mem::replace(has_left, true) {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Some(Err(Broken)))
            }
            Self::Flood { left: 0 } => Poll::Ready(None),
            Self::Flood { left } => {
                let part = (*left).min(SPACES.len());
                *left -= part;
                Poll::Ready(Some(Ok(Frame::data(SPACES.slice(..part)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |b| b.len() as u64)),
            Self::Half { announced, .. } => SizeHint::with_exact(*announced),
            Self::Flood { .. } => SizeHint::default(),
        }
    }
}
