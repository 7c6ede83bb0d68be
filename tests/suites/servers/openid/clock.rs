//! Servers whose clock is not ours.

use hallpass_tests::server::RealServer;

use super::{BASIC, check_refused, client, sign_in, try_sign_in};

#[tokio::test]
async fn an_id_token_that_is_over_or_of_the_future_is_refused() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let client = client(&server, BASIC);
    let offset = |seconds: i64| server.shift_clock(seconds);
    // It lives an hour, and a minute is let pass on both sides.
    for (seconds, reason) in [(-3700, "exp"), (120, "iat")] {
        offset(seconds).await.unwrap();
        check_refused(&try_sign_in(&server, &client).await.unwrap_err(), reason);
    }
    for seconds in [-3500, 30] {
        offset(seconds).await.unwrap();
        assert_eq!(sign_in(&server, &client).await.profile.id(), "alice");
    }
}
