//! A server that speaks as much of Redis as the store of the sessions does.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    str,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

pub(super) struct Redis {
    port: u16,
    texts: Mutex<Texts>,
}

#[derive(Default)]
struct Texts {
    by_key: HashMap<String, Vec<u8>>,
    /// Under every other key.
    other: Option<Vec<u8>>,
}

impl Redis {
    pub(super) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a port");
        let port = listener.local_addr().expect("it has one").port();
        let redis = Arc::new(Self { port, texts: Mutex::default() });
        let server = Arc::clone(&redis);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(served(stream, Arc::clone(&server)));
            }
        });
        redis
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// This text under this key, `other` under all others, and nothing of before.
    pub(super) fn set(&self, key: String, text: Vec<u8>, other: Option<Vec<u8>>) {
        *self.texts.lock().unwrap() = Texts { by_key: HashMap::from([(key, text)]), other };
    }

    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.texts.lock().unwrap().by_key.get(key).cloned()
    }

    fn answer(&self, command: &[Vec<u8>]) -> Vec<u8> {
        let mut texts = self.texts.lock().unwrap();
        let word = |at: usize| String::from_utf8_lossy(&command[at]).into_owned();
        match (command.first().map(Vec::as_slice), command.len()) {
            (Some(b"GET"), 2) => match texts.by_key.get(&word(1)).or(texts.other.as_ref()) {
                Some(text) => [format!("${}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat(),
                None => b"$-1\r\n".to_vec(),
            },
            // SET key text PX milliseconds NX|XX
            (Some(b"SET"), 6) => {
                let is_there = texts.by_key.contains_key(&word(1)) || texts.other.is_some();
                if is_there == (command[5] == b"NX") {
                    return b"$-1\r\n".to_vec();
                }
                texts.by_key.insert(word(1), command[2].clone());
                b"+OK\r\n".to_vec()
            }
            (Some(b"DEL"), 2) => {
                let was_there = texts.by_key.remove(&word(1)).is_some();
                format!(":{}\r\n", u8::from(was_there)).into_bytes()
            }
            (Some(b"PING"), 1) => b"+PONG\r\n".to_vec(),
            (Some(b"CLIENT"), _) => b"+OK\r\n".to_vec(),
            _ => b"-ERR unknown command\r\n".to_vec(),
        }
    }
}

async fn served(stream: TcpStream, redis: Arc<Redis>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut command = Vec::new();
        for _ in 0..number(&mut stream, b'*').await? {
            let mut word = vec![0; number(&mut stream, b'$').await? + 2];
            stream.read_exact(&mut word).await.ok()?;
            word.truncate(word.len() - 2);
            command.push(word);
        }
        stream.write_all(&redis.answer(&command)).await.ok()?;
    }
}

async fn number(stream: &mut BufReader<TcpStream>, sign: u8) -> Option<usize> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok()?;
    let text = line.strip_prefix(&[sign])?;
    str::from_utf8(text).ok()?.trim().parse().ok()
}
