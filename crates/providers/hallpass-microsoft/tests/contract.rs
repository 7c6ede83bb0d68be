//! The provider keeps its contract: every recorded exchange, every operation that it offers, in
//! every tenant and cloud.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::collections::BTreeSet;

use hallpass_core::Json;
use hallpass_microsoft::{
    FIXTURES, Microsoft, MicrosoftCloud, MicrosoftOAuth2, OAuth2Token, Result, Secret, Tenant,
    TenantId,
};
use hallpass_testkit::Contract;

/// The tenant of the fixtures, and one that they know nothing of.
const OURS: &str = "0a0a7e57-1111-4222-8333-0123456789ab";
const OTHER: &str = "0b0b7e57-2222-4333-8444-ba9876543210";
/// Fixtures whose ID token is of our tenant, and the one of a personal account.
const OF_OURS: [&str; 6] = [
    "access_token.accepted.http",
    "access_token.online.http",
    "access_token.other_login.http",
    "refresh.accepted.http",
    "refresh.again.http",
    "refresh.somebody_else.http",
];
const PERSONAL: &str = "access_token.personal.http";

/// A token of a login whose ID token also said `more`.
fn token(login_host: &str, more: &str) -> OAuth2Token {
    let stored = format!(
        r#"{{"access_token":"TOKEN","refresh_token":"REFRESH","claims":{{
            "iss":"https://{login_host}/{OURS}/v2.0","aud":"ID","sub":"oakPairwise_42-zQ",
            "tid":"{OURS}","oid":"0c0c7e57-3333-4444-8555-abcdefabcdef",
            "preferred_username":"robin_upn@oak.test"{more}}}}}"#
    );
    OAuth2Token::from_storage(&Secret::new(stored)).unwrap()
}

async fn email(client: &MicrosoftOAuth2, more: &str) -> Result<Json> {
    let token = token("login.microsoftonline.com", more);
    let profile = client.get_profile(&token).await?;
    Ok(serde_json::json!({ "email": profile.email(), "verified": profile.verified_email() }))
}

/// Everything that is wrong with what `new` makes.
fn failures(
    new: impl Fn() -> Microsoft,
    login_host: &str,
    fixtures: &[(&str, &str)],
) -> Vec<String> {
    Contract::new(new, fixtures)
        .token(token(login_host, ""))
        .operation("me", async |client, token| {
            let me = client.provider().me(client.api(token)).await?;
            Ok(["id", "mail", "userPrincipalName"]
                .map(|name| (name, me[name].clone()))
                .into_iter()
                .collect())
        })
        .operation("me_select", async |client, token| {
            let me = client.provider().me_select(client.api(token), &["id", "postalCode"]).await?;
            Ok(["id", "postalCode"].map(|name| (name, me[name].clone())).into_iter().collect())
        })
        .operation("me_select_of_none", async |client, token| {
            let me = client.provider().me_select(client.api(token), &[]).await?;
            Ok(["id", "userPrincipalName"]
                .map(|name| (name, me[name].clone()))
                .into_iter()
                .collect())
        })
        .operation("directory_ids", async |client, token| {
            let profile = client.get_profile(token).await?;
            Ok(serde_json::json!({
                "tenant_id": Microsoft::tenant_id(&profile),
                "object_id": Microsoft::object_id(&profile),
            }))
        })
        .operation("proven_email", async |client, _| {
            email(client, r#","email":"robin@oak.test","xms_edov":"1""#).await
        })
        .operation("listed_email", async |client, _| {
            email(client, r#","verified_primary_email":["robin@oak.test"]"#).await
        })
        .check()
}

#[test]
fn microsoft_keeps_its_contract() {
    let failures = failures(Microsoft::new, "login.microsoftonline.com", FIXTURES);
    assert!(failures.is_empty(), "the contract is broken:\n\n{}", failures.join("\n\n"));
}

#[test]
fn every_tenant_has_its_own_endpoints_and_lets_in_its_own_users() {
    let id = || OURS.parse::<TenantId>().unwrap();
    check(&Tenant::Organizations, &[PERSONAL]);
    check(&"oak.test".parse().unwrap(), &[PERSONAL]);
    check(&Tenant::Id(id()), &[PERSONAL]);
    check(&Tenant::Consumers, &OF_OURS);
    check(&Tenant::Id(TenantId::CONSUMERS), &OF_OURS);
    check(&Tenant::Id(OTHER.parse().unwrap()), &[OF_OURS.as_slice(), &[PERSONAL]].concat());
}

/// All fixtures hold for the tenant too, but for logins of these users, who are refused.
#[track_caller]
fn check(tenant: &Tenant, refused: &[&str]) {
    check_provider(
        || Microsoft::for_tenant(tenant.clone()),
        "login.microsoftonline.com",
        refused,
        &[("/common/", &format!("/{tenant}/"))],
    );
}

#[test]
fn a_list_of_tenants_lets_in_their_users_alone() {
    let listed = |ids: &[&str]| {
        let ids: Vec<TenantId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        move || Microsoft::new().with_allowed_tenants(ids.clone()).unwrap()
    };
    let host = "login.microsoftonline.com";
    check_provider(listed(&[OURS]), host, &[PERSONAL], &[]);
    check_provider(listed(&[OTHER, OURS]), host, &[PERSONAL], &[]);
    check_provider(listed(&[OTHER]), host, &[OF_OURS.as_slice(), &[PERSONAL]].concat(), &[]);
    check_provider(listed(&[TenantId::CONSUMERS.as_str()]), host, &OF_OURS, &[]);
}

#[test]
fn every_cloud_has_its_own_hosts() {
    for (cloud, login, graph) in [
        (MicrosoftCloud::Global, "login.microsoftonline.com", "graph.microsoft.com"),
        (MicrosoftCloud::UsGovernment, "login.microsoftonline.us", "graph.microsoft.us"),
        (MicrosoftCloud::UsGovernmentDod, "login.microsoftonline.us", "dod-graph.microsoft.us"),
        (
            MicrosoftCloud::China,
            "login.partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
        ),
    ] {
        let hosts = [("login.microsoftonline.com", login), ("graph.microsoft.com", graph)];
        check_provider(|| Microsoft::new().with_cloud(cloud), login, &[], &hosts);
    }
}

/// The fixtures hold with these texts changed, but that the `refused` ones end in another issuer.
#[track_caller]
fn check_provider(
    new: impl Fn() -> Microsoft,
    login_host: &str,
    refused: &[&str],
    changes: &[(&str, &str)],
) {
    let changed = |text: &str| {
        changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let texts: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, changed(text))).collect();
    let fixtures: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let failures = failures(new, login_host, &fixtures);
    let is_refused = |name: &str| refused.contains(&name);
    let (of_refused, mut wrong): (Vec<String>, Vec<String>) =
        failures.into_iter().partition(|failure| {
            let is_refusal = failure.contains(r#"= Security { reason: "iss" }"#);
            is_refusal && failure.split(": ").next().is_some_and(is_refused)
        });
    let names: BTreeSet<_> = of_refused.iter().filter_map(|one| one.split(": ").next()).collect();
    let is_let_in = |name: &&&str| !names.contains(**name);
    wrong.extend(refused.iter().filter(is_let_in).map(|name| format!("{name}: not refused")));
    assert!(wrong.is_empty(), "the contract is broken:\n\n{}", wrong.join("\n\n"));
}
