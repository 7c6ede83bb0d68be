//! huskarl: its cache of one token over its source of tokens, wired as its guide to caching says
//! for a user who signed in.

use std::{sync::Arc, time::SystemTime};

use huskarl::{
    cache::{
        GrantTokenSource, InMemoryRefreshTokenStore, InMemoryTokenCache, NoSource, TokenError,
        TokenSource as _,
    },
    core::{
        Error,
        http::{HttpClient, HttpResponse, Idempotency},
        platform::MaybeSendBoxFuture,
    },
    grant::{
        authorization_code::AuthorizationCodeGrant,
        core::{RawTokenResponse, TokenResponse},
    },
};
use hyper::{
    HeaderMap, Request,
    body::Bytes,
    header::{self, HeaderValue},
};

use super::huskarl::grant;
use crate::{
    replies::GOOGLE,
    sessions::{Endpoint, TOKEN_ENDPOINT},
};

type Source = GrantTokenSource<AuthorizationCodeGrant, InMemoryRefreshTokenStore>;

/// The token of one user.
#[derive(Debug)]
pub struct Cache(InMemoryTokenCache<Source>);

impl Cache {
    /// Of a user who signed in just now.
    ///
    /// # Panics
    ///
    /// If there is no grant, or the token is none.
    pub async fn new(endpoint: &Arc<Endpoint>) -> Self {
        let source = GrantTokenSource::builder()
            .grant(grant(&Memory(Arc::clone(endpoint)), TOKEN_ENDPOINT, false).await)
            .grant_parameters(NoSource)
            .refresh_store(InMemoryRefreshTokenStore::default())
            .build();
        let reply: RawTokenResponse = serde_json::from_str(GOOGLE).expect("a token reply");
        let token = reply.into_token_response(None, SystemTime::now()).expect("a bearer token");
        source.prime(token).await.expect("a refresh token that is kept");
        let cache = Self(InMemoryTokenCache::builder().source(source).build());
        cache.token().await.expect("the token of the login");
        cache
    }

    /// The token; a new one if there is none.
    pub fn token(&self) -> MaybeSendBoxFuture<'_, Result<Arc<TokenResponse>, TokenError>> {
        self.0.token()
    }

    /// Drops the token, not its refresh token: what `invalidate` is for. Its clock cannot be turned
    /// from here.
    pub fn expire(&self) {
        self.0.invalidate();
    }
}

/// huskarl's transport to the endpoint in memory.
#[derive(Debug, Clone)]
struct Memory(Arc<Endpoint>);

impl HttpClient for Memory {
    fn execute(
        &self,
        request: Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, Error>> {
        drop(std::hint::black_box(request));
        Box::pin(async move {
            let (status, body) = self.0.answer().await;
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
            Ok(HttpResponse { status, headers, body: Bytes::from_static(body.as_bytes()) })
        })
    }
}
