use hallpass_core::{ErrorKind, Json, Result, http::Method};
use hallpass_testkit::{
    ForgedSignature, Jwks, Landing, LocalClient, LocalProvider, SigningAlgorithm, SigningKey,
    Tamper,
};
use serde_json::json;

use crate::support::{
    NOW, TestClock, decoded, encoded, endpoint, jwks, login, provider, send, verified,
};

const BYE: &str = "https://app.test/bye";

async fn leave(local: &LocalProvider, params: &[(&str, &str)]) -> Result<Landing> {
    let url = endpoint(local, "end_session_endpoint").await;
    local.browser().sign_out(format!("{url}?{}", encoded(params))).await
}

fn hint(token: &Json) -> &str {
    token["id_token"].as_str().unwrap()
}

async fn refused(local: &LocalProvider, params: &[(&str, &str)]) {
    let error = leave(local, params).await.unwrap_err();
    let got = (error.kind(), error.status().map(|status| status.as_u16()));
    assert_eq!(got, (ErrorKind::Config, Some(400)), "{params:?}");
}

#[tokio::test]
async fn a_logout_goes_back_with_its_state() {
    let clock = TestClock::new();
    let local = provider(|builder| builder.with_clock(clock.clone())).await;
    let token = login(&local).await;
    let params =
        [("id_token_hint", hint(&token)), ("post_logout_redirect_uri", BYE), ("state", "s&1")];
    let landing = leave(&local, &params).await.unwrap();
    assert_eq!(landing.url(), "https://app.test/bye?state=s%261");
    let landing = leave(&local, &params[..2]).await.unwrap();
    assert_eq!(landing.url(), BYE);
    let with_query = [params[0], ("post_logout_redirect_uri", "https://app.test/?a=b"), params[2]];
    let landing = leave(&local, &with_query).await.unwrap();
    assert_eq!(landing.url(), "https://app.test/?a=b&state=s%261");
    clock.turn(100_000);
    local.rotate_keys();
    leave(&local, &params).await.unwrap();
    assert_eq!(local.count("end_session"), 4);

    let url = endpoint(&local, "end_session_endpoint").await;
    let response = send(Method::POST, &url, &[], &params).await;
    assert_eq!(response.headers["location"], "https://app.test/bye?state=s%261");
    let by_name = [("client_id", local.client_id()), params[1]];
    assert_eq!(leave(&local, &by_name).await.unwrap().url(), BYE);
}

