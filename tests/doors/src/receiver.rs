use std::{
    net::Ipv4Addr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, UNIX_EPOCH},
};

use hallpass::{
    AuthorizationRequest, Callback, PendingAuthorization, Secret,
    cli::LoopbackReceiver,
    core::{CustomProvider, Descriptor, url::Url},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::yield_now,
};

use self::{
    answer::{Answer, answers},
    request::{Expected, Wanted, expected},
};
use crate::{
    oracle::check_error,
    world::{Answers, CLIENT_ID, CODE, NOW, REDIRECT_URI, at_once, client, config, pick},
};

mod answer;
mod request;

/// What comes to the port on which a command-line tool waits for its browser: several connections,
/// in pieces.
///
/// Bytes: what is waited for (an answer in the query, or as a form; another path); whether the
/// connections come one after another or at once. Then the connections, of each a byte that says
/// how it ends: it waits for its answer, closes its half before, or hangs up. A byte 1 in what it
/// sends is a pause. `$S` is the state, `$P` the port, `$L` a thousand letters, `$0` and `$1` are
/// the bytes 0 and 1.
pub fn receiver(input: &[u8]) {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_all().build().expect("there is a runtime");
    }
    let [what, order, rest @ ..] = input else { return };
    RUNTIME.with(|runtime| runtime.block_on(visited(*what, order % 2 == 1, rest)));
}

/// A login on its way.
struct Begun {
    path: &'static str,
    pending: Arc<PendingAuthorization>,
    stored: Secret,
    descriptor: Descriptor,
    state: String,
}

fn begun(what: u8) -> &'static Begun {
    static BEGUN: OnceLock<[Begun; 3]> = OnceLock::new();
    let all = BEGUN.get_or_init(|| {
        [("/callback", false), ("/callback", true), ("/a%20b/c", true)]
            .map(|(path, is_form_post)| begin(path, is_form_post))
    });
    &all[usize::from(what) % all.len()]
}

fn begin(path: &'static str, is_form_post: bool) -> Begun {
    let plain = Descriptor::new("acme", "https://id.test/authorize", "https://id.test/token");
    let descriptor = if is_form_post { plain.with_form_post() } else { plain };
    let provider = CustomProvider::new(descriptor.clone(), "https://id.test/me", "/id").unwrap();
    let client = client(provider, config(), Arc::new(Answers::json(Vec::new())));
    let request = AuthorizationRequest::new().redirect_uri(REDIRECT_URI);
    let login = at_once(client.get_authorization_url(request)).unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let stored = login.pending.expose_for_session();
    let pending = Arc::new(PendingAuthorization::from_session(&stored).unwrap());
    Begun { path, pending, stored, descriptor, state }
}

impl Begun {
    /// What comes of a callback: its code, or what was refused. For two that are to be the same.
    fn outcome(&self, callback: Callback) -> String {
        let names = format!("{callback:?} {}", callback.is_refusal());
        let pending = PendingAuthorization::from_session(&self.stored).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        match callback.verify(pending, &self.descriptor, CLIENT_ID, now) {
            Ok(verified) => format!("{names} {}", verified.code().expose()),
            Err(error) => {
                check_error(&error, &[&self.state]);
                format!("{names} {error:?}")
            }
        }
    }
}

/// More than the receiver holds at once.
const MOST_CONNECTIONS: usize = 40;
/// More than a form may be, and than a head may be.
const MOST_BYTES: usize = 600_000;

/// What one browser does.
struct Visit {
    pieces: Vec<Vec<u8>>,
    ending: Ending,
    expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Waits,
    Closes,
    HangsUp,
}

