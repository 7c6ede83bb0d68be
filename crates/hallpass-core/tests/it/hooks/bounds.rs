//! What no hook can do.

use std::{fmt, time::Duration};

use hallpass_core::{
    TokenPlacement,
    http::{HeaderName, HeaderValue, header},
    url::Url,
};

use super::*;
use crate::{authorize::reserved::RESERVED_OF_THE_TOKEN, support::SECRET};

type OnForm = fn(&mut TokenForm<'_>) -> Result<()>;
type OnEndpoint = fn(&mut EndpointForm<'_>) -> Result<()>;
type OnReply = fn(&mut TokenReply<'_>) -> Result<()>;
type OnRequest = Box<dyn Fn(&mut Request) -> Result<()> + Send + Sync>;

/// Does one thing at all steps of a kind.
struct Does {
    form: OnForm,
    endpoint: OnEndpoint,
    reply: OnReply,
    request: OnRequest,
}

impl Default for Does {
    fn default() -> Self {
        Self {
            form: |_| Ok(()),
            endpoint: |_| Ok(()),
            reply: |_| Ok(()),
            request: Box::new(|_| Ok(())),
        }
    }
}

impl Does {
    fn request(request: impl Fn(&mut Request) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { request: Box::new(request), ..Self::default() }
    }
}

impl fmt::Debug for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Does")
    }
}

#[async_trait]
impl Hooks for Does {
    async fn before_token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        (self.form)(form)
    }

    async fn after_token_response(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        (self.reply)(reply)
    }

    async fn before_refresh(&self, form: &mut TokenForm<'_>, _: &OAuth2Token) -> Result<()> {
        (self.form)(form)
    }

    async fn after_refresh(&self, reply: &mut TokenReply<'_>, _: &OAuth2Token) -> Result<()> {
        (self.reply)(reply)
    }

    async fn before_protected_request(&self, request: &mut Request, _: &OAuth2Token) -> Result<()> {
        (self.request)(request)
    }

    async fn before_revoke(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        (self.endpoint)(form)
    }

    async fn before_introspect(&self, form: &mut EndpointForm<'_>) -> Result<()> {
        (self.endpoint)(form)
    }
}

/// What core sets, what the provider calls it, and what is there already.
fn reserved() -> impl Iterator<Item = &'static str> {
    RESERVED_OF_THE_TOKEN.into_iter().chain(["client_key", "client_name"])
}

