//! Authlib writes verifiers to its log at DEBUG, and FastHTML whole token answers.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use axum::{Router, routing::get};
use hallpass_axum::{
    Decision, Identity, LoginContext, SignIn, SignInHooks, hallpass_session::MemoryStore,
    web::SealingKeys,
};
use hallpass_core::{OAuth2Client, Result, Secret, url::Url};
use hallpass_openid::OpenId;
use hallpass_testkit::{Fault, LocalProvider, User};
use serde_json::json;
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};

use crate::wire;

/// Keeps every span and event with all its fields.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Recorder {
    fn line(&self, metadata: Option<&Metadata<'_>>, record: impl FnOnce(&mut Fields<'_>)) {
        let mut text = self.0.lock().unwrap();
        if let Some(metadata) = metadata {
            write!(text, "{} {}", metadata.target(), metadata.name()).unwrap();
        }
        record(&mut Fields(&mut text));
        text.push('\n');
    }
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {field}={value}").unwrap();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        self.line(Some(attributes.metadata()), |fields| attributes.record(fields));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        self.line(None, |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        self.line(Some(event.metadata()), |fields| event.record(fields));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Records what this thread traces, until the guard is dropped.
fn recording() -> (Recorder, DefaultGuard) {
    // With one subscriber alone, tracing asks the thread that first comes to a span whether anybody
    // listens, and a helper thread's no is one for all. A second one that lives on prevents it.
    static ALWAYS: OnceLock<Dispatch> = OnceLock::new();
    ALWAYS.get_or_init(|| Dispatch::new(Recorder::default()));
    let recorder = Recorder::default();
    let guard = tracing::subscriber::set_default(recorder.clone());
    tracing::callsite::rebuild_interest_cache();
    (recorder, guard)
}

/// What a login knows that nobody else may.
#[derive(Debug, Default)]
struct Secrets(Mutex<Vec<(&'static str, String)>>);

impl Secrets {
    fn add(&self, what: &'static str, secret: &str) {
        assert!(secret.len() > 15, "{what} is no secret: {secret}");
        self.0.lock().unwrap().push((what, secret.to_owned()));
    }

    fn named(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().iter().map(|(what, _)| *what).collect()
    }

    /// Those of which at least the first twelve letters stand in the text. All ID tokens begin with
    /// the same header, so of them the last ones count.
    fn found_in(&self, text: &str) -> Vec<&'static str> {
        let secrets = self.0.lock().unwrap();
        let is_found = |what: &str, secret: &str| match what {
            "ID token" => text.contains(&secret[secret.len() - 12..]),
            _ => text.contains(&secret[..12]),
        };
        secrets.iter().filter(|(what, it)| is_found(what, it)).map(|(what, _)| *what).collect()
    }
}

#[async_trait]
impl SignInHooks for Secrets {
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let none = || Secret::new(String::new());
        let token = login.token;
        self.add("access token", token.access_token().expose());
        self.add("refresh token", token.refresh_token().unwrap_or(&none()).expose());
        self.add("ID token", token.id_token().unwrap_or(&none()).expose());
        Ok(Decision::Allow)
    }
}

/// One login from the button to a page for who is signed in, or to a token endpoint that repeats
/// what it was sent: what it knew, and the status of the callback.
async fn login(is_refused: bool) -> (Arc<Secrets>, u16) {
    let local = LocalProvider::builder().with_openid().start().await.unwrap();
    let secrets = Arc::new(Secrets::default());
    let base = served(&local, &secrets).await;
    secrets.add("client secret", local.client_secret().expose());
    let begun = wire::get(&format!("{base}/login/local"), "").await;
    let cookie = begun.cookie("hallpass.login");
    secrets.add("attempt", value(&cookie));
    for name in ["state", "nonce"] {
        secrets.add(name, &begun.param(name).unwrap());
    }
    let landing = local.browser().sign_in(begun.location(), User::first()).await.unwrap();
    let url = Url::parse(landing.url()).unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    secrets.add("code", &code);
    if is_refused {
        let body = json!({ "error": "invalid_grant", "error_description": code });
        local.fault(Fault::on("token").status(400).body("application/json", body.to_string()));
    }
    let done = wire::get(landing.url(), &cookie).await;
    let requests = local.requests();
    let token = requests.iter().find(|request| request.operation() == "token").unwrap();
    secrets.add("verifier", &token.param("code_verifier").unwrap());
    if !is_refused {
        let session = done.cookie("hallpass.session");
        secrets.add("session", value(&session));
        assert_eq!(wire::get(&format!("{base}/mine"), &session).await.status, 200);
    }
    (secrets, done.status)
}

fn value(cookie: &str) -> &str {
    cookie.split_once('=').unwrap().1
}

async fn served(local: &LocalProvider, secrets: &Arc<Secrets>) -> String {
    let base = wire::serve(|base| {
        let config = local.client_config("https://never.test/used").unwrap();
        let provider: OpenId = OpenId::new("local", local.issuer());
        let client = OAuth2Client::new(provider, config).unwrap();
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(Arc::new(client)).unwrap();
        let sign_in = sign_in.hooks(Arc::<Secrets>::clone(secrets));
        let sign_in = sign_in.tokens(Arc::new(MemoryStore::default()));
        sign_in.attach(Router::new().route("/mine", get(|who: Identity| async { who.0.id })))
    });
    base.await
}

/// Runs this test, of this name, in a process of its own. tracing keeps for all threads whether
/// anybody listens to a span, and a thread of another test that comes to it first while the
/// recorder is being set up says no.
async fn alone(name: &str, test: impl Future<Output = ()>) {
    if std::env::args().skip(1).eq([name, "--exact"]) {
        return test.await;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let output = child.args([name, "--exact"]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn no_secret_of_a_login_is_in_the_log_at_any_level() {
    let name = "elsewhere::log::no_secret_of_a_login_is_in_the_log_at_any_level";
    alone(name, assert_no_secret_is_logged()).await;
}

async fn assert_no_secret_is_logged() {
    let always = ["client secret", "attempt", "state", "nonce", "code", "verifier"];
    let after = ["access token", "refresh token", "ID token", "session"];
    for is_refused in [false, true] {
        let (recorder, _guard) = recording();
        let (secrets, status) = login(is_refused).await;
        let text = recorder.0.lock().unwrap().clone();

        // First that all of it happened, and that it was heard.
        assert_eq!(status, if is_refused { 410 } else { 303 });
        let known = secrets.named();
        assert!(always.iter().all(|what| known.contains(what)), "{known:?}");
        assert_eq!(after.iter().all(|what| known.contains(what)), !is_refused, "{known:?}");
        assert!(
            text.contains("hallpass_core") && text.contains("operation=access_token"),
            "{text}"
        );
        assert!(text.contains("tower_sessions"), "the layers below: {text}");
        assert!(text.contains("hyper_util"), "the transport's: {text}");
        assert_eq!(text.contains("hallpass_axum"), is_refused, "what went wrong is said: {text}");

        assert_eq!(secrets.found_in(&text), [""; 0], "{text}");
        tracing::trace!(planted = secrets.0.lock().unwrap()[0].1, "in the clear");
        assert_eq!(secrets.found_in(&recorder.0.lock().unwrap()), ["client secret"]);
    }
}
