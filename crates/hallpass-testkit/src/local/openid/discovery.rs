//! What the provider says of itself: OpenID Connect Discovery section 3, RFC 8414 section 2, and
//! its keys.

use hallpass_core::{
    Json, Pkce,
    http::{Method as HttpMethod, StatusCode},
};
use serde_json::json;

use super::{
    super::{
        shared::{Shared, locked},
        wire::{Answer, Asked},
    },
    State,
    client_auth::Method,
    tamper,
};

/// RFC 8628 section 3.4.
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What a client may sign an assertion with.
const ASSERTION_ALGORITHMS: [&str; 7] =
    ["HS256", "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"];

pub(super) fn metadata(shared: &Shared, state: &State, asked: &Asked) -> Answer {
    if asked.method != HttpMethod::GET {
        return Answer::not_allowed("GET");
    }
    let mut document = document(shared, state);
    tamper::discovery(&state.tampers(), &mut document);
    Answer::json(StatusCode::OK, &document)
}

pub(super) fn jwks(state: &State, asked: &Asked) -> Answer {
    if asked.method != HttpMethod::GET {
        return Answer::not_allowed("GET");
    }
    let mut jwks = locked(&state.keys).current().jwks();
    tamper::jwks(&state.tampers(), &mut jwks);
    Answer::json(StatusCode::OK, &jwks)
}

fn document(shared: &Shared, state: &State) -> Json {
    let (base, settings) = (shared.origins.issuer(), &state.settings);
    let at = |path: &str| format!("{base}{path}");
    let pkce = if shared.descriptor.pkce() == Pkce::Plain { "plain" } else { "S256" };
    let grants: &[_] = match shared.descriptor.offers_refresh() {
        true => &["authorization_code", "refresh_token", "client_credentials", DEVICE],
        false => &["authorization_code", "client_credentials", DEVICE],
    };
    let mut document = json!({
        "issuer": state.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at(&state.jwks_path),
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "device_authorization_endpoint": at("/device_authorization"),
        "pushed_authorization_request_endpoint": at("/par"),
        "require_pushed_authorization_requests": settings.needs_pushed,
        "end_session_endpoint": at("/end_session"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "scopes_supported": ["openid", "profile", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grants,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [settings.algorithm.as_str()],
        "code_challenge_methods_supported": [pkce],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "nonce", "at_hash", "acr", "auth_time", "sid",
            "name", "preferred_username", "picture", "locale", "email", "email_verified",
        ],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        // RFC 9126 has its own member; where this one is missing, it is true.
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    if settings.signs_userinfo {
        document["userinfo_signing_alg_values_supported"] = json!([settings.algorithm.as_str()]);
    }
    put_auth_methods(&mut document, state);
    document
}

fn put_auth_methods(document: &mut Json, state: &State) {
    let methods = &state.settings.auth_methods;
    let signed = [Method::SecretJwt, Method::PrivateKeyJwt];
    let algorithms: Vec<_> = ASSERTION_ALGORITHMS
        .into_iter()
        .filter(|name| {
            let method = if *name == "HS256" { signed[0] } else { signed[1] };
            state.settings.takes(method)
        })
        .collect();
    for endpoint in ["token", "revocation", "introspection"] {
        // What anybody may call would tell anybody whose token it is: RFC 7662 section 2.1.
        let listed = methods
            .iter()
            .filter(|name| endpoint != "introspection" || *name != Method::None.as_str());
        document[format!("{endpoint}_endpoint_auth_methods_supported")] =
            listed.cloned().collect::<Json>();
        if !algorithms.is_empty() {
            document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")] =
                json!(algorithms);
        }
    }
}
