//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_huggingface::{
    FIXTURES, HuggingFace, HuggingFaceOrganization, HuggingFaceUser, OAuth2Token, Secret,
};
use hallpass_testkit::Contract;
use serde_json::{Value, json};

#[test]
fn hugging_face_keeps_its_contract() {
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://huggingface.co","aud":"ID","sub":"6401f2e3d4c5b6a798081726"}}"#;
    Contract::new(HuggingFace::new, FIXTURES)
        .token(OAuth2Token::from_storage(&Secret::new(stored)).expect("a stored token"))
        .operation("user", async |client, _| {
            // Without claims, so that what is shown is of userinfo alone.
            let token = OAuth2Token::from_access_token("TOKEN");
            let user = HuggingFaceUser::from_profile(&client.get_profile(&token).await?)?;
            let organizations: Vec<_> = user.organizations.iter().map(shown).collect();
            Ok(json!({
                "is_pro": user.is_pro,
                "can_pay": user.can_pay,
                "organizations": organizations,
            }))
        })
        .operation("token_exchange", async |client, _| {
            let grant = HuggingFace::token_exchange("robin@oak.test");
            let token = client.request_token(grant).await?;
            let sub = token.claims().map(|claims| claims.subject().to_owned());
            Ok(json!({ "scope": token.scope(), "sub": sub }))
        })
        .run();
}

fn shown(organization: &HuggingFaceOrganization) -> Value {
    json!({
        "sub": organization.sub,
        "name": organization.preferred_username,
        "plan": organization.plan,
        "role": format!("{:?}", organization.role_in_org),
        "restrictions": format!("{:?}", organization.security_restrictions),
    })
}