impl Visit {
    fn read(part: &[u8], port: u16, begun: &Begun) -> Self {
        let (ending, rest) = part.split_first().unwrap_or((&0, &[]));
        let ending = pick(&[Ending::Waits, Ending::Closes, Ending::HangsUp], *ending);
        let pieces: Vec<_> =
            rest.split(|byte| *byte == 1).map(|piece| written(piece, port, &begun.state)).collect();
        let mut whole = pieces.concat();
        whole.truncate(MOST_BYTES);
        let wanted = Wanted { port, path: begun.path, pending: &begun.pending };
        let expected = expected(&whole, &wanted, &|callback| begun.outcome(callback));
        // What is too much together is sent at once, and cut.
        let pieces = if whole.len() < MOST_BYTES { pieces } else { vec![whole] };
        Self { pieces, ending, expected }
    }
}

/// With state, port and the rest in it.
fn written(piece: &[u8], port: u16, state: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), piece);
    while let Some((&byte, after)) = rest.split_first() {
        let (text, length) = match (byte, after.first()) {
            (b'$', Some(b'S')) => (state.as_bytes().to_vec(), 2),
            (b'$', Some(b'P')) => (port.to_string().into_bytes(), 2),
            (b'$', Some(b'L')) => (vec![b'x'; 1000], 2),
            (b'$', Some(b'0')) => (vec![0], 2),
            (b'$', Some(b'1')) => (vec![1], 2),
            _ => (vec![byte], 1),
        };
        out.extend(text);
        rest = &rest[length..];
    }
    out
}

async fn visited(what: u8, together: bool, rest: &[u8]) {
    let begun = begun(what);
    let receiver = LoopbackReceiver::bind().await.expect("there is a port");
    let receiver = receiver.with_path(begun.path).expect("it is a path");
    let port = Url::parse(receiver.redirect_uri()).unwrap().port().expect("it is not 80");
    let pending = Arc::clone(&begun.pending);
    let wait =
        tokio::spawn(async move { receiver.receive(&pending, Duration::from_secs(600)).await });

    let parts = rest.split(|byte| *byte == 0).take(MOST_CONNECTIONS);
    let visits: Vec<_> = parts.map(|part| Arc::new(Visit::read(part, port, begun))).collect();
    let mut got = Vec::new();
    if together {
        let all: Vec<_> =
            visits.iter().map(|it| tokio::spawn(visit(Arc::clone(it), port))).collect();
        for one in all {
            got.push(one.await.expect("a browser does not panic"));
        }
    } else {
        for one in &visits {
            let is_over = wait.is_finished();
            let answer = visit(Arc::clone(one), port).await;
            assert!(!is_over || answer.bytes.is_empty(), "the wait is over, and somebody answers");
            got.push(answer);
        }
    }
    let could_end = visits.iter().any(|visit| visit.expected.outcomes().next().is_some());
    for (visit, got) in visits.iter().zip(&got) {
        check_answer(visit, got, could_end, begun);
    }
    let ended = ended(wait, port, begun, could_end).await;
    let is_one = |visit: &Arc<Visit>| visit.expected.outcomes().any(|outcome| *outcome == ended);
    let is_last = ended == begun.outcome(last(begun));
    assert!(is_last || visits.iter().any(is_one), "the wait ended with what nobody sent: {ended}");
    // One after another, the first that is right is it, unless it went away.
    let first = visits.iter().find(|visit| visit.expected.outcomes().next().is_some());
    let is_late = got.iter().any(|got| got.is_late);
    if let (false, Some(Expected::Is { outcome: Some(outcome), .. })) = (
        together || is_late,
        first.filter(|visit| visit.ending != Ending::HangsUp).map(|it| &it.expected),
    ) {
        assert_eq!(ended, *outcome, "the right answer did not end the wait");
    }
}

/// The query of the browser that comes at last, and ends the wait if nobody did before.
fn last(begun: &Begun) -> Callback {
    Callback::from_query(&format!("code=the-last-one&state={}", begun.state)).unwrap()
}

