use std::collections::BTreeMap;

use hallpass_core::{Descriptor, ErrorKind, Json, http::Method};
use hallpass_testkit::{Fault, Jwks, LocalProvider, SigningAlgorithm};
use serde_json::json;

use crate::support::{
    ask, decoded, endpoint, get_json, jwks, login, metadata, params, provider, send, wish,
};

/// With those that every provider here has.
fn grants(of_users: &[&str]) -> Json {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    of_users.iter().copied().chain(["client_credentials", device]).collect()
}

#[tokio::test]
async fn the_metadata_are_at_both_addresses_and_name_what_is_served() {
    let local = provider(|builder| builder).await;
    assert_eq!(local.issuer(), local.base_url());
    let document = metadata(&local).await;
    let oauth = format!("{}/.well-known/oauth-authorization-server", local.issuer());
    assert_eq!(get_json(&oauth).await, document);
    assert_eq!(document["issuer"], local.issuer());
    for (member, operation) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("userinfo_endpoint", "userinfo"),
        ("jwks_uri", "jwks"),
        ("revocation_endpoint", "revoke"),
        ("introspection_endpoint", "introspection"),
        ("pushed_authorization_request_endpoint", "pushed_authorization"),
        ("end_session_endpoint", "end_session"),
    ] {
        local.clear_requests();
        let response = send(Method::GET, document[member].as_str().unwrap(), &[], &[]).await;
        assert_ne!(response.status, 404, "{member}");
        assert_eq!(local.count(operation), 1, "{member} is {:?}", local.requests());
    }
}

#[tokio::test]
async fn the_metadata_say_what_the_provider_does() {
    let local = provider(|builder| builder).await;
    let document = metadata(&local).await;
    for (member, want) in [
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query", "form_post"])),
        ("grant_types_supported", grants(&["authorization_code", "refresh_token"])),
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ("userinfo_signing_alg_values_supported", Json::Null),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("require_pushed_authorization_requests", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
        ("backchannel_logout_session_supported", json!(true)),
    ] {
        assert_eq!(document[member], want, "{member}");
    }
    assert_eq!(document["token_endpoint_auth_methods_supported"].as_array().unwrap().len(), 5);
    let may_ask = document["introspection_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(may_ask.len() == 4 && !may_ask.contains(&json!("none")));

    let other = provider(|builder| {
        builder
            .with_signing_algorithm(SigningAlgorithm::Es256)
            .with_token_endpoint_auth_methods(["private_key_jwt"])
            .with_required_pushed_authorization()
            .with_signed_userinfo()
            .with_plain_pkce()
            .without_refresh_tokens()
    })
    .await;
    let document = metadata(&other).await;
    let signed_with = &document["token_endpoint_auth_signing_alg_values_supported"];
    assert!(!signed_with.as_array().unwrap().contains(&json!("HS256")));
    for (member, want) in [
        ("grant_types_supported", grants(&["authorization_code"])),
        ("id_token_signing_alg_values_supported", json!(["ES256"])),
        ("userinfo_signing_alg_values_supported", json!(["ES256"])),
        ("code_challenge_methods_supported", json!(["plain"])),
        ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
        ("require_pushed_authorization_requests", json!(true)),
    ] {
        assert_eq!(document[member], want, "{member}");
    }
    let secrets = ["client_secret_basic", "none"];
    let third = provider(|builder| builder.with_token_endpoint_auth_methods(secrets)).await;
    let document = metadata(&third).await;
    assert!(document.get("token_endpoint_auth_signing_alg_values_supported").is_none());
}

#[tokio::test]
async fn an_issuer_with_a_path_has_its_metadata_where_both_standards_look() {
    let local = provider(|builder| builder.with_issuer_path("/tenant/a")).await;
    let base = local.base_url();
    assert_eq!(local.issuer(), format!("{base}/tenant/a"));
    let document = metadata(&local).await;
    assert_eq!(document["issuer"], local.issuer());
    let inserted = format!("{base}/.well-known/oauth-authorization-server/tenant/a");
    assert_eq!(get_json(&inserted).await, document);
    let landing = ask(&local, &wish(local.client_id())).await.unwrap();
    assert_eq!(params(&landing)["iss"], local.issuer());
    let (_, claims) = decoded(login(&local).await["id_token"].as_str().unwrap());
    assert_eq!(claims["iss"], local.issuer());
    for elsewhere in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/tenant/a/.well-known/oauth-authorization-server",
        "/tenant/b/.well-known/openid-configuration",
    ] {
        let response = send(Method::GET, &format!("{base}{elsewhere}"), &[], &[]).await;
        assert_eq!(response.status, 404, "{elsewhere}");
    }
}

#[tokio::test]
async fn the_keys_are_elsewhere_in_each_run_and_most_of_them_are_decoys() {
    let (one, two) = (provider(|builder| builder).await, provider(|builder| builder).await);
    let path =
        |url: String, local: &LocalProvider| url.strip_prefix(local.base_url()).unwrap().to_owned();
    let first = path(endpoint(&one, "jwks_uri").await, &one);
    assert_ne!(first, path(endpoint(&two, "jwks_uri").await, &two));
    check(
        &jwks(&one).await,
        &[
            ("EC P-256 enc", 1),
            ("EC P-256 sig", 2),
            ("EC secp256k1 sig", 1),
            ("OKP X25519 sig", 1),
            ("RSA enc", 1),
            ("RSA sig", 2),
        ],
    );
    assert!(jwks(&one).await["keys"][0].get("kid").is_some());
    let ed = provider(|builder| builder.with_signing_algorithm(SigningAlgorithm::EdDsa)).await;
    let keys = jwks(&ed).await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 9);
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["crv"] == "Ed25519"));
}

