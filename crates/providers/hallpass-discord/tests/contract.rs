//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_discord::{Discord, DiscordGuild, FIXTURES};
use hallpass_testkit::Contract;

#[test]
fn discord_keeps_its_contract() {
    Contract::new(Discord::new, FIXTURES)
        .operation("guilds", async |client, token| {
            let guilds = client.provider().guilds(client.api(token)).await?;
            let row = |guild: &DiscordGuild| {
                serde_json::json!({
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
            Ok(serde_json::json!({
                "application_id": found.application_id(),
                "is_ours": found.is_for(client.client_id()),
                "scopes": found.scopes().collect::<Vec<_>>(),
                "expires": found.expires(),
                "user": found.user().map(|user| &user["id"]),
            }))
        })
        .run();
}
