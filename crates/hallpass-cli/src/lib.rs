//! Sign in from a command-line tool: the user's own browser, and a server on loopback that waits
//! for it to come back ([RFC 8252](https://www.rfc-editor.org/rfc/rfc8252)).
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

pub use crate::{browser::open_browser, login::CliLogin, receiver::LoopbackReceiver};
