//! Sign in from a command-line tool: the user's own browser, and a server on loopback that waits
//! for it to come back ([RFC 8252](https://www.rfc-editor.org/rfc/rfc8252)). Then keep the token.
//!
//! ```no_run
//! # use hallpass_core::{OAuth2Client, Provider, Result};
//! use hallpass_cli::CliLogin;
//!
//! # async fn login(client: OAuth2Client<impl Provider>) -> Result<()> {
//! let signed_in = CliLogin::new(&client)
//!     .sign_in(|url| eprintln!("To sign in, open {}", url.as_str()))
//!     .await?;
//! eprintln!("Hello, {}.", signed_in.profile.name().unwrap_or("you"));
//! # Ok(())
//! # }
//! ```
//!
//! `client` is any provider's client; it needs no redirect URI. The same step by step, for a
//! provider's own parameters or for something between the steps:
//!
//! ```no_run
//! # use hallpass_core::{OAuth2Client, Provider, Result};
//! use std::time::Duration;
//!
//! use hallpass_cli::{LoopbackReceiver, open_browser};
//!
//! # async fn login<P: Provider>(client: OAuth2Client<P>, params: &P::Params) -> Result<()> {
//! let receiver = LoopbackReceiver::bind().await?;
//! let login = client.authorize().params(params).redirect_uri(receiver.redirect_uri());
//! let login = login.start().await?;
//! open_browser(&login.url).await?;
//! let callback = receiver.receive(&login.pending, Duration::from_secs(300)).await?;
//! let token = client.get_access_token(callback, login.pending).await?;
//! # drop(token);
//! # Ok(())
//! # }
//! ```
//!
//! # The token, between runs
//!
//! [`TokenFile`] keeps it in a file that the user alone can read, `KeyringStore` (feature
//! `keyring`) in the system's keyring. Over either, a `TokenManager` of hallpass-session renews it
//! once for all processes of the tool that run at the time. Sign in once:
//!
//! ```
//! # use hallpass_core::{OAuth2Client, Result};
//! # use hallpass_testkit::{LocalProvider, User};
//! use std::sync::Arc;
//!
//! use hallpass_cli::TokenFile;
//! use hallpass_session::TokenManager;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let home = tempfile::tempdir().unwrap();
//! # let path = home.path().join("my-tool").join("tokens.json");
//! # let local = LocalProvider::start().await?;
//! # let config = local.client_config("http://127.0.0.1/callback")?;
//! # let client = Arc::new(OAuth2Client::new(local.provider(), config)?);
//! let store = TokenFile::open(&path).await?; // or TokenFile::for_app("my-tool")
//! let tokens = TokenManager::new(client.clone(), Arc::new(store));
//!
//! // A tool has one user, who needs no name.
//! let session = tokens.session("");
//! if session.token().await.is_err_and(|error| error.reason() == Some("signed_out")) {
//!     // As above: CliLogin::new(&client).get_access_token(…)
//! #   let login = client.authorize().start().await?;
//! #   let landing = local.browser().sign_in(&login.url, User::first()).await?;
//! #   let token = client.get_access_token(landing.callback()?, login.pending).await?;
//!     tokens.sign_in("", token).await?;
//! }
//! let token = session.token().await?;
//! # drop(token);
//!
//! // The next run, or another one at the same time.
//! let tokens = TokenManager::new(client, Arc::new(TokenFile::open(&path).await?));
//! tokens.session("").token().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What to register
//!
//! `http://127.0.0.1/callback` as redirect URI of a public ("native", "desktop") client. By [RFC
//! 8252, section 7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3) the provider then takes
//! any port. Where it does not, register one and use [`LoopbackReceiver::bind_to`].
//!
//! # Security
//!
//! Every program on the machine, and every page in the browser, can reach a port on loopback. So
//! nothing ends the wait but a request of the right method, path and `Host` whose `state` is that
//! of the pending authorization; PKCE makes a code worthless to who reads it on the way. Nothing
//! here logs.
//!
//! All of it runs in the caller's task, on a tokio runtime with I/O and time enabled: without one,
//! tokio panics.

// In reading order.
mod page; // what the browser is shown
mod arrival; // which request ends the wait
mod receiver;
mod browser;
mod login; // all of it together
mod place; // a folder and a lock of this machine
mod record; // what is kept of a token
mod token_file;
#[cfg(feature = "keyring")]
mod keyring_store;

#[cfg(feature = "keyring")]
pub use crate::keyring_store::KeyringStore;
pub use crate::{
    browser::open_browser, login::CliLogin, receiver::LoopbackReceiver, token_file::TokenFile,
};
