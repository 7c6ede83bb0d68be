//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::{collections::BTreeSet, fs, path::Path};

use hallpass_discord::{
    Discord, DiscordGuild, FIXTURES, OAuth2Token, OPENID_FIXTURES, Provider, Secret,
};
use hallpass_testkit::Contract;
use serde_json::json;

#[test]
fn discord_keeps_its_contract() {
    with_operations(Contract::new(Discord::new, FIXTURES))
        .operation("same_user", async |client, _| {
            Ok(json!(client.get_profile(&verified_token()).await?.id()))
        })
        .run();
}

#[test]
fn discord_keeps_its_contract_by_openid_connect() {
    with_operations(Contract::new(Discord::openid, OPENID_FIXTURES).token(verified_token()))
        .operation("userinfo", async |client, token| {
            let found = client.api(token).userinfo().await?;
            Ok(json!([found["sub"], found["preferred_username"]]))
        })
        .run();
}

/// A token that a verified ID token came with.
fn verified_token() -> OAuth2Token {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://discord.com","aud":"ID","sub":"330011000000000042"}}"#;
    OAuth2Token::from_storage(&Secret::new(stored)).unwrap()
}

fn with_operations(contract: Contract<'_, Discord>) -> Contract<'_, Discord> {
    contract
        .operation("guilds", async |client, token| {
            let guilds = client.provider().guilds(client.api(token)).await?;
            let row = |guild: &DiscordGuild| {
                json!({
                    "id": guild.id(),
                    "name": guild.name(),
                    "icon": guild.icon(),
                    "is_owner": guild.is_owner(),
                    "permissions": guild.permissions(),
                    "features": guild.features().collect::<Vec<_>>(),
                })
            };
            Ok(guilds.iter().map(row).collect())
        })
        .operation("current_authorization", async |client, token| {
            let found = client.provider().current_authorization(client.api(token)).await?;
            Ok(json!({
                "application_id": found.application_id(),
                "is_ours": found.is_for(client.client_id()),
                "scopes": found.scopes().collect::<Vec<_>>(),
                "expires": found.expires(),
                "user": found.user().map(|user| &user["id"]),
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

#[test]
fn id_tokens_are_verified_by_openid_connect_alone() {
    let (plain, openid) = (Discord::new(), Discord::openid());
    assert!(plain.id_tokens().is_none() && openid.id_tokens().is_some());
    let endpoints = |discord: &Discord| {
        let descriptor = discord.descriptor();
        (descriptor.name().to_owned(), descriptor.scopes().map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(endpoints(&plain), ("discord".into(), vec!["identify".into(), "email".into()]));
    let scopes = vec!["openid".into(), "identify".into(), "email".into()];
    assert_eq!(endpoints(&openid), ("discord".into(), scopes));
}
