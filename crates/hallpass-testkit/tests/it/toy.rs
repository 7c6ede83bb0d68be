//! A provider that does not exist, and fixtures that it keeps.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    Api, Backchannel, ClientAuth, Descriptor, Endpoint, Endpoints, Error, Json, MetadataSource,
    Profile, Provider, Result, Revocation, TokenReply, url::Url,
};

/// How the toy misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It asks for the profile twice, and uses the first answer.
    AsksTwice,
    /// It takes an id for granted.
    Careless,
    /// It calls an answer that it does not understand a fault of the program.
    Haughty,
    /// It knows the profile without asking.
    NeverAsks,
    None,
}

#[derive(Debug)]
pub(crate) struct Acme {
    descriptor: Descriptor,
    fault: Fault,
    metadata: Option<Discovery>,
}

const API: &str = "https://api.acme.test";

impl Acme {
    pub(crate) fn new() -> Self {
        Self::of(
            Descriptor::new("acme", "https://acme.test/authorize?v=2", "https://acme.test/token")
                .with_endpoint(Endpoint::Revocation, "https://acme.test/revoke")
                .with_revocation(Revocation::Rfc7009(ClientAuth::Basic))
                .with_api(API),
        )
    }

    /// Finds its endpoints at `https://acme.test/metadata`.
    pub(crate) fn discovered() -> Self {
        let descriptor = Descriptor::discovered("acme").without_refresh();
        Self { metadata: Some(Discovery), ..Self::of(descriptor) }
    }

    fn of(descriptor: Descriptor) -> Self {
        let descriptor = descriptor.with_scopes(["profile", "email"]).with_scope_separator(',');
        Self { descriptor, fault: Fault::None, metadata: None }
    }

    /// With another descriptor.
    pub(crate) fn described(change: impl FnOnce(Descriptor) -> Descriptor) -> Self {
        let acme = Self::new();
        Self { descriptor: change(acme.descriptor), ..acme }
    }

    pub(crate) fn with_fault(fault: Fault) -> Self {
        Self { fault, ..Self::new() }
    }

    /// The one call that only this provider has.
    pub(crate) async fn teams(&self, api: Api<'_>) -> Result<Json> {
        let wanted = serde_json::json!({ "limit": 10, "archived": false });
        api.post("https://api.acme.test/teams").json(&wanted).read().await
    }
}

