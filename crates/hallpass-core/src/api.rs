use std::borrow::Cow;

use http::{HeaderName, HeaderValue, Method, header::ACCEPT};
use serde::de::DeserializeOwned;

use crate::{
    ApiRequest, BaseOAuth2, ClientAuth, Descriptor, Endpoint, Error, Json, JwtKind, OAuth2Token,
    Response, Result, Secret,
};

/// The provider's API for one token: bound to the provider's origins, limited, with typed errors.
///
/// It stands on a `dyn`, so that every client and every wrapper has one.
#[derive(Debug, Clone, Copy)]
pub struct Api<'a> {
    client: &'a dyn BaseOAuth2,
    token: &'a OAuth2Token,
    revokes: bool,
}

impl<'a> Api<'a> {
    /// The API of `client` for `token`.
    #[must_use]
    pub fn new(client: &'a dyn BaseOAuth2, token: &'a OAuth2Token) -> Self {
        Self { client, token, revokes: false }
    }

    /// The API for a provider's own revocation: each call is part of it.
    pub(crate) fn to_revoke(client: &'a dyn BaseOAuth2, token: &'a OAuth2Token) -> Self {
        Self { client, token, revokes: true }
    }

    /// The token that calls are made with.
    #[must_use]
    pub fn token(&self) -> &'a OAuth2Token {
        self.token
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &'a str {
        self.client.client_id()
    }

    /// What is known of the provider.
    #[must_use]
    pub fn descriptor(&self) -> &'a Descriptor {
        self.client.descriptor()
    }

    /// A GET.
    pub fn get(&self, url: &str) -> Call<'a> {
        self.request(Method::GET, url)
    }

    /// A POST.
    pub fn post(&self, url: &str) -> Call<'a> {
        self.request(Method::POST, url)
    }

    /// A DELETE.
    pub fn delete(&self, url: &str) -> Call<'a> {
        self.request(Method::DELETE, url)
    }

    /// Any method, to a URL of the API. [`Call::send`] refuses an origin that neither the
    /// descriptor nor discovery nor [`Call::allow_origin`] names.
    pub fn request(&self, method: Method, url: &str) -> Call<'a> {
        self.call(ApiRequest::new(method, url))
    }

    /// Any method, to a named endpoint.
    pub fn endpoint(&self, method: Method, endpoint: Endpoint) -> Call<'a> {
        self.call(ApiRequest::endpoint(method, endpoint))
    }

    /// Userinfo, about the very user of the token's ID token: JSON, or a signed JWT, which is
    /// verified ([OpenID Connect Core, section
    /// 5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo)).
    ///
    /// A token without claims (one from elsewhere, or of a login without `openid`) has nobody to be
    /// compared with: its userinfo is about whomever the provider says.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`](crate::OAuth2Client::send).
    /// [`ErrorKind::Security`](crate::ErrorKind): it is about somebody else (reason `subject`), it
    /// is not signed though the descriptor says so (reason `unsigned`), or its signature or issuer
    /// is wrong: log it and stop. [`ErrorKind::Malformed`](crate::ErrorKind): it is no userinfo, or
    /// has a member twice.
    /// [`ErrorKind::Unsupported`](crate::ErrorKind), without a request: there is no such endpoint.
    pub async fn userinfo(&self) -> Result<Json> {
        let is_signed = self.descriptor().is_userinfo_signed();
        let accept = if is_signed { "application/jwt" } else { "application/json" };
        let call = self.endpoint(Method::GET, Endpoint::Userinfo);
        let response = call.header(ACCEPT, HeaderValue::from_static(accept)).send().await?;
        let info = if response.media_type().as_deref() == Some("application/jwt") {
            let jwt = String::from_utf8(response.body)
                .map_err(|_| Error::malformed("userinfo that is no UTF-8"))?;
            let jwt = Secret::new(jwt.trim());
            let claims = self.client.verify_jwt(&jwt, JwtKind::Userinfo).await?;
            Json::Object(claims.as_map().clone())
        } else if is_signed {
            // check: 72 => return response.json();
            return Err(Error::security("unsigned", "the userinfo is not signed"));
        } else {
            // check: 70 => response.json()?
            Json::Object(response.members()?)
        };
        let subject = info.get("sub").and_then(Json::as_str).unwrap_or_default();
        if subject.is_empty() {
            return Err(Error::malformed("the userinfo has no sub").with_reason("empty_id"));
        }
        // check: 71
        if self.token.claims().is_some_and(|claims| claims.subject() != subject) {
            return Err(Error::security("subject", "the userinfo is about somebody else"));
        }
        Ok(info)
    }

    fn call(&self, mut request: ApiRequest<'a>) -> Call<'a> {
        request.revokes = self.revokes;
        Call { client: self.client, request: request.token(self.token) }
    }
}

/// One call of the provider's API.
#[derive(Debug)]
#[must_use]
pub struct Call<'a> {
    client: &'a dyn BaseOAuth2,
    request: ApiRequest<'a>,
}

impl Call<'_> {
    /// A parameter of the URL.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Secret>) -> Self {
        self.request = self.request.query(name, value);
        self
    }

    /// A header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// A JSON body.
    pub fn json(mut self, body: &Json) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// A form as body.
    pub fn form<N: Into<Cow<'static, str>>, V: Into<Secret>>(
        mut self,
        form: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.request = self.request.form_body(form);
        self
    }

    /// In the name of the application instead of the user's.
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.request = self.request.client_auth(auth);
        self
    }

    /// Lets the token go to one more origin, which the application names.
    pub fn allow_origin(mut self, origin: url::Origin) -> Self {
        self.request = self.request.allow_origin(origin);
        self
    }

    /// How much of the answer is read, in bytes after decoding. Default 1 MiB.
    pub fn body_limit_bytes(mut self, limit: usize) -> Self {
        self.request = self.request.body_limit_bytes(limit);
        self
    }

    /// Sends it. Every status outside 2xx is an error.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`](crate::OAuth2Client::send).
    pub async fn send(self) -> Result<Response> {
        self.client.send(self.request).await
    }

    /// Sends it and reads the answer as JSON.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Malformed`](crate::ErrorKind) if it is not JSON.
    pub async fn read(self) -> Result<Json> {
        self.send().await?.json()
    }

    /// Sends it and reads the answer as a type of the caller's own.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_as<T: DeserializeOwned>(self) -> Result<T> {
        self.send().await?.json_as()
    }
}
