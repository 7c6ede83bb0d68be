//! A provider of which each hook can be replaced by a careless one, and the world around it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass_core::{
    Api, Callback, CallbackParams, ClientConfig, ClientKeys, Clock, CustomAuth, Descriptor, Error,
    ErrorKind, HttpClient, IdEmail, IdTokenVerifier, Json, MetadataSource, OAuth2Client,
    OAuth2Token, PendingAuthorization, Profile, Provider, Purpose, Request, Response, Result,
    Revoke, TokenForm, TokenReply,
    http::{HeaderMap, Method, StatusCode},
    url::{Url, form_urlencoded},
};
use hallpass_testkit::hooks::Hooked;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

pub(crate) const SECRET: &str = "hush-hush";
pub(crate) const CODE: &str = "the-code";

type OnCallback = dyn Fn(&CallbackParams) -> Result<()> + Send + Sync;
type OnForm = dyn Fn(&mut TokenForm<'_>) -> Result<()> + Send + Sync;
type OnAuth = dyn Fn(&mut CustomAuth<'_>) -> Result<()> + Send + Sync;
type OnReply = dyn Fn(&mut TokenReply<'_>) -> Result<()> + Send + Sync;
type OnResponse = dyn Fn(&Response) -> Option<Error> + Send + Sync;
type OnApi = dyn Fn(&mut Request) -> Result<()> + Send + Sync;

/// [`Hooked`], but for the hooks that a test puts here.
#[derive(Default)]
pub(crate) struct Careless {
    pub(crate) base: Hooked,
    pub(crate) descriptor: Option<Descriptor>,
    pub(crate) callback: Option<Box<OnCallback>>,
    pub(crate) form: Option<Box<OnForm>>,
    pub(crate) auth: Option<Box<OnAuth>>,
    pub(crate) reply: Option<Box<OnReply>>,
    pub(crate) refusal: Option<Box<OnResponse>>,
    pub(crate) api: Option<Box<OnApi>>,
    pub(crate) profile: Option<Profile>,
    pub(crate) metadata: Option<Box<dyn MetadataSource>>,
    pub(crate) verifier: Option<Box<dyn IdTokenVerifier>>,
    /// Hides the verifier when it is set.
    pub(crate) verifier_gone: Arc<AtomicBool>,
    pub(crate) revoked: Arc<AtomicUsize>,
}

impl Careless {
    /// The same platform with another descriptor.
    pub(crate) fn but(change: impl FnOnce(Descriptor) -> Descriptor) -> Self {
        let base = Hooked::new();
        let descriptor = Some(change(base.descriptor().clone()));
        Self { base, descriptor, ..Self::default() }
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Careless")
    }
}

#[deny(clippy::missing_trait_methods)]
impl Provider for Careless {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        self.descriptor.as_ref().unwrap_or(self.base.descriptor())
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        match &self.profile {
            Some(profile) => Ok(profile.clone()),
            None => self.base.profile(api).await,
        }
    }

    async fn id_email(&self, api: Api<'_>) -> Result<IdEmail> {
        match &self.profile {
            Some(profile) => Ok(profile.clone().into_id_email()),
            None => self.base.id_email(api).await,
        }
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        self.metadata.as_deref()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        if self.verifier_gone.load(Ordering::Relaxed) {
            return None;
        }
        self.verifier.as_deref()
    }

    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        now: SystemTime,
    ) -> Result<()> {
        match &self.callback {
            Some(hook) => hook(callback),
            None => self.base.check_callback(callback, keys, now),
        }
    }

    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        self.form.as_ref().map_or_else(|| Ok(()), |hook| hook(form))?;
        self.base.token_request(form)
    }

    fn authenticate(&self, client: &mut CustomAuth<'_>) -> Result<()> {
        self.auth.as_ref().map_or_else(|| Ok(()), |hook| hook(client))?;
        self.base.authenticate(client)
    }

    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        match &self.reply {
            Some(hook) => hook(reply),
            None => self.base.token_reply(reply),
        }
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        match &self.refusal {
            Some(hook) => hook(response),
            None => self.base.refusal(response),
        }
    }

    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        match &self.api {
            Some(hook) => hook(request),
            None => self.base.api_request(request, token, keys),
        }
    }

    async fn revoke(&self, api: Api<'_>, what: Revoke) -> Result<()> {
        self.revoked.fetch_add(1, Ordering::Relaxed);
        self.base.revoke(api, what).await
    }
}

/// A client of a [`Careless`] provider, over a transport that answers from a list.
pub(crate) struct World {
    pub(crate) client: OAuth2Client<Careless>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) clock: Arc<Standing>,
}

impl World {
    pub(crate) fn of(provider: Careless) -> Self {
        Self::with(provider, config())
    }

