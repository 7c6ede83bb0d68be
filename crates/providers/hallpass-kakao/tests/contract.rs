//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{collections::BTreeSet, fs, path::Path};

use hallpass_kakao::{
    ClientConfig, ErrorKind, FIXTURES, Kakao, OAuth2Client, OAuth2Token, OPENID_FIXTURES, Provider,
    Revoke, Secret,
};
use hallpass_testkit::Contract;
use serde_json::json;

#[test]
fn kakao_keeps_its_contract() {
    with_operations(Contract::new(Kakao::new, FIXTURES))
        .operation("same_user", async |client, _| {
            Ok(json!(client.get_profile(&verified_token()).await?.id()))
        })
        .run();
}

#[test]
fn kakao_keeps_its_contract_by_openid_connect() {
    let contract = Contract::new(Kakao::openid, OPENID_FIXTURES);
    with_operations(contract.token(verified_token())).run();
}

/// A token that a verified ID token came with.
fn verified_token() -> OAuth2Token {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://kauth.kakao.com","aud":"ID","sub":"4041700042"}}"#;
    OAuth2Token::from_storage(&Secret::new(stored)).unwrap()
}

fn with_operations(contract: Contract<'_, Kakao>) -> Contract<'_, Kakao> {
    contract
        .operation("unlink", async |client, token| {
            client.provider().unlink(client.api(token)).await?;
            Ok(json!(null))
        })
        .operation("token_info", async |client, token| {
            let found = client.provider().token_info(client.api(token)).await?;
            Ok(json!({
                "user_id": found.user_id(),
                "app_id": found.app_id(),
                "is_ours": found.is_for(550_011),
                "expires_in": found.expires_in().as_secs(),
            }))
        })
}

#[test]
fn every_exchange_by_openid_connect_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openid");
    let files = fs::read_dir(folder).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().to_string_lossy().into()).collect();
    let shared: BTreeSet<_> = FIXTURES.iter().collect();
    let own = OPENID_FIXTURES.iter().filter(|fixture| !shared.contains(fixture));
    assert_eq!(own.map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), files);
    for (name, text) in OPENID_FIXTURES {
        let first = text.lines().next().unwrap_or_default();
        let is_dated = first.contains(", read 20") || first.ends_with(", recalled, not re-read");
        assert!(first.starts_with("# ") && is_dated, "{name}: {first}");
    }
}

#[tokio::test]
async fn a_logout_ends_no_grant_and_a_client_needs_no_secret() {
    let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb").unwrap();
    for kakao in [Kakao::new(), Kakao::openid()] {
        let client = OAuth2Client::new(kakao, config.clone()).unwrap();
        let token = OAuth2Token::from_access_token("TOKEN");
        let error = client.revoke_token(&token, Revoke::Grant).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, None));
    }
    assert!(Kakao::new().id_tokens().is_none());
    assert!(Kakao::openid().id_tokens().is_some());
}
