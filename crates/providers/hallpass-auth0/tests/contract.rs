//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_auth0::{Algorithm, Auth0, Auth0Domain, FIXTURES, OAuth2Token, Provider, Secret};
use hallpass_core::Json;
use hallpass_testkit::Contract;

#[test]
fn auth0_keeps_its_contract() {
    keeps_it(Auth0::new, FIXTURES);
}

#[test]
fn an_application_of_another_algorithm_keeps_the_same_contract() {
    let texts: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, swapped(text))).collect();
    let fixtures: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    keeps_it(|domain| Auth0::new(domain).with_algorithms([Algorithm::Hs256]), &fixtures);
}

/// Each algorithm in the other's place: to either application, the other's is refused.
fn swapped(text: &str) -> String {
    let parts = text.split("ID_TOKEN{").map(|part| part.replace("ID_TOKEN_HS256{", "ID_TOKEN{"));
    parts.collect::<Vec<_>>().join("ID_TOKEN_HS256{")
}

#[track_caller]
fn keeps_it(new: impl Fn(&Auth0Domain) -> Auth0, fixtures: &[(&str, &str)]) {
    let domain: Auth0Domain = "login.oak.test".parse().unwrap();
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH","claims":{
        "iss":"https://login.oak.test/","aud":"ID","sub":"auth0|1a2b3c4d5e6f708192a3b4c5",
        "org_id":"org_oak2elm3ash4beec","org_name":"oak-trees"}}"#;
    Contract::new(|| new(&domain), fixtures)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).unwrap())
        .operation("organization", async |client, token| {
            let auth0 = client.provider().clone().with_organization("org_oak2elm3ash4beec");
            let profile = auth0.profile(client.api(token)).await?;
            // What is not in the ID token is refused before userinfo is asked.
            let another = client.provider().clone().with_organization("org_elm1ash7oak5beec");
            let refused = another.profile(client.api(token)).await.err();
            let members = [
                ("id", Json::from(profile.id())),
                ("org_id", profile.raw()["org_id"].clone()),
                ("another", refused.and_then(|error| error.reason()).into()),
            ];
            Ok(members.into_iter().collect())
        })
        .run();
}
