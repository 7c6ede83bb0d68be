//! An endpoint on loopback, with or without TLS, that costs as little as one can: it is not what is
//! measured.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer, version::TLS13};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net, runtime,
};
use tokio_rustls::TlsAcceptor;

/// Answers every request with one fixed reply and keeps the connection. It has a thread of its own
/// and lives as long as the process.
#[derive(Debug)]
pub struct Responder {
    address: SocketAddr,
    certificate: Option<Vec<u8>>,
    seen: Arc<Seen>,
}

/// What came, over all connections.
#[derive(Debug, Default)]
struct Seen {
    connections: AtomicU64,
    last_form: Mutex<Vec<u8>>,
}

impl Responder {
    /// Listens on a free port of loopback, in the clear.
    ///
    /// # Panics
    ///
    /// If there is no such port.
    #[must_use]
    pub fn start(body: &str) -> Self {
        Self::listen(body, None)
    }

    /// The same over TLS 1.3, with a certificate of its own for the address: see
    /// [`certificate`](Self::certificate).
    ///
    /// # Panics
    ///
    /// If there is no such port, or no certificate.
    #[must_use]
    pub fn start_tls(body: &str) -> Self {
        let names = [Ipv4Addr::LOCALHOST.to_string(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], PrivatePkcs8KeyDer::from(key).into());
        let config = Arc::new(config.expect("a key that fits"));
        Self::listen(body, Some((certificate.to_vec(), config.into())))
    }

    fn listen(body: &str, tls: Option<(Vec<u8>, TlsAcceptor)>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8";
        let reply = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let reply = Arc::<[u8]>::from(reply.into_bytes());
        let seen = Arc::new(Seen::default());
        let (certificate, acceptor) = tls.unzip();
        let all = Arc::clone(&seen);
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_io().build();
            runtime.expect("a runtime").block_on(async {
                let listener = net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    all.connections.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(serve(
                        stream,
                        acceptor.clone(),
                        Arc::clone(&reply),
                        Arc::clone(&all),
                    ));
                }
            });
        });
        Self { address, certificate, seen }
    }

    /// Where it listens, as the URL of a token endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        self.at("/oauth/token")
    }

    /// Any URL of it.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// What a client must trust, in DER; `None` without TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// The form that came last.
    #[must_use]
    pub fn last_form(&self) -> String {
        let form = self.seen.last_form.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&form).into_owned()
    }

    /// How many connections were opened so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::Relaxed)
    }
}

async fn serve(
    stream: net::TcpStream,
    acceptor: Option<TlsAcceptor>,
    reply: Arc<[u8]>,
    seen: Arc<Seen>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match acceptor {
        Some(acceptor) => answer(acceptor.accept(stream).await?, &reply, &seen).await,
        None => answer(stream, &reply, &seen).await,
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    reply: &[u8],
    seen: &Seen,
) -> io::Result<()> {
    let mut read = Vec::with_capacity(4096);
    loop {
        while let Some((form, end)) = form(&read) {
            form.clone_into(&mut seen.last_form.lock().unwrap_or_else(PoisonError::into_inner));
            read.drain(..end);
            stream.write_all(reply).await?;
            // TLS keeps what it could not write at once.
            stream.flush().await?;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
}

/// The first request's body and where the request ends, once all of it is there.
fn form(read: &[u8]) -> Option<(&[u8], usize)> {
    let head = read.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let lines = read[..head].split(|byte| *byte == b'\n');
    let length = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
    let length = length
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    Some((read.get(head..head + length)?, head + length))
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn a_request_counts_once_all_of_it_is_there() {
        let request = b"POST /t HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1POST";
        assert_eq!(form(request), Some((&b"a=1"[..], request.len() - 4)));
        assert_eq!(form(&request[..request.len() - 5]), None);
        assert_eq!(form(b"POST /t HTTP/1.1\r\n"), None);
    }
}
