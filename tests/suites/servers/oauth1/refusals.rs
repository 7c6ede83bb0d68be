//! What each engine refuses, and what it comes to.

use hallpass_core::{
    AuthorizationRequest, Callback, ErrorKind,
    http::{Method, StatusCode},
};
use hallpass_oauth1::{
    ClientCredentials, OAuth1Config, Placement, RsaKey, SignatureMethod, Signer, TokenCredentials,
};

use super::{
    ENGINES, Engine, FORM, HMAC, PLACEMENTS, RSA, SPECIAL, config, copy, credentials, placements,
    redirect_uri, request, sent, signed, token, visit, with_body,
};
use crate::shared::OAUTH1;

#[tokio::test]
async fn a_wrong_verifier_is_refused() {
    for engine in ENGINES {
        let client = engine.client_of(config(HMAC));
        let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let landing = visit(&login.url).await;
        let verifier = &landing.params["oauth_verifier"];
        let forged = landing.url.replace(verifier.as_str(), "abcdefghijklmnopqrstuvwxyz0123");
        assert_ne!(forged, landing.url);
        let callback = Callback::from_url(&forged).unwrap();
        let error = client.get_access_token(callback, login.pending).await.unwrap_err();
        // Authlib has no word for it but that of a bad request.
        let status = match engine.0 {
            "oauthlib" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let want = (ErrorKind::Denied, Some(status));
        assert_eq!((error.kind(), error.status()), want, "{engine:?}: {error}");
    }
}

#[tokio::test]
async fn a_callback_of_another_login_is_not_sent() {
    for engine in ENGINES {
        let client = engine.client_of(config(HMAC));
        let mine = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let other = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let callback = Callback::from_url(&visit(&other.url).await.url).unwrap();
        let error = client.get_access_token(callback, mine.pending).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("state")));
        assert_eq!(error.status(), None, "{engine:?}: nothing was sent");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_for_the_programmer() {
    for engine in ENGINES {
        for method in engine.methods().into_iter().filter(|method| !method.is_rsa()) {
            let wrong = ClientCredentials::new(HMAC, "guessed");
            let config = OAuth1Config::new(wrong).with_signature_method(method);
            let client = engine.client_of(config.with_redirect_uri(redirect_uri()).unwrap());
            let begun = client.get_authorization_url(AuthorizationRequest::new()).await;
            let error = begun.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{engine:?} {method}: {error}");
            assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED), "{engine:?} {method}");
            assert!(!error.to_string().contains("guessed"));
        }
    }
}

#[tokio::test]
async fn the_key_of_another_client_is_refused() {
    let other = OAUTH1.client("client-rsa-other").unwrap().private_pem().unwrap();
    let key = RsaKey::from_pem(&other.into()).unwrap();
    for engine in ENGINES {
        for method in engine.methods().into_iter().filter(|method| method.is_rsa()) {
            let wrong = ClientCredentials::rsa(RSA, key.clone());
            let signer = Signer::new(wrong).with_method(method).unwrap();
            let url = format!("{}/x", engine.url("two_legged"));
            let answer = sent(signed(&signer, request(Method::GET, &url), None)).await;
            assert_eq!(answer.status, 401, "{engine:?} {method}");
        }
    }
}

#[tokio::test]
async fn a_request_is_good_once() {
    for engine in ENGINES {
        let token = TokenCredentials::of(&token(&engine.client_of(config(HMAC))).await).unwrap();
        for method in engine.methods().into_iter().filter(|method| !method.is_rsa()) {
            for placement in placements(method) {
                let signer = Signer::new(credentials(HMAC)).with_method(method).unwrap();
                let signer = signer.with_placement(placement);
                let url = format!("{}/x", engine.url("api"));
                let call = signed(&signer, request(Method::POST, &url), Some(&token));
                let what = format!("{engine:?} {method} {placement:?}");
                assert_eq!(sent(copy(&call)).await.status, 200, "{what}");
                assert_eq!(sent(call).await.status, 401, "{what}: replayed");
            }
        }
    }
}

#[tokio::test]
async fn what_was_changed_on_the_way_is_refused() {
    for engine in ENGINES {
        let methods = engine.methods().into_iter();
        for method in methods.filter(|method| *method != SignatureMethod::Plaintext) {
            let id = if method.is_rsa() { RSA } else { HMAC };
            for placement in PLACEMENTS {
                tampered(
                    engine,
                    Signer::new(credentials(id)).with_method(method).unwrap(),
                    placement,
                )
                .await;
            }
        }
    }
}

async fn tampered(engine: Engine, signer: Signer, placement: Placement) {
    let what = format!("{engine:?} {signer:?} {placement:?}");
    let signer = signer.with_placement(placement);
    let url = format!("{}/x?a=1", engine.url("two_legged"));
    let good = || signed(&signer, with_body(request(Method::POST, &url), FORM, b"pay=1"), None);
    assert_eq!(sent(good()).await.status, 200, "{what}: {}", OAUTH1.stderr());
    let mut form = good();
    form.body = String::from_utf8(form.body).unwrap().replace("pay=1", "pay=9").into_bytes();
    let mut query = good();
    let changed = query.url.query().unwrap().replace("a=1", "a=2");
    query.url.set_query(Some(&changed));
    let mut path = good();
    let changed = path.url.path().replace("/x", "/y");
    path.url.set_path(&changed);
    let mut verb = good();
    verb.method = Method::PUT;
    for changed in [form, query, path, verb] {
        assert_eq!(sent(changed).await.status, 401, "{what}");
    }
}

#[tokio::test]
async fn a_body_that_was_changed_is_refused_where_it_was_hashed() {
    for engine in ENGINES {
        for method in engine.methods() {
            let id = if method.is_rsa() { RSA } else { HMAC };
            let signer = Signer::new(credentials(id)).with_method(method).unwrap();
            let url = format!("{}/x", engine.url("two_legged"));
            for (signer, want) in [(signer.clone(), 200), (signer.with_body_hash(), 401)] {
                let call =
                    with_body(request(Method::POST, &url), "application/json", b"{\"pay\":1}");
                let mut call = signed(&signer, call, None);
                call.body = b"{\"pay\":9}".to_vec();
                assert_eq!(sent(call).await.status, want, "{engine:?} {method}");
            }
        }
    }
}

#[tokio::test]
async fn the_token_of_another_application_is_refused() {
    for engine in ENGINES {
        let foreign = token(&engine.client_of(config(SPECIAL))).await;
        let client = engine.client_of(config(HMAC));
        let error = client.get_profile(&foreign).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{engine:?}: {error}");
        assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
        let unknown =
            TokenCredentials::new("abcdefghijklmnopqrstuvwxyz0123", "secret").into_token();
        let error = client.get_profile(&unknown).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{engine:?}: {error}");
    }
}

#[tokio::test]
async fn a_wrong_token_secret_is_refused() {
    for engine in ENGINES {
        let client = engine.client_of(config(HMAC));
        let good = TokenCredentials::of(&token(&client).await).unwrap();
        let wrong = TokenCredentials::new(good.token().expose(), "guessed").into_token();
        let error = client.get_profile(&wrong).await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED), "{engine:?}: {error}");
    }
}
