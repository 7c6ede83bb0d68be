use std::sync::atomic::{AtomicU64, Ordering};

use hallpass_core::{Json, OAuth2Client, Revoke};
use hallpass_testkit::{LocalClient, LocalProvider, SigningAlgorithm, SigningKey, User};
use serde_json::{Map, json};

use crate::support::{
    CALLBACK, NOW, Pairs, basic, code, endpoint, post, provider, redemption, wish, with,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Answers a token request of a client with this proof.
async fn redeem(
    local: &LocalProvider,
    id: &str,
    header: Option<&str>,
    proof: &[(&str, &str)],
) -> (u16, Json) {
    let code = code(local, &wish(id)).await;
    let mut form: Pairs<'_> = redemption(&code);
    form.extend(proof);
    let headers: Vec<_> = header.map(|value| ("authorization", value)).into_iter().collect();
    post(&endpoint(local, "token_endpoint").await, &headers, &form).await
}

async fn refused(local: &LocalProvider, id: &str, header: Option<&str>, proof: &[(&str, &str)]) {
    let (status, reply) = redeem(local, id, header, proof).await;
    let got = (status, reply["error"].as_str());
    assert_eq!(got, (401, Some("invalid_client")), "{header:?} {proof:?}");
}

async fn accepted(local: &LocalProvider, id: &str, header: Option<&str>, proof: &[(&str, &str)]) {
    let (status, reply) = redeem(local, id, header, proof).await;
    assert_eq!(status, 200, "{header:?} {proof:?}: {reply}");
    assert!(reply.get("id_token").is_some());
}

fn assertion(text: &str) -> Pairs<'_> {
    vec![("client_assertion_type", JWT_BEARER), ("client_assertion", text)]
}

/// What a client says of itself, for this audience.
fn claims(id: &str, audience: &str) -> Map<String, Json> {
    // Not from a clock: two in a row may read the same time.
    static SAID: AtomicU64 = AtomicU64::new(0);
    let jti = SAID.fetch_add(1, Ordering::Relaxed).to_string();
    let claims = json!({
        "iss": id, "sub": id, "aud": audience, "iat": NOW, "exp": NOW + 60, "jti": jti,
    });
    claims.as_object().unwrap().clone()
}

/// A provider with a client for each way, and with one that signs.
async fn world(methods: Option<&[&str]>, key: &SigningKey) -> LocalProvider {
    provider(|builder| {
        let builder = builder
            .with_client(LocalClient::new("secret").with_secret("a secret of theirs"))
            .with_client(LocalClient::new("signing").with_public_jwk(key.public_jwk()))
            .with_client(LocalClient::new("public"));
        match methods {
            Some(methods) => builder.with_token_endpoint_auth_methods(methods.to_vec()),
            None => builder,
        }
    })
    .await
}

