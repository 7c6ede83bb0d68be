//! A provider that signs its callbacks, wants each call proven with the client's secret, and has
//! grants and an ending of its own.

use std::{sync::Arc, time::SystemTime};

use hallpass_core::{
    Api, CallbackParams, ClientConfig, ClientKeys, Descriptor, Error, ErrorKind, Grant,
    OAuth2Client, OAuth2Token, Profile, Provider, Request, Result, http::header,
};
use hallpass_testkit::{Landing, LocalClient, LocalProvider, User};

use crate::support::{CALLBACK, TestClock, param};

/// Whether it sends what its provider wants.
#[derive(Debug, Clone)]
struct Seal {
    descriptor: Descriptor,
    proves: bool,
}

impl Seal {
    fn new() -> Self {
        let descriptor =
            Descriptor::new("seal", "https://seal.test/a", "https://seal.test/t").without_refresh();
        Self { descriptor: descriptor.with_api("https://api.seal.test"), proves: true }
    }

    async fn leave(&self, api: Api<'_>) -> Result<()> {
        api.delete("https://api.seal.test/me/app").send().await.map(drop)
    }
}

impl Provider for Seal {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        Profile::from_json(api.get("https://api.seal.test/me").read().await?, "id")
    }

    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        now: SystemTime,
    ) -> Result<()> {
        callback.verify_hmac_sha256(keys, &["mac"], callback.get("mac").unwrap_or_default())?;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        match callback.get("at").and_then(|at| at.parse::<u64>().ok()) {
            Some(at) if at.abs_diff(now) <= 60 => Ok(()),
            _ => Err(Error::security("at", "another time")),
        }
    }

    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        let proof = keys.hmac_sha256(token.access_token().expose().as_bytes())?;
        let hex: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = if self.proves { hex } else { "0".repeat(64) };
        request.url.query_pairs_mut().append_pair("proof", &hex);
        Ok(())
    }
}

macro_rules! fixture {
    ($name:literal, $($line:literal)*) => {
        ($name, concat!("# Seal's pages, recalled, not re-read\n", $($line, "\n",)*))
    };
}

