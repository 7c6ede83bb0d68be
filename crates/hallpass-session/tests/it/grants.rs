use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use async_trait::async_trait;
use hallpass_core::{
    BaseOAuth2, ClientAssertion, ClientConfig, Error, ErrorKind, HttpClient, OAuth2Client,
    OAuth2Token, Request, Response, Result, Secret,
    http::{HeaderMap, StatusCode},
    url::form_urlencoded,
};
use hallpass_session::{
    ApiClient, ClientCredentials, JwtBearer, MemoryStore, RefreshToken, Renewal, TokenExchange,
    TokenKind, TokenManager,
};
use hallpass_testkit::{Fault, LocalClient, LocalProvider};
use tokio::task::JoinSet;

use crate::support::World;

/// Answers every request with one body, and keeps the forms.
#[derive(Debug)]
struct Recorder {
    answer: &'static str,
    forms: Mutex<Vec<HashMap<String, Vec<String>>>>,
}

#[async_trait]
impl HttpClient for Recorder {
    async fn send(&self, request: Request) -> Result<Response> {
        let mut form = HashMap::<_, Vec<_>>::new();
        for (name, value) in form_urlencoded::parse(&request.body).into_owned() {
            form.entry(name).or_default().push(value);
        }
        self.forms.lock().unwrap().push(form);
        let body = self.answer.as_bytes().to_vec();
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), body))
    }
}

const TOKEN: &str = r#"{"access_token":"new","token_type":"Bearer","expires_in":60}"#;

async fn recorded(answer: &'static str) -> (impl BaseOAuth2, Arc<Recorder>) {
    let local = LocalProvider::start().await.unwrap();
    let config = local.client_config("https://app.test/callback").unwrap();
    let recorder = Arc::new(Recorder { answer, forms: Mutex::default() });
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    (client.with_http_client(Arc::<Recorder>::clone(&recorder)), recorder)
}

impl Recorder {
    #[track_caller]
    fn check(&self, want: &[(&str, &str)]) {
        let forms = self.forms.lock().unwrap();
        let form = forms.last().unwrap();
        let mut got: Vec<_> = form
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "client_id" | "client_secret"))
            .flat_map(|(name, values)| values.iter().map(move |value| (&**name, &**value)))
            .collect();
        got.sort_unstable();
        let mut want = want.to_vec();
        want.sort_unstable();
        assert_eq!(got, want);
    }
}

#[tokio::test]
async fn a_thousand_calls_in_the_application_s_own_name_take_one_token() {
    let world = World::new().await;
    let renewal = ClientCredentials::new().with_scopes(["reports"]);
    let manager = world.elsewhere().with_renewal(Arc::new(renewal));
    let api = ApiClient::new(manager.session(""), world.local.base_url()).unwrap();
    for _ in 0..100 {
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            let api = api.clone();
            calls.spawn(async move { api.get("api/reports").read().await });
        }
        for answer in calls.join_all().await {
            let answer = answer.unwrap();
            assert_eq!(answer["client_id"], world.local.client_id());
            assert_eq!((&answer["user"], &answer["scope"]), (&().into(), &"reports".into()));
        }
    }
    assert_eq!(world.local.count("token"), 1);
    // Another process finds it in the store, if it asks for the same.
    let asking = |scope| {
        let renewal = ClientCredentials::new().with_scopes([scope]);
        world.elsewhere().with_renewal(Arc::new(renewal)).session("")
    };
    asking("reports").token().await.unwrap();
    assert_eq!(world.local.count("token"), 1);
    world.clock.forward(3_600);
    api.get("api/reports").read().await.unwrap();
    assert_eq!(world.local.count("token"), 2);
    let token = asking("admin").token().await.unwrap();
    assert_eq!(token.scope(), Some("admin"), "what others asked for is not handed out");
    assert_eq!(world.local.count("token"), 3);
}

#[tokio::test]
async fn a_client_without_a_secret_has_no_token_of_its_own() {
    let local = LocalProvider::builder().with_client(LocalClient::new("public")).start();
    let local = local.await.unwrap();
    let client = OAuth2Client::new(local.provider(), ClientConfig::new("public")).unwrap();
    let error = ClientCredentials::new().request(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.oauth().unwrap().code(), "unauthorized_client");
}

