//! A provider that needs every hook: an example for whoever writes one, and a subject for tests.
//!
//! [`Hooked`] is a shop platform that does not exist. Most providers are a
//! [`Descriptor`] and a `profile`; copy a hook from here where the provider is odd, with a fixture
//! that shows it.
//!
//! | Hook of [`Provider`] | What the platform does | What core does all the same |
//! |---|---|---|
//! | `check_callback` | signs the callback with the client secret | compares state, provider, client, age and `iss`, on whatever the hook lets through |
//! | `token_request` | wants the state again, a parameter, a header | refuses its own names, and those that are there already |
//! | `authenticate` | takes a signature in place of the secret | keeps what the request says, and its `Content-Type` |
//! | `token_reply` | wraps the token, names the shop in the callback | keeps the refusals, takes no token and no token type that the reply does not hold, verifies the ID token |
//! | `refusal` | says `"ok": false` with status 200 | keeps its own refusals, and the status |
//! | `api_request` | wants a proof that the caller has the secret | looks at origin, scheme and user in the URL; sets limit, timeout, token and `Authorization`; leaves `Host` to the transport |
//! | `profile`, `id_email` | has an endpoint for each | refuses an empty id, writes name and issuer of the client over the profile's |
//! | `revoke` | ends an installation, and nothing less | asks for what the descriptor lists, and nothing else |
//! | `metadata` | is found by a document (in this crate's tests) | compares token endpoint and issuer with those of the start, checks each URL |
//! | `id_tokens` | signs with the client secret (in this crate's tests) | compares nonce and, on a refresh, subject; insists on a token where `openid` was asked for |
//!
//! A hook reads neither client secret, code, state nor verifier: it computes with [`ClientKeys`],
//! and is lent no value.
//!
//! ```compile_fail,E0616
//! # use hallpass_core::TokenForm;
//! fn token_request(form: &mut TokenForm<'_>) {
//!     let code = &form.params; // private
//! }
//! ```
//!
//! ```compile_fail,E0616
//! # use hallpass_core::CustomAuth;
//! fn authenticate(client: &mut CustomAuth<'_>) {
//!     client.params.clear(); // private
//! }
//! ```
//!
//! # What a descriptor can lower
//!
//! What ties a code to its login, where the provider cannot do better, and nothing else:
//!
//! - [`with_pkce_ignored`](Descriptor::with_pkce_ignored): a challenge is sent, and nobody compares
//!   it.
//! - [`with_pkce_refused`](Descriptor::with_pkce_refused): no challenge is sent.
//! - [`with_nonce_not_echoed`](Descriptor::with_nonce_not_echoed): a nonce is sent, and is not
//!   looked for in the ID token.
//!
//! Each wants the page that says so; [`Descriptor::code_binding_source`] shows it. State, age,
//! `iss`, client and endpoint are compared as ever.
//! [`with_pkce_plain`](Descriptor::with_pkce_plain) is PKCE still, but for whoever has seen the URL of the authorization page ([RFC 7636, section
//! 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)).
//!
//! ```compile_fail,E0061
//! # use hallpass_core::Descriptor;
//! fn lowered(descriptor: Descriptor) -> Descriptor {
//!     descriptor.with_pkce_refused() // who says so?
//! }
//! ```
//!
//! Three things are taken on trust, since only the provider's crate can know them: to which origins
//! its descriptor, or a call of `profile`, lets the token go; that the id is the user's; and that a
//! verifier looks at signature, issuer, audience and times.

use std::{fmt::Write as _, time::SystemTime};

use hallpass_core::{
    Api, CallbackParams, ClientAuth, ClientKeys, CustomAuth, Descriptor, EmailSupport,
    EmailVerification, Error, IdEmail, Json, OAuth2Token, OAuthError, Profile, Provider, Request,
    Response, Result, Revocation, Revoke, TokenForm, TokenPlacement, TokenReply,
    http::{HeaderName, HeaderValue},
};

/// The header that carries the token, in the place of `Authorization`.
const TOKEN: HeaderName = HeaderName::from_static("x-shop-access-token");
/// The header that says which version of the API is spoken.
const VERSION: HeaderName = HeaderName::from_static("x-shop-version");