impl Provider for Acme {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        self.metadata.as_ref().map(|discovery| discovery as &dyn MetadataSource)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        if self.fault == Fault::NeverAsks {
            return Ok(Profile::new("42", Json::Null));
        }
        let call = || api.get("https://api.acme.test/me").query("fields", "name").query("v", "2");
        let raw = call().read().await?;
        if self.fault == Fault::AsksTwice {
            let _ = call().read().await;
        }
        match (self.fault, raw.get("id")) {
            (Fault::Careless, None) => panic!("no id"),
            (Fault::Haughty, None) => return Err(Error::config("no id")),
            _ => {}
        }
        let text = |name: &str| raw[name].as_str().map(str::to_owned);
        let (name, email) = (text("name"), text("email"));
        let verification = hallpass_core::EmailVerification::from_flag(raw.get("email_verified"));
        let profile = Profile::from_json(raw, "id")?;
        Ok(profile.with_name(name.as_deref()).with_email(email.as_deref(), verification))
    }

    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        if let Some(tenant) = reply.callback("tenant").map(str::to_owned) {
            reply.fields()?.insert("tenant".to_owned(), tenant.into());
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Discovery;

#[async_trait]
impl MetadataSource for Discovery {
    async fn endpoints(&self, net: Backchannel<'_>) -> Result<Arc<Endpoints>> {
        let url = |text: &str| Url::parse(text).map_err(|_| Error::malformed("no URL"));
        let document = net.get_document(&url("https://acme.test/metadata")?).await?.json()?;
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let endpoints = Endpoints::new(url(&text("authorize"))?, url(&text("token"))?);
        Ok(Arc::new(endpoints.with_api(url(API)?.origin())))
    }
}

/// Name and text of each fixture.
pub(crate) const FIXTURES: &[(&str, &str)] = &[
    (
        "access_token.accepted.http",
        r#"# acme.test/docs "Tokens", read 2026-01-15
> POST https://acme.test/token
> accept: application/json
> grant_type=authorization_code&code=CODE&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&code_verifier=VERIFIER&client_id=ID&client_secret=SECRET
< 200
< {"access_token":"TOKEN","refresh_token":"REFRESH","expires_in":3600,"plan":"free"}
= Token { access_token: "TOKEN", token_type: "Bearer", refresh_token: "REFRESH", scope: "profile email", expires_in: 3600, extra: {"plan":"free"} }
"#,
    ),
    (
        "access_token.refused.http",
        r#"# acme.test/docs "Tokens", read 2026-01-15
> POST https://acme.test/token
> client_id=ID&client_secret=SECRET&grant_type=authorization_code&code=CODE&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&code_verifier=VERIFIER
< 400
< {"error":"invalid_grant","error_description":"Old."}
= Denied { code: "invalid_grant" }
"#,
    ),
    (
        "access_token.tenant.http",
        r#"# acme.test/docs "Tenants", recalled, not re-read
> GET https://acme.test/authorize?v=2&response_type=code&client_id=ID&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&scope=profile%2Cemail&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256
< 303
< location: https://app.test/cb?code=OTHER&state=STATE&tenant=t1#_
> POST https://acme.test/token
> grant_type=authorization_code&code=OTHER&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&code_verifier=VERIFIER&client_id=ID&client_secret=SECRET
< 200
< content-type: application/x-www-form-urlencoded
< access_token=TOKEN&scope=profile
= Token { access_token: "TOKEN", extra: {"tenant":"t1"}, scope: "profile", token_type: "Bearer" }
"#,
    ),
    (
        "authorize.accepted.http",
        r#"# acme.test/docs "Authorization", read 2026-01-15
> GET https://acme.test/authorize?client_id=ID&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&response_type=code&scope=profile%2Cemail&state=STATE&v=2
< 302
< location: https://app.test/cb?code=CODE&state=STATE
= Code
"#,
    ),
    (
        "authorize.refused.http",
        r#"# acme.test/docs "Authorization", read 2026-01-15
> GET https://acme.test/authorize?client_id=ID&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&response_type=code&scope=profile%2Cemail&state=STATE&v=2
< 302
< location: https://app.test/cb?error=access_denied&state=STATE
= Denied { code: "access_denied" }
"#,
    ),
    (
        "authorize.other_state.http",
        r#"# RFC 6749 section 10.12, read 2026-01-15
> GET https://acme.test/authorize?client_id=ID&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&response_type=code&scope=profile%2Cemail&state=STATE&v=2
< 302
< location: https://app.test/cb?code=CODE&state=OTHER
= Security { reason: "state" }
"#,
    ),
    (
        "id_email.accepted.http",
        r#"# acme.test/docs "Users", read 2026-01-15
> GET https://api.acme.test/me?v=2&fields=name
> authorization: Bearer TOKEN
< 200
< {"id":42,"email":"ann@acme.test","email_verified":false}
= IdEmail { id: "42", email: "ann@acme.test", email_verification: "unverified" }
"#,
    ),
    (
        "id_email.refused.http",
        r#"# acme.test/docs "Users", read 2026-01-15
> GET https://api.acme.test/me?v=2&fields=name
> authorization: Bearer TOKEN
< 403
= Denied { reason: "forbidden" }
"#,
    ),
    (
        "profile.accepted.http",
        r#"# acme.test/docs "Users", read 2026-01-15
> GET https://api.acme.test/me?v=2&fields=name
> authorization: Bearer TOKEN
> user-agent: *
< 200
< {"id":42,"name":"Ann","email":"ann@acme.test","email_verified":true}
= Profile { id: "42", name: "Ann", email: "ann@acme.test", email_verification: "verified" }
"#,
    ),
    (
        "profile.refused.http",
        r#"# acme.test/docs "Users", read 2026-01-15
> GET https://api.acme.test/me?v=2&fields=name
> authorization: Bearer TOKEN
< 401
< {"message":"Bad token"}
= Denied { reason: "invalid_token" }
"#,
    ),
    (
        "refresh.accepted.http",
        r#"# acme.test/docs "Refreshing", read 2026-01-15
> POST https://acme.test/token
> grant_type=refresh_token&refresh_token=REFRESH&client_id=ID&client_secret=SECRET
< 200
< {"access_token":"TOKEN2","expires_in":60}
= Token { access_token: "TOKEN2", token_type: "Bearer", refresh_token: "REFRESH", expires_in: 60 }
"#,
    ),
    (
        "refresh.refused.http",
        r#"# acme.test/docs "Refreshing", read 2026-01-15
> POST https://acme.test/token
> grant_type=refresh_token&refresh_token=REFRESH&client_id=ID&client_secret=SECRET
< 400
< {"error":"invalid_grant"}
= Denied { code: "invalid_grant" }
"#,
    ),
    (
        "revoke_access_token.accepted.http",
        r#"# acme.test/docs "Revoking", read 2026-01-15
> POST https://acme.test/revoke
> authorization: Basic ID:SECRET
> content-type: application/x-www-form-urlencoded
> token_type_hint=access_token&token=TOKEN
< 200
= Revoked
"#,
    ),
    (
        "revoke_access_token.refused.http",
        r#"# acme.test/docs "Revoking", read 2026-01-15
> POST https://acme.test/revoke
> authorization: Basic ID:SECRET
> token_type_hint=access_token&token=TOKEN
< 503
< retry-after: 5
= Transport
"#,
    ),
    (
        "revoke_refresh_token.accepted.http",
        r#"# acme.test/docs "Revoking", read 2026-01-15
> POST https://acme.test/revoke
> authorization: *
> token_type_hint=refresh_token&token=REFRESH
< 200
= Revoked
"#,
    ),
    (
        "revoke_refresh_token.refused.http",
        r#"# acme.test/docs "Revoking", read 2026-01-15
> POST https://acme.test/revoke
> authorization: Basic ID:SECRET
> token_type_hint=refresh_token&token=REFRESH
< 400
< {"error":"unsupported_token_type"}
= Unsupported { code: "unsupported_token_type" }
"#,
    ),
    (
        "teams.accepted.http",
        r#"# acme.test/docs "Teams", read 2026-01-15
> POST https://api.acme.test/teams
> authorization: Bearer TOKEN
> {"archived": false,
>  "limit": 10}
< 200
< [{"id":1}]
= Json [{"id":1}]
"#,
    ),
    (
        "teams.refused.http",
        r#"# acme.test/docs "Teams", read 2026-01-15
> POST https://api.acme.test/teams
> authorization: Bearer TOKEN
> {"archived":false,"limit":10}
< 429
= Transport { reason: "rate_limited" }
"#,
    ),
];
