//! Every operation over real sockets, with everything recorded that anybody traces: hallpass, the
//! transport and what it stands on.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, OnceLock},
};

use hallpass_core::{
    ApiRequest, Authorization, Callback, Error, Grant, JwtKind, OAuth2Client, Operation,
    PendingAuthorization, Revoke, Secret, http::Method, url::form_urlencoded,
};
use serde_json::json;
use tracing::{
    Dispatch, Event, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

use super::planted::{ACCESS, CLAIM, CODE, PASSWORD, Planted, QUERY, REFRESH, TOKEN_PARAM};
use crate::{
    secrets::planted::{confidential, token},
    support::{Acme, Verifier, id_token, param},
    transport::{
        acme_at,
        server::{Server, Then},
    },
};

const OPERATIONS: [Operation; 10] = [
    Operation::AccessToken,
    Operation::Authorize,
    Operation::Endpoints,
    Operation::IdEmail,
    Operation::Profile,
    Operation::Refresh,
    Operation::RequestToken,
    Operation::Revoke,
    Operation::Send,
    Operation::VerifyJwt,
];

/// Keeps every span and event with all its fields.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Recorder {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn line(&self, what: &str, record: impl FnOnce(&mut Fields<'_>)) {
        let mut text = self.0.lock().unwrap();
        text.push_str(what);
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

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        let what = format!("span {} {}", metadata.target(), metadata.name());
        self.line(&what, |fields| attributes.record(fields));
    }

    fn on_record(&self, span: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let operation = context.span(span).map_or("", |span| span.name());
        self.line(&format!("later {operation}"), |fields| values.record(fields));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let what = format!("event {}", event.metadata().target());
        self.line(&what, |fields| event.record(fields));
    }
}

/// A server for each of the ten operations, and the client of it.
struct Scene {
    client: OAuth2Client<Acme>,
    planted: Planted,
    nonce: Arc<Mutex<String>>,
}

impl Scene {
    async fn new(refusing: bool) -> Self {
        let nonce = Arc::new(Mutex::new(String::new()));
        let known = Arc::clone(&nonce);
        let server = Server::start_with(
            move |heard| {
                // A control: the search must find what somebody does log within an operation.
                tracing::info!(control = "Qcontrol", "the server hears");
                let text = if refusing { refusal(heard) } else { answer(&known.lock().unwrap()) };
                text.into_bytes()
            },
            Then::Close,
        );
        let server = server.await;
        let provider = acme_at(&server).but(|d| d.with_scopes(["openid"]));
        let provider = provider.with_verifier(&Arc::new(Verifier::default()));
        let client = OAuth2Client::new(provider, confidential()).unwrap();
        Self { client, planted: Planted::new(), nonce }
    }

    /// All ten, whatever comes of them; the errors.
    async fn every_operation(&mut self) -> Vec<Error> {
        let client = &self.client;
        let Authorization { url, pending, .. } =
            client.authorize().token_param("resource", TOKEN_PARAM).start().await.unwrap();
        let of = |name: &str| param(url.as_str(), name).unwrap();
        let (state, nonce) = (of("state"), of("nonce"));
        self.planted.add(&state);
        self.planted.add(&nonce);
        let session: serde_json::Value =
            serde_json::from_str(pending.expose_for_session().expose()).unwrap();
        self.planted.add(session["proof"].as_str().unwrap());
        let pending = PendingAuthorization::from_session(&Secret::new(session.to_string()));
        let jwt = Secret::new(id_token(&json!({ "sub": "42", "name": CLAIM, "nonce": nonce })));
        self.planted.add(&jwt.expose()[5..]);
        *self.nonce.lock().unwrap() = nonce;

        let code: String = form_urlencoded::byte_serialize(CODE.as_bytes()).collect();
        let query = format!("code={code}&state={state}");
        let callback = Callback::from_query(&query).unwrap();
        let token = token();
        let api = client.endpoints().await.unwrap().token().join("/me").unwrap();
        let call = ApiRequest::new(Method::POST, &format!("{api}?a={QUERY}"))
            .query("key", QUERY)
            .json(&json!({ "password": PASSWORD }))
            .token(&token);
        let grant = Grant::new("exchange").param("subject_token", ACCESS);
        let mut errors = Vec::new();
        errors.extend(client.get_access_token(callback, pending.unwrap()).await.err());
        errors.extend(client.refresh_token(&token).await.err());
        errors.extend(client.request_token(grant).await.err());
        errors.extend(client.revoke_token(&token, Revoke::Grant).await.err());
        errors.extend(client.get_profile(&token).await.err());
        errors.extend(client.get_id_email(&token).await.err());
        errors.extend(client.send(call).await.err());
        errors.extend(client.verify_jwt(&jwt, JwtKind::Userinfo).await.err());
        errors
    }
}

