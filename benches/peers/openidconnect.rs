//! openidconnect: its verifier of ID tokens, its discovery.

use std::{convert::Infallible, str::FromStr as _};

use openidconnect::{
    AccessToken, AccessTokenHash, ClientId, ClientSecret, HttpRequest, HttpResponse, IssuerUrl,
    Nonce,
    core::{CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreProviderMetadata},
};

use crate::{
    CLIENT_ID, CLIENT_SECRET,
    id_tokens::{ACCESS_TOKEN, Documents, Flaw, ISSUER, NONCE},
};

/// What it does not look at: who asked for the token (`azp`), and when it was made, unless the
/// caller brings a function for that.
pub const OVERLOOKED: &[Flaw] = &[Flaw::AuthorizedParty, Flaw::IssueTime];

/// The verifier with its keys and what the login sent, kept.
#[allow(missing_debug_implementations, reason = "the verifier has none")]
pub struct Verifier {
    verifier: CoreIdTokenVerifier<'static>,
    nonce: Nonce,
    access_token: AccessToken,
}

impl Verifier {
    /// With the key set already there.
    ///
    /// # Panics
    ///
    /// If the documents are none.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        let keys: CoreJsonWebKeySet =
            serde_json::from_slice(&documents.at("/keys")).expect("a key set");
        let metadata: CoreProviderMetadata =
            serde_json::from_slice(&documents.at("/.well-known/openid-configuration"))
                .expect("metadata");
        let algorithms = metadata.id_token_signing_alg_values_supported().clone();
        let verifier = CoreIdTokenVerifier::new_confidential_client(
            ClientId::new(CLIENT_ID.to_owned()),
            ClientSecret::new(CLIENT_SECRET.to_owned()),
            issuer(),
            keys,
        );
        let (nonce, access_token) = login();
        Self { verifier: verifier.set_allowed_algs(algorithms), nonce, access_token }
    }

    /// The subject, if everything fits.
    #[must_use]
    pub fn verify(&self, jwt: &str) -> Option<String> {
        verify(&self.verifier, &self.nonce, &self.access_token, jwt)
    }
}

/// The same from nothing: discovery, key set, verifier.
///
/// # Panics
///
/// If the documents are none.
pub async fn verify_cold(documents: &Documents, jwt: &str) -> Option<String> {
    let http = |request: HttpRequest| async move {
        Ok::<_, Infallible>(HttpResponse::new(documents.at(request.uri().path())))
    };
    let metadata = CoreProviderMetadata::discover_async(issuer(), &http).await.expect("metadata");
    let secret = ClientSecret::new(CLIENT_SECRET.to_owned());
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(CLIENT_ID.to_owned()),
        Some(secret),
    );
    let (nonce, access_token) = login();
    verify(&client.id_token_verifier(), &nonce, &access_token, jwt)
}

/// As its documentation does it: `at_hash` is the caller's to compare.
fn verify(
    verifier: &CoreIdTokenVerifier<'_>,
    nonce: &Nonce,
    access_token: &AccessToken,
    jwt: &str,
) -> Option<String> {
    let id_token = CoreIdToken::from_str(jwt).ok()?;
    let claims = id_token.claims(verifier, nonce).ok()?;
    if let Some(expected) = claims.access_token_hash() {
        let (algorithm, key) = (id_token.signing_alg().ok()?, id_token.signing_key(verifier).ok()?);
        if AccessTokenHash::from_token(access_token, algorithm, key).ok()? != *expected {
            return None;
        }
    }
    Some(claims.subject().as_str().to_owned())
}

fn issuer() -> IssuerUrl {
    IssuerUrl::new(ISSUER.to_owned()).expect("a URL")
}

fn login() -> (Nonce, AccessToken) {
    (Nonce::new(NONCE.to_owned()), AccessToken::new(ACCESS_TOKEN.to_owned()))
}
