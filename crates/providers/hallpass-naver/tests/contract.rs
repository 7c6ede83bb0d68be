//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::expect_used, reason = "what fails in a helper fails the test")]

use std::{collections::BTreeSet, fs, path::Path};

use hallpass_core::CodeBinding;
use hallpass_naver::{
    FIXTURES, Naver, NaverAgreement, OAuth2Token, OPENID_FIXTURES, Provider, Secret,
};
use hallpass_testkit::Contract;

#[test]
fn naver_keeps_its_contract() {
    with_operations(Contract::new(Naver::new, FIXTURES))
        .operation("same_user", async |client, _| {
            Ok(serde_json::json!(client.get_profile(&verified_token()).await?.id()))
        })
        .run();
}

#[test]
fn naver_keeps_its_contract_by_openid_connect() {
    let contract = Contract::new(Naver::openid, OPENID_FIXTURES);
    with_operations(contract.token(verified_token())).run();
}

/// A token that a verified ID token came with.
fn verified_token() -> OAuth2Token {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://nid.naver.com","aud":"ID","sub":"nv-4207-robin"}}"#;
    OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token")
}

fn with_operations(contract: Contract<'_, Naver>) -> Contract<'_, Naver> {
    contract
        .operation("consent", async |client, token| {
            let consent = client.provider().consent(client.api(token)).await?;
            Ok(serde_json::json!({
                "expire_date": consent.expire_date(),
                "items": consent.items().collect::<Vec<_>>(),
                "email": consent.allows("email"),
                "mobile": consent.allows("mobile"),
            }))
        })
        .operation("agreements", async |client, token| {
            let agreements = client.provider().agreements(client.api(token)).await?;
            let row = |one: &NaverAgreement| {
                serde_json::json!([one.term_code(), one.client_id(), one.agree_date()])
            };
            Ok(agreements.iter().map(row).collect())
        })
}

#[test]
fn every_exchange_by_openid_connect_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openid");
    let files = fs::read_dir(folder).expect("the folder");
    let files: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into()).collect();
    let listed: BTreeSet<String> =
        OPENID_FIXTURES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, files);
    for (name, text) in OPENID_FIXTURES {
        let first = text.lines().next().unwrap_or_default();
        let is_dated = first.contains(", read 20") || first.ends_with(", recalled, not re-read");
        assert!(first.starts_with("# ") && is_dated, "{name}: {first}");
    }
}

#[test]
fn pkce_binds_the_code_by_openid_connect_alone() {
    let (plain, openid) = (Naver::new(), Naver::openid());
    let is_state_alone = plain.descriptor().code_binding() == CodeBinding::StateOnly;
    assert!(is_state_alone, "authorize.accepted.http: its challenge would be counted on");
    let source = plain.descriptor().code_binding_source();
    assert!(source.is_some_and(|page| page.starts_with("https://developers.naver.com/")));
    assert_eq!(openid.descriptor().code_binding(), CodeBinding::Pkce);
}
