//! Userinfo as JSON and as a signed JWT.

use hallpass_core::Descriptor;
use hallpass_openid::OpenIdOAuth2;
use hallpass_tests::server::RealServer;

use super::{BASIC, check_refused, client, client_of, op, sign_in, try_sign_in};
use crate::shared::{CANAILLE, OP};

fn client_with_signed(server: &RealServer, id: &str) -> OpenIdOAuth2 {
    client_of(op(server).with_descriptor(Descriptor::with_signed_userinfo), server, id)
}

#[tokio::test]
async fn signed_userinfo_is_verified_whether_or_not_it_was_expected() {
    // That of oidc-provider has times, that of canaille none.
    for (server, id) in [
        (&*OP, "client-userinfo-jwt"),
        (&*OP, "client-id-token-es256"),
        (&*CANAILLE, "client-userinfo-rs256"),
        (&*CANAILLE, "client-userinfo-es256"),
    ] {
        let token = sign_in(server, &client(server, id)).await.token;
        let client = client_with_signed(server, id);
        let profile = client.get_profile(&token).await.unwrap();
        assert_eq!(profile.id(), "alice", "{id}");
        assert_eq!(profile.email(), Some("alice@example.test"), "{id}");
        assert!(!profile.raw()["aud"].is_null(), "{id}: of a JWT");
    }
}

#[tokio::test]
async fn unsigned_userinfo_is_refused_where_the_descriptor_says_signed() {
    for server in [&*OP, &*CANAILLE] {
        let error = try_sign_in(server, &client_with_signed(server, BASIC)).await.unwrap_err();
        check_refused(&error, "unsigned");
    }
}
