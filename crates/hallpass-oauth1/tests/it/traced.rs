//! A login and calls over real sockets, with everything recorded that anybody traces: hallpass, the
//! transport and what it stands on.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, OnceLock},
};

use hallpass_core::{AuthorizationRequest, BaseOAuth2, Json, PendingAuthorization};
use hallpass_oauth1::{OAuth1Client, SignatureMethod, TokenCredentials};
use hallpass_testkit::{LocalOAuth1, User};
use serde_json::json;
use tracing::{
    Dispatch, Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

const QUERY: &str = "Qqueryke-of-the-application";
const BODY: &str = "Qbodybod-of-the-application";
const PARAM: &str = "Qparampa-of-the-login";

/// Keeps every span and event with all its fields.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0, " {field}={value:?}").unwrap();
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        writeln!(text, "span {}", attributes.metadata().target()).unwrap();
        attributes.record(&mut Fields(&mut text));
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        writeln!(text, "event {}", event.metadata().target()).unwrap();
        event.record(&mut Fields(&mut text));
    }
}

/// What is in the pending authorization of this login, and in the address that the browser comes
/// back to.
fn of_login(kept: &str, landing: &str) -> Vec<String> {
    let kept: Json = serde_json::from_str(kept).unwrap();
    let mut secrets = ["correlator", "proof"].map(|name| kept[name].as_str().unwrap().to_owned());
    let verifier = landing.split("oauth_verifier=").nth(1).unwrap();
    secrets.sort();
    let [one, two] = secrets;
    vec![one, two, verifier.split('&').next().unwrap().to_owned()]
}

/// Every step; what must not be found.
async fn everything(method: SignatureMethod) -> Vec<String> {
    let local = LocalOAuth1::start().await.unwrap();
    let config = local.client_config("https://app.test/callback").unwrap();
    let config = config.with_signature_method(method).with_temporary_name("hint");
    let client = OAuth1Client::new(local.provider(), config).unwrap();
    let request = AuthorizationRequest::new().param("hint", PARAM).token_param("more", PARAM);
    let login = client.get_authorization_url(request).await.unwrap();
    let kept = login.pending.expose_for_session();
    let landing = local.browser().sign_in(&login.url, User::named("ben")).await.unwrap();
    let mut secrets = of_login(kept.expose(), landing.url());
    let pending = PendingAuthorization::from_session(&kept).unwrap();
    let token = client.get_access_token(landing.callback().unwrap(), pending).await.unwrap();
    let credentials = TokenCredentials::of(&token).unwrap();
    secrets.push(credentials.token().expose().to_owned());
    secrets.push(credentials.secret().expose().to_owned());
    secrets.push(local.consumer_secret().expose().to_owned());
    client.get_profile(&token).await.unwrap();
    client.get_id_email(&token).await.unwrap();
    let url = format!("{}/api/notes", local.base_url());
    for is_refused in [false, true] {
        if is_refused {
            local.revoke_tokens();
        }
        let api = client.api(&token);
        let call = api.post(&url).query("key", QUERY).json(&json!({ "a": BODY }));
        assert_eq!(call.send().await.is_err(), is_refused);
    }
    for request in local.requests() {
        let header = request.header("authorization").unwrap_or_default();
        let signature = header.split("oauth_signature=\"").nth(1).unwrap_or_default();
        secrets.extend(signature.split('"').next().map(str::to_owned));
    }
    secrets.extend([QUERY, BODY, PARAM].map(str::to_owned));
    secrets.retain(|secret| !secret.is_empty());
    secrets
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
    alone("traced::no_secret_is_in_a_trace", assert_no_secret_is_recorded()).await;
}

async fn assert_no_secret_is_recorded() {
    // With one subscriber alone, tracing asks the thread that first comes to a span whether anybody
    // listens, and a helper thread's no is one for all. A second one that lives on prevents it.
    static ALWAYS: OnceLock<Dispatch> = OnceLock::new();
    ALWAYS.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();

    for method in [SignatureMethod::HmacSha1, SignatureMethod::Plaintext] {
        let secrets = everything(method).await;
        assert!(secrets.len() > 12, "three of the login, three of the token, seven requests");
        let text = std::mem::take(&mut *recorder.0.lock().unwrap());
        // First that there is something to search.
        for operation in ["authorize", "access_token", "profile", "id_email", "send"] {
            assert!(text.contains(&format!("operation=\"{operation}\"")), "{operation}: {text}");
        }
        assert!(text.contains("span hallpass_oauth1") && text.contains("outcome=\"ok\""), "{text}");
        assert!(text.contains("reason=\"invalid_token\"") && text.contains("status=401"), "{text}");
        assert!(text.contains("event hyper_util"), "the transport's own traces: {text}");
        for secret in &secrets {
            assert!(!text.contains(&secret[..8]), "{secret} in {text}");
        }
        tracing::info!(secret = secrets[0], "in the clear");
        let text = std::mem::take(&mut *recorder.0.lock().unwrap());
        assert!(text.contains(&secrets[0][..8]), "the search finds what is there");
    }
}
