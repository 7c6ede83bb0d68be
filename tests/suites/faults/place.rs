//! Where a client signs in, by either protocol.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use hallpass_core::{
    HttpClient, Request, ReqwestClient, Response, Result,
    http::{HeaderValue, header},
    url::form_urlencoded,
};
use hallpass_testkit::{Browser, LocalOAuth1, LocalProvider};

/// A provider that plays along, and one URL of an API that takes its tokens.
pub(crate) struct Place {
    pub(crate) provider: Provider,
    api: String,
}

pub(crate) enum Provider {
    OAuth2(Box<LocalProvider>),
    OAuth1(LocalOAuth1),
    /// As before, but it answers in JSON where the standard has forms.
    OAuth1InJson(LocalOAuth1),
}

impl Place {
    /// With an API of its own.
    pub(crate) fn new(provider: Provider) -> Self {
        let base = match &provider {
            Provider::OAuth2(local) => local.base_url(),
            Provider::OAuth1(local) | Provider::OAuth1InJson(local) => local.base_url(),
        };
        let api = format!("{base}/api/notes");
        Self { provider, api }
    }

    /// With one of those that are emulated.
    pub(crate) fn with_api(local: LocalProvider, api: &str) -> Self {
        Self { provider: Provider::OAuth2(Box::new(local)), api: api.to_owned() }
    }

    pub(crate) fn api(&self) -> &str {
        &self.api
    }

    pub(crate) fn browser(&self) -> Browser {
        match &self.provider {
            Provider::OAuth2(local) => local.browser(),
            Provider::OAuth1(local) | Provider::OAuth1InJson(local) => local.browser(),
        }
    }

    /// The way to it.
    pub(crate) fn http_client(&self) -> Arc<dyn HttpClient> {
        match &self.provider {
            Provider::OAuth2(local) => local.http_client(),
            Provider::OAuth1(_) => Arc::new(ReqwestClient::new()),
            Provider::OAuth1InJson(_) => Arc::new(InJson(ReqwestClient::new())),
        }
    }
}

#[derive(Debug)]
struct InJson(ReqwestClient);

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for InJson {
    async fn send(&self, request: Request) -> Result<Response> {
        let mut response = self.0.send(request).await?;
        if crate::body::is_form(&response.headers) {
            let fields: BTreeMap<_, _> = form_urlencoded::parse(&response.body).collect();
            response.body = serde_json::to_vec(&fields).unwrap();
            let json = HeaderValue::from_static("application/json");
            response.headers.insert(header::CONTENT_TYPE, json);
        }
        Ok(response)
    }
}
