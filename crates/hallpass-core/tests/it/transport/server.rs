use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// Answers each connection with the same bytes, and keeps what it heard.
pub(crate) struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

/// What follows the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    /// The connection ends in order.
    Close,
    /// The connection stays open and silent.
    Hold,
    /// The connection is torn down.
    Reset,
}

impl Server {
    pub(crate) async fn start(answer: &str, then: Then) -> Self {
        let answer = answer.as_bytes().to_vec();
        Self::start_with(move |_| answer.clone(), then).await
    }

    /// Each answer is made of what was heard.
    pub(crate) async fn start_with(
        answer: impl Fn(&str) -> Vec<u8> + Send + 'static,
        then: Then,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                let answer = answer(&request);
                log.lock().unwrap().push(request);
                // The client may have gone: what it makes of that is the test.
                let _ = stream.write_all(&answer).await;
                match then {
                    Then::Close => drop(stream),
                    Then::Hold => held.push(stream),
                    Then::Reset => stream.set_zero_linger().unwrap(),
                }
            }
        });
        Self { address, heard }
    }

    /// An answer of status 200 with a body of JSON.
    pub(crate) fn ok(body: &str) -> String {
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        )
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The one request that came.
    #[track_caller]
    pub(crate) fn heard(&self) -> String {
        let mut heard = std::mem::take(&mut *self.heard.lock().unwrap());
        assert_eq!(heard.len(), 1, "one request");
        heard.remove(0)
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text.into_owned();
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
            Ok(count) => bytes.extend_from_slice(&more[..count]),
        }
    }
}

/// A port that is taken and that nobody listens at: who connects is refused.
pub(crate) struct Nobody(TcpSocket);

impl Nobody {
    pub(crate) fn bind() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.0.local_addr().unwrap())
    }
}

/// A listener that nobody may connect to.
pub(crate) struct Untouched(TcpListener);

impl Untouched {
    pub(crate) fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn host(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// The kernel completes a connection before anybody accepts it, so there is no need to wait.
    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        let error = self.0.accept().expect_err("somebody connected");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    }
}
