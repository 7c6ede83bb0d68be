//! Each way a client proves itself, as metadata and credential decide it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hallpass_core::{
    ClientAuth, ClientConfig, ErrorKind, OAuth2Client, OAuthError, Result, Revoke, Secret,
};
use hallpass_openid::{OpenIdOAuth2, introspect};
use hallpass_tests::{server::RealServer, user::User};
use serde_json::{Value, json};

use super::{
    BASIC, begin, check_oauth, client, config, form, names, op, sent_with, sign_in, signer,
    visit_as,
};
use crate::op::callback;
use crate::raw::jwt;
use crate::shared::{CANAILLE, OP};

/// Both halves need form-encoding before they are put into Basic.
const ENCODED: &str = "client:basic special/+%";
const EDDSA: &str = "client-private-key-jwt-eddsa";
const OF_BOTH: [&str; 5] = [
    BASIC,
    "client-post",
    "client-public",
    "client-private-key-jwt-rs256",
    "client-private-key-jwt-es256",
];

#[tokio::test]
async fn every_client_of_oidc_provider_proves_itself_as_it_is_registered() {
    for id in OF_BOTH.into_iter().chain([ENCODED, "client-secret-jwt-hs256", EDDSA]) {
        let client = client(&OP, id);
        let login = begin(&client).await;
        let landing = visit_as(&User::new(), &OP, login.url.as_str()).await;
        let code = landing.params["code"].clone();
        let token = client.get_access_token(callback(&landing), login.pending).await;
        let token = token.unwrap_or_else(|error| panic!("{id}: {error}\n{}", OP.stderr()));
        let sent = sent_with(&OP, "/token", &code).await;
        check_sent(id, &sent[0]);

        // The other endpoints list nothing of their own: the same way.
        assert!(introspect(&client, token.access_token()).await.unwrap().is_active(), "{id}");
        client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
        assert!(!introspect(&client, token.access_token()).await.unwrap().is_active(), "{id}");
    }
}

/// Exactly one proof, and the right one.
fn check_sent(id: &str, sent: &Value) {
    let registered = OP.client(id).unwrap();
    let form = form(sent);
    let basic = sent["headers"]["authorization"].as_str();
    let mut proofs = names(&form);
    proofs.retain(|name| name.starts_with("client_"));
    assert_eq!(
        form["client_secret"].as_str(),
        registered.secret().ok().filter(|_| id == "client-post")
    );
    match registered.token_endpoint_auth_method().unwrap() {
        "none" => assert_eq!((basic, &*proofs), (None, &["client_id"][..])),
        "client_secret_post" => {
            assert_eq!((basic, &*proofs), (None, &["client_id", "client_secret"][..]));
        }
        "client_secret_basic" => {
            assert!(proofs.is_empty(), "{id}: {form}");
            let basic = BASE64_STANDARD.decode(basic.unwrap().strip_prefix("Basic ").unwrap());
            let pair = [id, registered.secret().unwrap()].map(encoded);
            assert_eq!(String::from_utf8(basic.unwrap()).unwrap(), pair.join(":"));
        }
        _ => {
            let want = ["client_assertion", "client_assertion_type", "client_id"];
            assert_eq!((basic, &*proofs), (None, &want[..]));
            let [header, claims] = jwt(form["client_assertion"].as_str().unwrap());
            let alg = registered.token_endpoint_auth_signing_alg().unwrap();
            assert_eq!(header["alg"], alg);
            assert_eq!(header["kid"].as_str(), registered.key_id().ok(), "{id}");
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!(id), &json!(id)));
            assert_eq!(claims["aud"], OP.issuer());
        }
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn every_client_of_canaille_proves_itself_as_it_is_registered() {
    for id in OF_BOTH {
        let client = client(&CANAILLE, id);
        let token = sign_in(&CANAILLE, &client).await.token;
        let token = client.refresh_token(&token).await.unwrap();
        let is_active = introspect(&client, token.access_token()).await;
        let is_active = is_active.map(|found| found.is_active());
        let revoked = client.revoke_token(&token, Revoke::AccessToken).await.map(|()| true);
        for result in [is_active, revoked] {
            check_basic_alone(id, result);
        }
    }
}

/// For introspection and revocation, canaille lists Basic alone.
#[track_caller]
fn check_basic_alone(id: &str, result: Result<bool>) {
    match id {
        // Where it says POST, that is for the token endpoint, whose list has it: here the list counts.
        BASIC | "client-post" => assert!(result.unwrap()),
        // A public client has nothing but its name.
        "client-public" => {
            check_oauth(&result.unwrap_err(), ErrorKind::Config, "invalid_client");
        }
        _ => {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Config, None), "{error}");
        }
    }
}

#[tokio::test]
async fn canaille_refuses_the_eddsa_that_it_lists() {
    let client = client(&CANAILLE, EDDSA);
    let redirect_uri = CANAILLE.client(EDDSA).unwrap().redirect_uri().unwrap();
    let error = client.dangerously_exchange_code(Secret::new("no code"), redirect_uri, None).await;
    let error = error.unwrap_err();
    check_oauth(&error, ErrorKind::Config, "invalid_client");
    let said = error.oauth().and_then(OAuthError::description);
    assert_eq!(said, Some("Algorithm of 'EdDSA' is not recommended"));
}

#[tokio::test]
async fn a_wrong_secret_or_key_is_for_the_programmer() {
    let redirect_uri = OP.client(BASIC).unwrap().redirect_uri().unwrap();
    let other_key = OP.client("client-jar-required").unwrap().private_pem().unwrap();
    let of = |server: &RealServer, config| OAuth2Client::new(op(server), config).unwrap();
    let code = || Secret::new("no code");
    let bare = |id: &'static str| ClientConfig::new(id).with_redirect_uri(redirect_uri).unwrap();
    for server in [&*OP, &*CANAILLE] {
        let es256 = "client-private-key-jwt-es256";
        let forged = signer(server, server.client(es256).unwrap(), other_key);
        for (id, wrong) in [
            (BASIC, bare(BASIC).with_secret("wrong")),
            (
                "client-post",
                bare("client-post").with_secret("w").with_client_auth(ClientAuth::Post),
            ),
            // A client with a secret that does not use it.
            (BASIC, bare(BASIC)),
            (es256, bare(es256).with_assertion(forged)),
        ] {
            let right = of(server, config(server, id));
            let right = right.dangerously_exchange_code(code(), redirect_uri, None).await;
            check_oauth(&right.unwrap_err(), ErrorKind::Denied, "invalid_grant");
            let wrong: OpenIdOAuth2 = of(server, wrong);
            let wrong = wrong.dangerously_exchange_code(code(), redirect_uri, None).await;
            check_oauth(&wrong.unwrap_err(), ErrorKind::Config, "invalid_client");
        }
    }
}