#[tokio::test]
async fn a_refused_request_of_the_application_itself_is_made_again_later() {
    let world = World::new().await;
    let manager = world.elsewhere().with_renewal(Arc::new(ClientCredentials::new()));
    let refusal = Fault::on("token").status(400);
    world.local.fault(refusal.body("application/json", r#"{"error":"access_denied"}"#));
    let session = manager.session("");
    assert_eq!(session.token().await.unwrap_err().kind(), ErrorKind::Denied);
    session.token().await.unwrap_err();
    assert_eq!(world.local.count("token"), 1, "not at once");
    world.clock.forward(2);
    session.token().await.unwrap();
}

#[tokio::test]
async fn parameters_go_along_and_reserved_ones_are_refused() {
    let (client, sent) = recorded(TOKEN).await;
    let grant = ClientCredentials::new().with_param("audience", "https://api.test");
    grant.clone().with_scopes(["a", "b"]).request(&client).await.unwrap();
    sent.check(&[
        ("grant_type", "client_credentials"),
        ("scope", "a b"),
        ("audience", "https://api.test"),
    ]);
    for name in ["client_id", "audience2", "scope"] {
        let grant = ClientCredentials::new().with_scopes(["a"]).with_param("audience2", "x");
        let error = grant.with_param(name, "other").request(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")), "{name}");
    }
    let printed = format!("{:?}", ClientCredentials::new().with_param("audience", "planted"));
    assert!(!printed.contains("planted"), "{printed}");
}

/// A key that writes down whom it signs for.
#[derive(Debug)]
struct Key;

#[async_trait]
impl ClientAssertion for Key {
    async fn sign(&self, client_id: &str, audience: &str, _: SystemTime) -> Result<Secret> {
        let client_id = if client_id.is_empty() { "nobody" } else { "me" };
        Ok(Secret::new(format!("{client_id} for {audience}")))
    }
}

#[derive(Debug)]
struct Locked;

#[async_trait]
impl ClientAssertion for Locked {
    async fn sign(&self, _: &str, _: &str, _: SystemTime) -> Result<Secret> {
        Err(Error::transport("the key is away"))
    }
}

#[tokio::test]
async fn a_signed_jwt_is_traded_for_a_token() {
    let (client, sent) = recorded(TOKEN).await;
    let grant_type = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let grant = JwtBearer::new(Arc::new(Key));
    grant.request(&client).await.unwrap();
    let issuer = client.endpoints().await.unwrap().issuer().unwrap().to_owned();
    sent.check(&[grant_type, ("assertion", &format!("me for {issuer}"))]);
    let grant = grant.with_audience("https://aud.test").with_scopes(["a"]);
    grant.with_param("resource", "r").renew(&client, None).await.unwrap();
    sent.check(&[
        grant_type,
        ("assertion", "me for https://aud.test"),
        ("scope", "a"),
        ("resource", "r"),
    ]);
    JwtBearer::new(Arc::new(Key)).without_client().request(&client).await.unwrap();
    let forms = sent.forms.lock().unwrap().clone();
    let names = |form: &HashMap<String, _>| {
        let mut names: Vec<_> = form.keys().cloned().collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&forms[0]), ["assertion", "client_id", "client_secret", "grant_type"]);
    assert_eq!(names(&forms[2]), ["assertion", "grant_type"]);
    let error = JwtBearer::new(Arc::new(Locked)).request(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

/// A key whose JWT is about a subject.
#[derive(Debug)]
struct About(&'static str);

#[async_trait]
impl ClientAssertion for About {
    async fn sign(&self, _: &str, _: &str, _: SystemTime) -> Result<Secret> {
        Ok(Secret::new(self.0))
    }

    fn speaks_for(&self) -> Cow<'_, str> {
        self.0.into()
    }
}

#[tokio::test]
async fn a_stored_token_serves_only_a_jwt_that_says_the_same() {
    let (client, sent) = recorded(TOKEN).await;
    let client: Arc<dyn BaseOAuth2> = Arc::new(client);
    let store = Arc::new(MemoryStore::new());
    let check = async |renewal: JwtBearer, requests: usize| {
        // Another process each time, with the same key of the session.
        let manager = TokenManager::new(Arc::clone(&client), Arc::<MemoryStore>::clone(&store));
        let manager = manager.with_renewal(Arc::new(renewal));
        manager.session("robot").token().await.unwrap();
        assert_eq!(sent.forms.lock().unwrap().len(), requests);
    };
    let of = |key: About| JwtBearer::new(Arc::new(key));
    check(of(About("ann")), 1).await;
    check(of(About("ann")), 1).await;
    check(of(About("ben")), 2).await;
    check(of(About("ben")), 2).await;
    let last = sent.forms.lock().unwrap().last().unwrap()["assertion"].clone();
    assert_eq!(last, ["ben"]);
    check(of(About("ben")).with_audience("ben"), 3).await;
    // Where a word stands counts: none moves over from the key to the audience.
    check(of(About("")).with_audience("benben"), 4).await;
    check(of(About("")).with_audience("ben").with_scopes(["ben"]), 5).await;
}

#[tokio::test]
async fn one_token_is_traded_for_another() {
    let kind = TokenKind::AccessToken;
    let answer = r#"{"access_token":"new","token_type":"N_A",
        "issued_token_type":"urn:ietf:params:oauth:token-type:jwt"}"#;
    let (client, sent) = recorded(answer).await;
    let token = OAuth2Token::from_access_token("old");
    let exchange = TokenExchange::of(&token)
        .with_actor("actor", TokenKind::IdToken)
        .with_audience("one")
        .with_audience("two")
        .with_resource("https://api.test")
        .with_scopes(["a", "b"])
        .with_requested_kind(TokenKind::Jwt);
    let new = exchange.request(&client).await.unwrap();
    assert_eq!(new.token_type(), "N_A");
    assert_eq!(TokenExchange::issued_kind(&new), Some(TokenKind::Jwt.as_str()));
    sent.check(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", "old"),
        ("subject_token_type", kind.as_str()),
        ("actor_token", "actor"),
        ("actor_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("audience", "one"),
        ("audience", "two"),
        ("resource", "https://api.test"),
        ("scope", "a b"),
    ]);
    assert!(!format!("{exchange:?}").contains("old"));

    let error = exchange.with_requested_kind(kind).request(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("issued_token_type")));
    let nothing = TokenExchange::of(&OAuth2Token::from_refresh_token("r"));
    assert_eq!(nothing.request(&client).await.unwrap_err().kind(), ErrorKind::Config);
    let nobody = TokenExchange::of(&token).with_actor("", TokenKind::AccessToken);
    assert_eq!(nobody.request(&client).await.unwrap_err().kind(), ErrorKind::Config);
    let twice = TokenExchange::of(&token).with_param("subject_token", "other");
    assert_eq!(twice.request(&client).await.unwrap_err().reason(), Some("reserved"));
    // No API takes what is no access token.
    let error = client.get_profile(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("no_access_token")));
}

#[tokio::test]
async fn a_server_that_says_not_what_it_gave_is_put_up_with() {
    let (client, sent) = recorded(TOKEN).await;
    let exchange = TokenExchange::new("saml", TokenKind::Saml2);
    let exchange = exchange.with_requested_kind(TokenKind::Other("urn:x:mine".into()));
    let token = exchange.request(&client).await.unwrap();
    assert_eq!(TokenExchange::issued_kind(&token), None);
    sent.check(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", "saml"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
        ("requested_token_type", "urn:x:mine"),
    ]);
}