/// What came of the wait. Where nothing before could end it, it goes on until the right one comes.
async fn ended(
    wait: tokio::task::JoinHandle<hallpass::Result<Callback>>,
    port: u16,
    begun: &Begun,
    could_end: bool,
) -> String {
    assert!(could_end || !wait.is_finished(), "the wait ended by itself");
    while !wait.is_finished() {
        let target = format!("{}?code=the-last-one&state={}", begun.path, begun.state);
        let request = format!("\0GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        let last = Arc::new(Visit::read(request.as_bytes(), port, begun));
        let got = visit(Arc::clone(&last), port).await;
        check_answer(&last, &got, could_end, begun);
        breathe(8).await;
        let has_gone_on = could_end || got.is_late || !got.bytes.is_empty();
        assert!(has_gone_on, "the wait did not go on");
    }
    let callback = wait.await.expect("it does not panic").expect("it was ended");
    begun.outcome(callback)
}

/// What a browser has seen.
#[derive(Default)]
struct Got {
    bytes: Vec<u8>,
    /// The connection was ended in order.
    is_whole: bool,
    /// So slow that the receiver may have given it up, by a machine that had other things to do.
    is_late: bool,
}

/// Less than the receiver gives a connection.
const PATIENCE: Duration = Duration::from_secs(4);

async fn visit(visit: Arc<Visit>, port: u16) -> Got {
    let begun = Instant::now();
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return Got::default();
    };
    let mut is_sent = true;
    for piece in &visit.pieces {
        is_sent &= stream.write_all(piece).await.is_ok();
        breathe(2).await;
    }
    match visit.ending {
        Ending::HangsUp => return Got { is_late: begun.elapsed() > PATIENCE, ..Got::default() },
        // One that is complete has its answer without more.
        Ending::Waits if matches!(visit.expected, Expected::Is { .. }) => {}
        Ending::Waits => {
            breathe(8).await;
            let _ = stream.shutdown().await;
        }
        Ending::Closes => {
            let _ = stream.shutdown().await;
        }
    }
    let mut bytes = Vec::new();
    let is_read = (&mut stream).take(1 << 20).read_to_end(&mut bytes).await.is_ok();
    // Leaves no port behind that is kept for a minute.
    let _ = stream.set_zero_linger();
    Got { bytes, is_whole: is_sent && is_read, is_late: begun.elapsed() > PATIENCE }
}

/// Lets the others go on with what is there.
async fn breathe(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// An answer is one of ours, and says what it should; it has nothing of the request in it.
fn check_answer(visit: &Visit, got: &Got, could_end: bool, begun: &Begun) {
    let answers = match answers(&got.bytes) {
        Ok(answers) => answers,
        // Cut, since the wait was over.
        Err(_) if could_end => return,
        Err(why) => panic!("{why}: {}", got.bytes.escape_ascii()),
    };
    let mut answers = answers.iter();
    let Some(answer) = answers.next() else {
        let is_due = visit.ending == Ending::Waits && got.is_whole && !got.is_late && !could_end;
        let is_owed = matches!(visit.expected, Expected::Is { .. }) && is_due;
        assert!(!is_owed, "a whole request has no answer");
        return;
    };
    assert!(answers.next().is_none(), "more than one answer in a connection");
    let Answer { status, body, .. } = answer;
    answer.check_headers();
    for secret in [&begun.state, CODE, "the-last-one"] {
        let shown = String::from_utf8_lossy(&got.bytes);
        assert!(!shown.contains(secret), "an answer repeats the request: {shown}");
    }
    match status {
        200 => {
            assert!(visit.expected.outcomes().next().is_some(), "a wrong request is taken");
            assert!(body.is_empty() || body.starts_with("<!DOCTYPE html>"), "{body}");
        }
        400..500 => answer.check_refusal(),
        _ => panic!("status {status}"),
    }
    if let (Expected::Is { status: want, .. }, Ending::Waits) = (&visit.expected, visit.ending) {
        assert_eq!(status, want, "{}", got.bytes.escape_ascii());
    }
}