#[tokio::test]
async fn no_hook_sets_what_core_sets() {
    fn form(form: &mut TokenForm<'_>) -> Result<()> {
        for name in reserved() {
            refused(form.param(name, "x"), ErrorKind::Config, Some("reserved"));
        }
        form.param("once", "x")?;
        refused(form.param("once", "y"), ErrorKind::Config, Some("reserved"));
        form.param("state", "x")
    }
    fn endpoint(form: &mut EndpointForm<'_>) -> Result<()> {
        for name in reserved().chain(["token"]) {
            refused(form.param(name, "x"), ErrorKind::Config, Some("reserved"));
        }
        form.param("once", "x")?;
        refused(form.param("once", "y"), ErrorKind::Config, Some("reserved"));
        form.param("token", "x")
    }
    for act in [Act::Login, Act::ClientCredentials, Act::Refresh, Act::Revoke, Act::Introspect] {
        let named = whole().but(|d| d.with_client_params("client_name", "client_key"));
        let world = with(named, Does { form, endpoint, ..Does::default() });
        refused(act.at(&world).await, ErrorKind::Config, Some("reserved"));
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn no_hook_sends_a_token_where_nobody_named_the_origin() {
    use ErrorKind::{Config, Security};
    for (url, kind, reason) in [
        ("https://evil.test/me", Security, Some("origin")),
        ("https://api.acme.test:8443/me", Security, Some("origin")),
        ("http://api.acme.test/me", Security, Some("plain_http")),
        ("https://user@api.acme.test/me", Config, None),
    ] {
        for act in [Act::Profile, Act::IdEmail, Act::Userinfo, Act::Api] {
            let world = with(
                whole(),
                Does::request(move |request| {
                    request.url = Url::parse(url).unwrap();
                    Ok(())
                }),
            );
            refused(act.at(&world).await, kind, reason);
            world.wire.assert_silent();
        }
    }
}

/// Headers that are core's or the transport's.
const OWN: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TRANSFER_ENCODING,
    header::USER_AGENT,
];
const FORGED: HeaderValue = HeaderValue::from_static("forged");

#[tokio::test]
async fn no_hook_sets_the_headers_of_core_or_transport() {
    fn form(form: &mut TokenForm<'_>) -> Result<()> {
        OWN.into_iter().for_each(|name| form.header(name, FORGED));
        Ok(())
    }
    fn endpoint(form: &mut EndpointForm<'_>) -> Result<()> {
        OWN.into_iter().for_each(|name| form.header(name, FORGED));
        Ok(())
    }
    let x_token = HeaderName::from_static("x-token");
    let placed = TokenPlacement::Header(x_token.clone());
    for (provider, own) in [
        (whole(), header::AUTHORIZATION),
        (whole().but(|d| d.with_token_placement(placed)), x_token),
    ] {
        for act in [Act::Login, Act::Refresh, Act::Profile, Act::Revoke, Act::Introspect] {
            let own = own.clone();
            let request = move |request: &mut Request| {
                for name in OWN.into_iter().chain([own.clone()]) {
                    request.headers.insert(name, FORGED);
                }
                request.timeout = Duration::MAX;
                request.body_limit_bytes = usize::MAX;
                Ok(())
            };
            let does = Does { form, endpoint, ..Does::request(request) };
            let (plain, hooked) = (World::of(provider.clone()), with(provider.clone(), does));
            for world in [&plain, &hooked] {
                answer(world);
                act.at(world).await.unwrap();
            }
            let (plain, hooked) = (plain.wire.only(), hooked.wire.only());
            assert_eq!(plain.headers, hooked.headers, "{act:?}");
            assert_eq!(plain.timeout, hooked.timeout, "{act:?}");
            assert_eq!(plain.body_limit_bytes, hooked.body_limit_bytes, "{act:?}");
        }
    }
}

#[tokio::test]
async fn the_body_of_a_call_is_the_callers() {
    let world = with(
        whole(),
        Does::request(|request| {
            request.body = b"of the hook".to_vec();
            Ok(())
        }),
    );
    world.wire.answer(200, &json!({}));
    let token = token();
    let call = world.client.api(&token).post("https://api.acme.test/x");
    call.form([("a", "1")]).send().await.unwrap();
    world.wire.only().assert_form(&[("a", "1")]);
}

#[tokio::test]
async fn no_hook_makes_a_refusal_a_token_or_makes_one_up() {
    fn clears(reply: &mut TokenReply<'_>) -> Result<()> {
        let fields = reply.fields()?;
        fields.remove("error");
        Ok(())
    }
    fn invents(reply: &mut TokenReply<'_>) -> Result<()> {
        reply.fields()?.insert("access_token".to_owned(), "made-up".into());
        Ok(())
    }
    fn unbinds(reply: &mut TokenReply<'_>) -> Result<()> {
        reply.fields()?.insert("token_type".to_owned(), "Bearer".into());
        Ok(())
    }
    use ErrorKind::{Denied, Malformed, Security};
    let refusal = json!({ "error": "invalid_grant", "access_token": "T" });
    let good = json!({ "access_token": "T" });
    let bound = json!({ "access_token": "T", "token_type": "DPoP" });
    let cases: [(OnReply, _, _, _); 3] = [
        (clears, refusal, Denied, None),
        (invents, good, Malformed, None),
        (unbinds, bound, Security, Some("key_binding")),
    ];
    for (reply, answer, kind, reason) in cases {
        for act in [Act::Login, Act::ClientCredentials, Act::Refresh] {
            let world = with(acme(), Does { reply, ..Does::default() });
            world.wire.answer(200, &answer);
            refused(act.at(&world).await, kind, reason);
        }
    }
    // A refusal by its status never comes as far as a hook.
    let world = with(acme(), Does { reply: clears, ..Does::default() });
    let refusal = json!({ "error": "invalid_grant", "access_token": "T" });
    refused(world.login_answered(400, &refusal).await, Denied, None);
}

/// Says in its error all that it can see.
#[derive(Debug)]
struct Talks(&'static str);

impl Talks {
    fn say(&self, step: &str, seen: &[&str]) -> Result<()> {
        if self.0 == step { Err(Error::malformed(seen.join(" and "))) } else { Ok(()) }
    }
}

fn both(token: &OAuth2Token) -> [&str; 2] {
    [token.access_token().expose(), token.refresh_token().map_or("", Secret::expose)]
}

#[async_trait]
impl Hooks for Talks {
    async fn after_token_response(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        let fields = reply.fields()?;
        let [access, id] = ["access_token", "id_token"].map(|name| fields[name].as_str().unwrap());
        self.say("after_token_response", &[access, id, CODE, SECRET])
    }

    async fn before_refresh(&self, _: &mut TokenForm<'_>, token: &OAuth2Token) -> Result<()> {
        self.say("before_refresh", &both(token))
    }

    async fn after_refresh(&self, reply: &mut TokenReply<'_>, token: &OAuth2Token) -> Result<()> {
        let [access, refresh] = both(token);
        let new = reply.fields()?["access_token"].as_str().unwrap();
        self.say("after_refresh", &[access, refresh, new])
    }

    async fn before_protected_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
    ) -> Result<()> {
        let query = request.url.query().unwrap_or_default();
        let [access, refresh] = both(token);
        self.say("before_protected_request", &[access, refresh, query])
    }
}

#[tokio::test]
async fn what_a_hook_says_in_its_error_loses_the_secrets() {
    for (step, words) in [
        ("after_token_response", 4),
        ("before_refresh", 2),
        ("after_refresh", 3),
        ("before_protected_request", 3),
    ] {
        let world = with(acme(), Talks(step));
        let stored =
            json!({ "access_token": "planted-old-access", "refresh_token": "planted-old-refresh" });
        let token = OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap();
        world.wire.answer(
            200,
            &json!({ "access_token": "planted-new-access", "id_token": "planted-id-token" }),
        );
        let got = match step {
            "after_token_response" => world.login().await.map(drop),
            "before_protected_request" => {
                let call = world.client.api(&token).get("https://api.acme.test/x");
                call.query("key", "planted-query").send().await.map(drop)
            }
            _ => world.client.refresh_token(&token).await.map(drop),
        };
        let error = refused(got, ErrorKind::Malformed, None);
        let text = format!("{error} {error:?}");
        for secret in ["planted", CODE, SECRET] {
            assert!(!text.contains(secret), "{step}: {text}");
        }
        assert_eq!(error.to_string().matches("[redacted]").count(), words, "{step}: {text}");
    }
}
