use std::{
    fmt,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    Backchannel, ClientAuth, Endpoint, Endpoints, Error, Expected, IdTokenVerifier, Json, JwtKind,
    MetadataSource, Result, Secret, VerifiedClaims, url::Url,
};

use super::{Shown, show};

/// Stands for the OpenID crate: reads the tokens that [`id_token`] makes, compares nonce and
/// subject, and keeps what it was asked for.
#[derive(Default)]
pub(crate) struct Verifier {
    seen: Mutex<Vec<Seen>>,
    shown: Shown,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

/// What core wanted a JWT to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: JwtKind,
    pub(crate) client_id: String,
    pub(crate) nonce: Option<String>,
    pub(crate) max_age_seconds: Option<u64>,
    pub(crate) access_token: Option<String>,
    pub(crate) original_subject: Option<String>,
}

/// A JWT as far as [`Verifier`] is concerned: no signature worth the name.
pub(crate) fn id_token(claims: &Json) -> String {
    format!("fake.{}.signature", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

impl Verifier {
    /// One that prints what it is lent.
    pub(crate) fn showing(shown: &Shown) -> Self {
        Self { shown: shown.clone(), ..Self::default() }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

#[async_trait]
impl IdTokenVerifier for Verifier {
    async fn verify(
        &self,
        jwt: &Secret,
        expected: Expected<'_>,
        net: Backchannel<'_>,
    ) -> Result<VerifiedClaims> {
        show!(self.shown, Expected<'_>, &expected);
        show!(self.shown, Backchannel<'_>, &net);
        let text = |secret: Option<&Secret>| secret.map(|secret| secret.expose().to_owned());
        self.seen.lock().unwrap().push(Seen {
            kind: expected.kind,
            client_id: expected.client_id.to_owned(),
            nonce: text(expected.nonce),
            max_age_seconds: expected.max_age.map(|age| age.as_secs()),
            access_token: text(expected.access_token),
            original_subject: expected.original.map(|claims| claims.subject().to_owned()),
        });
        let forged = || Error::security("signature", "the signature is none");
        let body =
            jwt.expose().strip_prefix("fake.").and_then(|rest| rest.strip_suffix(".signature"));
        let body = URL_SAFE_NO_PAD.decode(body.ok_or_else(forged)?).map_err(|_| forged())?;
        let Ok(Json::Object(claims)) = serde_json::from_slice(&body) else { return Err(forged()) };
        let claims = VerifiedClaims::dangerously_assume_verified(claims);
        let nonce = claims.get("nonce").and_then(Json::as_str).unwrap_or_default();
        if expected.nonce.is_some_and(|want| !want.matches(nonce)) {
            return Err(Error::security("nonce", "the ID token is for another login"));
        }
        if expected.original.is_some_and(|original| original.subject() != claims.subject()) {
            return Err(Error::security("subject", "the ID token is about someone else"));
        }
        Ok(claims)
    }
}

/// Stands for discovery: one small document over the back channel.
#[derive(Debug)]
pub(crate) struct Discovery(pub(crate) String);

/// The named endpoints of a document. Each may have a list of ways of client authentication.
const NAMED: [(&str, Endpoint); 4] = [
    ("introspection_endpoint", Endpoint::Introspection),
    ("pushed_authorization_request_endpoint", Endpoint::PushedAuthorization),
    ("revocation_endpoint", Endpoint::Revocation),
    ("userinfo_endpoint", Endpoint::Userinfo),
];

/// What metadata calls the ways of client authentication.
fn ways(list: &Json) -> Option<Vec<ClientAuth>> {
    let names = list.as_array()?.iter().map(|name| name.as_str().unwrap());
    let ways = names.map(|name| match name {
        "client_secret_basic" => ClientAuth::Basic,
        "client_secret_post" => ClientAuth::Post,
        "private_key_jwt" => ClientAuth::Assertion,
        "none" => ClientAuth::None,
        _ => panic!("no way of these tests: {name}"),
    });
    Some(ways.collect())
}

#[async_trait]
impl MetadataSource for Discovery {
    async fn endpoints(&self, net: Backchannel<'_>) -> Result<Arc<Endpoints>> {
        let document = net.get_document(&Url::parse(&self.0).unwrap()).await?.json()?;
        let url = |name: &str| Url::parse(document[name].as_str().unwrap_or_default());
        let broken = |_| Error::malformed("no URL in the document");
        let authorization = url("authorization_endpoint").map_err(broken)?;
        let endpoints = Endpoints::new(authorization, url("token_endpoint").map_err(broken)?);
        let endpoints = endpoints
            .with_issuer(document["issuer"].as_str().unwrap_or_default())
            .with_iss_promised(document["iss"] == true)
            .with_par_required(document["require_pushed_authorization_requests"] == true)
            .with_api(Url::parse("https://api.acme.test").unwrap().origin());
        let mut endpoints = match ways(&document["token_endpoint_auth_methods_supported"]) {
            Some(ways) => endpoints.with_client_auth(None, ways),
            None => endpoints,
        };
        if let Ok(page) = url("end_session_endpoint") {
            endpoints = endpoints.with_end_session(page);
        }
        for (name, endpoint) in NAMED {
            if let Ok(url) = url(name) {
                endpoints = endpoints.with(endpoint, url);
            }
            let list = format!("{name}_auth_methods_supported");
            if let Some(ways) = ways(&document[list.as_str()]) {
                endpoints = endpoints.with_client_auth(Some(endpoint), ways);
            }
        }
        Ok(Arc::new(endpoints))
    }
}
