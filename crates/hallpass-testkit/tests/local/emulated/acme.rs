//! A provider with parameters of its own, a token endpoint that refuses with 200, a header of its
//! own for tokens, and revocation of its own in the client's name.

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailVerification, ErrorKind, Json, Profile, Provider, Result,
    Revocation, Revoke, TokenPlacement,
    http::{HeaderName, Method},
};
use serde_json::json;

#[derive(Debug)]
pub(crate) struct Acme(pub(crate) Descriptor);

impl Acme {
    pub(crate) fn new() -> Self {
        let token_header = HeaderName::from_static("x-acme-token");
        Self(
            Descriptor::new(
                "acme",
                "https://login.acme.test/authorize",
                "https://login.acme.test/oauth/token",
            )
            .with_display_name("Acme")
            .with_api("https://api.acme.test")
            .with_issuer("https://login.acme.test")
            .with_scopes(["read:me", "emails"])
            .with_scope_separator(',')
            .with_client_params("appid", "appsecret")
            .with_token_placement(TokenPlacement::Header(token_header))
            .with_error_kind("bad_app", ErrorKind::Config)
            .with_revocation(Revocation::Custom(&[Revoke::AccessToken, Revoke::Grant])),
        )
    }

    pub(crate) async fn emails(&self, api: Api<'_>) -> Result<Json> {
        api.get("https://api.acme.test/v1/me/emails").read().await
    }

    pub(crate) async fn check(&self, api: Api<'_>) -> Result<Json> {
        let url = format!("https://api.acme.test/v1/apps/{}/token", api.client_id());
        let token = json!({ "token": api.token().access_token().expose() });
        api.post(&url).client_auth(ClientAuth::BasicRaw).json(&token).read().await
    }
}

impl Provider for Acme {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let me = api.get("https://api.acme.test/v1/me").query("fields", "id,name").read().await?;
        let emails = self.emails(api).await?;
        let verification = EmailVerification::from_flag(emails[0].get("proven"));
        Ok(Profile::from_json(me, "id")?.with_email(emails[0]["email"].as_str(), verification))
    }

    async fn revoke(&self, api: Api<'_>, what: Revoke) -> Result<()> {
        let what = if what == Revoke::Grant { "grant" } else { "token" };
        let url = format!("https://api.acme.test/v1/apps/{}/{what}", api.client_id());
        let token = json!({ "token": api.token().access_token().expose() });
        let call = api.request(Method::DELETE, &url).client_auth(ClientAuth::BasicRaw);
        call.json(&token).send().await.map(drop)
    }
}

macro_rules! fixture {
    ($name:literal, $($line:literal)*) => {
        ($name, concat!("# Acme's pages, recalled, not re-read\n", $($line, "\n",)*))
    };
}

