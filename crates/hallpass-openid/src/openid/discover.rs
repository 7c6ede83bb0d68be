//! Where metadata is looked for, and what the application puts in its place.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{Backchannel, Endpoints, Error, Json, MetadataSource, Result, url::Url};

use super::{OpenId, Source};
use crate::{metadata::Metadata, slot::freshness, strict};

impl<X> OpenId<X> {
    pub(super) async fn metadata(&self, net: Backchannel<'_>) -> Result<Arc<Metadata>> {
        self.shared.metadata.get(|| net.now(), || self.fetch_metadata(net)).await
    }

    async fn fetch_metadata(&self, net: Backchannel<'_>) -> Result<(Metadata, Duration)> {
        let issuer =
            self.issuer.in_metadata().ok_or_else(|| Error::config("no issuer is given"))?;
        let (document, over_tls, fresh) = match &self.source {
            Source::Issuer => self.discover(issuer, net).await?,
            Source::Url(url) => fetch_document(&parse(url, "metadata URL")?, net).await?,
            Source::Given(document) => {
                (Json::clone(document), is_https(issuer), Duration::from_secs(24 * 3600))
            }
            Source::Pinned { .. } => {
                return Err(Error::config("the endpoints are the descriptor's"));
            }
        };
        let metadata = Metadata::read(&document, issuer, self.issuer.name(), over_tls)?;
        Ok((self.with_own(metadata)?, fresh))
    }

    /// At the place of OpenID Connect, or else at that of RFC 8414.
    async fn discover(&self, issuer: &str, net: Backchannel<'_>) -> Result<(Json, bool, Duration)> {
        let url = parse(issuer, "issuer")?;
        if url.query().is_some() || url.fragment().is_some() || url.cannot_be_a_base() {
            return Err(Error::config("the issuer has a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let at = |path: &str| {
            let mut place = url.clone();
            place.set_path(path);
            place
        };
        let behind = at(&format!("{path}/.well-known/openid-configuration"));
        match fetch_document(&behind, net).await {
            // check: 48 => Err(error)
            Err(error) if error.status().is_some_and(is_absent) => {
                let between = at(&format!("/.well-known/oauth-authorization-server{path}"));
                // Where neither is there, the first place is the one to speak of.
                fetch_document(&between, net).await.map_err(|other| match other.status() {
                    Some(status) if is_absent(status) => error,
                    _ => other,
                })
            }
            found => found,
        }
    }

    fn with_own(&self, mut metadata: Metadata) -> Result<Metadata> {
        if let Some(url) = &self.own.jwks_uri {
            metadata.jwks_uri = Some(parse(url, "jwks_uri")?);
        }
        if self.own.endpoints.is_empty() && self.own.end_session.is_none() {
            return Ok(metadata);
        }
        let mut endpoints = Endpoints::clone(&metadata.endpoints);
        for (endpoint, url) in &self.own.endpoints {
            endpoints = endpoints.with(*endpoint, parse(url, "endpoint")?);
        }
        if let Some(url) = &self.own.end_session {
            endpoints = endpoints.with_end_session(parse(url, "end_session_endpoint")?);
        }
        metadata.endpoints = Arc::new(endpoints);
        Ok(metadata)
    }
}

#[async_trait]
impl<X> MetadataSource for OpenId<X> {
    async fn endpoints(&self, net: Backchannel<'_>) -> Result<Arc<Endpoints>> {
        Ok(Arc::clone(&self.metadata(net).await?.endpoints))
    }
}

async fn fetch_document(url: &Url, net: Backchannel<'_>) -> Result<(Json, bool, Duration)> {
    let response = net.get_document(url).await?;
    let document = strict::document(&response.body)?;
    Ok((document, url.scheme() == "https", freshness(&response)))
}

fn is_absent(status: hallpass_core::http::StatusCode) -> bool {
    status == 404 || status == 410
}

pub(super) fn is_https(issuer: &str) -> bool {
    issuer.starts_with("https:")
}

fn parse(text: &str, what: &str) -> Result<Url> {
    let broken = |error| Error::config(format!("the {what} is no URL")).with_source(error);
    let url = Url::parse(text).map_err(broken)?;
    // A transport would make an Authorization header of them.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config(format!("the {what} has a user or password in it")));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use hallpass_core::{ErrorKind, http::StatusCode};

    use super::*;

    #[test]
    fn a_place_is_a_url_without_credentials() {
        assert_eq!(parse("https://op.test/a?b", "place").unwrap().as_str(), "https://op.test/a?b");
        for text in ["", "op.test", "/a", "https://user@op.test", "https://:planted@op.test"] {
            let error = parse(text, "place").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(error.to_string().contains("the place"), "{error}");
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
    }

    #[test]
    fn absent_is_what_is_not_there() {
        for status in [StatusCode::NOT_FOUND, StatusCode::GONE] {
            assert!(is_absent(status));
        }
        for status in [StatusCode::FORBIDDEN, StatusCode::BAD_GATEWAY, StatusCode::OK] {
            assert!(!is_absent(status));
        }
    }
}
