//! huskarl: its validator of ID tokens, its discovery.

use std::sync::Arc;

use huskarl::{
    DefaultJwsVerifierPlatform,
    core::{
        Error,
        crypto::verifier::JwsVerifierFactory as _,
        http::{HttpClient, HttpResponse, Idempotency},
        jwk::JwksSource,
        platform::MaybeSendBoxFuture,
        server_metadata::AuthorizationServerMetadata,
    },
    token::id_token::{IdToken, IdTokenValidator},
};
use hyper::{HeaderMap, Request, StatusCode, body::Bytes};

use crate::{
    CLIENT_ID,
    id_tokens::{Documents, Flaw, ISSUER, NONCE},
};

/// What it does not look at: who asked for the token (`azp`), and which access token it belongs to.
pub const OVERLOOKED: &[Flaw] = &[Flaw::AuthorizedParty, Flaw::AccessToken];

/// The validator with its keys, kept.
#[derive(Debug)]
pub struct Validator(IdTokenValidator);

impl Validator {
    /// From discovery and key set. Its grant makes the same of them.
    ///
    /// # Panics
    ///
    /// If the documents are none.
    pub async fn new(http: &Memory) -> Self {
        let metadata = AuthorizationServerMetadata::oidc_fetch().http_client(http).issuer(ISSUER);
        let metadata = metadata.call().await.expect("metadata");
        let keys = JwksSource::builder().http_client(http.clone()).build();
        let platform = DefaultJwsVerifierPlatform::default();
        let verifier = keys.build(metadata.jwks_uri.as_ref(), platform.into());
        let algorithms = metadata.id_token_signing_alg_values_supported;
        let validator = IdTokenValidator::builder()
            .verifier(verifier.await.expect("a key set"))
            .issuer(metadata.issuer)
            .audience(CLIENT_ID)
            .maybe_allowed_algorithms(algorithms.map(|names| names.into_iter().collect()));
        Self(validator.build())
    }

    /// The subject, if everything fits.
    pub async fn validate(&self, id_token: &IdToken) -> Option<String> {
        self.0.validate(id_token, Some(NONCE)).await.ok()?.sub
    }
}

/// The same from nothing.
///
/// # Panics
///
/// If the documents are none.
pub async fn validate_cold(http: &Memory, id_token: &IdToken) -> Option<String> {
    Validator::new(http).await.validate(id_token).await
}

/// Answers from memory.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Documents>);

impl Memory {
    /// With these documents.
    #[must_use]
    pub fn new(documents: Documents) -> Self {
        Self(Arc::new(documents))
    }
}

impl HttpClient for Memory {
    fn execute(
        &self,
        request: Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, Error>> {
        let body = self.0.at(request.uri().path()).into();
        Box::pin(async move {
            Ok(HttpResponse { status: StatusCode::OK, headers: HeaderMap::new(), body })
        })
    }
}
