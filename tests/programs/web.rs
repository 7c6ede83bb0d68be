//! One instance of an application with sign-in, of two that share sessions and keys: says where it
//! listens, and serves until it is killed.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{env, net::Ipv4Addr, sync::Arc};

use axum::{Router, routing::get};
use hallpass_axum::{Identity, Sessions, SignIn, tower_sessions::Session, web::SealingKeys};
use hallpass_core::{
    ClientConfig, CustomProvider, Descriptor, Error, OAuth2Client, Result, Secret,
};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = serve().await {
        println!("error {} {}", error.kind().as_str(), error.reason().unwrap_or(""));
    }
}

async fn serve() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base, sessions, key, provider, client_id, secret] = &arguments[..] else {
        return Err(Error::config("needs base, sessions, key, provider, client id, secret"));
    };
    let url = |path: &str| format!("{provider}{path}");
    let descriptor = Descriptor::new("local", url("/authorize"), url("/token"));
    let provider = CustomProvider::new(descriptor, url("/userinfo"), "/sub")?;
    let client =
        OAuth2Client::new(provider, ClientConfig::new(&**client_id).with_secret(&**secret))?;
    let keys = SealingKeys::new(Secret::new(key.as_str()))?;
    let sign_in = SignIn::new(base, keys)?.provider(Arc::new(client))?;
    let leave = |session: Session| async move { session.flush().await.is_ok().to_string() };
    let app = Router::new()
        .route("/", get(|who: Option<Identity>| async move { said(who) }))
        .route("/leave", get(leave));
    let app = sign_in.attach_with(app, Sessions::from_url(sessions).await?);
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let failed = |error| Error::transport("cannot listen").with_source(error);
    let listener: TcpListener = listening.map_err(failed)?;
    println!("http://{}", listener.local_addr().map_err(failed)?);
    axum::serve(listener, app).await.map_err(failed)
}

fn said(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.id.clone())
}
