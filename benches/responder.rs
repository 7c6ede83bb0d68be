//! A token endpoint on loopback that costs as little as one can: it is not what is measured.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net, runtime,
};

/// Answers every POST with one fixed reply and keeps the connection. It has a thread of its own
/// and lives as long as the process.
#[derive(Debug)]
pub struct Responder {
    address: SocketAddr,
    last_form: Arc<Mutex<Vec<u8>>>,
}

impl Responder {
    /// Listens on a free port of loopback.
    ///
    /// # Panics
    ///
    /// If there is no such port.
    #[must_use]
    pub fn start(body: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let last_form = Arc::new(Mutex::new(Vec::new()));
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8";
        let reply = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (reply, forms) = (Arc::<[u8]>::from(reply.into_bytes()), Arc::clone(&last_form));
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_io().build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async {
                let listener = net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&reply), Arc::clone(&forms)));
                }
            });
        });
        Self { address, last_form }
    }

    /// Where it listens, as the URL of a token endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/oauth/token", self.address)
    }

    /// The form that came last.
    #[must_use]
    pub fn last_form(&self) -> String {
        let form = self.last_form.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&form).into_owned()
    }
}

async fn serve(
    mut stream: net::TcpStream,
    reply: Arc<[u8]>,
    last_form: Arc<Mutex<Vec<u8>>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::with_capacity(4096);
    loop {
        while let Some((form, end)) = form(&read) {
            form.clone_into(&mut last_form.lock().unwrap_or_else(PoisonError::into_inner));
            read.drain(..end);
            stream.write_all(&reply).await?;
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
