use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{
    Authorization, AuthorizationRequest, Callback, Clock, Error, HttpClient, Json, Profile, Random,
    Request, Response, Result,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    url::{Url, form_urlencoded},
};
use hallpass_oauth1::{ClientCredentials, OAuth1Client, OAuth1Config, OAuth1Provider};

pub(crate) const TEMPORARY: &str =
    "oauth_token=TEMP&oauth_token_secret=TEMPSECRET&oauth_callback_confirmed=true";
pub(crate) const GRANTED: &str = "oauth_token=TOKEN&oauth_token_secret=TOKENSECRET&screen_name=ada";

/// Answers in order, and keeps what was sent.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    answers: Mutex<VecDeque<Result<Response>>>,
    sent: Mutex<Vec<Sent>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Duration,
}

impl Wire {
    pub(crate) fn answer(&self, status: u16, body: &str) -> &Self {
        self.answer_with(status, &[], body)
    }

    pub(crate) fn answer_with(
        &self,
        status: u16,
        headers: &[(HeaderName, &str)],
        body: &str,
    ) -> &Self {
        let headers = headers.iter().map(|(n, v)| (n.clone(), HeaderValue::from_str(v).unwrap()));
        let status = StatusCode::from_u16(status).unwrap();
        let response = Response::new(status, headers.collect(), body.as_bytes().to_vec());
        self.answers.lock().unwrap().push_back(Ok(response));
        self
    }

    pub(crate) fn fail(&self, error: Error) -> &Self {
        self.answers.lock().unwrap().push_back(Err(error));
        self
    }

    /// What was sent since the last look.
    #[track_caller]
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    #[track_caller]
    pub(crate) fn only(&self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "one request and no other");
        sent.remove(0)
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        self.sent.lock().unwrap().push(Sent {
            method: request.method.to_string(),
            url: request.url,
            headers: request.headers,
            body: request.body,
            timeout: request.timeout,
        });
        self.answers.lock().unwrap().pop_front().expect("a request that nobody expects")
    }
}

impl Sent {
    /// The parameters of the header, decoded.
    #[track_caller]
    pub(crate) fn oauth(&self) -> BTreeMap<String, String> {
        let value = &self.headers[header::AUTHORIZATION];
        assert!(value.is_sensitive());
        let pairs = value.to_str().unwrap().strip_prefix("OAuth ").unwrap().split(", ");
        let form: Vec<_> = pairs.map(|pair| pair.replace('"', "")).collect();
        form_urlencoded::parse(form.join("&").as_bytes()).into_owned().collect()
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

#[derive(Debug)]
pub(crate) struct Time(pub(crate) Mutex<u64>);

impl Clock for Time {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(*self.0.lock().unwrap())
    }
}

#[derive(Debug)]
pub(crate) struct Sevens;

impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub(crate) struct World {
    pub(crate) client: OAuth1Client,
    pub(crate) wire: Arc<Wire>,
    pub(crate) time: Arc<Time>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(acme(), config())
    }

    pub(crate) fn of(provider: OAuth1Provider, config: OAuth1Config) -> Self {
        let wire = Arc::new(Wire::default());
        let time = Arc::new(Time(Mutex::new(1_000)));
        let client = OAuth1Client::new(provider, config).unwrap();
        let client = client.with_http_client(wire.clone()).with_clock(time.clone());
        Self { client: client.with_random(Arc::new(Sevens)), wire, time }
    }

    /// A login that was begun, and nothing left of it on the wire.
    pub(crate) async fn begun(&self) -> Authorization {
        self.wire.answer(200, TEMPORARY);
        let login = self.client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        self.wire.sent();
        login
    }
}

pub(crate) fn acme() -> OAuth1Provider {
    OAuth1Provider::new(
        "acme",
        "https://acme.test/initiate",
        "https://login.acme.test/authorize?lang=en",
        "https://acme.test/token",
    )
    .with_profile("https://api.acme.test/me?full=1", |me: Json| Profile::from_json(me, "id"))
}

pub(crate) fn config() -> OAuth1Config {
    let config = OAuth1Config::new(ClientCredentials::new("consumer", "CONSUMERSECRET"));
    config.with_redirect_uri("https://app.test/cb?x=1").unwrap()
}

pub(crate) fn callback(query: &str) -> Callback {
    Callback::from_query(query).unwrap()
}
