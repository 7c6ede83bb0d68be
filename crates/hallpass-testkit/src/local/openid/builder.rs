use std::time::Duration;

use hallpass_core::{ClientAuth, Result};

use super::{super::LocalProviderBuilder, State, client_auth::Method, keys::Jwks, refused};
use crate::signing::SigningAlgorithm;

/// What the builder was told of OpenID.
#[derive(Debug, Clone)]
pub(in super::super) struct Settings {
    pub(super) issuer_path: String,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) jwks: Jwks,
    pub(super) auth_methods: Vec<String>,
    pub(super) needs_pushed: bool,
    pub(super) signs_userinfo: bool,
    pub(super) refreshes_id_token: bool,
    pub(super) says_azp: bool,
    pub(super) lean_id_token: bool,
    pub(super) id_token_lifetime: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer_path: String::new(),
            algorithm: SigningAlgorithm::Rs256,
            jwks: Jwks::Decoys,
            auth_methods: Method::ALL.iter().map(|method| method.as_str().to_owned()).collect(),
            needs_pushed: false,
            signs_userinfo: false,
            refreshes_id_token: true,
            says_azp: false,
            lean_id_token: false,
            id_token_lifetime: Duration::from_secs(3600),
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        let path = &self.issuer_path;
        let is_path = path.starts_with('/')
            && !path.ends_with('/')
            && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%".contains(&byte));
        if !path.is_empty() && !is_path {
            return Err(refused("the path of an issuer is like /tenant"));
        }
        if self.auth_methods.is_empty() {
            return Err(refused("clients can authenticate in no way"));
        }
        match self.auth_methods.iter().find(|name| Method::from_name(name).is_none()) {
            Some(name) => Err(refused(format!("there is no client authentication {name}"))),
            None => Ok(()),
        }
    }

    pub(super) fn takes(&self, method: Method) -> bool {
        self.auth_methods.iter().any(|name| name == method.as_str())
    }

    /// How clients of the plain provider authenticate: as they do without OpenID, if it is listed.
    pub(in super::super) fn client_auth(&self) -> ClientAuth {
        if self.takes(Method::Post) {
            ClientAuth::Post
        } else if self.takes(Method::Basic) {
            ClientAuth::Basic
        } else if self.takes(Method::None) {
            ClientAuth::None
        } else {
            ClientAuth::Assertion
        }
    }

    /// Whether all clients are public.
    pub(in super::super) fn takes_none_alone(&self) -> bool {
        self.auth_methods.iter().all(|name| name == Method::None.as_str())
    }
}

/// As an OpenID provider, with the feature `openid`. Each of these methods makes it one.
impl LocalProviderBuilder {
    /// Makes it an OpenID provider, at [`issuer`](crate::LocalProvider::issuer), by the letter of
    /// OpenID Connect Core 1.0 and Discovery 1.0, RFC 8414, 9126, 9207, 7662 and 7009, and
    /// RP-Initiated and Back-Channel Logout 1.0:
    ///
    /// - its metadata are at `/.well-known/openid-configuration`, and where [RFC
    ///   8414](https://www.rfc-editor.org/rfc/rfc8414#section-3) has them; its keys where these
    ///   say, in each run elsewhere;
    /// - a token reply has an ID token, signed with RS256, whenever `openid` is in the scope: with
    ///   `nonce`, `at_hash`, `sid`, the claims of `profile` and `email`, `auth_time` if `max_age`
    ///   was sent, and the first of `acr_values` as `acr`. A refresh gives a new one, without
    ///   `nonce`;
    /// - the parameter `claims` is taken: claims that it names are told, as far as they are known;
    /// - nobody stays signed in: `prompt=none` is answered with `login_required`;
    /// - clients authenticate with `client_secret_basic`, `client_secret_post`,
    ///   `client_secret_jwt`, `private_key_jwt`
    ///   ([`with_public_jwk`](crate::LocalClient::with_public_jwk)), or, if they have neither
    ///   secret nor key, not at all. What
    ///   [`with_client_auth`](LocalProviderBuilder::with_client_auth) says does not count.
    ///
    /// RSA keys are slow to make, so all providers of a process share two, and a rotation turns
    /// from one to the other; their key ids are always new. [`SigningKey`](crate::SigningKey) makes
    /// keys that are like no other.
    ///
    /// [`provider`](crate::LocalProvider::provider) still works: without `openid` in the scope, all
    /// is as without this method.
    pub fn with_openid(self) -> Self {
        self.openid(|_| {})
    }

    /// An issuer with a path: `/tenant`. The endpoints stay where they are. Default: none.
    pub fn with_issuer_path(self, path: impl Into<String>) -> Self {
        self.openid(|settings| settings.issuer_path = path.into())
    }

    /// What signs ID tokens, userinfo and logout tokens. Default: RS256. With HS256, whose key is
    /// the client's secret, a client without one gets no ID token.
    pub fn with_signing_algorithm(self, algorithm: SigningAlgorithm) -> Self {
        self.openid(|settings| settings.algorithm = algorithm)
    }

    /// What the JWKS looks like. Default: [`Jwks::Decoys`].
    pub fn with_jwks(self, jwks: Jwks) -> Self {
        self.openid(|settings| settings.jwks = jwks)
    }

    /// The ways of client authentication, by their [registered
    /// names](https://www.rfc-editor.org/rfc/rfc7591#section-2), instead of all five. What is not
    /// listed is refused with `invalid_client`. With `none` alone, all clients are public.
    pub fn with_token_endpoint_auth_methods<I>(self, methods: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let methods = methods.into_iter().map(Into::into).collect();
        self.openid(|settings| settings.auth_methods = methods)
    }

    /// Requests are [pushed](https://www.rfc-editor.org/rfc/rfc9126), and the authorization page
    /// refuses all others. Default: either way.
    pub fn with_required_pushed_authorization(self) -> Self {
        self.openid(|settings| settings.needs_pushed = true)
    }

    /// Userinfo is a signed JWT, `application/jwt`. Default: JSON.
    pub fn with_signed_userinfo(self) -> Self {
        self.openid(|settings| settings.signs_userinfo = true)
    }

    /// A refresh gives no ID token.
    pub fn without_id_token_on_refresh(self) -> Self {
        self.openid(|settings| settings.refreshes_id_token = false)
    }

    /// ID tokens have `azp`. Default: not, since there is one audience.
    pub fn with_azp(self) -> Self {
        self.openid(|settings| settings.says_azp = true)
    }

    /// The claims of `profile` and `email` are told by userinfo alone, not by the ID token.
    pub fn without_profile_in_id_token(self) -> Self {
        self.openid(|settings| settings.lean_id_token = true)
    }

    /// How long an ID token is good. Default: one hour.
    pub fn with_id_token_lifetime(self, lifetime: Duration) -> Self {
        self.openid(|settings| settings.id_token_lifetime = lifetime)
    }

    /// The OpenID side of a provider at `base`, if it has one.
    pub(in super::super) fn openid_at(&mut self, base: &str) -> Result<Option<State>> {
        match self.openid.take() {
            Some(_) if self.emulated.is_some() => {
                Err(refused("a provider that emulates another has no OpenID of its own"))
            }
            Some(settings) => State::new(settings, base).map(Some),
            None => Ok(None),
        }
    }

    fn openid(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(self.openid.get_or_insert_default());
        self
    }
}