#[tokio::test]
async fn a_renewal_may_ask_for_less_than_was_granted() {
    let world = World::new().await;
    let login = world.login().await;
    let narrow = RefreshToken::new().with_scopes(["profile"]);
    let manager = world.elsewhere().with_renewal(Arc::new(narrow));
    let session = manager.sign_in("ada", login).await.unwrap();
    assert_eq!(session.token().await.unwrap().scope(), Some("profile email"));
    for _ in 0..2 {
        world.clock.forward(3_600);
        assert_eq!(session.token().await.unwrap().scope(), Some("profile"));
    }
    // The refresh token is good for all of it.
    let whole = world.elsewhere();
    world.clock.forward(3_600);
    let token = whole.session("ada").token().await.unwrap();
    assert_eq!(token.scope(), Some("profile email"));
}

#[tokio::test]
async fn more_than_was_granted_is_refused_and_loses_nothing() {
    let world = World::new().await;
    let login = world.login().await;
    let wide = RefreshToken::new().with_scopes(["profile", "admin"]);
    let store = Arc::new(MemoryStore::new());
    let manager = TokenManager::new(Arc::<OAuth2Client<_>>::clone(&world.client), store)
        .with_clock(Arc::<crate::support::TestClock>::clone(&world.clock))
        .with_renewal(Arc::new(wide));
    let session = manager.sign_in("ada", login.clone()).await.unwrap();
    world.clock.forward(3_600);
    let error = session.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.oauth().unwrap().code(), "invalid_scope");
    world.client.refresh_token(&login).await.unwrap();
}
