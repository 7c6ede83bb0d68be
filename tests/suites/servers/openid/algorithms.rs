//! Each algorithm that ID tokens are signed with.

use hallpass_core::JwtKind::IdToken;
use hallpass_openid::Algorithm::{self, EdDsa, Es256, Es512, Hs256, Ps256, Rs256};
use hallpass_tests::server::RealServer;

use super::{BASIC, check_refused, client, client_of, op, sign_in, try_sign_in};
use crate::raw::jwt;
use crate::shared::{CANAILLE, OP};

#[tokio::test]
async fn an_id_token_is_verified_with_the_algorithm_that_its_client_is_registered_for() {
    for algorithm in [Rs256, Ps256, Es256, Es512, EdDsa] {
        check(&OP, algorithm).await;
    }
    for algorithm in [Rs256, Ps256, Es256, EdDsa] {
        check(&CANAILLE, algorithm).await;
    }
}

/// At oidc-provider, userinfo is signed in the same way.
async fn check(server: &RealServer, algorithm: Algorithm) {
    let name = algorithm.as_str();
    let id = format!("client-id-token-{}", name.to_lowercase());
    // What metadata lists, and then this one alone.
    let signed_in = sign_in(server, &client(server, &id)).await;
    assert_eq!(signed_in.profile.id(), "alice");
    let id_token = signed_in.token.id_token().unwrap();
    assert_eq!(jwt(id_token.expose())[0]["alg"], name, "{}", server.name());

    let only = client_of(op(server).with_algorithms([algorithm]), server, &id);
    assert_eq!(only.verify_jwt(id_token, IdToken).await.unwrap().subject(), "alice");
    let other = if algorithm == Es256 { Rs256 } else { Es256 };
    let other = client_of(op(server).with_algorithms([other, Hs256]), server, &id);
    check_refused(&other.verify_jwt(id_token, IdToken).await.unwrap_err(), "alg");
}

#[tokio::test]
async fn an_hmac_is_taken_where_it_is_named_and_nowhere_else() {
    let id = "client-id-token-hs256";
    let named = client_of(op(&OP).with_algorithms([Hs256]), &OP, id);
    let signed_in = sign_in(&OP, &named).await;
    assert_eq!(signed_in.profile.id(), "alice");
    let id_token = signed_in.token.id_token().unwrap();
    assert_eq!(jwt(id_token.expose())[0]["alg"], "HS256");
    // The server's metadata lists it.
    let error = try_sign_in(&OP, &client(&OP, id)).await.unwrap_err();
    check_refused(&error, "alg");
    // Another client's secret is another key.
    let other = client_of(op(&OP).with_algorithms([Hs256]), &OP, BASIC);
    let error = other.verify_jwt(id_token, IdToken).await.unwrap_err();
    check_refused(&error, "signature");
}
