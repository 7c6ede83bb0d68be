//! Logouts that begin at the application.

use hallpass_core::{ErrorKind, Secret};
use hallpass_openid::{LogoutRequest, OpenIdOAuth2, OpenIdParams, PendingLogout, Prompt, logout};
use hallpass_tests::{
    server::RealServer,
    user::{Outcome, User},
};

use super::{
    BASIC, check_oauth, check_refused, client, names, query, sign_in, sign_in_as, visit_as,
};
use crate::op::callback;
use crate::shared::{CANAILLE, OP};

#[tokio::test]
async fn a_user_who_signs_out_comes_back_with_the_state_of_that_logout() {
    for server in [&*OP, &*CANAILLE] {
        let client = client(server, BASIC);
        let folder = tempfile::tempdir().unwrap();
        let user = server.user("bob").unwrap().jar(folder.path().join("jar").to_str().unwrap());
        let token = sign_in_as(&user, server, &client).await.unwrap().token;

        let to = server.client(BASIC).unwrap().post_logout_redirect_uri().unwrap().to_owned();
        let request = LogoutRequest::new().with_redirect_uri(to.clone());
        let leaving = logout(&client, Some(&token), request.clone()).await.unwrap();
        let landing = user.sign_in(leaving.url.as_str(), &to).await.unwrap();
        assert_eq!(landing.outcome, Outcome::Redirect, "{}", landing.text);
        assert_eq!(query(leaving.url.as_str())["state"], landing.params["state"]);
        let again = leaving.pending.expose_for_session();
        let again = || PendingLogout::from_session(&again).unwrap();
        again().verify(&landing.response).unwrap();

        let another = logout(&client, Some(&token), request).await.unwrap();
        check_refused(&another.pending.verify(&landing.response).unwrap_err(), "state");
        let altered = landing.response.replace("state=", "state=x");
        check_refused(&again().verify(&altered).unwrap_err(), "state");
        check_refused(&again().verify("").unwrap_err(), "state");
        check_signed_out(server, &client, &user).await;
    }
}

/// Nobody is signed in any more: a login without questions is refused.
async fn check_signed_out(server: &RealServer, client: &OpenIdOAuth2, user: &User) {
    let params = OpenIdParams::new().with_prompt(Prompt::None);
    let login = client.authorize().scopes(["openid"]).params(&params).start().await.unwrap();
    let landing = visit_as(user, server, login.url.as_str()).await;
    let error = client.get_access_token(callback(&landing), login.pending).await.unwrap_err();
    check_oauth(&error, ErrorKind::Denied, "login_required");
}

#[tokio::test]
async fn a_logout_names_the_user_by_the_id_token_unless_it_is_left_out() {
    let client = client(&OP, BASIC);
    let token = sign_in(&OP, &client).await.token;
    let with = logout(&client, Some(&token), LogoutRequest::new()).await.unwrap();
    let said = query(with.url.as_str());
    assert_eq!(names(&said), ["client_id", "id_token_hint"], "no state without a way back");
    assert_eq!(said["id_token_hint"].as_str(), token.id_token().map(Secret::expose));
    let request = LogoutRequest::new().without_id_token_hint();
    let without = logout(&client, Some(&token), request).await.unwrap();
    assert_eq!(names(&query(without.url.as_str())), ["client_id"]);
}
