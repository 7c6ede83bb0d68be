use std::{borrow::Cow, fmt, future::Future, marker::PhantomData, sync::Arc};

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, Error, IdTokenVerifier, Json,
    MetadataSource, Profile, Provider, Result, Revocation, url::Url,
};
use serde::Serialize;

use self::discover::is_https;
pub use self::profile::standard_profile;
use crate::{Algorithm, IssuerRule, OpenIdParams, jwk::KeySet, metadata::Metadata, slot::Slot};

mod discover;
mod profile;
mod verify;

/// Any OpenID provider, by its issuer: Keycloak, Authentik, Zitadel, Dex, Cognito and what else
/// publishes its metadata. `X` are the parameters that its authorization page takes.
///
/// ```
/// use hallpass_core::{ClientConfig, OAuth2Client};
/// use hallpass_openid::{OpenId, OpenIdOAuth2};
///
/// # fn main() -> hallpass_core::Result<()> {
/// let config = ClientConfig::new("client-id").with_secret("client-secret");
/// let config = config.with_redirect_uri("https://app.test/callback")?;
/// let provider = OpenId::new("work", "https://id.example.test/realms/work");
/// let client: OpenIdOAuth2 = OAuth2Client::new(provider, config)?;
/// # Ok(())
/// # }
/// ```
///
/// Metadata and keys are fetched on first use and kept as long as the provider says, from five
/// minutes to a day. Past that, one caller looks for newer ones while the others go on with the
/// old, which serve for another week while the provider is down. Where nothing was fetched yet, the
/// second fetch that fails is followed by a pause of 1 s, the next by 2 s, and at last by 30 s;
/// logins in a pause fail at once with what the last fetch failed with. One that was given up
/// counts too, with 2 s at most; what a client's own configuration or transport refuses does not.
/// Clones share what was fetched, so a clone for each client of one issuer costs nothing.
///
/// Every ID token is verified: signature, issuer, audience, times, `at_hash`, `c_hash`, subject
/// ([OpenID Connect Core, section
/// 3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)); core
/// compares nonce, `max_age` and `acr_values`. There is nothing to turn on; of the checks, only the
/// nonce can be given up, by a descriptor that names the page which says that the provider does not
/// repeat it.
pub struct OpenId<X = OpenIdParams> {
    descriptor: Descriptor,
    issuer: IssuerRule,
    source: Source,
    own: Own,
    algorithms: Option<Arc<[Algorithm]>>,
    audiences: Arc<[String]>,
    shared: Arc<Shared>,
    params: PhantomData<fn() -> X>,
}

/// Where metadata comes from.
#[derive(Debug, Clone)]
enum Source {
    /// The well-known places of the issuer.
    Issuer,
    /// This document.
    Url(Cow<'static, str>),
    /// One that the application has.
    Given(Arc<Json>),
    /// The descriptor says it all but where the keys are; `None` if that is no URL.
    Pinned { jwks_uri: Option<Url> },
}

/// What the application configured; metadata never overrides it.
#[derive(Debug, Clone, Default)]
struct Own {
    endpoints: Vec<(Endpoint, Cow<'static, str>)>,
    end_session: Option<Cow<'static, str>>,
    jwks_uri: Option<Cow<'static, str>>,
}

#[derive(Debug)]
struct Shared {
    metadata: Slot<Metadata>,
    keys: Slot<KeySet>,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { metadata: Slot::new(), keys: Slot::new() })
    }
}

/// A client of any OpenID provider.
pub type OpenIdOAuth2 = hallpass_core::OAuth2Client<OpenId>;

/// Where it is.
impl<X> OpenId<X> {
    /// Finds everything from the issuer, on first use: at `/.well-known/openid-configuration`
    /// behind it, or, if that is not there, at `/.well-known/oauth-authorization-server` ([OpenID
    /// Connect Discovery, section
    /// 4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig); [RFC 8414,
    /// section 3](https://www.rfc-editor.org/rfc/rfc8414#section-3)). Sends nothing here.
    ///
    /// `name` is the stable name of the client, lower case. Asks for `openid email profile`.
    ///
    /// # Security
    ///
    /// An issuer that users type may name a host of your own network: parse and restrict it, or
    /// give the client a transport that reaches public addresses alone.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, issuer: impl Into<String>) -> Self {
        Self::with_source(name, IssuerRule::Exact(issuer.into()), Source::Issuer)
    }

    /// Finds everything in the document at `url`, which must be about `expected_issuer`.
    #[must_use]
    pub fn from_metadata_url(
        name: impl Into<Cow<'static, str>>,
        url: impl Into<Cow<'static, str>>,
        expected_issuer: impl Into<String>,
    ) -> Self {
        let issuer = IssuerRule::Exact(expected_issuer.into());
        Self::with_source(name, issuer, Source::Url(url.into()))
    }

    /// Takes everything but the keys from a document that the application has. Trusts it: its
    /// issuer is the issuer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): it lacks issuer, authorization endpoint or
    /// token endpoint, or names what is no URL.
    pub fn from_metadata(name: impl Into<Cow<'static, str>>, document: Json) -> Result<Self> {
        let issuer = document.get("issuer").and_then(Json::as_str).map(str::to_owned);
        let issuer = issuer.ok_or_else(|| {
            Error::malformed("the metadata has no issuer").with_reason("metadata")
        })?;
        Metadata::read(&document, &issuer, Some(&issuer), is_https(&issuer))?;
        let source = Source::Given(Arc::new(document));
        Ok(Self::with_source(name, IssuerRule::Exact(issuer), source))
    }

    /// A provider whose endpoints the descriptor has, for a provider's own crate: nothing is
    /// discovered, keys are fetched from `jwks_uri`. Give the descriptor the issuer too, where
    /// there is one for all users.
    #[must_use]
    pub fn pinned(
        descriptor: Descriptor,
        issuer: IssuerRule,
        jwks_uri: impl Into<Cow<'static, str>>,
    ) -> Self {
        let source = Source::Pinned { jwks_uri: Url::parse(&jwks_uri.into()).ok() };
        Self { descriptor, ..Self::with_source("", issuer, source) }
    }

    fn with_source(name: impl Into<Cow<'static, str>>, issuer: IssuerRule, source: Source) -> Self {
        let descriptor = Descriptor::discovered(name)
            .with_scopes(["openid", "email", "profile"])
            .with_client_auth(ClientAuth::Basic)
            .with_revocation(Revocation::Rfc7009(ClientAuth::Basic))
            .with_email(EmailSupport::Flagged);
        Self {
            descriptor,
            issuer,
            source,
            own: Own::default(),
            algorithms: None,
            audiences: [].into(),
            shared: Shared::new(),
            params: PhantomData,
        }
    }
}

