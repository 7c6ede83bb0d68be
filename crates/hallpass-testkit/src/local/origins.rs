use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    Descriptor, Error, HttpClient, Request, ReqwestClient, Response, Result,
    url::{Origin, Url},
};

use super::client::is_http_to_loopback;

/// Where the origins of an emulated provider are: `https://HOST/PATH` at `/https/HOST/PATH`.
#[derive(Debug)]
pub(crate) struct Origins {
    /// `http://127.0.0.1:PORT/`.
    base: Url,
    known: Vec<Origin>,
}

impl Origins {
    pub(super) fn none(base: Url) -> Self {
        Self { base, known: Vec::new() }
    }

    pub(super) fn of(base: Url, descriptor: &Descriptor) -> Self {
        let (authorize, token) = descriptor.authorize_and_token().unwrap_or_default();
        let named = descriptor.endpoints().map(|(_, url)| url);
        let urls = [authorize, token].into_iter().chain(named).chain(descriptor.apis());
        let https =
            urls.filter_map(|url| Url::parse(url).ok()).filter(|url| url.scheme() == "https");
        Self { base, known: https.map(|url| url.origin()).collect() }
    }

    /// Where a URL is to be had: here, or, if it is a loopback URL, where it says. `None` for a
    /// foreign origin.
    pub(crate) fn place(&self, url: &Url) -> Option<Url> {
        if is_http_to_loopback(url) {
            return Some(url.clone());
        }
        if !self.known.contains(&url.origin()) {
            return None;
        }
        let mut here = self.base.clone();
        here.set_path(&format!("/https/{}{}", url.authority(), url.path()));
        here.set_query(url.query());
        Some(here)
    }

    /// The URL that a client meant by a path and query of this server.
    pub(super) fn meant(&self, path_and_query: &str) -> Option<Url> {
        if self.known.is_empty() {
            return Url::parse(&format!("{}{path_and_query}", self.issuer())).ok();
        }
        let url =
            Url::parse(&format!("https://{}", path_and_query.strip_prefix("/https/")?)).ok()?;
        self.known.contains(&url.origin()).then_some(url)
    }

    /// `http://127.0.0.1:PORT`.
    pub(super) fn issuer(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
}

/// Sends what is for an emulated provider to the local one.
#[derive(Debug)]
pub(super) struct Emulated {
    pub(super) inner: ReqwestClient,
    pub(super) origins: Arc<Origins>,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Emulated {
    async fn send(&self, mut request: Request) -> Result<Response> {
        request.url = self.origins.place(&request.url).ok_or_else(|| {
            let origin = request.url.origin().ascii_serialization();
            Error::config(format!("the emulated provider is not at {origin}")).with_reason("origin")
        })?;
        self.inner.send(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        let descriptor =
            Descriptor::new("acme", "https://acme.test/a", "https://token.acme.test:8443/t")
                .with_api("https://api.acme.test");
        Origins::of(Url::parse("http://127.0.0.1:9").unwrap(), &descriptor)
    }

    #[test]
    fn a_providers_url_has_a_place_here_and_comes_back() {
        check("https://acme.test/a?b=c%20d&e", "http://127.0.0.1:9/https/acme.test/a?b=c%20d&e");
        check("https://token.acme.test:8443/", "http://127.0.0.1:9/https/token.acme.test:8443/");
        check("https://api.acme.test/x%2Fy//z", "http://127.0.0.1:9/https/api.acme.test/x%2Fy//z");
    }

    #[track_caller]
    fn check(url: &str, want: &str) {
        let place = origins().place(&Url::parse(url).unwrap()).unwrap();
        assert_eq!(place.as_str(), want);
        let there = want.strip_prefix("http://127.0.0.1:9").unwrap();
        assert_eq!(origins().meant(there).unwrap().as_str(), url);
    }

    #[test]
    fn loopback_stays_and_foreign_origins_have_no_place() {
        let place = |url| origins().place(&Url::parse(url).unwrap());
        assert_eq!(place("http://127.0.0.1:1/x").unwrap().as_str(), "http://127.0.0.1:1/x");
        for foreign in [
            "https://evil.test/",
            "https://acme.test:444/",
            "http://acme.test/",
            "https://a.acme.test/",
        ] {
            assert!(place(foreign).is_none(), "{foreign}");
        }
        assert!(origins().meant("/https/evil.test/").is_none());
        assert!(origins().meant("/token").is_none());
    }
}
