use std::{borrow::Cow, fmt, time::Duration};

use crate::{Authorization, AuthorizationRequest, Error, OAuth2Client, Provider, Result, Secret};

/// A login about to begin, with the parameters that only this provider's page takes:
/// [`OAuth2Client::authorize`](crate::OAuth2Client::authorize) makes one.
#[must_use]
pub struct Authorize<'a, P> {
    client: &'a OAuth2Client<P>,
    request: AuthorizationRequest,
    failed: Option<Error>,
}

impl<'a, P: Provider> Authorize<'a, P> {
    pub(crate) fn new(client: &'a OAuth2Client<P>) -> Self {
        Self { client, request: AuthorizationRequest::new(), failed: None }
    }

    /// See [`AuthorizationRequest::scopes`].
    pub fn scopes<S: Into<Cow<'static, str>>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.request = self.request.scopes(scopes);
        self
    }

    /// The provider's own parameters: booleans as `true` and `false`, `None` left out.
    pub fn params(mut self, params: &P::Params) -> Self {
        match serde_json::to_value(params) {
            Ok(params) => self.request = self.request.typed(params),
            Err(error) => {
                self.failed =
                    Some(Error::config("the parameters cannot be written").with_source(error));
            }
        }
        self
    }

    /// See [`AuthorizationRequest::param`].
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.request = self.request.param(name, value);
        self
    }

    /// See [`AuthorizationRequest::token_param`].
    pub fn token_param(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Secret>,
    ) -> Self {
        self.request = self.request.token_param(name, value);
        self
    }

    /// See [`AuthorizationRequest::redirect_uri`].
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.request = self.request.redirect_uri(redirect_uri);
        self
    }

    /// See [`AuthorizationRequest::max_age`].
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.request = self.request.max_age(max_age);
        self
    }

    /// See [`AuthorizationRequest::acr_values`].
    pub fn acr_values<S: Into<Cow<'static, str>>>(
        mut self,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.request = self.request.acr_values(values);
        self
    }

    /// See [`AuthorizationRequest::resource`].
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.request = self.request.resource(uri);
        self
    }

    /// See [`AuthorizationRequest::pushed`].
    pub fn pushed(mut self) -> Self {
        self.request = self.request.pushed();
        self
    }

    /// See [`AuthorizationRequest::data`].
    pub fn data(mut self, data: impl Into<Box<str>>) -> Self {
        self.request = self.request.data(data);
        self
    }

    /// The request so far, with the provider's own parameters in it: for whoever starts it through
    /// [`BaseOAuth2`](crate::BaseOAuth2).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): the parameters cannot be written.
    pub fn into_request(self) -> Result<AuthorizationRequest> {
        self.failed.map_or(Ok(self.request), Err)
    }

    /// Makes the URL and what to keep until the browser comes back.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::get_authorization_url`](crate::OAuth2Client::get_authorization_url).
    pub async fn start(self) -> Result<Authorization> {
        let client = self.client;
        client.get_authorization_url(self.into_request()?).await
    }
}

impl<P> fmt::Debug for Authorize<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").field("request", &self.request).finish_non_exhaustive()
    }
}
