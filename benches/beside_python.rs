//! A code exchanged for a token, and an authorization URL made, by hallpass and by Python's
//! clients: `beside_python PYTHON`, with the interpreter of an environment that has
//! `python/requirements.txt`. `cargo xtask bench --python` makes one.
//!
//! Wall-clock time: the contenders are processes of their own, and each has one thread.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints")]

use std::{
    env,
    ffi::OsStr,
    fmt::Write as _,
    hint::black_box,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass_benches::{
    AUTHORIZE, CLIENT_ID, CLIENT_SECRET, CODE, Plain, REDIRECT_URI, Responder, SCOPES, VERIFIER,
    client, pairs, replies::GOOGLE,
};
use hallpass_core::{AuthorizationRequest, OAuth2Client, Secret};
use serde::Deserialize;
use serde_json::json;
use tokio::{runtime, task::JoinSet};

/// How many tasks exchange codes at once.
const AT_ONCE: u32 = 50;
/// How often each measurement is made; the median counts.
const SAMPLES: usize = 3;
/// What hallpass's calls a second must be at least, as a multiple of httpx-oauth's, at once.
const TARGET: f64 = 1000.0;

/// How many calls a measurement makes.
#[derive(Debug, Clone, Copy)]
struct Calls {
    one_at_a_time: u32,
    at_once: u32,
    urls: u32,
}

const OURS: Calls = Calls { one_at_a_time: 10_000, at_once: 50_000, urls: 200_000 };
/// What makes a TLS context for each call takes some thirty milliseconds for one.
const NEW_CLIENT: Calls = Calls { one_at_a_time: 20, at_once: 100, urls: 20 };
const KEPT_CLIENT: Calls = Calls { one_at_a_time: 200, at_once: 1_000, urls: 5_000 };

/// A contender of `python/contenders.py`: its name there, its title here, its calls.
const OTHERS: [(&str, &str, Calls); 3] = [
    // It makes none for a URL.
    (HTTPX_OAUTH, "httpx-oauth", Calls { urls: KEPT_CLIENT.urls, ..NEW_CLIENT }),
    ("authlib-per-call", "Authlib, a client per call", NEW_CLIENT),
    ("authlib-kept", "Authlib, a client kept", KEPT_CLIENT),
];
const HTTPX_OAUTH: &str = "httpx-oauth";

/// What is compared: seconds for each call, the token that was read, the URL that was made.
#[derive(Debug, Clone, Deserialize)]
struct Measured {
    version: String,
    one_at_a_time: f64,
    at_once: f64,
    url_seconds: f64,
    token: String,
    url: String,
}

fn main() {
    let python = env::args_os().nth(1).expect("the path of a Python interpreter");
    let responder = Responder::start(GOOGLE);
    let ours = hallpass(&responder.url());
    let form = pairs(&responder.last_form());
    let mut others = Vec::new();
    for (name, title, calls) in OTHERS {
        eprintln!("measuring {title}");
        let theirs = other(&python, name, &responder.url(), calls);
        assert_eq!(ours.token, theirs.token, "{title} reads the same");
        assert_eq!(form, pairs(&responder.last_form()), "{title} sends the same");
        assert_eq!(fixed(&ours.url), fixed(&theirs.url), "{title} makes the same URL");
        others.push((title, theirs));
    }
    print!("{}", table(&ours, &others));
}

/// Measures hallpass, in this process, with one client that is kept.
fn hallpass(token_endpoint: &str) -> Measured {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = Arc::new(client(token_endpoint));
    let token = runtime.block_on(exchange(&client));
    let url = runtime.block_on(client.get_authorization_url(AuthorizationRequest::new()));
    let exchanges = |count, at_once| {
        median(|| runtime.block_on(exchanges(&client, count, at_once)).as_secs_f64())
            / f64::from(count)
    };
    let urls = || {
        let began = Instant::now();
        runtime.block_on(async {
            for _ in 0..OURS.urls {
                black_box(client.get_authorization_url(AuthorizationRequest::new()).await)
                    .expect("a URL");
            }
        });
        began.elapsed().as_secs_f64()
    };
    Measured {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        one_at_a_time: exchanges(OURS.one_at_a_time, 1),
        at_once: exchanges(OURS.at_once, AT_ONCE),
        url_seconds: median(urls) / f64::from(OURS.urls),
        token,
        url: url.expect("a URL").url.as_str().to_owned(),
    }
}

async fn exchange(client: &OAuth2Client<Plain>) -> String {
    let (code, verifier) = (Secret::new(CODE), Secret::new(VERIFIER));
    let token = client.dangerously_exchange_code(code, REDIRECT_URI, Some(verifier)).await;
    token.expect("a token").access_token().expose().to_owned()
}

/// How long it takes so many tasks to share `count` exchanges.
async fn exchanges(client: &Arc<OAuth2Client<Plain>>, count: u32, at_once: u32) -> Duration {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let client = Arc::clone(client);
        tasks.spawn(async move {
            for _ in 0..count / at_once {
                black_box(exchange(&client).await);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("a task");
    }
    began.elapsed()
}

/// Has a contender measured by the interpreter `python`.
fn other(python: &OsStr, contender: &str, token_endpoint: &str, calls: Calls) -> Measured {
    let folder = env::var_os("CARGO_MANIFEST_DIR").expect("to be started by cargo");
    let task = json!({
        "contender": contender,
        "authorize": AUTHORIZE,
        "token_endpoint": token_endpoint,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT_URI,
        "scopes": SCOPES,
        "code": CODE,
        "verifier": VERIFIER,
        // For the one that makes none, as long as ours.
        "state": VERIFIER,
        "challenge": VERIFIER,
        "samples": SAMPLES,
        "one_at_a_time": calls.one_at_a_time,
        "at_once": AT_ONCE,
        "calls_at_once": calls.at_once,
        "urls": calls.urls,
    });
    let mut command = Command::new(python);
    command.arg(Path::new(&folder).join("python/contenders.py")).arg(task.to_string());
    // A proxy of the environment would be asked for what is on loopback.
    let output = command.env("NO_PROXY", "*").output().expect("a Python interpreter");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{contender} failed:\n{complaint}");
    serde_json::from_slice(&output.stdout).expect("what contenders.py prints")
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut samples: Vec<_> = (0..SAMPLES).map(|_| measure()).collect();
    samples.sort_by(f64::total_cmp);
    samples[SAMPLES / 2]
}

/// What of a URL is the same for every login: page, the names of its parameters, and the values
/// but for state and challenge, which are random.
fn fixed(url: &str) -> (String, Vec<(String, String)>) {
    let (page, query) = url.split_once('?').expect("a query");
    let mut pairs = pairs(query);
    for (name, value) in &mut pairs {
        if name == "state" || name == "code_challenge" {
            assert!(!value.is_empty(), "no {name}");
            value.clear();
        }
    }
    (page.to_owned(), pairs)
}

/// Times, calls a second and ratios, then the target, as Markdown.
fn table(ours: &Measured, others: &[(&str, Measured)]) -> String {
    let mut text = String::from(
        "| Work | Contender | time per call | calls a second | of hallpass |\n\
         |---|---|---|---|---|\n",
    );
    type Pick = fn(&Measured) -> f64;
    let works: [(&str, Pick); 3] = [
        ("code exchanged, one at a time", |it| it.one_at_a_time),
        ("code exchanged, 50 at once", |it| it.at_once),
        ("authorization URL", |it| it.url_seconds),
    ];
    for (work, seconds) in works {
        let rows = [("hallpass", ours)].into_iter();
        for (title, it) in rows.chain(others.iter().map(|(title, it)| (*title, it))) {
            let (version, own) = (&it.version, seconds(it));
            let ratio = own / seconds(ours);
            let _ = writeln!(
                text,
                "| {work} | {title} ({version}) | {} | {:.0} | {} × |",
                time(own),
                1.0 / own,
                round(ratio)
            );
        }
    }
    text.push_str("\n| Target | measured | at least | |\n|---|---|---|---|\n");
    let httpx_oauth = others.iter().find(|(title, _)| *title == HTTPX_OAUTH);
    let ratio = httpx_oauth.map_or(0.0, |(_, it)| it.at_once / ours.at_once);
    let verdict = if ratio >= TARGET { "met" } else { "**missed**" };
    let what = "hallpass's calls a second of httpx-oauth's, 50 at once";
    let _ = writeln!(text, "| {what} | {ratio:.0} × | {TARGET:.0} × | {verdict} |");
    text.push_str(
        "\nNot the same work: httpx-oauth makes neither a state nor a verifier with its challenge, \
         and was given them. It makes a client, and a TLS context with it, for each call, though \
         the endpoint is plain HTTP: that is most of its time.\n",
    );
    text
}

fn round(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

fn time(seconds: f64) -> String {
    match seconds {
        short if short < 1e-6 => format!("{:.0} ns", short * 1e9),
        middle if middle < 1e-3 => format!("{:.1} µs", middle * 1e6),
        long => format!("{:.1} ms", long * 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(at_once: f64) -> Measured {
        Measured {
            version: "1.0".to_owned(),
            one_at_a_time: 1e-4,
            at_once,
            url_seconds: 5e-7,
            token: String::new(),
            url: String::new(),
        }
    }

    #[test]
    fn the_ratio_at_once_decides() {
        // A power of two: the quotient is exact.
        let ours = 1.0 / 65_536.0;
        let text = table(&measured(ours), &[(HTTPX_OAUTH, measured(1000.0 * ours))]);
        let want = "| code exchanged, 50 at once | httpx-oauth (1.0) | 15.3 ms | 66 | 1000 × |\n";
        assert!(text.contains(want), "{text}");
        assert!(text.contains("| 1000 × | 1000 × | met |"), "{text}");
        let text = table(&measured(ours), &[(HTTPX_OAUTH, measured(950.0 * ours))]);
        assert!(text.contains("| 950 × | 1000 × | **missed** |"), "{text}");
    }

    #[test]
    fn a_target_beside_nobody_is_missed() {
        assert!(table(&measured(1.0), &[]).contains("| 0 × | 1000 × | **missed** |"));
    }

    #[test]
    fn two_urls_are_the_same_but_for_what_is_random() {
        let url = |page: &str, state: &str| format!("https://{page}?a=1&state={state}&b=2");
        assert_eq!(fixed(&url("a.test", "x")), fixed(&url("a.test", "yy")));
        assert_ne!(fixed(&url("a.test", "x")), fixed(&url("b.test", "x")));
        assert_ne!(fixed("https://a.test?a=1"), fixed("https://a.test?a=2"));
        assert_ne!(fixed("https://a.test?a=1&state=x"), fixed("https://a.test?a=1"));
    }
}
