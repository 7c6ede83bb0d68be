//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_slack::{FIXTURES, OAuth2Token, Provider, Secret, Slack};
use hallpass_testkit::Contract;

#[test]
fn slack_keeps_its_contract() {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://slack.com","aud":"ID","sub":"U0RB7W2K9",
            "https://slack.com/team_id":"T0AK1QZ5"}}"#;
    Contract::new(Slack::new, FIXTURES)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token"))
        .operation("with_team", async |client, token| {
            let slack = client.provider().clone().with_team("T0AK1QZ5");
            // Somebody who brings no claims: the profile alone says which workspace it is.
            let bare = OAuth2Token::from_access_token(token.access_token().expose());
            Ok(slack.profile(client.api(&bare)).await?.id().into())
        })
        .run();
}