    pub(crate) fn with(provider: Careless, config: ClientConfig) -> Self {
        let (wire, clock) = (Arc::<Wire>::default(), Arc::<Standing>::default());
        let client = OAuth2Client::new(provider, config).unwrap();
        let client = client.with_http_client(wire.clone()).with_clock(clock.clone());
        Self { client, wire, clock }
    }

    /// Begins a login: the URL that the browser goes to, and what is kept.
    pub(crate) async fn begin(&self) -> (Url, PendingAuthorization) {
        let login = self.client.authorize().start().await.unwrap();
        (Url::parse(login.url.as_str()).unwrap(), login.pending)
    }

    /// A login of which the token endpoint answers this.
    pub(crate) async fn login(&self, status: u16, reply: &Json) -> Result<OAuth2Token> {
        let (url, pending) = self.begin().await;
        self.wire.answer(status, reply);
        self.client.get_access_token(callback(&url, &[]), pending).await
    }
}

pub(crate) fn config() -> ClientConfig {
    ClientConfig::new("client")
        .with_secret(SECRET)
        .with_redirect_uri("https://app.test/callback")
        .unwrap()
}

/// The value of a parameter, which stands there once.
#[track_caller]
pub(crate) fn param(pairs: &str, name: &str) -> Option<String> {
    let query = pairs.split_once('?').map_or(pairs, |(_, query)| query);
    let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value.into_owned());
    assert!(found.next().is_none(), "{name} twice");
    value
}

/// What the platform answers to a login at `url`, signed by it; `changes` replace a parameter, or
/// take it out where they are empty.
pub(crate) fn callback(url: &Url, changes: &[(&str, &str)]) -> Callback {
    Callback::from_query(&signed(url, changes)).unwrap()
}

/// The query of [`callback`].
pub(crate) fn signed(url: &Url, changes: &[(&str, &str)]) -> String {
    let state = param(url.as_str(), "state").unwrap();
    let usual = [("code", CODE), ("iss", "https://shop.test"), ("shop", "7"), ("state", &state)];
    let mut pairs: Vec<_> = usual.to_vec();
    pairs.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    pairs.extend(changes.iter().copied().filter(|(_, value)| !value.is_empty()));
    pairs.sort_unstable();
    let message: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = hmac_hex(&message.join("&"));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).append_pair("hmac", &signature);
    query.finish()
}

/// The platform's own signature, made apart from hallpass.
pub(crate) fn hmac_hex(message: &str) -> String {
    hmac_bytes(message).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn hmac_bytes(message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Asserts how a call was refused, and gives the error for more.
#[track_caller]
pub(crate) fn refused<T>(got: Result<T>, kind: ErrorKind, reason: Option<&str>) -> Error {
    let Err(error) = got else { panic!("it is not refused as {kind:?} {reason:?}") };
    assert_eq!((error.kind(), error.reason()), (kind, reason), "{error:?}");
    error
}

/// A clock that stands until it is turned.
#[derive(Debug, Default)]
pub(crate) struct Standing(AtomicU64);

pub(crate) const NOW: u64 = 1_800_000_000;

impl Standing {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Standing {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW + self.0.load(Ordering::Relaxed))
    }
}

/// A transport that answers from a list and keeps what it was given.
#[derive(Default)]
pub(crate) struct Wire {
    answers: Mutex<VecDeque<(u16, String)>>,
    sent: Mutex<Vec<Sent>>,
}

/// A request that left.
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) purpose: Purpose,
    pub(crate) body_limit_bytes: usize,
    pub(crate) timeout: Duration,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn form(&self, name: &str) -> Option<String> {
        param(&self.body, name)
    }

    /// Whether a parameter has this value: four letters alone can be part of a random one.
    pub(crate) fn has_value(&self, value: &str) -> bool {
        form_urlencoded::parse(self.body.as_bytes()).any(|(_, it)| it == value)
    }
}

impl Wire {
    pub(crate) fn answer(&self, status: u16, body: &Json) {
        self.answers.lock().unwrap().push_back((status, body.to_string()));
    }

    /// What was sent since it was asked for last.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    #[track_caller]
    pub(crate) fn only(&self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1);
        sent.remove(0)
    }

    #[track_caller]
    pub(crate) fn assert_silent(&self) {
        assert!(self.sent().is_empty(), "something was sent");
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request) -> Result<Response> {
        let purpose = request.purpose();
        self.sent.lock().unwrap().push(Sent {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: String::from_utf8(request.body).unwrap(),
            purpose,
            body_limit_bytes: request.body_limit_bytes,
            timeout: request.timeout,
        });
        let (status, body) = self.answers.lock().unwrap().pop_front().expect("an answer");
        let status = StatusCode::from_u16(status).unwrap();
        let mut headers = HeaderMap::new();
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert("retry-after", "7".parse().unwrap());
        }
        Ok(Response::new(status, headers, body.into_bytes()))
    }
}