const FIXTURES: &[(&str, &str)] = &[
    fixture!("authorize.accepted.http",
        "> GET https://seal.test/a?response_type=code"
        "< 302"
        "< location: https://app.test/cb?code=CODE&mac=HMAC&state=STATE&at=NOW&to=a%20b"
        "= Code"),
    fixture!("access_token.accepted.http",
        "> POST https://seal.test/t"
        "> grant_type=authorization_code&code=CODE&client_id=ID&client_secret=SECRET"
        "< 200"
        r#"< {"access_token":"TOKEN"}"#
        r#"= Token { access_token: "TOKEN" }"#),
    fixture!("id_email.accepted.http",
        "> GET https://api.seal.test/me?proof=PROOF"
        "> authorization: Bearer TOKEN"
        "< 200"
        r#"< {"id":"1"}"#
        r#"= IdEmail { id: "1", email_verification: "unknown" }"#),
    fixture!("id_email.other.http",
        "> GET https://api.seal.test/me?proof=PROOF"
        "> authorization: Bearer TOKEN"
        "< 200"
        r#"< {"id":"2"}"#
        r#"= IdEmail { id: "2", email_verification: "unknown" }"#),
    fixture!("profile.accepted.http",
        "> GET https://api.seal.test/me?proof=PROOF"
        "< 200"
        r#"< {"id":"nobody"}"#
        r#"= Profile { id: "nobody", email_verification: "unknown" }"#),
    fixture!("profile.refused.http",
        "> GET https://api.seal.test/me?proof=PROOF"
        "< 401"
        r#"= Denied { reason: "invalid_token" }"#),
    fixture!("longer.accepted.http",
        "> POST https://seal.test/t"
        "> accept: application/json"
        "> grant_type=longer&short=TOKEN&kind=a&client_id=ID&client_secret=SECRET"
        "< 200"
        r#"< {"access_token":"TOKEN2","kind":"a"}"#
        r#"= Json {}"#),
    fixture!("longer.refused.http",
        "> POST https://seal.test/t"
        "> grant_type=longer&short=TOKEN&kind=a&client_id=ID&client_secret=SECRET"
        "< 400"
        r#"< {"error":"too_late"}"#
        r#"= Config { code: "too_late" }"#),
    fixture!("longest.accepted.http",
        "> POST https://seal.test/t"
        "> accept: application/json"
        "> grant_type=longer&short=TOKEN&kind=b&client_id=ID&client_secret=SECRET"
        "< 200"
        r#"< {"access_token":"TOKEN2","kind":"b"}"#
        r#"= Json {}"#),
    fixture!("app.accepted.http",
        "> POST https://seal.test/t"
        "> grant_type=client_credentials&client_id=ID&client_secret=SECRET"
        "< 200"
        r#"< {"access_token":"TOKEN2"}"#
        "> GET https://api.seal.test/stats?proof=PROOF2"
        "> authorization: Bearer TOKEN2"
        "< 200"
        r#"< {"logins":3}"#
        r#"= Json {"logins":3}"#),
    fixture!("uninstall.accepted.http",
        "> DELETE https://api.seal.test/me/app?proof=PROOF"
        "> authorization: Bearer TOKEN"
        "< 204"
        "= Json null"),
    fixture!("uninstall.refused.http",
        "> DELETE https://api.seal.test/me/app?proof=PROOF"
        "> authorization: Bearer TOKEN"
        "< 410"
        "= Config"),
];

async fn local() -> LocalProvider {
    LocalProvider::emulating(&Seal::new().descriptor, FIXTURES).await.unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<Seal> {
    OAuth2Client::new(Seal::new(), config).unwrap().with_http_client(local.http_client())
}

fn own(local: &LocalProvider) -> OAuth2Client<Seal> {
    client(local, local.client_config(CALLBACK).unwrap())
}

async fn landing(
    local: &LocalProvider,
    client: &OAuth2Client<Seal>,
    user: User,
) -> (Landing, hallpass_core::PendingAuthorization) {
    let login = client.authorize().start().await.unwrap();
    (local.browser().sign_in(&login.url, user).await.unwrap(), login.pending)
}

async fn token(local: &LocalProvider, client: &OAuth2Client<Seal>, user: &str) -> OAuth2Token {
    let (landing, pending) = landing(local, client, User::named(user)).await;
    client.get_access_token(landing.callback().unwrap(), pending).await.unwrap()
}

async fn id(client: &OAuth2Client<Seal>, token: &OAuth2Token) -> Option<String> {
    client.get_profile(token).await.ok().map(|profile| profile.id().to_owned())
}

#[tokio::test]
async fn a_callback_is_signed_with_the_clients_own_secret_at_its_own_time() {
    let clock = Arc::new(TestClock::new());
    let builder = LocalProvider::builder().emulating(&Seal::new().descriptor, FIXTURES);
    let other = LocalClient::new("other").with_secret("other-secret");
    let local = builder.with_client(other).with_clock(clock.clone()).start().await.unwrap();
    clock.turn(3600);
    let redirect_uri = "https://app.test/callback?from=here&tenant=7";
    let with = |secret: &str| {
        let config = ClientConfig::new("other").with_secret(secret);
        client(&local, config.with_redirect_uri(redirect_uri).unwrap()).with_clock(clock.clone())
    };
    let (signed, pending) = landing(&local, &with("other-secret"), User::first()).await;
    assert_eq!(param(signed.url(), "to").as_deref(), Some("a b"), "as the fixture has it");
    let callback = signed.callback().unwrap();
    assert!(with("other-secret").get_access_token(callback, pending).await.is_ok());

    let (signed, pending) = landing(&local, &with("other-secret"), User::first()).await;
    let callback = signed.callback().unwrap();
    let error = with("another").get_access_token(callback, pending).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("hmac")));

    let (signed, pending) = landing(&local, &with("other-secret"), User::first()).await;
    clock.turn(61);
    let callback = signed.callback().unwrap();
    let error = with("other-secret").get_access_token(callback, pending).await.unwrap_err();
    assert_eq!(error.reason(), Some("at"));
}

#[tokio::test]
async fn a_refusal_is_signed_too() {
    let clock = Arc::new(TestClock::new());
    let builder = LocalProvider::builder().emulating(&Seal::new().descriptor, FIXTURES);
    let local = builder.with_clock(clock.clone()).start().await.unwrap();
    let client = own(&local).with_clock(clock);
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::deny()).await.unwrap();
    let callback = landing.callback().unwrap();
    let error = client.get_access_token(callback, login.pending).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "access_denied"));
}

#[tokio::test]
async fn a_call_without_the_tokens_own_proof_is_not_answered() {
    let local = local().await;
    let client = own(&local);
    let alive = token(&local, &client, "other").await;
    assert_eq!(id(&client, &alive).await.as_deref(), Some("2"));
    let config = local.client_config(CALLBACK).unwrap();
    let bare = OAuth2Client::new(Seal { proves: false, ..Seal::new() }, config).unwrap();
    let bare = bare.with_http_client(local.http_client());
    let error = bare.get_profile(&alive).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404, "{error}");
    let stranger = self::client(&local, ClientConfig::new("x").with_secret("x"));
    assert_eq!(id(&stranger, &alive).await, None, "another secret's proof");
}

#[tokio::test]
async fn a_parameter_that_is_wrong_is_refused_as_a_fixture_says() {
    let refused = fixture!("refuses.no_proof.http",
        "> GET https://api.seal.test/any?proof=WRONG"
        "< 409"
        "= Config");
    let fixtures = [FIXTURES, &[refused]].concat();
    let local = LocalProvider::emulating(&Seal::new().descriptor, &fixtures).await.unwrap();
    let honest = own(&local);
    let alive = token(&local, &honest, "other").await;
    assert_eq!(id(&honest, &alive).await.as_deref(), Some("2"));
    let sent = local.requests().into_iter().rfind(|it| it.operation() == "api").unwrap();
    for (url, want) in [
        ("https://api.seal.test/me?proof=x", 409),
        ("https://api.seal.test/me", 409),
        ("https://api.seal.test/me?more=1", 404),
        ("https://api.seal.test/elsewhere?proof=x", 404),
    ] {
        let mut request = sent.to_request();
        request.url = url.parse().unwrap();
        let answer = local.http_client().send(request).await.unwrap();
        assert_eq!(answer.status.as_u16(), want, "{url}");
    }
}

fn longer(token: &OAuth2Token, kind: &'static str) -> Grant<'static> {
    Grant::new("longer").param("short", token.access_token().clone()).param("kind", kind)
}

#[tokio::test]
async fn a_grant_of_the_providers_own_gives_the_same_user_another_token() {
    let local = local().await;
    let client = own(&local);
    let short = token(&local, &client, "other").await;
    for kind in ["a", "b"] {
        let long = client.request_token(longer(&short, kind)).await.unwrap();
        assert_eq!(long.extra("kind").unwrap(), kind, "by its parameters");
        assert_ne!(long.access_token().expose(), short.access_token().expose());
        assert_eq!(id(&client, &long).await.as_deref(), Some("2"));
    }
    assert_eq!(id(&client, &short).await.as_deref(), Some("2"), "the first lives on");
    let dead = OAuth2Token::from_access_token("dead");
    for grant in [longer(&dead, "a"), longer(&short, "c")] {
        let error = client.request_token(grant).await.unwrap_err();
        assert_eq!(error.oauth().unwrap().code(), "too_late", "as the fixture says");
    }
    let error = client.request_token(longer(&dead, "b")).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant", "no fixture says it");
    let error = client.request_token(Grant::new("unheard_of")).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "unsupported_grant_type");
}

#[tokio::test]
async fn a_grant_is_for_the_client_that_has_the_token_and_is_asked_for_with_its_headers() {
    let builder = LocalProvider::builder().emulating(&Seal::new().descriptor, FIXTURES);
    let other = LocalClient::new("other").with_secret("other-secret");
    let local = builder.with_client(other).start().await.unwrap();
    let short = token(&local, &own(&local), "other").await;
    let other = client(&local, ClientConfig::new("other").with_secret("other-secret"));
    let error = other.request_token(longer(&short, "a")).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "too_late");
    let config = local.client_config(CALLBACK).unwrap().with_secret("wrong");
    let error = client(&local, config).request_token(longer(&short, "a")).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_client");

    let request = local.requests().into_iter().rfind(|it| it.operation() == "token").unwrap();
    let mut bare = request.to_request();
    bare.headers.insert(header::ACCEPT, "text/html".parse().unwrap());
    let answer = local.http_client().send(bare).await.unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains("accept"), "{answer:?}");
}

#[tokio::test]
async fn a_token_of_the_application_is_nobodys() {
    let local = local().await;
    let client = own(&local);
    let app = client.request_token(Grant::new("client_credentials")).await.unwrap();
    let stats = client.api(&app).get("https://api.seal.test/stats").read().await.unwrap();
    assert_eq!(stats["logins"], 3);
    assert_eq!(id(&client, &app).await.as_deref(), Some("nobody"));
    client.provider().leave(client.api(&app)).await.unwrap();
    assert_eq!(id(&client, &app).await, None);
}

#[tokio::test]
async fn leaving_ends_all_that_the_user_granted() {
    let local = local().await;
    let client = own(&local);
    let (one, two) = (token(&local, &client, "other").await, token(&local, &client, "other").await);
    let others = token(&local, &client, "accepted").await;
    client.provider().leave(client.api(&one)).await.unwrap();
    assert_eq!((id(&client, &one).await, id(&client, &two).await), (None, None));
    assert_eq!(id(&client, &others).await.as_deref(), Some("1"));
    let error = client.provider().leave(client.api(&one)).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 410, "as the fixture says");
}
