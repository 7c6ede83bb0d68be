//! Ways to a token that no browser comes back from.

mod client_credentials;
mod device;
mod jwt_bearer;
mod token_exchange;

pub use client_credentials::ClientCredentials;
pub use device::{DeviceAuthorization, DeviceLogin, Sleeper, TokioSleeper};
pub use jwt_bearer::JwtBearer;
pub use token_exchange::{TokenExchange, TokenKind};

use std::borrow::Cow;

use hallpass_core::{BaseOAuth2, Error, Grant, Json, OAuth2Token, Result, Secret};
use sha2::{Digest as _, Sha256};

/// A name or a value that may be known when the program is compiled.
type Text = Cow<'static, str>;

/// What is asked for, and what goes with it.
#[derive(Clone, Default)]
struct Wish {
    scopes: Option<Vec<Text>>,
    params: Vec<(Text, Secret)>,
}

impl Wish {
    fn scopes<S: Into<Text>>(&mut self, scopes: impl IntoIterator<Item = S>) {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
    }

    fn param(&mut self, name: impl Into<Text>, value: impl Into<Secret>) {
        self.params.push((name.into(), value.into()));
    }

    /// The scopes joined as this provider wants them; `None` for no parameter at all.
    fn scope(&self, client: &dyn BaseOAuth2) -> Option<String> {
        let scopes = self.scopes.as_ref().filter(|scopes| !scopes.is_empty())?;
        let separator = client.descriptor().scope_separator().to_string();
        Some(scopes.join(&separator))
    }

    /// Tells the tokens of this wish from those of any other.
    fn mark(&self, of: &[&str], client: &dyn BaseOAuth2) -> String {
        let descriptor = client.descriptor();
        let (_, token_endpoint) = descriptor.authorize_and_token().unwrap_or_default();
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        of.iter().copied().for_each(&mut add);
        // Two of one name: another shop, another registration.
        add(client.client_id());
        add(token_endpoint);
        add(descriptor.issuer().unwrap_or_default());
        for scope in self.scopes.iter().flatten() {
            add(scope);
        }
        for (name, value) in &self.params {
            add("=");
            add(name);
            add(value.expose());
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn add_to<'a>(&self, mut grant: Grant<'a>, client: &dyn BaseOAuth2) -> Grant<'a> {
        if let Some(scope) = self.scope(client) {
            grant = grant.param("scope", scope);
        }
        self.params
            .iter()
            .fold(grant, |grant, (name, value)| grant.param(name.clone(), value.clone()))
    }
}

/// The member of a stored token that says what was asked for.
const MARK: &str = "hallpass_asked";

fn marked(token: OAuth2Token, mark: String) -> OAuth2Token {
    token.with_extra(MARK, Json::String(mark))
}

fn bears(token: &OAuth2Token, mark: &str) -> bool {
    token.extra(MARK).and_then(Json::as_str) == Some(mark)
}

/// Whether a form may have this parameter, beside those that are set already.
fn check_param(name: &str, known: &[&str], client: &dyn BaseOAuth2) -> Result<()> {
    const RESERVED: [&str; 6] = [
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "device_code",
        "scope",
    ];
    let (id, secret) = client.descriptor().client_params();
    if RESERVED.contains(&name) || name == id || name == secret || known.contains(&name) {
        let message = format!("hallpass sets the parameter {name} itself, or it is there already");
        return Err(Error::config(message).with_reason("reserved"));
    }
    Ok(())
}

/// Scopes and the names of parameters, not their values.
impl std::fmt::Debug for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wish")
            .field("scopes", &self.scopes)
            .field("params", &self.params.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}
