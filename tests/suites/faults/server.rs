//! A server on loopback that misbehaves below HTTP: raw sockets, and what the kernel does with
//! them.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// What a server does with each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Hears the request, sends its answer and closes.
    Answer,
    /// Hears the request, sends what it has and says nothing more.
    Silence,
    /// Hears the request, sends what it has and tears the connection down.
    Reset,
    /// Hears the request, sends what it has and then chunks for as long as anybody reads.
    Endless,
    /// Shows a certificate that nobody signed.
    SelfSigned,
    /// Nobody listens at the port.
    Nobody,
    /// The port's queue is full, and nobody takes anything out of it.
    Full,
}

/// A server that goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
    /// A port without a listener, or connections that fill a queue.
    _kept: Kept,
}

#[derive(Debug, Default)]
struct Shared {
    answer: Mutex<Vec<u8>>,
    heard: AtomicUsize,
}

#[derive(Debug, Default)]
#[allow(dead_code, reason = "they are kept, not read")]
struct Kept(Option<TcpSocket>, Option<TcpListener>, Vec<TcpStream>);

/// More than any limit on a body.
const ENDLESS_BYTES: usize = 64 << 20;

impl Server {
    pub(crate) async fn start(manner: Manner) -> Self {
        let shared = Arc::new(Shared::default());
        if manner == Manner::Nobody {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(local()).unwrap();
            let address = socket.local_addr().unwrap();
            return Self { address, shared, task: None, _kept: Kept(Some(socket), None, vec![]) };
        }
        if manner == Manner::Full {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(local()).unwrap();
            let listener = socket.listen(0).unwrap();
            let address = listener.local_addr().unwrap();
            let fills = fill(address).await;
            return Self { address, shared, task: None, _kept: Kept(None, Some(listener), fills) };
        }
        let listener = TcpListener::bind(local()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = Some(tokio::spawn(serve(listener, manner, Arc::clone(&shared))));
        Self { address, shared, task, _kept: Kept::default() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it answers with from now on: status line, headers and body.
    pub(crate) fn set_answer(&self, answer: Vec<u8>) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// How many requests it heard.
    pub(crate) fn heard(&self) -> usize {
        self.shared.heard.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Connects until a connection waits: the kernel then drops whoever knocks.
async fn fill(address: SocketAddr) -> Vec<TcpStream> {
    let mut fills = Vec::new();
    let patience = std::time::Duration::from_millis(100);
    while let Ok(stream) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
        fills.push(stream.unwrap());
        assert!(fills.len() < 32, "the queue has no end");
    }
    fills
}

async fn serve(listener: TcpListener, manner: Manner, shared: Arc<Shared>) {
    let acceptor = (manner == Manner::SelfSigned).then(self_signed);
    let mut held = Vec::new();
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { return };
        if let Some(acceptor) = &acceptor {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                hear(&mut stream, &shared).await;
            }
            continue;
        }
        hear(&mut stream, &shared).await;
        let answer = shared.answer.lock().unwrap().clone();
        // The client may have gone: what it makes of that is the test.
        let _ = stream.write_all(&answer).await;
        match manner {
            Manner::Silence => held.push(stream),
            Manner::Reset => stream.set_zero_linger().unwrap(),
            Manner::Endless => endless(&mut stream).await,
            _ => {}
        }
    }
}

async fn endless(stream: &mut (impl AsyncWrite + Unpin)) {
    let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..ENDLESS_BYTES / 0x10000 {
        if stream.write_all(&chunk).await.is_err() {
            return;
        }
    }
}

/// Reads one request, and counts it if it came whole.
async fn hear(stream: &mut (impl AsyncRead + Unpin), shared: &Shared) {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if bytes.len() >= end + 4 + length.map_or(0, |length| length.parse().unwrap()) {
                shared.heard.fetch_add(1, Ordering::SeqCst);
                return;
            }
        }
        // What begins so is no HTTP but a TLS handshake.
        if bytes.first() == Some(&0x16) {
            return;
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&more[..count]),
        }
    }
}

fn self_signed() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
