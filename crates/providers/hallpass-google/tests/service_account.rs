//! A service account: what its key file may say, what it signs, and what is sent.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{
    error::Error as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{
    ClientAssertion as _, Clock, Descriptor, HttpClient, Json, JwtKind, Request, Response,
    http::{HeaderMap, Method, StatusCode},
    url::form_urlencoded,
};
use hallpass_google::{
    ClientConfig, ErrorKind, Google, OAuth2Client, Result, Secret, ServiceAccount,
};
use hallpass_openid::{Algorithm, IssuerRule, OpenId};
use hallpass_session::{ApiClient, JwtBearer, MemoryStore, TokenKey, TokenManager};
use hallpass_testkit::SigningKey;
use serde_json::json;

const EMAIL: &str = "robot@oak.iam.gserviceaccount.test";
const TOKEN: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_only";
const JWKS: &str = "https://www.googleapis.com/jwks";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// A key file as the console makes it.
fn key_file(key: &SigningKey) -> Json {
    let pem = key.private_key_pem().unwrap();
    json!({
        "type": "service_account",
        "project_id": "oak",
        "private_key_id": "key-1",
        "private_key": pem.expose(),
        "client_email": EMAIL,
        "client_id": "100000000000000000042",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN,
        "universe_domain": "googleapis.com",
    })
}

fn account(key: &SigningKey) -> ServiceAccount {
    let account = ServiceAccount::from_json(&key_file(key).to_string()).unwrap();
    account.with_scopes([SCOPE]).unwrap()
}

/// Answers every request with the same, and keeps what it was given.
#[derive(Debug)]
struct Wire {
    answer: String,
    sent: Mutex<Vec<Request>>,
}

impl Wire {
    fn of(answer: &Json) -> Arc<Self> {
        Arc::new(Self { answer: answer.to_string(), sent: Mutex::default() })
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        self.sent.lock().unwrap().push(request);
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), self.answer.clone().into()))
    }
}

/// So many seconds after then.
#[derive(Debug, Default)]
struct Since(AtomicU64);

