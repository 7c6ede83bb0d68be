//! Who plays the providers, and how the browser finds them.

use std::{error::Error, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header::LOCATION},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use hallpass::{
    BaseOAuth2,
    session::{ClientSettings, Registry},
};
use hallpass_testkit::LocalProvider;

use super::providers;

/// The local servers that play providers, by the names of these.
#[derive(Clone, Default)]
pub(crate) struct Stage {
    pub(crate) players: Arc<Vec<(String, LocalProvider)>>,
}

/// A client of each provider: the real one where the environment, which `lookup` reads, has its
/// credentials.
pub(crate) async fn clients(
    base: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<(Vec<Arc<dyn BaseOAuth2>>, Stage), Box<dyn Error>> {
    let mut registry = Registry::new(hallpass::constructors());
    let mut players = Vec::new();
    for name in providers::NAMES {
        if let Some(settings) = ClientSettings::from_env(name, &lookup)? {
            println!("The environment has credentials: {name} is the real one.");
            registry.register(name, settings)?;
            continue;
        }
        let (local, client) = providers::emulate(name, &format!("{base}/callback/{name}")).await?;
        registry.register_client(client)?;
        players.push((name.to_owned(), local));
    }
    let clients = registry.clients().cloned().collect();
    Ok((clients, Stage { players: Arc::new(players) }))
}

impl Stage {
    /// Sends the browser to the local servers, where it would go to the pages that they play.
    pub(crate) fn direct(&self, app: Router) -> Router {
        app.layer(from_fn_with_state(self.clone(), direct))
    }
}

async fn direct(State(stage): State<Stage>, request: Request, next: Next) -> Response {
    let name = request.uri().path().strip_prefix("/login/").unwrap_or_default().to_owned();
    let mut response = next.run(request).await;
    let there = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    let player = stage.players.iter().find(|(known, _)| *known == name);
    if let (Some(there), Some((_, local))) = (there, player) {
        if let Ok(here) = HeaderValue::from_str(&local.browser_url(there)) {
            response.headers_mut().insert(LOCATION, here);
        }
    }
    response
}
