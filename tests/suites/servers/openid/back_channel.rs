//! Logouts that begin elsewhere: the server tells the application.

use std::sync::Arc;

use hallpass_core::{JwtKind, Secret, VerifiedClaims, http::StatusCode};
use hallpass_openid::{BackchannelLogout, MemoryReplayStore, OpenIdOAuth2};
use hallpass_tests::{receiver::Receiver, server::RealServer, user::User};

use super::{check_refused, client, sign_in_as};

const WITH_SID: &str = "client-backchannel-logout";
const WITHOUT_SID: &str = "client-backchannel-logout-sub";

#[tokio::test]
async fn a_logout_token_ends_the_session_that_it_names_once() {
    let (server, mut receiver) = start().await;
    let [with_sid, without_sid] = [WITH_SID, WITHOUT_SID].map(|id| client(&server, id));
    let folder = tempfile::tempdir().unwrap();
    let alice = User::new().jar(folder.path().join("jar").to_str().unwrap());
    let ours = sign_in_as(&alice, &server, &with_sid).await.unwrap().token;
    let ours = ours.claims().unwrap();
    let of_other_client = sign_in_as(&alice, &server, &without_sid).await.unwrap().token;
    let of_other_client = of_other_client.claims().unwrap();
    let of_other_login = sign_in_as(&User::new(), &server, &with_sid).await.unwrap().token;
    let of_other_login = of_other_login.claims().unwrap();
    let logout = BackchannelLogout::new(Arc::new(MemoryReplayStore::new()));

    // One for each client in alice's session, and one for the other session.
    assert_eq!(server.logout_all().await.unwrap().len(), 3);
    let (mut sessions, mut users) = (Vec::new(), 0);
    for _ in 0..3 {
        let request = receiver.next().await.unwrap();
        let body = request.body().as_bytes();
        let (id_of, other) = match logout.receive(&with_sid, body).await {
            Ok(logged_out) => {
                assert_eq!(logged_out.subject(), Some("alice"));
                assert_eq!(logged_out.issuer(), server.issuer());
                let ends = [logged_out.ends(ours), logged_out.ends(of_other_login)];
                assert!(ends[0] != ends[1], "one session, not all of the user");
                sessions.push(logged_out.session().unwrap().to_owned());
                (&with_sid, &without_sid)
            }
            Err(error) => {
                check_refused(&error, "aud");
                let logged_out = logout.receive(&without_sid, body).await.unwrap();
                assert_eq!((logged_out.subject(), logged_out.session()), (Some("alice"), None));
                assert!(logged_out.ends(of_other_client), "all of the user");
                users += 1;
                (&without_sid, &with_sid)
            }
        };
        check_again(&logout, id_of, other, body).await;
    }
    let sid = |claims: &VerifiedClaims| claims.get("sid").unwrap().as_str().unwrap().to_owned();
    sessions.sort();
    let mut want = [sid(ours), sid(of_other_login)];
    want.sort();
    assert_eq!((sessions, users), (want.to_vec(), 1));
}

/// What came once is refused, and what is for one client is refused by the other.
async fn check_again(
    logout: &BackchannelLogout,
    client: &OpenIdOAuth2,
    other: &OpenIdOAuth2,
    body: &[u8],
) {
    let again = logout.receive(client, body).await;
    assert_eq!(BackchannelLogout::answer(&again).0, StatusCode::BAD_REQUEST);
    check_refused(&again.unwrap_err(), "replay");
    check_refused(&logout.receive(other, body).await.unwrap_err(), "aud");
    let jwt = std::str::from_utf8(body).unwrap().strip_prefix("logout_token=").unwrap();
    let error = client.verify_jwt(&Secret::new(jwt), JwtKind::IdToken).await.unwrap_err();
    check_refused(&error, "typ");
}

#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    let (server, _receiver) = start().await;
    let client = client(&server, WITH_SID);
    let token = sign_in_as(&User::new(), &server, &client).await.unwrap().token;
    let logout = BackchannelLogout::new(Arc::new(MemoryReplayStore::new()));
    let body = format!("logout_token={}", token.id_token().unwrap().expose());
    check_refused(&logout.receive(&client, body.as_bytes()).await.unwrap_err(), "events");
}

async fn start() -> (RealServer, Receiver) {
    let receiver = Receiver::start(StatusCode::OK).await.unwrap();
    let option = format!("--backchannel-logout-uri={}", receiver.url("/logout"));
    let server = RealServer::start("oidc-provider", &[&option]).unwrap();
    (server, receiver)
}
