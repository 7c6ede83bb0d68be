//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_core::Json;
use hallpass_shopify::{AccessMode, ClientConfig, FIXTURES, OAuth2Token, ShopDomain, Shopify};
use hallpass_testkit::Contract;

#[test]
fn shopify_keeps_its_contract() {
    let shop: ShopDomain = "oak-trees.myshopify.com".parse().expect("a shop");
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri("https://app.test/cb").expect("a redirect URI");
    Contract::new(|| Shopify::new(&shop), FIXTURES)
        .config(config.with_scopes(["write_orders", "read_customers"]))
        .operation("session_token", async |client, _| {
            let grant = client.provider().session_token("SESSION", AccessMode::Offline);
            Ok(summary(&client.request_token(grant).await?))
        })
        .operation("online_user", async |client, _| {
            let grant = client.provider().session_token("SESSION", AccessMode::Online);
            let profile = client.get_profile(&client.request_token(grant).await?).await?;
            let said = [
                ("id", Some(profile.id())),
                ("verified_email", profile.verified_email()),
                ("name", profile.name()),
                ("locale", profile.locale()),
            ];
            Ok(said.into_iter().collect())
        })
        .operation("migrate", async |client, token| {
            Ok(summary(&client.request_token(Shopify::migrate(token)).await?))
        })
        .operation("shop", async |client, token| client.provider().shop(client.api(token)).await)
        .operation("uninstall", async |client, token| {
            client.provider().uninstall(client.api(token)).await.map(|()| Json::Null)
        })
        .run();
}

fn summary(token: &OAuth2Token) -> Json {
    let said = [
        ("scope", Json::from(token.scope())),
        ("has_refresh_token", token.refresh_token().is_some().into()),
        ("expires", token.expires_at().is_some().into()),
    ];
    said.into_iter().collect()
}
