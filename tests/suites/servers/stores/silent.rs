//! A way to a server that goes silent, as when a firewall forgot a connection: nothing is closed,
//! what is sent arrives, and no answer comes back.

use std::{
    io::{Read as _, Write as _, copy},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use url::Url;

pub(crate) struct Way {
    port: u16,
    /// How many connections were made.
    made: Arc<AtomicUsize>,
    /// How many of them, the first ones, are silent.
    silent: Arc<AtomicUsize>,
    /// When there was an answer last.
    answered: Arc<Mutex<Instant>>,
}

/// Longer than the client of a database takes to go on after an answer.
const PAUSE: Duration = Duration::from_millis(250);

impl Way {
    pub(crate) fn to(server: &str) -> Self {
        let port = Url::parse(server).unwrap().port().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let way = Self {
            port: listener.local_addr().unwrap().port(),
            made: Arc::default(),
            silent: Arc::default(),
            answered: Arc::new(Mutex::new(Instant::now())),
        };
        let (made, silent) = (Arc::clone(&way.made), Arc::clone(&way.silent));
        let answered = Arc::clone(&way.answered);
        thread::spawn(move || {
            for client in listener.incoming() {
                let number = made.fetch_add(1, Ordering::SeqCst);
                let (silent, answered) = (Arc::clone(&silent), Arc::clone(&answered));
                let is_silent = move || {
                    *answered.lock().unwrap() = Instant::now();
                    number < silent.load(Ordering::SeqCst)
                };
                pass(client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap(), is_silent);
            }
        });
        way
    }

    /// The server's own URL, by this way.
    pub(crate) fn url(&self, server: &str) -> String {
        let mut url = Url::parse(server).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.into()
    }

    /// Waits until nobody asks anything: a pool may look at a connection that it was given back,
    /// after the answer that it was used for.
    pub(crate) async fn rest(&self) {
        while self.answered.lock().unwrap().elapsed() < PAUSE {
            tokio::task::yield_now().await;
        }
    }

    /// No connection that was made until now is answered any more.
    pub(crate) fn silence(&self) {
        self.silent.store(self.made(), Ordering::SeqCst);
    }

    pub(crate) fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }
}

/// Both ways, until one side closes.
fn pass(client: TcpStream, server: TcpStream, is_silent: impl Fn() -> bool + Send + 'static) {
    let (mut asking, mut asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = copy(&mut asking, &mut asked);
        let _ = asked.shutdown(Shutdown::Both);
    });
    let (mut client, mut server) = (client, server);
    thread::spawn(move || {
        let mut answer = [0; 4_096];
        while let Ok(read @ 1..) = server.read(&mut answer) {
            if !is_silent() && client.write_all(&answer[..read]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    });
}
