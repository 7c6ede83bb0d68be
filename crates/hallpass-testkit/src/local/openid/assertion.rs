//! A client's signed assertion: RFC 7521 section 4.2, RFC 7523 section 3 and OpenID Connect Core
//! section 9.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Json, url::Position};

use super::{
    super::{
        client::{Disbelief, LocalClient},
        shared::{Shared, locked},
        wire::{Asked, Params},
    },
    State,
    client_auth::Method,
    id_token::unix,
};
use crate::signing::{SigningAlgorithm, SigningKey, verifies};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A JWT in its parts, not yet believed.
pub(super) struct Jwt<'a> {
    pub(super) header: Json,
    pub(super) claims: Json,
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |part: &str| {
            let json: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
            json.is_object().then_some(json)
        };
        Some(Self {
            header: part(header)?,
            claims: part(claims)?,
            signed: signed.as_bytes(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// `aud` is a text or a list of them.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match &self.claims["aud"] {
            Json::Array(list) => list.iter().any(|it| it == audience),
            other => other == audience,
        }
    }

    fn algorithm(&self) -> Option<SigningAlgorithm> {
        SigningAlgorithm::from_name(self.header["alg"].as_str()?)
    }
}

fn no(why: &'static str) -> Disbelief {
    Disbelief::OtherWay(why)
}

/// By its algorithm: a MAC is made with the client's secret.
pub(super) fn method(assertion: &str) -> Result<Method, Disbelief> {
    let jwt = Jwt::parse(assertion).ok_or(no("the client_assertion is no JWT"))?;
    match jwt.algorithm() {
        Some(SigningAlgorithm::Hs256) => Ok(Method::SecretJwt),
        Some(SigningAlgorithm::None) | None => Err(no("the client_assertion's alg is not taken")),
        Some(_) => Ok(Method::PrivateKeyJwt),
    }
}

pub(super) fn verify<'a>(
    shared: &'a Shared,
    state: &State,
    asked: &Asked,
    params: &Params,
    method: Method,
) -> Result<&'a LocalClient, Disbelief> {
    if params.get("client_assertion_type") != Some(TYPE) {
        return Err(no("the client_assertion_type is another"));
    }
    let text = params.get("client_assertion").unwrap_or_default();
    let jwt = Jwt::parse(text).ok_or(no("the client_assertion is no JWT"))?;
    let claims = &jwt.claims;
    let id = claims["iss"].as_str().unwrap_or_default();
    if claims["sub"] != id {
        return Err(no("iss and sub are not one client"));
    }
    let client = shared.client(id).ok_or(Disbelief::Wrong)?;
    if !is_signed(&jwt, client, method) {
        return Err(Disbelief::Wrong);
    }
    let token_endpoint = format!("{}/token", shared.origins.issuer());
    let called = &asked.url[..Position::AfterPath];
    if ![state.issuer(), &token_endpoint, called].iter().any(|audience| jwt.is_for(audience)) {
        return Err(no("aud is neither the issuer nor the endpoint"));
    }
    let now = unix(shared.settings.clock.now());
    if claims["exp"].as_u64().is_none_or(|exp| exp <= now) {
        return Err(no("exp is missing or past"));
    }
    if claims.get("nbf").is_some_and(|nbf| nbf.as_u64().is_none_or(|nbf| nbf > now)) {
        return Err(no("nbf is still to come"));
    }
    let jti = claims["jti"].as_str().ok_or(no("jti is missing"))?;
    let is_new = locked(&state.assertions).insert((id.to_owned(), jti.to_owned()));
    if is_new { Ok(client) } else { Err(no("the client_assertion was used before")) }
}

fn is_signed(jwt: &Jwt<'_>, client: &LocalClient, method: Method) -> bool {
    let Some(algorithm) = jwt.algorithm() else { return false };
    match (method, client.secret(), client.public_jwk()) {
        (Method::SecretJwt, Some(secret), _) => {
            SigningKey::hs256(secret.clone()).verifies(jwt.signed, &jwt.signature)
        }
        (Method::PrivateKeyJwt, _, Some(jwk)) => {
            let is_its_own = jwk["alg"].as_str().is_none_or(|alg| alg == algorithm.as_str());
            is_its_own && verifies(jwk, algorithm, jwt.signed, &jwt.signature)
        }
        _ => false,
    }
}
