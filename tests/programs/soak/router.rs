//! One of two instances of an application behind one Redis: sessions, logins on their way and
//! sealed tokens are there. It says where it listens, and serves until it is killed, or its parent
//! is gone.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use hallpass_axum::{
    Identity, RedisAttempts, Sessions, SignIn, UserToken,
    hallpass_session::{ApiClient, AtRest, RedisStore},
    web::SealingKeys,
};
use hallpass_core::{
    ClientAuth, ClientConfig, CustomProvider, Descriptor, Endpoint, Error, OAuth2Client, Result,
    Revocation, Secret,
};
use serde_json::json;
use tokio::net::TcpListener;

/// Says on stdout where it listens, or why it does not.
pub(crate) async fn run(arguments: &[String]) {
    if let Err(error) = serve(arguments).await {
        println!("error {} {}", error.kind().as_str(), error.reason().unwrap_or(""));
    }
}

async fn serve(arguments: &[String]) -> Result<()> {
    let [port, base, redis, key, provider, limit, client_id, secret] = arguments else {
        let needs = "needs port, base, Redis, key, provider and its limit, client id, secret";
        return Err(Error::config(needs));
    };
    let limit = limit.parse().map_err(|_| Error::config("the limit is no number of seconds"))?;
    let limit = Duration::from_secs(limit);
    let config = ClientConfig::new(&**client_id).with_secret(&**secret);
    let client = OAuth2Client::new(local(provider)?, config.with_timeout(limit))?;
    let keys = || SealingKeys::new(Secret::new(key.as_str()));
    let tokens = RedisStore::connect(redis, AtRest::sealed(keys()?)).await?;
    let sign_in = SignIn::new(base, keys()?)?
        .provider(Arc::new(client))?
        .tokens(Arc::new(tokens))
        .attempt_store(Arc::new(RedisAttempts::connect(redis).await?))
        .revoke_on_logout();
    let app = sign_in.attach_with(application(provider), Sessions::redis(redis).await?);

    let failed = |error| Error::transport("cannot listen").with_source(error);
    let port = port.parse().map_err(|_| Error::config("the port is no number"))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    println!("http://{}", listener.local_addr().map_err(failed)?);
    tokio::select! {
        served = axum::serve(listener, app) => served.map_err(failed),
        () = orphaned() => Ok(()),
    }
}

/// The local provider, as an application would describe it.
fn local(base: &str) -> Result<CustomProvider> {
    let url = |path: &str| format!("{base}{path}");
    let descriptor = Descriptor::new("local", url("/authorize"), url("/token"))
        .with_endpoint(Endpoint::Revocation, url("/revoke"))
        .with_revocation(Revocation::Rfc7009(ClientAuth::Post))
        .with_client_auth(ClientAuth::Post)
        .with_issuer(base.to_owned())
        .with_iss_promised()
        .with_pkce_required();
    CustomProvider::new(descriptor, url("/userinfo"), "/sub")
}

/// A page that says who is there, one that asks the provider's API, and one that does so with
/// another token than it has.
fn application(provider: &str) -> Router {
    let api: Arc<str> = provider.into();
    let again: Arc<str> = provider.into();
    Router::new()
        .route("/", get(|who: Option<Identity>| async { said(who) }))
        .route("/api", get(move |who: Identity, token: UserToken| asked(who, token, api)))
        .route("/refresh", get(move |who: Identity, token: UserToken| renewed(who, token, again)))
}

fn said(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.id.clone())
}

async fn asked(who: Identity, token: UserToken, api: Arc<str>) -> Response {
    answered(&who, call(token, &api).await)
}

async fn renewed(who: Identity, token: UserToken, api: Arc<str>) -> Response {
    let renewed = async {
        let refused = token.token().await?;
        token.token_instead_of(&refused).await?;
        call(token, &api).await
    };
    answered(&who, renewed.await)
}

/// Whose token it is, says the provider.
async fn call(token: UserToken, api: &str) -> Result<serde_json::Value> {
    ApiClient::new(token.0, api)?.get("/api/me").read().await
}

fn answered(who: &Identity, user: Result<serde_json::Value>) -> Response {
    match user {
        Ok(user) => json!({ "who": who.id, "user": user["user"] }).to_string().into_response(),
        Err(error) => {
            let (kind, reason) = (error.kind().as_str(), error.reason().unwrap_or_default());
            let said = json!({ "kind": kind, "reason": reason, "text": error.to_string() });
            (StatusCode::BAD_GATEWAY, said.to_string()).into_response()
        }
    }
}

/// Comes to its end when whoever started this process is gone.
async fn orphaned() {
    #[cfg(unix)]
    {
        let parent = std::os::unix::process::parent_id();
        let mut looks = tokio::time::interval(Duration::from_secs(1));
        while std::os::unix::process::parent_id() == parent {
            looks.tick().await;
        }
    }
    #[cfg(not(unix))]
    std::future::pending::<()>().await;
}