fn answer(nonce: &str) -> String {
    let jwt = id_token(&json!({ "sub": "42", "name": CLAIM, "nonce": nonce }));
    let body = json!({
        "id": 42,
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "id_token": jwt,
        "secret_of_its_own": PASSWORD,
    });
    Server::ok(&body.to_string())
}

fn refusal(heard: &str) -> String {
    let body = json!({
        "error": heard,
        "error_description": heard,
        "error_uri": heard,
        "message": heard,
    });
    let line: String = heard.chars().filter(|c| !c.is_control()).collect();
    let headers = format!("www-authenticate: {line}\r\nlocation: {line}\r\nretry-after: {line}");
    Server::ok(&body.to_string()).replacen("200 OK\r\n", &format!("400 No\r\n{headers}\r\n"), 1)
}

/// Records what this thread traces, until the guard is dropped.
fn recording() -> (Recorder, DefaultGuard) {
    // With one subscriber alone, tracing asks the thread that first comes to a span whether anybody
    // listens, and a helper thread's no is one for all. A second one that lives on prevents it.
    static ALWAYS: OnceLock<Dispatch> = OnceLock::new();
    ALWAYS.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    (recorder, guard)
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
async fn no_secret_is_in_a_trace() {
    alone("secrets::traced::no_secret_is_in_a_trace", assert_no_secret_is_recorded()).await;
}

async fn assert_no_secret_is_recorded() {
    let (recorder, _guard) = recording();
    for refusing in [false, true] {
        let mut scene = Scene::new(refusing).await;
        let errors = scene.every_operation().await;
        let text = recorder.take();

        // First that there is something to search, and that the search finds.
        for operation in OPERATIONS {
            let name = operation.as_str();
            assert!(text.contains(&format!("operation={name}")), "no span of {name}: {text}");
        }
        assert!(text.contains("provider=acme"));
        assert!(text.contains(if refusing { "status=400" } else { "status=200" }), "{text}");
        assert!(text.contains("outcome=ok"), "{text}");
        assert!(text.contains("elapsed_ms="), "{text}");
        assert!(text.contains("span hallpass_core"), "{text}");
        assert!(text.contains("event hyper_util"), "the transport's own traces: {text}");
        let mut searching = scene.planted.clone();
        searching.add("Qcontrol");
        assert_eq!(searching.found_in(&text), ["Qcontrol"], "and nothing else");

        // Then that nothing secret is in it, nor in the errors.
        scene.planted.assert_absent("a trace", &text);
        assert_eq!(errors.len(), if refusing { 7 } else { 0 }, "{errors:?}");
        for error in errors {
            scene.planted.assert_absent_from("an error", &error);
        }
        tracing::info!(token = ACCESS, "in the clear");
        assert_eq!(scene.planted.found_in(&recorder.take()), [&ACCESS[..8]]);
    }
}

#[tokio::test]
async fn a_span_says_how_an_operation_ended_and_why() {
    let name = "secrets::traced::a_span_says_how_an_operation_ended_and_why";
    alone(name, assert_end_and_reason_are_recorded()).await;
}

async fn assert_end_and_reason_are_recorded() {
    let (recorder, _guard) = recording();
    let scene = Scene::new(false).await;
    let token = hallpass_core::OAuth2Token::from_access_token("A");
    let gone = scene.client.api(&token).get("https://evil.test/me").send().await;
    assert!(gone.is_err());
    let text = recorder.take();
    assert!(text.contains("outcome=security") && text.contains("reason=origin"), "{text}");
    assert!(!text.contains("evil.test"), "{text}");
}