#[tokio::test]
async fn keys_can_be_without_ids() {
    for (shape, of_each) in [(Jwks::OneWithoutKeyId, 1), (Jwks::SeveralWithoutKeyId, 3)] {
        let local = provider(|builder| builder.with_jwks(shape)).await;
        let kinds = ["EC P-256 sig", "EC secp256k1 sig", "OKP X25519 sig", "RSA sig"];
        let keys = jwks(&local).await;
        check(&keys, &kinds.map(|kind| (kind, of_each)));
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| key.get("kid").is_none()));
    }
}

/// Keys by type, curve and use.
#[track_caller]
fn check(jwks: &Json, want: &[(&str, usize)]) {
    let mut kinds = BTreeMap::<String, usize>::new();
    for key in jwks["keys"].as_array().unwrap() {
        assert!(key.get("alg").is_none() && key.get("d").is_none(), "{key}");
        let texts = ["kty", "crv", "use"].map(|name| key[name].as_str());
        let kind = texts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        *kinds.entry(kind).or_default() += 1;
    }
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(kinds, want);
}

#[tokio::test]
async fn what_openid_adds_is_not_there_without_it() {
    let local = LocalProvider::start().await.unwrap();
    assert_eq!(local.issuer(), local.base_url());
    for path in ["/.well-known/openid-configuration", "/par", "/introspect", "/end_session"] {
        let response = send(Method::GET, &format!("{}{path}", local.base_url()), &[], &[]).await;
        assert_eq!(response.status, 404, "{path}");
    }
    assert_eq!(local.logout_token("ada", |_| {}), "");
}

#[tokio::test]
async fn each_operation_meets_its_faults() {
    let local = provider(|builder| builder).await;
    let document = metadata(&local).await;
    for (operation, member) in [
        ("jwks", "jwks_uri"),
        ("userinfo", "userinfo_endpoint"),
        ("introspection", "introspection_endpoint"),
        ("pushed_authorization", "pushed_authorization_request_endpoint"),
        ("end_session", "end_session_endpoint"),
    ] {
        local.fault(Fault::on(operation).status(503));
        let response = send(Method::GET, document[member].as_str().unwrap(), &[], &[]).await;
        assert_eq!(response.status, 503, "{operation}");
    }
    local.fault(Fault::on("discovery").body("application/json", "[]"));
    assert_eq!(metadata(&local).await, json!([]));
    assert_eq!(local.faults_left(), 0);
}

#[tokio::test]
async fn what_cannot_be_a_provider_does_not_start() {
    let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
    let fixture = "# docs.acme.test, recalled, not re-read\n> POST https://acme.test/t\n< 200\n\
        < {\"access_token\":\"TOKEN\",\"token_type\":\"bearer\"}\n= Token { access_token: \"TOKEN\" }\n";
    let fixtures = [("access_token.accepted.http", fixture)];
    let builder = || LocalProvider::builder().with_openid();
    for builder in [
        builder().with_issuer_path("tenant"),
        builder().with_issuer_path("/tenant/"),
        builder().with_issuer_path("/ten?ant"),
        builder().with_token_endpoint_auth_methods(["client_secret"]),
        builder().with_token_endpoint_auth_methods([] as [&str; 0]),
        builder().emulating(&descriptor, &fixtures),
    ] {
        assert_eq!(builder.start().await.unwrap_err().kind(), ErrorKind::Config);
    }
    let emulated = LocalProvider::builder().emulating(&descriptor, &fixtures).start().await;
    assert!(emulated.is_ok(), "{emulated:?}");
}