pub(crate) const FIXTURES: &[(&str, &str)] = &[
    fixture!("access_token.accepted.http",
        "> POST https://login.acme.test/oauth/token"
        "> grant_type=authorization_code&code=CODE&appid=ID&appsecret=SECRET"
        "< 200"
        r#"< {"access_token":"TOKEN","scope":"read:me,emails"}"#
        r#"= Token { access_token: "TOKEN" }"#),
    fixture!("access_token.bad_secret.http",
        "> POST https://login.acme.test/oauth/token"
        "> grant_type=authorization_code&code=CODE&appid=ID&appsecret=SECRET"
        "< 200"
        r#"< {"error":"bad_app"}"#
        r#"= Config { code: "bad_app" }"#),
    fixture!("access_token.expiring.http",
        "> POST https://login.acme.test/oauth/token"
        "> grant_type=authorization_code&code=CODE&appid=ID&appsecret=SECRET"
        "< 200"
        r#"< {"access_token":"TOKEN","scope":"read:me,emails","#
        r#"<  "refresh_token":"REFRESH","expires_in":"600"}"#
        r#"= Token { access_token: "TOKEN" }"#),
    fixture!("access_token.refused.http",
        "> POST https://login.acme.test/oauth/token"
        "> grant_type=authorization_code&code=CODE&appid=ID&appsecret=SECRET"
        "< 200"
        r#"< {"error":"bad_code"}"#
        r#"= Denied { code: "bad_code" }"#),
    fixture!("refresh.accepted.http",
        "> POST https://login.acme.test/oauth/token"
        "> grant_type=refresh_token&refresh_token=REFRESH&appid=ID&appsecret=SECRET"
        "< 200"
        "< content-type: application/x-www-form-urlencoded"
        "< "
        "< access_token=TOKEN2&refresh_token=REFRESH2&expires_in=600"
        r#"= Token { access_token: "TOKEN2" }"#),
    fixture!("refresh.refused.http",
        "> POST https://login.acme.test/oauth/token"
        "> grant_type=refresh_token&refresh_token=REFRESH&appid=ID&appsecret=SECRET"
        "< 200"
        r#"< {"error":"bad_refresh_token"}"#
        r#"= Denied { code: "bad_refresh_token" }"#),
    fixture!("id_email.accepted.http",
        "> GET https://api.acme.test/v1/me?fields=id,name"
        "< 200"
        r#"< {"id":1,"name":"One"}"#
        "> GET https://api.acme.test/v1/me/emails"
        "< 200"
        r#"< [{"email":"one@acme.test","proven":true}]"#
        r#"= IdEmail { id: "1", email: "one@acme.test", email_verification: "verified" }"#),
    fixture!("id_email.no_id.http",
        "> GET https://api.acme.test/v1/me?fields=id,name"
        "< 200"
        r#"< {"name":"None"}"#
        "= Malformed"),
    fixture!("id_email.unverified.http",
        "> GET https://api.acme.test/v1/me?fields=id%2Cname"
        "< 200"
        r#"< {"id":2,"name":"Two"}"#
        "> GET https://api.acme.test/v1/me/emails"
        "< 200"
        r#"< [{"email":"two@acme.test","proven":false}]"#
        r#"= IdEmail { id: "2", email: "two@acme.test", email_verification: "unverified" }"#),
    fixture!("profile.accepted.http",
        "> GET https://api.acme.test/v1/me?fields=id,name"
        "< 200"
        r#"< {"id":1,"name":"One"}"#
        r#"= Profile { id: "1" }"#),
    fixture!("profile.refused.http",
        "> GET https://api.acme.test/v1/me?fields=id,name"
        "< 401"
        r#"< {"message":"No such token"}"#
        r#"= Denied { reason: "invalid_token" }"#),
    fixture!("check.accepted.http",
        "> POST https://api.acme.test/v1/apps/ID/token"
        "> authorization: Basic ID:SECRET"
        r#"> {"token":"TOKEN"}"#
        "< 200"
        r#"< {"token":"TOKEN","app":"ID"}"#
        r#"= Json {"app":"ID"}"#),
    fixture!("check.refused.http",
        "> POST https://api.acme.test/v1/apps/ID/token"
        "> authorization: Basic ID:SECRET"
        r#"> {"token":"TOKEN"}"#
        "< 404"
        "= Config"),
    fixture!("revoke_access_token.accepted.http",
        "> DELETE https://api.acme.test/v1/apps/ID/token"
        "> authorization: Basic ID:SECRET"
        r#"> {"token":"TOKEN"}"#
        "< 204"
        "= Revoked"),
    fixture!("revoke_access_token.refused.http",
        "> DELETE https://api.acme.test/v1/apps/ID/token"
        "> authorization: Basic ID:SECRET"
        r#"> {"token":"TOKEN"}"#
        "< 404"
        "= Config"),
    fixture!("revoke_grant.accepted.http",
        "> DELETE https://api.acme.test/v1/apps/ID/grant"
        "> authorization: Basic ID:SECRET"
        r#"> {"token":"TOKEN"}"#
        "< 204"
        "= Revoked"),
];