/// A provider with every hook, at `https://shop.test` and `https://api.shop.test`.
#[derive(Debug, Clone)]
pub struct Hooked {
    descriptor: Descriptor,
}

impl Hooked {
    /// The platform, as its descriptor says it is.
    #[must_use]
    pub fn new() -> Self {
        let descriptor =
            Descriptor::new("hooked", "https://shop.test/authorize", "https://shop.test/token")
                .with_display_name("Hooked")
                .with_api("https://api.shop.test")
                .with_issuer("https://shop.test")
                .with_iss_promised()
                .with_scopes(["orders", "staff"])
                .with_scope_separator(',')
                .with_client_params("client_key", "client_proof")
                .with_client_auth(ClientAuth::Custom)
                .with_token_placement(TokenPlacement::Header(TOKEN))
                .with_revocation(Revocation::Custom(&[Revoke::Grant]))
                .with_email(EmailSupport::Flagged);
        Self { descriptor }
    }
}

impl Default for Hooked {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Hooked {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// All that the platform says of a member of staff.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let raw = api.get("https://api.shop.test/staff/me").read().await?;
        let verification = EmailVerification::from_flag(raw.get("email_verified"));
        let text = |name: &str| raw[name].as_str().map(str::to_owned);
        let (email, name) = (text("email"), text("name"));
        Ok(Profile::from_json(raw, "id")?
            .with_email(email.as_deref(), verification)
            .with_name(name.as_deref()))
    }

    /// A smaller answer, which needs no permission to read names.
    async fn id_email(&self, api: Api<'_>) -> Result<IdEmail> {
        let raw = api.get("https://api.shop.test/staff/me/id").read().await?;
        let verification = EmailVerification::from_flag(raw.get("email_verified"));
        let email = raw["email"].as_str().map(str::to_owned);
        Ok(Profile::from_json(raw, "id")?
            .with_email(email.as_deref(), verification)
            .into_id_email())
    }

    /// `hmac` is over all other parameters, sorted by name. Whoever lacks the client secret cannot
    /// have made the callback.
    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        _: SystemTime,
    ) -> Result<()> {
        let unsigned = || Error::security("hmac", "the callback is not signed");
        let signature = callback.get("hmac").ok_or_else(unsigned)?;
        callback.verify_hmac_sha256(keys, &["hmac"], signature)
    }

    /// The code's state again, the kind of token, the version of the API.
    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        form.send_state();
        if form.grant_type() == "authorization_code" {
            form.param("token_kind", "staff")?;
        }
        form.header(VERSION, HeaderValue::from_static("2026-01"));
        Ok(())
    }

    /// A signature over the client's id: the secret itself never travels.
    fn authenticate(&self, client: &mut CustomAuth<'_>) -> Result<()> {
        let keys = client.keys();
        let proof = hex(&keys.hmac_sha256(keys.client_id().as_bytes())?);
        client.param("client_key", keys.client_id())?;
        client.param("client_proof", proof)
    }

    /// The token is in `data`; which shop it is for is said in the callback alone.
    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        let shop = reply.callback("shop").map(str::to_owned);
        let fields = reply.fields()?;
        if let Some(Json::Object(data)) = fields.remove("data") {
            fields.extend(data);
        }
        if let Some(shop) = shop {
            fields.insert("shop".into(), shop.into());
        }
        Ok(())
    }

    /// `{"ok": false, "why": "…"}`, with status 200.
    fn refusal(&self, response: &Response) -> Option<Error> {
        let said = response.json().ok()?;
        if said["ok"] != false {
            return None;
        }
        let code = said["why"].as_str().unwrap_or("not_ok");
        let error = Error::new(self.descriptor.error_kind(code), "the platform says no");
        Some(error.with_oauth(OAuthError::new(code)))
    }

    /// A stolen token alone is of no use: each call proves that the caller has the secret too.
    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        let proof = hex(&keys.hmac_sha256(token.access_token().expose().as_bytes())?);
        request.url.query_pairs_mut().append_pair("proof", &proof);
        request.headers.insert(VERSION, HeaderValue::from_static("2026-01"));
        Ok(())
    }

    /// The installation goes, and every token with it.
    async fn revoke(&self, api: Api<'_>, _: Revoke) -> Result<()> {
        api.delete("https://api.shop.test/installation").send().await.map(drop)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
