use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::Ipv4Addr,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use hallpass_core::{Callback, Error, PendingAuthorization, Result, url::Url};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::{arrival::Awaited, page::Page};

/// A browser holds about six to one host; the rest is for other programs' mistakes.
const MOST_CONNECTIONS: usize = 32;
/// From accepting to the last byte of the answer: nobody on loopback needs longer, and whoever says
/// nothing must not keep a place for the whole wait.
const CONNECTION_LIMIT: Duration = Duration::from_secs(5);

/// A server on loopback that waits for one browser to come back from the provider ([RFC 8252,
/// section 7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)).
///
/// It listens from [`bind`](Self::bind) on, so that a browser which is faster than
/// [`receive`](Self::receive) waits; it stops when `receive` returns or it is dropped. At most 32
/// connections at once, each for one request and at most 5 s.
///
/// The redirect URI has the address, not the name `localhost`, which may lead elsewhere ([section
/// 8.3](https://www.rfc-editor.org/rfc/rfc8252#section-8.3)). Requests to `localhost` are answered
/// all the same, for a provider that takes that name alone.
#[derive(Debug)]
pub struct LoopbackReceiver {
    listener: TcpListener,
    port: u16,
    path: String,
    redirect_uri: String,
    page: Page,
}

impl LoopbackReceiver {
    /// Listens on 127.0.0.1, on any free port; path `/callback`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): the system refuses; its own error is the
    /// source. Offer another way to sign in.
    pub async fn bind() -> Result<Self> {
        Self::bind_to(0).await
    }

    /// Listens on 127.0.0.1, on this port, for a provider that compares it; 0 is any free one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](hallpass_core::ErrorKind): the port is taken, or the system refuses
    /// it. Try another registered one.
    pub async fn bind_to(port: u16) -> Result<Self> {
        let refused = |error: io::Error| {
            Error::transport(format!("cannot listen on 127.0.0.1:{port}")).with_source(error)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
        let port = listener.local_addr().map_err(refused)?.port();
        let path = "/callback".to_owned();
        let redirect_uri = redirect_uri(port, &path);
        Ok(Self { listener, port, path, redirect_uri, page: Page::default() })
    }

    /// Another path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind) unless it is a path as browsers write it:
    /// from the first `/` on, no `?` and no `#`, with `%` for what a URL cannot hold.
    pub fn with_path(mut self, path: &str) -> Result<Self> {
        let url = Url::parse(&format!("http://127.0.0.1{path}"));
        if url.map_or(true, |url| url.path() != path) {
            return Err(Error::config(format!("{path:?} is no path of a redirect URI")));
        }
        self.redirect_uri = redirect_uri(self.port, path);
        path.clone_into(&mut self.path);
        Ok(self)
    }

    /// The title and heading of the last page, such as the program's name. Default `Sign-in`.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.page.set_title(title.into());
        self
    }

    /// The words of the last page, where the provider said yes and where it said no. Default `You
    /// may close this window.`, and `The sign-in was not completed.` before it.
    #[must_use]
    pub fn with_texts(mut self, done: impl Into<String>, refused: impl Into<String>) -> Self {
        self.page.set_texts(done.into(), refused.into());
        self
    }

    /// Where the provider has to send the browser: `http://127.0.0.1:49152/callback`. For
    /// [`AuthorizationRequest::redirect_uri`](hallpass_core::AuthorizationRequest::redirect_uri).
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the provider's answer to `pending`, and tells the browser that its window may be
    /// closed. When it returns, all of that page is sent and nothing listens any more.
    ///
    /// Only a GET to the path ends the wait, or a POST of a form of at most 64 KiB where the
    /// provider answers so, with the `state` of `pending`. Anything else gets a 4xx. An error from
    /// the provider is an answer too:
    /// [`get_access_token`](hallpass_core::OAuth2Client::get_access_token) reports it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](hallpass_core::ErrorKind), reason `expired`: nobody came within
    /// `limit`; start again. [`ErrorKind::Transport`](hallpass_core::ErrorKind): the system takes
    /// the port away or has no more sockets; start again later.
    pub async fn receive(
        self,
        pending: &PendingAuthorization,
        limit: Duration,
    ) -> Result<Callback> {
        timeout(limit, self.callback(pending)).await.unwrap_or_else(|_| {
            let message = format!("the browser did not come back within {limit:?}");
            Err(Error::denied(message).with_reason("expired"))
        })
    }

    async fn callback(&self, pending: &PendingAuthorization) -> Result<Callback> {
        let awaited = Awaited { port: self.port, path: &self.path, pending };
        let mut open = Vec::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if open.len() < MOST_CONNECTIONS => {
                    match accepted {
                        Ok((stream, _)) => open.push(self.serve(stream, &awaited)),
                        Err(error) if is_of_one_connection(&error) => {}
                        Err(error) => {
                            let error = Error::transport("the loopback server broke down")
                                .with_source(error);
                            return Err(error);
                        }
                    }
                }
                ended = first_to_end(&mut open), if !open.is_empty() => {
                    if let Some(callback) = ended {
                        return Ok(callback);
                    }
                }
            }
        }
    }

    /// One connection, one request, one answer. Ends when the answer is sent; what a browser that
    /// hung up has brought counts all the same.
    fn serve<'a>(&'a self, stream: TcpStream, awaited: &'a Awaited<'_>) -> Connection<'a> {
        Box::pin(async move {
            let found = Mutex::new(None);
            let service = service_fn(|request| async {
                let response = match awaited.read(request).await {
                    Ok(callback) => {
                        let response = self.page.response(callback.is_refusal());
                        *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
                        response
                    }
                    Err(refusal) => refusal.response(),
                };
                Ok::<_, Infallible>(response)
            });
            let connection = http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // Neither of the two errors changes what was found.
            let _ = timeout(CONNECTION_LIMIT, connection).await;
            found.into_inner().unwrap_or_else(PoisonError::into_inner)
        })
    }
}

type Connection<'a> = Pin<Box<dyn Future<Output = Option<Callback>> + Send + 'a>>;

/// What the first connection to end has found. Polls them all: they are few, and need no task.
async fn first_to_end(open: &mut Vec<Connection<'_>>) -> Option<Callback> {
    poll_fn(|context| {
        for index in 0..open.len() {
            if let Poll::Ready(found) = open[index].as_mut().poll(context) {
                drop(open.swap_remove(index));
                return Poll::Ready(found);
            }
        }
        Poll::Pending
    })
    .await
}

/// Whether a peer that went away is all that failed.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

fn redirect_uri(port: u16, path: &str) -> String {
    format!("http://127.0.0.1:{port}{path}")
}
