use std::{fmt, sync::Arc, time::SystemTime};

use hallpass_core::{
    Api, CallbackParams, ClientAuth, ClientKeys, CustomAuth, Descriptor, EmailVerification,
    Endpoint, Error, IdTokenVerifier, Json, MetadataSource, OAuth2Token, Profile, Provider,
    Request, Response, Result, Revoke, TokenForm, TokenReply,
};
use serde::{Serialize, Serializer, ser::Error as _};

use super::{Discovery, Verifier};

/// The toy provider: each hook is what the test puts there.
#[derive(Debug, Clone)]
pub(crate) struct Acme {
    pub(crate) descriptor: Descriptor,
    /// Where `profile` asks.
    me: String,
    hooks: Hooks,
    verifier: Option<Arc<Verifier>>,
    discovery: Option<Arc<Discovery>>,
}

type OnCallback = dyn Fn(&CallbackParams, ClientKeys<'_>, SystemTime) -> Result<()> + Send + Sync;
type OnForm = dyn Fn(&mut TokenForm<'_>) -> Result<()> + Send + Sync;
type OnAuth = dyn Fn(&mut CustomAuth<'_>) -> Result<()> + Send + Sync;
type OnReply = dyn Fn(&mut TokenReply<'_>) -> Result<()> + Send + Sync;
type OnResponse = dyn Fn(&Response) -> Option<Error> + Send + Sync;
type OnApi = dyn Fn(&mut Request, &OAuth2Token, ClientKeys<'_>) -> Result<()> + Send + Sync;
type OnProfile = dyn Fn(Api<'_>, Json) -> Result<Profile> + Send + Sync;

#[derive(Clone)]
struct Hooks {
    callback: Arc<OnCallback>,
    form: Arc<OnForm>,
    auth: Arc<OnAuth>,
    reply: Arc<OnReply>,
    refusal: Arc<OnResponse>,
    api: Arc<OnApi>,
    profile: Arc<OnProfile>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

/// A provider whose token, revocation and API live on three hosts.
pub(crate) fn acme() -> Acme {
    Acme::of(
        Descriptor::new("acme", "https://login.acme.test/authorize", "https://acme.test/token")
            .with_api("https://api.acme.test")
            .with_endpoint(Endpoint::Revocation, "https://acme.test/revoke")
            .with_endpoint(Endpoint::Introspection, "https://acme.test/introspect")
            .with_scopes(["profile"]),
    )
}

impl Acme {
    pub(crate) fn of(descriptor: Descriptor) -> Self {
        let hooks = Hooks {
            callback: Arc::new(|_, _, _| Ok(())),
            form: Arc::new(|_| Ok(())),
            auth: Arc::new(|_| Ok(())),
            reply: Arc::new(|_| Ok(())),
            refusal: Arc::new(|_| None),
            api: Arc::new(|_, _, _| Ok(())),
            profile: Arc::new(|_, raw| read_profile(raw)),
        };
        let me = "https://api.acme.test/me".to_owned();
        Self { descriptor, me, hooks, verifier: None, discovery: None }
    }

    /// The same provider with another descriptor.
    pub(crate) fn but(mut self, change: impl FnOnce(Descriptor) -> Descriptor) -> Self {
        self.descriptor = change(self.descriptor);
        self
    }

    pub(crate) fn with_me(mut self, me: String) -> Self {
        self.me = me;
        self
    }

    pub(crate) fn with_verifier(mut self, verifier: &Arc<Verifier>) -> Self {
        self.verifier = Some(Arc::clone(verifier));
        self
    }

    /// A provider that is found by the document at `url`.
    pub(crate) fn discovered(url: &str) -> Self {
        let descriptor = Descriptor::discovered("acme").with_scopes(["profile"]);
        Self { discovery: Some(Arc::new(Discovery(url.to_owned()))), ..Self::of(descriptor) }
    }

    pub(crate) fn on_callback<H>(mut self, hook: H) -> Self
    where
        H: Fn(&CallbackParams, ClientKeys<'_>, SystemTime) -> Result<()> + Send + Sync + 'static,
    {
        self.hooks.callback = Arc::new(hook);
        self
    }

    pub(crate) fn on_token_request(
        mut self,
        hook: impl Fn(&mut TokenForm<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.form = Arc::new(hook);
        self
    }

    pub(crate) fn on_authenticate(
        mut self,
        hook: impl Fn(&mut CustomAuth<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.auth = Arc::new(hook);
        self
    }

    pub(crate) fn on_token_reply(
        mut self,
        hook: impl Fn(&mut TokenReply<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.reply = Arc::new(hook);
        self
    }

    pub(crate) fn on_response(
        mut self,
        hook: impl Fn(&Response) -> Option<Error> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.refusal = Arc::new(hook);
        self
    }

    pub(crate) fn on_api_request<H>(mut self, hook: H) -> Self
    where
        H: Fn(&mut Request, &OAuth2Token, ClientKeys<'_>) -> Result<()> + Send + Sync + 'static,
    {
        self.hooks.api = Arc::new(hook);
        self
    }

    pub(crate) fn on_profile(
        mut self,
        hook: impl Fn(Api<'_>, Json) -> Result<Profile> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.profile = Arc::new(hook);
        self
    }
}

fn read_profile(raw: Json) -> Result<Profile> {
    let verification = EmailVerification::from_flag(raw.get("email_verified"));
    let email = raw["email"].as_str().map(str::to_owned);
    Ok(Profile::from_json(raw, "id")?.with_email(email.as_deref(), verification))
}

impl Provider for Acme {
    type Params = Params;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let raw = api.get(&self.me).read().await?;
        (self.hooks.profile)(api, raw)
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        self.discovery.as_deref().map(|discovery| discovery as &dyn MetadataSource)
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        self.verifier.as_deref().map(|verifier| verifier as &dyn IdTokenVerifier)
    }

    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        now: SystemTime,
    ) -> Result<()> {
        (self.hooks.callback)(callback, keys, now)
    }

    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        (self.hooks.form)(form)
    }

    fn authenticate(&self, client: &mut CustomAuth<'_>) -> Result<()> {
        (self.hooks.auth)(client)
    }

    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        (self.hooks.reply)(reply)
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        (self.hooks.refusal)(response)
    }

    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        (self.hooks.api)(request, token, keys)
    }

    /// The grant by the user's token, anything else by the client's credentials.
    async fn revoke(&self, api: Api<'_>, what: Revoke) -> Result<()> {
        let call = match what {
            Revoke::Grant => api.delete("https://api.acme.test/grant"),
            _ => api
                .post("https://api.acme.test/revocations")
                .client_auth(ClientAuth::Basic)
                .form([("token", api.token().access_token().clone())]),
        };
        call.send().await.map(drop)
    }
}

/// A provider that writes no hook at all.
#[derive(Debug)]
pub(crate) struct Bare(pub(crate) Descriptor);

impl Provider for Bare {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        read_profile(api.get("https://api.acme.test/me").read().await?)
    }
}

/// Typed parameters of whatever content a test wants.
#[derive(Debug)]
pub(crate) enum Params {
    Fields(Json),
    Unwritable,
}

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fields(fields) => fields.serialize(serializer),
            Self::Unwritable => Err(S::Error::custom("it cannot be written")),
        }
    }
}