#[tokio::test]
async fn each_way_is_taken_and_refused_when_it_is_not_listed() {
    let (key, mac) = (SigningKey::es256(), SigningKey::hs256("a secret of theirs"));
    let all = [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "none",
    ];
    for listed in all.map(Some).into_iter().chain([None]) {
        let local = world(listed.as_ref().map(std::slice::from_ref), &key).await;
        for way in all {
            let by_secret = mac.jwt(&claims("secret", local.issuer()));
            let by_key = key.jwt(&claims("signing", local.issuer()));
            let header = basic("secret", "a+secret+of+theirs");
            let (id, header, proof) = match way {
                "client_secret_basic" => ("secret", Some(header.as_str()), vec![]),
                "client_secret_post" => (
                    "secret",
                    None,
                    vec![("client_id", "secret"), ("client_secret", "a secret of theirs")],
                ),
                "client_secret_jwt" => ("secret", None, assertion(&by_secret)),
                "private_key_jwt" => ("signing", None, assertion(&by_key)),
                _ => ("public", None, vec![("client_id", "public")]),
            };
            match listed.is_none_or(|listed| listed == way) {
                true => accepted(&local, id, header, &proof).await,
                false => refused(&local, id, header, &proof).await,
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_or_missing_proof_is_refused() {
    let key = SigningKey::es256();
    let local = world(None, &key).await;
    let good = basic("secret", "a+secret+of+theirs");
    let by_key = key.jwt(&claims("signing", local.issuer()));
    refused(&local, "secret", Some(&basic("secret", "wrong")), &[]).await;
    refused(&local, "secret", Some(&basic("nobody", "wrong")), &[]).await;
    refused(&local, "secret", Some("Basic ?"), &[]).await;
    refused(&local, "secret", None, &[("client_id", "secret"), ("client_secret", "wrong")]).await;
    refused(&local, "public", None, &[("client_id", "public"), ("client_secret", "any")]).await;
    refused(&local, "secret", None, &[("client_id", "secret")]).await;
    refused(&local, "signing", None, &[("client_id", "signing")]).await;
    refused(&local, "secret", None, &[]).await;
    // Two ways, or two clients.
    let twice = [("client_id", "secret"), ("client_secret", "a secret of theirs")];
    refused(&local, "secret", Some(&good), &twice).await;
    refused(&local, "secret", Some(&good), &assertion(&by_key)).await;
    refused(&local, "secret", Some(&good), &[("client_id", "public")]).await;
    refused(&local, "signing", None, &with(assertion(&by_key), "client_id", "public")).await;
}

#[tokio::test]
async fn an_assertion_is_believed_for_each_audience_and_algorithm() {
    for key in [
        SigningKey::rs256(),
        SigningKey::es384(),
        SigningKey::es512(),
        SigningKey::ed_dsa(),
        SigningKey::ps256(),
    ] {
        let local = world(None, &key).await;
        accepted(&local, "signing", None, &assertion(&key.jwt(&claims("signing", local.issuer()))))
            .await;
    }
    let key = SigningKey::es256();
    let local = world(None, &key).await;
    let token_endpoint = endpoint(&local, "token_endpoint").await;
    accepted(&local, "signing", None, &assertion(&key.jwt(&claims("signing", &token_endpoint))))
        .await;
    let mut list = claims("signing", "");
    list.insert("aud".to_owned(), json!(["https://other.test", local.issuer()]));
    accepted(&local, "signing", None, &assertion(&key.jwt(&list))).await;

    let par = endpoint(&local, "pushed_authorization_request_endpoint").await;
    let for_par = key.jwt(&claims("signing", &par));
    refused(&local, "signing", None, &assertion(&for_par)).await;
    let mut form = wish("signing");
    form.extend(assertion(&for_par));
    let (status, reply) = post(&par, &[], &form).await;
    assert_eq!(status, 201, "{reply}");
}

#[tokio::test]
async fn an_assertion_with_anything_wrong_is_refused() {
    let key = SigningKey::es256();
    let local = world(None, &key).await;
    let good = || claims("signing", local.issuer());
    let changed = |name: &str, value: Json| {
        let mut claims = good();
        match value {
            Json::Null => claims.remove(name),
            value => claims.insert(name.to_owned(), value),
        };
        key.jwt(&claims)
    };
    for (name, value) in [
        ("iss", json!("public")),
        ("iss", json!("nobody")),
        ("sub", json!("public")),
        ("sub", Json::Null),
        ("aud", json!("https://other.test")),
        ("aud", json!(format!("{}/", local.issuer()))),
        ("aud", Json::Null),
        ("exp", json!(NOW)),
        ("exp", Json::Null),
        ("exp", json!("soon")),
        ("nbf", json!(NOW + 1)),
        ("jti", Json::Null),
    ] {
        let text = changed(name, value.clone());
        let (status, reply) = redeem(&local, "signing", None, &assertion(&text)).await;
        let got = (status, reply["error"].as_str());
        assert_eq!(got, (401, Some("invalid_client")), "{name}: {value}");
    }
    let once = key.jwt(&good());
    accepted(&local, "signing", None, &assertion(&once)).await;
    refused(&local, "signing", None, &assertion(&once)).await;

    let by_another = SigningKey::es256().with_key_id(key.key_id().unwrap());
    for text in [
        by_another.jwt(&good()),
        SigningKey::none().jwt(&good()),
        SigningKey::hs256(key.public_jwk().to_string()).jwt(&good()),
        SigningKey::rs256().jwt(&good()),
        key.jwt(&good()).trim_end_matches(|c| c != '.').to_owned(),
        "no jwt".to_owned(),
    ] {
        refused(&local, "signing", None, &assertion(&text)).await;
    }
    let text = key.jwt(&good());
    let other_type = with(assertion(&text), "client_assertion_type", "urn:other");
    refused(&local, "signing", None, &other_type).await;
    // The secret of one client is not the key of another.
    let mac = SigningKey::hs256("a secret of theirs");
    refused(&local, "signing", None, &assertion(&mac.jwt(&good()))).await;
}

#[tokio::test]
async fn a_key_that_names_its_algorithm_is_good_for_no_other() {
    let key = SigningKey::rs256();
    let mut jwk = key.public_jwk();
    jwk["alg"] = json!("PS256");
    let client = LocalClient::new("signing").with_public_jwk(jwk);
    let local = provider(|builder| builder.with_client(client)).await;
    let text = key.jwt(&claims("signing", local.issuer()));
    refused(&local, "signing", None, &assertion(&text)).await;
    let pss = key.with_rsa_algorithm(SigningAlgorithm::Ps256);
    let text = pss.jwt(&claims("signing", local.issuer()));
    accepted(&local, "signing", None, &assertion(&text)).await;
}

#[tokio::test]
async fn the_plain_provider_authenticates_in_a_way_that_is_listed() {
    for listed in [vec!["client_secret_basic"], vec!["client_secret_post", "none"]] {
        let local = provider(|builder| builder.with_token_endpoint_auth_methods(listed)).await;
        let config = local.client_config(CALLBACK).unwrap();
        let client = OAuth2Client::new(local.provider(), config).unwrap();
        let login = client.authorize().start().await.unwrap();
        let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
        let callback = landing.callback().unwrap();
        let token = client.get_access_token(callback, login.pending).await.unwrap();
        client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    }
}

#[tokio::test]
async fn where_all_are_public_the_own_client_needs_no_secret() {
    let local = provider(|builder| builder.with_token_endpoint_auth_methods(["none"])).await;
    let id = local.client_id();
    accepted(&local, id, None, &[("client_id", id)]).await;
    let config = local.client_config(CALLBACK).unwrap();
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
}
