//! What Microsoft does not offer is known without asking it: nothing is sent.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{CodeBinding, HttpClient, Request, Response};
use hallpass_microsoft::{
    ClientConfig, ErrorKind, Microsoft, MicrosoftCloud, MicrosoftOAuth2, OAuth2Client, OAuth2Token,
    Provider, Result, Revoke, Tenant, TenantId,
};

/// Answers nothing.
#[derive(Debug)]
struct Nobody;

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Nobody {
    async fn send(&self, request: Request) -> Result<Response> {
        panic!("nothing is to be sent, least of all {request:?}")
    }
}

fn client(microsoft: Microsoft) -> MicrosoftOAuth2 {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    OAuth2Client::new(microsoft, config).unwrap().with_http_client(Arc::new(Nobody))
}

#[tokio::test]
async fn nothing_can_be_revoked() {
    let token = OAuth2Token::from_access_token("TOKEN");
    for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
        let error = client(Microsoft::new()).revoke_token(&token, what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what:?}");
    }
}

#[tokio::test]
async fn a_challenge_is_sent_although_discovery_does_not_speak_of_it() {
    let microsoft = client(Microsoft::new());
    let login = microsoft.authorize().start().await.unwrap();
    assert!(login.url.as_str().contains("code_challenge_method=S256"), "{}", login.url.as_str());
    assert_eq!(microsoft.provider().descriptor().code_binding(), CodeBinding::Pkce);
}

#[test]
fn every_page_is_of_the_tenant_and_the_cloud() {
    let microsoft =
        Microsoft::for_tenant("oak.test".parse().unwrap()).with_cloud(MicrosoftCloud::China);
    let descriptor = microsoft.descriptor();
    let (authorize, token) = descriptor.authorize_and_token().unwrap();
    let of_graph = |url: &&str| url.starts_with("https://microsoftgraph.chinacloudapi.cn/");
    let others: Vec<_> = descriptor.endpoints().map(|(_, url)| url).collect();
    assert_eq!(others.iter().filter(|url| of_graph(url)).count(), 1, "userinfo: {others:?}");
    let pages = [authorize, token, descriptor.end_session().unwrap()];
    let pages = pages.into_iter().chain(others).filter(|url| !of_graph(url));
    for page in pages {
        assert!(page.starts_with("https://login.partner.microsoftonline.cn/oak.test/oauth2/v2.0/"));
    }
}

#[test]
fn one_tenant_by_its_id_has_one_issuer() {
    let id = "0A0A7E57-1111-4222-8333-0123456789AB";
    check_issuer(id, Some("0a0a7e57-1111-4222-8333-0123456789ab"));
    check_issuer("consumers", Some(TenantId::CONSUMERS.as_str()));
    check_issuer("common", None);
    check_issuer("organizations", None);
    check_issuer("oak.test", None);
}

#[track_caller]
fn check_issuer(tenant: &str, id: Option<&str>) {
    let microsoft = Microsoft::for_tenant(tenant.parse().unwrap());
    let want = id.map(|id| format!("https://login.microsoftonline.com/{id}/v2.0"));
    assert_eq!(microsoft.descriptor().issuer(), want.as_deref(), "{tenant}");
}

#[test]
fn a_list_of_tenants_that_says_nothing_is_refused() {
    let ours: TenantId = "0a0a7e57-1111-4222-8333-0123456789ab".parse().unwrap();
    let consumers = TenantId::CONSUMERS;
    check_list(&Tenant::Common, [].as_slice(), false);
    check_list(&Tenant::Common, &[ours.clone(), consumers.clone()], true);
    check_list(&Tenant::Organizations, std::slice::from_ref(&ours), true);
    check_list(&Tenant::Organizations, &[ours.clone(), consumers.clone()], false);
    check_list(&"oak.test".parse().unwrap(), std::slice::from_ref(&ours), true);
    check_list(&"oak.test".parse().unwrap(), std::slice::from_ref(&consumers), false);
    check_list(&Tenant::Consumers, std::slice::from_ref(&consumers), false);
    check_list(&Tenant::Id(ours.clone()), &[ours], false);
}

#[track_caller]
fn check_list(tenant: &Tenant, list: &[TenantId], fits: bool) {
    let got = Microsoft::for_tenant(tenant.clone()).with_allowed_tenants(list.to_vec());
    assert_eq!(got.is_ok(), fits, "{tenant} {list:?}");
    assert!(got.err().is_none_or(|error| error.kind() == ErrorKind::Config), "{tenant}");
}