impl Clock for Since {
    fn now(&self) -> SystemTime {
        now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// The claims of an assertion, after Google's checks: its signature by this key, named so, its
/// issuer, whom it is for, and its times.
async fn verified(jwt: &Secret, key: SigningKey) -> Result<Json> {
    verified_at(jwt, key, Arc::new(Since::default())).await
}

async fn verified_at(jwt: &Secret, key: SigningKey, clock: Arc<Since>) -> Result<Json> {
    let descriptor = Descriptor::new("google", "https://app.test/a", "https://app.test/t");
    let issuer = IssuerRule::Exact(EMAIL.to_owned());
    let provider: OpenId = OpenId::pinned(descriptor, issuer, JWKS);
    let provider = provider.with_algorithms([Algorithm::Rs256]);
    let wire = Wire::of(&json!({ "keys": [key.with_key_id("key-1").public_jwk()] }));
    let client = OAuth2Client::new(provider, ClientConfig::new(TOKEN))?
        .with_http_client(wire)
        .with_clock(clock);
    let claims = client.verify_jwt(jwt, JwtKind::AuthorizationResponse).await?;
    Ok(Json::Object(claims.as_map().clone()))
}

#[tokio::test]
async fn the_assertion_is_of_the_account_for_google_and_lasts_an_hour() {
    let key = SigningKey::rs256();
    let account = account(&key);
    let jwt = account.sign("somebody", "https://else.test", now()).await.unwrap();
    let mut claims = verified(&jwt, key.clone()).await.unwrap();
    assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
    let want = json!({
        "iss": EMAIL, "aud": TOKEN, "scope": SCOPE, "iat": 1_767_225_600, "exp": 1_767_229_200,
    });
    assert_eq!(claims, want);
    let other = SigningKey::rs256().with_key_id("key-2");
    let foreign = other.jwt(want.as_object().unwrap());
    assert!(verified(&Secret::new(foreign), key).await.is_err(), "that of another key");
}

#[tokio::test]
async fn scopes_are_joined_and_a_user_may_be_acted_for() {
    let key = SigningKey::rs256();
    let account = account(&key).with_scopes(["a", "b"]).unwrap().with_subject("ann@oak.test");
    let jwt = account.sign("", "", now()).await.unwrap();
    let claims = verified(&jwt, key).await.unwrap();
    assert_eq!((&claims["scope"], &claims["sub"]), (&"a b".into(), &"ann@oak.test".into()));
}

#[tokio::test]
async fn exactly_grant_type_and_assertion_are_sent_where_the_file_says() {
    let key = SigningKey::rs256();
    for token_uri in [TOKEN, "https://accounts.google.com/o/oauth2/token"] {
        let mut file = key_file(&key);
        file["token_uri"] = token_uri.into();
        let account = ServiceAccount::from_json(&file.to_string()).unwrap();
        let account = account.with_scopes([SCOPE]).unwrap();
        let wire = Wire::of(&json!({
            "access_token": "TOKEN", "token_type": "Bearer", "expires_in": 3600,
        }));
        let client = account.client().unwrap().with_http_client(Arc::clone(&wire) as _);
        let token = client.request_token(account.grant(now()).await.unwrap()).await.unwrap();
        assert_eq!(token.access_token().expose(), "TOKEN");
        assert!(token.refresh_token().is_none() && token.claims().is_none());
        let sent = wire.sent.lock().unwrap();
        let [request] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((&request.method, request.url.as_str()), (&Method::POST, token_uri));
        assert!(!request.headers.contains_key("authorization"));
        let form: Vec<_> = form_urlencoded::parse(&request.body).collect();
        let names: Vec<&str> = form.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["grant_type", "assertion"]);
        assert_eq!(form[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    }
}

/// The names and values of the forms that were sent to Google's token endpoint.
fn forms(wire: &Wire) -> Vec<Vec<(String, String)>> {
    let sent = wire.sent.lock().unwrap();
    let asked = sent.iter().filter(|request| request.url.as_str() == TOKEN);
    asked.map(|request| form_urlencoded::parse(&request.body).into_owned().collect()).collect()
}

#[tokio::test]
async fn twenty_calls_of_an_account_take_one_token_and_the_next_hour_another() {
    let key = SigningKey::rs256();
    let account = account(&key).with_subject("ann@oak.test");
    let wire = Wire::of(&json!({
        "access_token": "TOKEN", "token_type": "Bearer", "expires_in": 3600,
    }));
    let clock = Arc::new(Since::default());
    let config = ClientConfig::new(account.email()).with_name("robot");
    let client = account.client_with(config).unwrap();
    let client =
        client.with_http_client(Arc::clone(&wire) as _).with_clock(Arc::<Since>::clone(&clock));
    let renewal = JwtBearer::new(Arc::new(account)).without_client();
    let renewal = renewal.with_clock(Arc::<Since>::clone(&clock));
    let tokens = TokenManager::new(Arc::new(client), Arc::new(MemoryStore::new()))
        .with_clock(Arc::<Since>::clone(&clock))
        .with_renewal(Arc::new(renewal));
    assert_eq!(tokens.key(""), TokenKey::new("", "robot"), "no token of the users' client");

    let api = ApiClient::new(tokens.session(""), "https://storage.googleapis.com").unwrap();
    for want in [1, 2] {
        for _ in 0..20 {
            api.get("storage/v1/b").read().await.unwrap();
        }
        let forms = forms(&wire);
        assert_eq!(forms.len(), want, "token requests");
        let [(grant, jwt_bearer), (assertion, jwt)] = &forms[want - 1][..] else {
            panic!("{forms:?}")
        };
        assert_eq!((&**grant, &**assertion), ("grant_type", "assertion"));
        assert_eq!(jwt_bearer, "urn:ietf:params:oauth:grant-type:jwt-bearer");
        let jwt = Secret::new(jwt.as_str());
        let claims = verified_at(&jwt, key.clone(), Arc::clone(&clock)).await.unwrap();
        assert_eq!((&claims["aud"], &claims["iss"]), (&TOKEN.into(), &EMAIL.into()));
        assert_eq!((&claims["sub"], &claims["scope"]), (&"ann@oak.test".into(), &SCOPE.into()));
        clock.0.fetch_add(3_600, Ordering::SeqCst);
    }
    let sent = wire.sent.lock().unwrap();
    let calls = sent.iter().filter(|request| request.url.as_str() != TOKEN);
    assert!(calls.clone().all(|call| call.headers["authorization"] == "Bearer TOKEN"));
    assert_eq!((calls.count(), sent.len()), (40, 42), "nothing else was asked for");
}

#[test]
fn an_account_for_other_scopes_or_another_user_speaks_in_other_words() {
    let key = SigningKey::rs256();
    let narrow = account(&key);
    let words = narrow.speaks_for();
    assert_eq!(words, account(&SigningKey::rs256()).speaks_for(), "a new key of the account");
    assert_ne!(words, account(&key).with_scopes([SCOPE, "b"]).unwrap().speaks_for());
    assert_ne!(words, account(&key).with_subject("ann@oak.test").speaks_for());
}

#[tokio::test]
async fn an_account_without_scopes_signs_nothing() {
    let file = key_file(&SigningKey::rs256()).to_string();
    let account = ServiceAccount::from_json(&file).unwrap();
    let error = account.grant(now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let error = account.sign("", "", now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    for scopes in [&[][..], &[""], &["a b"], &["a\""], &["a", "\\"], &["é"]] {
        let account = ServiceAccount::from_json(&file).unwrap();
        let error = account.with_scopes(scopes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{scopes:?}");
    }
}

#[test]
fn a_file_that_is_no_service_accounts_is_refused_without_repeating_it() {
    let key = SigningKey::rs256();
    let pem = key.private_key_pem().unwrap();
    let body = pem.expose().lines().nth(1).unwrap().to_owned();
    let ec = SigningKey::es256().private_key_pem().unwrap();
    let mut cases = vec![
        ("type", json!("authorized_user")),
        ("type", Json::Null),
        ("private_key", json!("planted")),
        ("private_key", json!(ec.expose())),
    ];
    for name in ["client_email", "private_key", "private_key_id", "token_uri"] {
        cases.extend([(name, Json::Null), (name, json!("")), (name, json!(["planted"]))]);
    }
    for uri in [
        "planted",
        "http://oauth2.googleapis.com/token",
        "https://planted.test/token",
        "https://oauth2.googleapis.com.planted.test/token",
        "https://planted.googleapis.com/token",
        "https://oauth2.googleapis.com:8443/token",
        "https://planted@oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com/token#planted",
        "https://oauth2.googleapis.com@planted.test/token",
        "ftp://localhost/planted",
        "http://10.0.0.1/token",
    ] {
        cases.push(("token_uri", json!(uri)));
    }
    for (name, value) in cases {
        let mut file = key_file(&key);
        file[name] = value.clone();
        let error = ServiceAccount::from_json(&file.to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name} {value}");
        check_hidden(&error, &body);
    }
    for text in ["", "planted", "[]", "{\"type\":\"service_account\",\"private_key\":\"planted"] {
        let error = ServiceAccount::from_json(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{text}");
        check_hidden(&error, &body);
    }
}

#[track_caller]
fn check_hidden(error: &hallpass_google::Error, key: &str) {
    let source = error.source().map(ToString::to_string);
    let shown = format!("{error} {error:?} {source:?}");
    assert!(!shown.contains("planted") && !shown.contains(key), "{shown}");
}

#[test]
fn loopback_is_let_through_for_a_stand_in() {
    let key = SigningKey::rs256();
    for uri in ["http://127.0.0.1:4000/token", "http://localhost/token", "http://[::1]:1/token"] {
        let mut file = key_file(&key);
        file["token_uri"] = uri.into();
        let account = ServiceAccount::from_json(&file.to_string()).unwrap();
        assert!(account.client().is_ok(), "{uri}");
    }
}

#[test]
fn debug_shows_the_address_and_no_key() {
    let key = SigningKey::rs256();
    let account = account(&key);
    let shown = format!("{account:?} {account:#?} {:?}", Google::service_account("planted"));
    let pem = key.private_key_pem().unwrap();
    assert!(shown.contains(EMAIL) && account.email() == EMAIL, "{shown}");
    let repeats = |line: &str| shown.contains(line);
    assert!(!pem.expose().lines().any(repeats) && !shown.contains("planted"), "{shown}");
}