/// What was fetched.
impl<X> OpenId<X> {
    /// Forgets metadata and keys, for all clones: the next login or token fetches them anew. For an
    /// application that is told before their time that a key is withdrawn or an endpoint has moved;
    /// new keys and the end of old ones are found without it.
    ///
    /// What is being fetched meanwhile goes to those who asked for it, and is not kept.
    ///
    /// While the provider is down nobody signs in after that: what was forgotten does not serve.
    pub fn forget_fetched(&self) {
        self.shared.metadata.clear();
        self.shared.keys.clear();
    }
}

/// What the application knows better.
impl<X> OpenId<X> {
    /// Changes the descriptor: display name, scopes, form post, signed userinfo …
    ///
    /// ```
    /// # use hallpass_openid::{OpenId, OpenIdParams};
    /// let work: OpenId = OpenId::new("work", "https://id.example.test")
    ///     .with_descriptor(|d| d.with_display_name("Work").with_scopes(["openid", "email"]));
    /// ```
    #[must_use]
    pub fn with_descriptor(mut self, change: impl FnOnce(Descriptor) -> Descriptor) -> Self {
        self.descriptor = change(self.descriptor);
        self
    }

    /// Another rule for `iss`: an alias, or one issuer for each tenant.
    #[must_use]
    pub fn with_issuer_rule(mut self, issuer: IssuerRule) -> Self {
        self.issuer = issuer;
        self.shared = Shared::new();
        self
    }

    /// The signature algorithms that ID tokens, userinfo and logout tokens may have: those that the
    /// client is registered for. Default: what metadata lists, without the HMACs; RS256 where it
    /// lists nothing.
    ///
    /// An HMAC (`HS256` …) is keyed with the client secret, and is taken from a client with a
    /// secret alone, if it is named here ([OpenID Connect Core, section
    /// 10.1](https://openid.net/specs/openid-connect-core-1_0.html#Signing)).
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Audiences that an ID token may name besides the client; any other is refused (OpenID Connect
    /// Core, section 3.1.3.7, step 3).
    #[must_use]
    pub fn with_audiences<S: Into<String>>(
        mut self,
        audiences: impl IntoIterator<Item = S>,
    ) -> Self {
        self.audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// An endpoint that discovery does not find, or finds wrongly.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint, url: impl Into<Cow<'static, str>>) -> Self {
        let url = url.into();
        if let Source::Pinned { .. } = self.source {
            self.descriptor = self.descriptor.with_endpoint(endpoint, url.clone());
        }
        self.own.endpoints.push((endpoint, url));
        self.shared = Shared::new();
        self
    }

    /// Where the browser goes to sign out, if discovery does not find it.
    #[must_use]
    pub fn with_end_session(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        let url = url.into();
        if let Source::Pinned { .. } = self.source {
            self.descriptor = self.descriptor.with_end_session(url.clone());
        }
        self.own.end_session = Some(url);
        self.shared = Shared::new();
        self
    }

    /// Where the keys are, if discovery does not find them, or elsewhere than it says.
    #[must_use]
    pub fn with_jwks_uri(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        let url = url.into();
        if let Source::Pinned { jwks_uri } = &mut self.source {
            *jwks_uri = Url::parse(&url).ok();
        }
        self.own.jwks_uri = Some(url);
        self.shared = Shared::new();
        self
    }
}

impl<X: Serialize + 'static> Provider for OpenId<X> {
    type Params = X;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Userinfo, or the ID token alone where there is no such endpoint.
    fn profile(&self, api: Api<'_>) -> impl Future<Output = Result<Profile>> + Send {
        standard_profile(api)
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        match self.source {
            Source::Pinned { .. } => None,
            _ => Some(self),
        }
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(self)
    }
}

impl<X> Clone for OpenId<X> {
    fn clone(&self) -> Self {
        Self {
            descriptor: self.descriptor.clone(),
            issuer: self.issuer.clone(),
            source: self.source.clone(),
            own: self.own.clone(),
            algorithms: self.algorithms.clone(),
            audiences: Arc::clone(&self.audiences),
            shared: Arc::clone(&self.shared),
            params: PhantomData,
        }
    }
}

impl<X> fmt::Debug for OpenId<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenId")
            .field("name", &self.descriptor.name())
            .field("issuer", &self.issuer)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}
