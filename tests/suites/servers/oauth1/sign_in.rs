//! The whole login.

use hallpass_core::{AuthorizationRequest, Callback, ErrorKind, OAuth2Token, http::Method};
use hallpass_oauth1::{OAuth1Client, OAuth1Config, Placement, SignatureMethod};
use hallpass_tests::user::Outcome;
use serde_json::json;

use super::{
    ENGINES, Engine, HMAC, PLACEMENTS, RSA, SPECIAL, config, credentials, placements, redirect_uri,
    token, visit,
};
use crate::shared::OAUTH1;

#[tokio::test]
async fn every_method_signs_a_user_in_wherever_its_parameters_go() {
    let mut count = 0;
    for engine in ENGINES {
        for method in engine.methods() {
            for placement in placements(method) {
                let id = if method.is_rsa() { RSA } else { HMAC };
                whole_flow(engine, id, method, placement).await;
                count += 1;
            }
        }
    }
    assert_eq!(count, 3 * (7 + 3) - 2);
}

#[tokio::test]
async fn an_id_and_a_secret_of_all_characters_sign_in() {
    for engine in ENGINES {
        for placement in PLACEMENTS {
            whole_flow(engine, SPECIAL, SignatureMethod::HmacSha1, placement).await;
        }
        // In a query or a form, oauthlib decodes a signature with a `%` in it twice.
        whole_flow(engine, SPECIAL, SignatureMethod::Plaintext, Placement::Header).await;
    }
}

async fn whole_flow(engine: Engine, id: &str, method: SignatureMethod, placement: Placement) {
    let what = format!("{engine:?} {id} {method} {placement:?}");
    let client = engine.client(id, method, placement);
    let login = client.get_authorization_url(AuthorizationRequest::new()).await;
    let login = login.unwrap_or_else(|error| panic!("{what}: {error}\n{}", OAUTH1.stderr()));
    let landing = visit(&login.url).await;
    assert_eq!(landing.outcome, Outcome::Redirect, "{what}");
    let callback = Callback::from_url(&landing.url).unwrap();
    let signed_in = client.sign_in(callback, login.pending).await;
    let signed_in =
        signed_in.unwrap_or_else(|error| panic!("{what}: {error}\n{}", OAUTH1.stderr()));
    assert_eq!(signed_in.profile.id(), "1001", "{what}");
    assert_eq!(signed_in.profile.username(), Some("alice"), "{what}");

    let url = format!("{}/things?a=1", engine.url("api"));
    let call = client.api(&signed_in.token).post(&url).form([("b", "2")]);
    let said = call.read().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((&said["client"], &said["user"]), (&json!(id), &json!("alice")), "{what}");
    // What a login needs goes into no call.
    for name in ["oauth_callback", "oauth_verifier"] {
        assert!(said["oauth"][name].is_null(), "{what}: {name}");
    }
    let in_header = said["authorization"].as_str().is_some_and(|it| it.starts_with("OAuth "));
    let in_query = said["target"].as_str().is_some_and(|it| it.contains("oauth_signature="));
    let want = match placement {
        Placement::Header => (true, false),
        Placement::Query => (false, true),
        _ => (false, false),
    };
    assert_eq!((in_header, in_query), want, "{what}");
}

#[tokio::test]
async fn a_user_who_says_no_is_a_denial() {
    for engine in ENGINES {
        let client = engine.client(HMAC, SignatureMethod::HmacSha1, Placement::Header);
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let bob = OAUTH1.user("bob").unwrap().deny();
        let landing = bob.sign_in(login.url.as_ref(), redirect_uri()).await.unwrap();
        assert_eq!(landing.outcome, Outcome::Redirect);
        let callback = Callback::from_url(&landing.url).unwrap();
        assert!(callback.is_refusal(), "{engine:?}");
        // Authlib does not say which login was refused.
        let reason = (engine.0 == "authlib").then_some("nameless");
        assert_eq!(callback.belongs_to(&login.pending), reason.is_none(), "{engine:?}");
        let error = client.get_access_token(callback, login.pending).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.reason()),
            (ErrorKind::Denied, reason),
            "{engine:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_code_that_is_shown_is_typed_in() {
    for engine in ENGINES {
        let client = engine.client_of(OAuth1Config::new(credentials(HMAC)).with_out_of_band());
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let landing = OAUTH1.user("alice").unwrap().open(login.url.as_ref()).await.unwrap();
        assert_eq!(landing.outcome, Outcome::Page, "{engine:?}");
        let code = landing.text.rsplit(' ').next().unwrap();
        let callback = Callback::out_of_band(&login.pending, code).unwrap();
        let token = client.get_access_token(callback, login.pending).await.unwrap();
        let profile = client.get_profile(&token).await.unwrap();
        assert_eq!(profile.username(), Some("alice"), "{engine:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_stored_goes_on_signing() {
    for engine in ENGINES {
        let client = engine.client_of(config(HMAC));
        let stored = token(&client).await.expose_for_storage();
        let token = OAuth2Token::from_storage(&stored).unwrap();
        let again = engine.client_of(config(HMAC));
        assert_eq!(again.get_profile(&token).await.unwrap().id(), "1001", "{engine:?}");
    }
}

#[tokio::test]
async fn both_steps_may_be_gets_and_have_parameters_of_the_applications() {
    for engine in ENGINES {
        for method in [Method::GET, Method::POST] {
            for placement in PLACEMENTS {
                let what = format!("{engine:?} {method} {placement:?}");
                // Authlib gives temporary credentials to a POST alone.
                let first = if engine.0 == "authlib" { Method::POST } else { method.clone() };
                let provider = engine.provider().with_temporary_method(first);
                let provider = provider.with_token_method(method.clone());
                let config = config(HMAC)
                    .with_placement(placement)
                    .with_temporary_param("scope", "all of it & more")
                    .with_authorization_param("lang", "é")
                    .with_token_param("audience", "a=b");
                let client = OAuth1Client::new(provider, config).unwrap();
                let request = AuthorizationRequest::new().param("scope", "+ %2B");
                let request = request.token_param("mode", "~");
                let login = client.get_authorization_url(request).await;
                let login =
                    login.unwrap_or_else(|error| panic!("{what}: {error}\n{}", OAUTH1.stderr()));
                assert!(login.url.as_str().contains("lang=%C3%A9"), "{what}");
                assert!(!login.url.as_str().contains("scope="), "{what}");
                let landing = visit(&login.url).await;
                let callback = Callback::from_url(&landing.url).unwrap();
                let signed_in = client.sign_in(callback, login.pending).await;
                let signed_in = signed_in
                    .unwrap_or_else(|error| panic!("{what}: {error}\n{}", OAUTH1.stderr()));
                assert_eq!(signed_in.profile.id(), "1001", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_realm_is_said_and_not_signed() {
    for engine in ENGINES {
        let client = engine.client_of(config(HMAC).with_realm("api"));
        let token = token(&client).await;
        let url = format!("{}/realm", engine.url("api"));
        let said = client.api(&token).get(&url).read().await.unwrap();
        let header = said["authorization"].as_str().unwrap();
        assert!(header.starts_with("OAuth realm=\"api\", "), "{engine:?}: {header}");
    }
}
