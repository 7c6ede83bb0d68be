//! Signatures, and the keys that they are verified with.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{
    Backchannel, Error, Expected, IdTokenVerifier, JwtKind, Result, Secret, VerifiedClaims,
    url::Url,
};
use subtle::ConstantTimeEq as _;

use super::{OpenId, Source};
use crate::{
    Algorithm,
    jwk::{Jwk, KeySet, NoKey},
    jws::{self, Jws},
    rules::{self, Rules},
    slot::{Sender, freshness},
};

#[async_trait]
impl<X> IdTokenVerifier for OpenId<X> {
    async fn verify(
        &self,
        jwt: &Secret,
        expected: Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<VerifiedClaims> {
        let jws = Jws::parse(jwt.expose()).map_err(|error| match expected.kind {
            JwtKind::LogoutToken => jws::posted(error),
            _ => error,
        })?;
        // check: 62
        rules::check_type(jws.typ(), expected.kind)?;
        let metadata = match self.source {
            Source::Pinned { .. } => None,
            _ => Some(self.metadata(net).await?),
        };
        let listed = metadata.as_ref().and_then(|metadata| metadata.algorithms(expected.kind));
        let algorithm = self.algorithm(&jws, listed, net)?;
        let jwks_uri = match (&self.source, &metadata) {
            (Source::Pinned { jwks_uri }, _) => jwks_uri.as_ref(),
            (_, metadata) => metadata.as_ref().and_then(|metadata| metadata.jwks_uri.as_ref()),
        };
        // check: 51 => let keys_issuer: Option<Arc<str>> = None;
        let keys_issuer = self.check_signature(&jws, algorithm, jwks_uri, &expected, net).await?;
        let mut claims = jws.claims()?;
        let rules = Rules {
            kind: expected.kind,
            issuer: &self.issuer,
            client_id: expected.client_id,
            audiences: &self.audiences,
            now: net.now(),
            access_token: expected.access_token,
            code: expected.code,
            original: expected.original,
        };
        // check: 63, 64, 65, 66, 67, 69
        rules::check(&claims, algorithm, &rules)?;
        // check: 50
        rules::check_keys_issuer(&claims, keys_issuer.as_deref(), &rules)?;
        rules::name_issuer(&mut claims, &self.issuer);
        Ok(VerifiedClaims::dangerously_assume_verified(claims))
    }
}

impl<X> OpenId<X> {
    /// OpenID Connect Core section 3.1.3.7, steps 7 and 8; RFC 8725 section 3.1: what the JWT says
    /// of itself is compared with what we know, and never chooses.
    fn algorithm(
        &self,
        jws: &Jws<'_>,
        listed: Option<&[Algorithm]>,
        net: Backchannel<'_>,
    ) -> Result<Algorithm> {
        let refuse = || Error::security("alg", "the JWT is signed in a way that is not allowed");
        // check: 53 => let algorithm = jws.algorithm().unwrap_or(Algorithm::Rs256);
        let algorithm = jws.algorithm().ok_or_else(refuse)?;
        let is_allowed = match (&self.algorithms, listed) {
            // check: 52 => true
            (Some(own), _) => own.contains(&algorithm),
            // check: 52 => !algorithm.is_hmac()
            // check: 54 => listed.contains(&algorithm)
            (None, Some(listed)) => listed.contains(&algorithm) && !algorithm.is_hmac(),
            // check: 52 => !algorithm.is_hmac()
            (None, None) => algorithm == Algorithm::Rs256,
        };
        if !is_allowed {
            return Err(refuse());
        }
        // check: 54
        if algorithm.is_hmac() && !net.keys().has_secret() {
            return Err(refuse());
        }
        algorithm.require_supported()?;
        Ok(algorithm)
    }

    /// The issuer that the key is for, if the key set says so.
    async fn check_signature(
        &self,
        jws: &Jws<'_>,
        algorithm: Algorithm,
        jwks_uri: Option<&Url>,
        expected: &Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<Option<Arc<str>>> {
        if algorithm.is_hmac() {
            return check_hmac(algorithm, jws, net).map(|()| None);
        }
        let jwks_uri = jwks_uri.ok_or_else(|| {
            Error::config("the provider says not where its keys are").with_reason("metadata")
        })?;
        let fetch = || fetch_keys(jwks_uri, net);
        let keys = self.shared.keys.get(|| net.now(), fetch).await?;
        let refusal = match try_keys(&keys, jws, algorithm) {
            Ok(issuer) => return Ok(issuer),
            // No key of another time can help.
            // check: 55
            Err(refusal @ Refusal::Ambiguous) => return Err(refusal.into()),
            Err(refusal) => refusal,
        };
        // A token came with the access token that our request was answered with.
        let sender = match expected.access_token {
            Some(_) => Sender::Provider,
            None => Sender::Anybody,
        };
        // In a box for the same reason as in `Slot::get`.
        let newer = self.shared.keys.renew(&keys, net.now(), sender, fetch);
        match Box::pin(newer).await {
            // check: 57 => Err(refusal.into())
            Some(newer) => try_keys(&newer, jws, algorithm).map_err(Error::from),
            None => Err(refusal.into()),
        }
    }
}

/// Why no key of a set will do.
enum Refusal {
    Ambiguous,
    Signature,
    Unknown,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Ambiguous => {
                Self::security("key", "the JWT names no key, and several would fit")
            }
            Refusal::Signature => Self::security("signature", "the signature is not the key's"),
            Refusal::Unknown => Self::security("key", "the provider has no such key"),
        }
    }
}

/// Keyed with the client secret: [`OpenId::with_algorithms`].
fn check_hmac(algorithm: Algorithm, jws: &Jws<'_>, net: Backchannel<'_>) -> Result<()> {
    let (keys, input) = (net.keys(), jws.signing_input());
    let is_good: bool = match algorithm {
        Algorithm::Hs256 => keys.hmac_sha256(input)?.ct_eq(jws.signature()),
        Algorithm::Hs384 => keys.hmac_sha384(input)?.ct_eq(jws.signature()),
        _ => keys.hmac_sha512(input)?.ct_eq(jws.signature()),
    }
    .into();
    // check: 54 => Ok(())
    if is_good { Ok(()) } else { Err(Refusal::Signature.into()) }
}

fn try_keys(
    keys: &KeySet,
    jws: &Jws<'_>,
    algorithm: Algorithm,
) -> Result<Option<Arc<str>>, Refusal> {
    let key: &Jwk = keys.select(algorithm, jws.kid()).map_err(|none| match none {
        NoKey::Ambiguous => Refusal::Ambiguous,
        NoKey::Unknown => Refusal::Unknown,
    })?;
    if key.verify(algorithm, jws.signing_input(), jws.signature()) {
        return Ok(key.issuer());
    }
    Err(Refusal::Signature)
}

async fn fetch_keys(url: &Url, net: Backchannel<'_>) -> Result<(KeySet, Duration)> {
    let response = net.get_document(url).await?;
    Ok((KeySet::parse(&response.body)?, freshness(&response)))
}
