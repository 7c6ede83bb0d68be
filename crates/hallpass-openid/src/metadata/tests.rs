use hallpass_core::ErrorKind;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://op.test";

fn small() -> Json {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.test/authorize",
        "token_endpoint": "https://op.test/token",
    })
}

/// The smallest document, with some members more or others.
fn with(changes: &Json) -> Json {
    let mut document = small();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

fn read(changes: &Json) -> Result<Metadata> {
    Metadata::read(&with(changes), ISSUER, Some(ISSUER), true)
}

fn endpoints(changes: &Json) -> Arc<Endpoints> {
    read(changes).unwrap().endpoints
}

/// That `document` is refused, and in which words.
#[track_caller]
fn check_refused(document: &Json, kind: ErrorKind, reason: &str) {
    let error = Metadata::read(document, ISSUER, Some(ISSUER), true).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (kind, Some(reason)), "{document}");
}

#[track_caller]
fn check_malformed(changes: &Json) {
    check_refused(&with(changes), ErrorKind::Malformed, "metadata");
}

#[test]
fn two_endpoints_and_an_issuer_are_enough() {
    let metadata = read(&json!({})).unwrap();
    let endpoints = &metadata.endpoints;
    assert_eq!(endpoints.authorization().as_str(), "https://op.test/authorize");
    assert_eq!(endpoints.token().as_str(), "https://op.test/token");
    assert_eq!(endpoints.issuer(), Some(ISSUER));
    assert_eq!(endpoints.end_session(), None);
    assert!(!endpoints.is_iss_promised() && !endpoints.is_par_required());
    assert_eq!(endpoints.client_auth(None), Some([ClientAuth::Basic].as_slice()));
    assert_eq!(metadata.jwks_uri, None);
    assert_eq!(metadata.algorithms(JwtKind::IdToken), None);
    for (_, endpoint) in ENDPOINTS {
        assert_eq!(endpoints.get(endpoint).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn everything_that_is_named_is_found() {
    let mut changes = json!({
        "end_session_endpoint": "https://op.test/logout",
        "jwks_uri": "https://keys.test/jwks",
        "authorization_response_iss_parameter_supported": true,
        "require_pushed_authorization_requests": true,
        "signed_metadata": "ignored.as.ever",
        "grant_types_supported": 7,
    });
    for (name, _) in ENDPOINTS {
        changes[name] = json!(format!("https://op.test/{name}"));
    }
    let metadata = read(&changes).unwrap();
    let endpoints = &metadata.endpoints;
    for (name, endpoint) in ENDPOINTS {
        assert!(endpoints.get(endpoint).unwrap().as_str().ends_with(name));
    }
    assert_eq!(endpoints.end_session().unwrap().as_str(), "https://op.test/logout");
    assert_eq!(metadata.jwks_uri.unwrap().as_str(), "https://keys.test/jwks");
    assert!(endpoints.is_iss_promised() && endpoints.is_par_required());
}

#[test]
fn an_endpoint_that_is_null_or_empty_is_none() {
    for nothing in [json!(null), json!("")] {
        let endpoints = endpoints(&json!({
            "userinfo_endpoint": nothing, "end_session_endpoint": nothing, "jwks_uri": nothing,
        }));
        assert!(endpoints.get(Endpoint::Userinfo).is_err());
        assert_eq!(endpoints.end_session(), None);
        check_malformed(&json!({ "token_endpoint": nothing }));
        check_malformed(&json!({ "authorization_endpoint": nothing }));
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for document in [json!([]), json!("text"), json!(null)] {
        check_refused(&document, ErrorKind::Malformed, "metadata");
    }
    for name in ["authorization_endpoint", "token_endpoint"] {
        let mut document = small();
        document.as_object_mut().unwrap().remove(name);
        check_refused(&document, ErrorKind::Malformed, "metadata");
    }
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    for issuer in [
        json!("https://op.test/"),
        json!("https://OP.test"),
        json!("https://op.test:443"),
        json!("http://op.test"),
        json!("https://op.tes"),
        json!(" https://op.test"),
        json!([ISSUER]),
        json!(null),
        json!(""),
    ] {
        check_refused(&with(&json!({ "issuer": issuer })), ErrorKind::Security, "issuer");
    }
    let mut document = small();
    document.as_object_mut().unwrap().remove("issuer");
    check_refused(&document, ErrorKind::Security, "issuer");
}

#[test]
fn an_endpoint_is_a_url_of_the_web_without_credentials_or_fragment() {
    for name in ["token_endpoint", "authorization_endpoint", "jwks_uri", "end_session_endpoint"] {
        for url in [
            json!(1),
            json!(["https://op.test/a"]),
            json!({}),
            json!(false),
            json!("/relative"),
            json!("op.test/a"),
            json!("https://"),
            json!("https://user@op.test/a"),
            json!("https://:secret@op.test/a"),
            json!("https://op.test/a#fragment"),
            json!("javascript:alert(1)"),
            json!("file:///etc/passwd"),
        ] {
            check_malformed(&json!({ name: url }));
        }
        assert!(read(&json!({ name: "https://op.test/a?tenant=1" })).is_ok());
    }
}

#[test]
fn a_document_that_came_over_tls_names_nothing_without() {
    let names = ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"];
    for name in names.into_iter().chain(ENDPOINTS.map(|(name, _)| name)) {
        for url in ["http://op.test/a", "http://127.0.0.1/a"] {
            let document = with(&json!({ name: url }));
            check_refused(&document, ErrorKind::Security, "plain_http");
            assert!(Metadata::read(&document, ISSUER, None, false).is_ok());
        }
    }
}

#[test]
fn a_name_that_differs_from_tenant_to_tenant_is_none() {
    let metadata = Metadata::read(&small(), ISSUER, None, true).unwrap();
    assert_eq!(metadata.endpoints.issuer(), None);
}

#[test]
fn a_flag_is_true_or_it_is_not_set() {
    for flag in [json!("true"), json!(1), json!(null), json!([true]), json!(false)] {
        let endpoints = endpoints(&json!({
            "authorization_response_iss_parameter_supported": flag,
            "require_pushed_authorization_requests": flag,
        }));
        assert!(!endpoints.is_iss_promised() && !endpoints.is_par_required(), "{flag}");
    }
}

#[test]
fn client_authentication_is_what_the_provider_lists_in_our_order() {
    use ClientAuth::{Assertion, Basic, None, Post};
    check_ways(&json!(["client_secret_post", "client_secret_basic"]), &[Basic, Post]);
    check_ways(&json!(["client_secret_post"]), &[Post]);
    check_ways(&json!(["none", "client_secret_post", "private_key_jwt"]), &[Assertion, Post, None]);
    check_ways(&json!(["client_secret_jwt", "private_key_jwt"]), &[Assertion]);
    check_ways(&json!(["tls_client_auth", 7, "self_signed_tls_client_auth"]), &[]);
    check_ways(&json!([]), &[]);
    check_ways(&json!("client_secret_post"), &[Basic]);
    check_ways(&json!(null), &[Basic]);
}

#[track_caller]
fn check_ways(list: &Json, want: &[ClientAuth]) {
    let endpoints = endpoints(&json!({ "token_endpoint_auth_methods_supported": list }));
    assert_eq!(endpoints.client_auth(None), Some(want), "{list}");
    assert_eq!(endpoints.client_auth(Some(Endpoint::Revocation)), Some(want), "{list}");
}

#[test]
fn an_endpoint_with_a_list_of_its_own_goes_by_that() {
    let endpoints = endpoints(&json!({
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_post"],
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
    }));
    let at = |endpoint| endpoints.client_auth(Some(endpoint)).unwrap();
    assert_eq!(at(Endpoint::Revocation), [ClientAuth::Post]);
    assert_eq!(at(Endpoint::Introspection), [ClientAuth::Assertion]);
    assert_eq!(at(Endpoint::PushedAuthorization), [ClientAuth::Basic]);
}

#[test]
fn algorithms_are_those_that_are_listed_and_known() {
    let of = |list: &Json, kind| {
        let metadata = read(&json!({ "id_token_signing_alg_values_supported": list })).unwrap();
        metadata.algorithms(kind).map(<[Algorithm]>::to_vec)
    };
    let list = json!(["none", "ES256", 7, "RS256", "rs512", "XYZ"]);
    let known = Some(vec![Algorithm::Es256, Algorithm::Rs256]);
    assert_eq!(of(&list, JwtKind::IdToken), known);
    assert_eq!(of(&list, JwtKind::LogoutToken), known);
    assert_eq!(of(&list, JwtKind::Userinfo), known);
    assert_eq!(of(&json!(["none"]), JwtKind::IdToken), Some(vec![]));
    assert_eq!(of(&json!("RS256"), JwtKind::IdToken), None);
    assert_eq!(of(&json!(null), JwtKind::IdToken), None);
    let both = read(&json!({
        "id_token_signing_alg_values_supported": ["RS256"],
        "userinfo_signing_alg_values_supported": ["ES256"],
    }));
    let both = both.unwrap();
    assert_eq!(both.algorithms(JwtKind::Userinfo), Some([Algorithm::Es256].as_slice()));
    assert_eq!(both.algorithms(JwtKind::IdToken), Some([Algorithm::Rs256].as_slice()));
}