#[tokio::test]
async fn a_logout_that_leads_nowhere_ends_on_a_page() {
    let local = provider(|builder| builder).await;
    let token = login(&local).await;
    let url = endpoint(&local, "end_session_endpoint").await;
    let query = encoded(&[("id_token_hint", hint(&token))]);
    let page = local.browser().open(format!("{url}?{query}")).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().contains("You are signed out"));
    assert_eq!(leave(&local, &[]).await.unwrap_err().kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn a_hint_is_the_providers_own_whatever_it_signs_with() {
    use SigningAlgorithm::{EdDsa, Hs256, None, Ps256};
    for algorithm in [EdDsa, Hs256, None, Ps256] {
        let local = provider(|builder| builder.with_signing_algorithm(algorithm)).await;
        let token = login(&local).await;
        let params = [("id_token_hint", hint(&token)), ("post_logout_redirect_uri", BYE)];
        leave(&local, &params).await.unwrap();
    }
    let local = provider(|builder| builder.with_jwks(Jwks::SeveralWithoutKeyId)).await;
    let token = login(&local).await;
    let params = [("id_token_hint", hint(&token)), ("post_logout_redirect_uri", BYE)];
    leave(&local, &params).await.unwrap();
}

#[tokio::test]
async fn a_foreign_or_changed_hint_is_refused() {
    let local =
        provider(|builder| builder.with_client(LocalClient::new("other").with_secret("s"))).await;
    let token = login(&local).await;
    let own = hint(&token);
    let (_, claims) = decoded(own);
    let claims = claims.as_object().unwrap();
    let forged = SigningKey::rs256().jwt(claims);
    let unsigned = SigningKey::none().jwt(claims);
    let by_secret = SigningKey::hs256(local.client_secret()).jwt(claims);
    let bye = ("post_logout_redirect_uri", BYE);
    for wrong in [&*forged, &unsigned, &by_secret, "no jwt", &own[..own.len() - 4]] {
        refused(&local, &[("id_token_hint", wrong), bye]).await;
        refused(&local, &[("id_token_hint", wrong)]).await;
    }
    local.tamper(Tamper::id_token(|token| token.append("iss", "1")));
    let of_another_issuer = login(&local).await;
    refused(&local, &[("id_token_hint", hint(&of_another_issuer)), bye]).await;
    refused(&local, &[("id_token_hint", own), ("client_id", "other"), bye]).await;
    refused(&local, &[("client_id", "nobody"), bye]).await;
    refused(&local, &[bye]).await;
    refused(&local, &[("id_token_hint", own), bye, bye]).await;
    let named = [("id_token_hint", own), ("client_id", local.client_id()), bye];
    leave(&local, &named).await.unwrap();
}

#[tokio::test]
async fn where_nothing_is_signed_a_hint_says_so() {
    let local = provider(|it| it.with_signing_algorithm(SigningAlgorithm::None)).await;
    local.tamper(Tamper::id_token(|token| {
        token.header.insert("alg".to_owned(), json!("RS256"));
    }));
    let token = login(&local).await;
    refused(&local, &[("id_token_hint", hint(&token))]).await;
    local.clear_tampering();
    local.tamper(Tamper::id_token(|token| {
        token.signature = ForgedSignature::Bytes(vec![1]);
    }));
    let token = login(&local).await;
    refused(&local, &[("id_token_hint", hint(&token))]).await;
}

#[tokio::test]
async fn a_client_may_list_where_its_users_go() {
    let strict = LocalClient::new("strict").with_post_logout_redirect_uri(BYE);
    let local = provider(|builder| builder.with_client(strict)).await;
    let any = ("client_id", local.client_id());
    for (client, uri, want) in [
        (("client_id", "strict"), BYE, true),
        (("client_id", "strict"), "https://app.test/bye/", false),
        (("client_id", "strict"), "http://127.0.0.1:1/bye", false),
        (any, "https://any.test/", true),
        (any, "http://127.0.0.1:1/bye", true),
        (any, "http://any.test/", false),
        (any, "javascript:alert(1)", false),
    ] {
        let left = leave(&local, &[client, ("post_logout_redirect_uri", uri)]).await;
        assert_eq!(left.is_ok(), want, "{client:?} {uri}");
    }
}

#[tokio::test]
async fn a_logout_token_is_for_the_session_that_was_last() {
    let local = provider(|builder| builder).await;
    let before = verified(&jwks(&local).await, &local.logout_token("ada", |_| {}));
    assert!(before.get("sid").is_none(), "nobody signed in");
    let token = login(&local).await;
    let (_, id_token) = decoded(hint(&token));
    for user in ["ada", "1001"] {
        let jwt = local.logout_token(user, |_| {});
        assert_eq!(decoded(&jwt).0["typ"], "logout+jwt");
        let mut claims = verified(&jwks(&local).await, &jwt);
        let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
        assert!(jti.as_str().is_some_and(|jti| jti.len() > 20));
        let want = json!({
            "iss": local.issuer(),
            "aud": local.client_id(),
            "sub": "1001",
            "sid": id_token["sid"],
            "iat": NOW,
            "exp": NOW + 120,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(claims, want);
    }
    let stranger = local.logout_token("stranger", |_| {});
    assert_eq!(decoded(&stranger).1["sub"], "stranger");
    let changed = local.logout_token("ada", |token| {
        token.set("nonce", "n");
        token.remove("sid");
        token.unsign();
    });
    let (header, claims) = decoded(&changed);
    assert_eq!((&header["alg"], &claims["nonce"]), (&json!("none"), &json!("n")));
    assert!(claims.get("sid").is_none() && changed.ends_with('.'));
}
