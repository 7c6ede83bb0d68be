use std::sync::Arc;

use hallpass_core::{ClientAuth, Endpoint, Endpoints, Error, Json, JwtKind, Result, url::Url};
use serde_json::Map;

use crate::Algorithm;

/// What a provider says of itself ([OpenID Connect Discovery, section
/// 3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata); [RFC 8414,
/// section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2)), as far as a client asks.
/// `signed_metadata` is not read: TLS vouches for the rest.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) jwks_uri: Option<Url>,
    id_token_algorithms: Listed,
    userinfo_algorithms: Listed,
}

/// The algorithms that a list names and we know; `None` where there is no list.
type Listed = Option<Vec<Algorithm>>;

const ENDPOINTS: [(&str, Endpoint); 6] = [
    ("backchannel_authentication_endpoint", Endpoint::BackchannelAuthentication),
    ("device_authorization_endpoint", Endpoint::DeviceAuthorization),
    ("introspection_endpoint", Endpoint::Introspection),
    ("pushed_authorization_request_endpoint", Endpoint::PushedAuthorization),
    ("revocation_endpoint", Endpoint::Revocation),
    ("userinfo_endpoint", Endpoint::Userinfo),
];

impl Metadata {
    /// Reads a document that must be about `issuer`, compared byte for byte ([OpenID Connect
    /// Discovery, section
    /// 4.3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation);
    /// [RFC 8414, section 3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3)). `name` is what
    /// callbacks are compared with. Where the document came `over_tls`, everything it names is
    /// https.
    pub(crate) fn read(
        document: &Json,
        issuer: &str,
        name: Option<&str>,
        over_tls: bool,
    ) -> Result<Self> {
        let Json::Object(document) = document else {
            return Err(Error::malformed("the metadata is no JSON object").with_reason("metadata"));
        };
        // check: 49
        if document.get("issuer").and_then(Json::as_str) != Some(issuer) {
            return Err(Error::security("issuer", "the metadata is about another issuer"));
        }
        let url = |name: &str| url(document, name, over_tls);
        let required = |name: &str| url(name)?.ok_or_else(|| missing(name));
        let mut endpoints =
            Endpoints::new(required("authorization_endpoint")?, required("token_endpoint")?)
                .with_iss_promised(flag(document, "authorization_response_iss_parameter_supported"))
                .with_par_required(flag(document, "require_pushed_authorization_requests"));
        if let Some(name) = name {
            endpoints = endpoints.with_issuer(name);
        }
        for (name, endpoint) in ENDPOINTS {
            if let Some(url) = url(name)? {
                endpoints = endpoints.with(endpoint, url);
            }
        }
        if let Some(url) = url("end_session_endpoint")? {
            endpoints = endpoints.with_end_session(url);
        }
        if let Some(names) = texts(document, "dpop_signing_alg_values_supported") {
            endpoints = endpoints.with_proof_algorithms(names);
        }
        let algorithms = |name: &str| -> Listed {
            let names = texts(document, name)?;
            Some(names.into_iter().filter_map(Algorithm::from_name).collect())
        };
        Ok(Self {
            endpoints: Arc::new(with_client_auth(endpoints, document)),
            jwks_uri: url("jwks_uri")?,
            id_token_algorithms: algorithms("id_token_signing_alg_values_supported"),
            userinfo_algorithms: algorithms("userinfo_signing_alg_values_supported"),
        })
    }
}

impl Metadata {
    /// The algorithms that a sort of JWT may have. Userinfo without a list of its own is signed as
    /// ID tokens are.
    pub(crate) fn algorithms(&self, kind: JwtKind) -> Option<&[Algorithm]> {
        let own = match kind {
            JwtKind::Userinfo => self.userinfo_algorithms.as_deref(),
            _ => None,
        };
        own.or(self.id_token_algorithms.as_deref())
    }
}

/// The lists of client authentication. Without one for the token endpoint it is HTTP Basic; without
/// one for another endpoint, that of the token endpoint.
fn with_client_auth(endpoints: Endpoints, document: &Map<String, Json>) -> Endpoints {
    let ways = |name: &str| texts(document, name).map(|names| in_our_order(&names));
    let token = ways("token_endpoint_auth_methods_supported");
    let mut endpoints =
        endpoints.with_client_auth(None, token.unwrap_or_else(|| vec![ClientAuth::Basic]));
    for (name, endpoint) in [
        ("revocation_endpoint_auth_methods_supported", Endpoint::Revocation),
        ("introspection_endpoint_auth_methods_supported", Endpoint::Introspection),
    ] {
        if let Some(ways) = ways(name) {
            endpoints = endpoints.with_client_auth(Some(endpoint), ways);
        }
    }
    endpoints
}

/// What we would rather do first, whatever the order of the list. Methods that are not known here,
/// such as those of mutual TLS, are left out.
fn in_our_order(names: &[&str]) -> Vec<ClientAuth> {
    let ways = [
        ("private_key_jwt", ClientAuth::Assertion),
        ("client_secret_jwt", ClientAuth::Assertion),
        ("client_secret_basic", ClientAuth::Basic),
        ("client_secret_post", ClientAuth::Post),
        ("none", ClientAuth::None),
    ];
    let listed = ways.into_iter().filter(|(name, _)| names.contains(name));
    let mut listed: Vec<_> = listed.map(|(_, way)| way).collect();
    listed.dedup();
    listed
}

/// A URL that a document names: of the web, without user, password or fragment.
fn url(document: &Map<String, Json>, name: &str, over_tls: bool) -> Result<Option<Url>> {
    let text = match document.get(name) {
        // Some servers write an endpoint that they do not have.
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(text)) if text.is_empty() => return Ok(None),
        Some(Json::String(text)) => text,
        Some(_) => return Err(broken(name)),
    };
    let url = Url::parse(text).map_err(|_| broken(name))?;
    let is_bare = url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "https" | "http") || !is_bare || url.fragment().is_some() {
        return Err(broken(name));
    }
    // check: 23
    if over_tls && url.scheme() != "https" {
        let message = format!("the metadata came over https, and its {name} is not");
        return Err(Error::security("plain_http", message));
    }
    Ok(Some(url))
}

fn flag(document: &Map<String, Json>, name: &str) -> bool {
    document.get(name).and_then(Json::as_bool).unwrap_or_default()
}

fn texts<'a>(document: &'a Map<String, Json>, name: &str) -> Option<Vec<&'a str>> {
    let list = document.get(name)?.as_array()?;
    Some(list.iter().filter_map(Json::as_str).collect())
}

fn missing(name: &str) -> Error {
    Error::malformed(format!("the metadata has no {name}")).with_reason("metadata")
}

fn broken(name: &str) -> Error {
    Error::malformed(format!("the metadata's {name} is no usable URL")).with_reason("metadata")
}

#[cfg(test)]
mod tests;
