//! A provider that is a script.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{
    Api, AuthorizationUrl, ClientConfig, Descriptor, HttpClient, OAuth2Client,
    PendingAuthorization, Profile, Provider, Purpose, Request, Response, Result, http::StatusCode,
    url::Url,
};

#[derive(Debug)]
pub(crate) struct Acme(pub(crate) Descriptor);

impl Provider for Acme {
    type Params = ();
    fn descriptor(&self) -> &Descriptor {
        &self.0
    }
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        Profile::from_json(api.get("https://api.acme.test/me").read().await?, "id")
    }
}

/// What the provider was asked: the purpose, and the body as text.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<Vec<(Purpose, String)>>);

impl Script {
    pub(crate) fn asked(&self) -> Vec<(Purpose, String)> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl HttpClient for Script {
    async fn send(&self, request: Request) -> Result<Response> {
        let body = match request.purpose() {
            Purpose::Token => r#"{"access_token":"TOKEN","token_type":"bearer"}"#,
            _ => r#"{"id":"42"}"#,
        };
        let asked = String::from_utf8(request.body.clone()).unwrap();
        self.0.lock().unwrap().push((request.purpose(), asked));
        Ok(Response::new(StatusCode::OK, Default::default(), body.into()))
    }
}

pub(crate) fn descriptor() -> Descriptor {
    Descriptor::new("acme", "https://acme.test/authorize", "https://acme.test/token")
        .with_api("https://api.acme.test")
}

pub(crate) fn client(descriptor: Descriptor) -> (OAuth2Client<Acme>, Arc<Script>) {
    let script = Arc::new(Script::default());
    let client = OAuth2Client::new(Acme(descriptor), ClientConfig::new("ID")).unwrap();
    (client.with_http_client(script.clone()), script)
}

/// A login that has begun.
pub(crate) struct Begun {
    pub(crate) pending: PendingAuthorization,
    pub(crate) state: String,
}

pub(crate) async fn begin(descriptor: Descriptor, redirect_uri: &str) -> Begun {
    let login = client(descriptor).0.authorize().redirect_uri(redirect_uri).start().await.unwrap();
    Begun { state: param(&login.url, "state"), pending: login.pending }
}

pub(crate) fn param(url: &AuthorizationUrl, name: &str) -> String {
    let url = Url::parse(url.as_str()).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}
