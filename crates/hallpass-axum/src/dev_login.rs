//! A provider that is none, for an application on the machine of whoever writes it.

use std::{fmt, sync::Arc, time::SystemTime};

use hallpass_core::{
    Api, BaseOAuth2, CallbackParams, ClientKeys, CustomAuth, Descriptor, Error, IdEmail,
    IdTokenVerifier, MetadataSource, OAuth2Client, OAuth2Token, Profile, Provider, Request,
    Response, Result, Revoke, TokenForm, TokenReply,
};
use hallpass_testkit::{Local, LocalProvider};

use crate::{SignIn, sign_in::Parts};

/// The name of its client, and what its button says.
const NAME: &str = "dev-login";
const DISPLAY_NAME: &str = "Dev login";

impl SignIn {
    /// One more provider that is none: a server of its own on 127.0.0.1, with users who do not
    /// exist (`ada`, whose address is verified, `ben`, whose address is not, `cleo`, who has none)
    /// and tokens that are good nowhere. No credentials of the developer's are looked for. It lasts
    /// as long as the application, and goes by the name `dev-login`.
    ///
    /// ```
    /// # use hallpass_axum::{SignIn, web::SealingKeys};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> hallpass_core::Result<()> {
    /// let sign_in = SignIn::new("http://127.0.0.1:3000", SealingKeys::generate())?;
    /// let sign_in = sign_in.dev_login().await?;
    /// # drop(sign_in);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `dev_login`: the base URL is not
    /// loopback, or this is a release build (without `debug_assertions`): give the application a
    /// provider's credentials. Otherwise as [`provider`](Self::provider), and outside a tokio
    /// runtime. [`ErrorKind::Transport`](hallpass_core::ErrorKind): 127.0.0.1 has no port left.
    pub async fn dev_login(self) -> Result<Self> {
        let allowed = self.parts.may_dev_login()?;
        let redirect_uri = self.parts.redirect_uri(NAME);
        let client = client(allowed, NAME, DISPLAY_NAME, &redirect_uri).await?;
        self.provider(client)
    }

    /// The provider, or where there is none [`dev_login`](Self::dev_login), once. For a client that
    /// is there if the environment has its credentials; one that cannot be made is an error, and no
    /// reason for the dev login.
    ///
    /// ```
    /// # use hallpass_axum::{SignIn, web::SealingKeys};
    /// # use hallpass_core::BaseOAuth2;
    /// # use std::sync::Arc;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> hallpass_core::Result<()> {
    /// # fn client(_: String) -> hallpass_core::Result<Arc<dyn BaseOAuth2>> { unreachable!() }
    /// # let sign_in = SignIn::new("http://127.0.0.1:3000", SealingKeys::generate())?;
    /// let github = std::env::var("OAK_GITHUB_CLIENT_ID").ok().map(client).transpose()?;
    /// let sign_in = sign_in.provider_or_dev_login(github).await?;
    /// # drop(sign_in);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`provider`](Self::provider) or [`dev_login`](Self::dev_login).
    pub async fn provider_or_dev_login(self, client: Option<Arc<dyn BaseOAuth2>>) -> Result<Self> {
        match client {
            Some(client) => self.provider(client),
            None if self.parts.client(NAME).is_some() => Ok(self),
            None => self.dev_login().await,
        }
    }

    /// Lets [`dev_login`](Self::dev_login) into a release build. Before it.
    ///
    /// # Security
    ///
    /// Whoever reaches the application from this machine signs in as anybody, without a password:
    /// a release that was built with this and deployed behind a proxy on the same machine is open
    /// to whoever gets there. The base URL must be loopback all the same.
    #[must_use]
    pub fn dangerously_dev_login_in_release(mut self) -> Self {
        Arc::make_mut(&mut self.parts).is_dev_login_in_release = true;
        self
    }
}

/// That an application may have a provider which lets in everybody. [`Parts::may_dev_login`] alone
/// makes one, so that there is no way to such a provider around it.
pub(crate) struct Allowed(());

impl Parts {
    /// Whether this application may have a provider that lets in everybody.
    pub(crate) fn may_dev_login(&self) -> Result<Allowed> {
        let is_loopback = self.attempts.base().is_loopback();
        let is_debug = cfg!(debug_assertions);
        match refusal(is_loopback, is_debug, self.is_dev_login_in_release) {
            Some(why) => Err(Error::config(why).with_reason("dev_login")),
            None => Ok(Allowed(())),
        }
    }
}

/// Why there is no dev login.
fn refusal(is_loopback: bool, is_debug: bool, is_allowed: bool) -> Option<&'static str> {
    match (is_loopback, is_debug || is_allowed) {
        (false, _) => Some("the dev login is for a base URL on loopback alone"),
        (true, false) => Some(
            "the dev login is not for a release build: \
             see SignIn::dangerously_dev_login_in_release",
        ),
        (true, true) => None,
    }
}

/// A client of a provider of its own, which ends when the client does.
pub(crate) async fn client(
    _: Allowed,
    name: &'static str,
    display_name: &'static str,
    redirect_uri: &str,
) -> Result<Arc<dyn BaseOAuth2>> {
    let local = LocalProvider::start().await?;
    tracing::warn!(name, at = local.base_url(), "anybody signs in here without a password");
    let inner = local.provider();
    let descriptor = inner.descriptor().clone().with_display_name(display_name);
    let config = local.client_config(redirect_uri)?.with_name(name);
    let provider = Stand { descriptor, inner, _local: Arc::new(local) };
    Ok(Arc::new(OAuth2Client::new(provider, config)?))
}

/// Keeps the server alive.
#[derive(Clone)]
struct Stand {
    descriptor: Descriptor,
    inner: Local,
    _local: Arc<LocalProvider>,
}

impl fmt::Debug for Stand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stand").field("name", &self.descriptor.name()).finish_non_exhaustive()
    }
}

#[deny(clippy::missing_trait_methods)]
impl Provider for Stand {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        self.inner.profile(api).await
    }

    async fn id_email(&self, api: Api<'_>) -> Result<IdEmail> {
        self.inner.id_email(api).await
    }

    fn metadata(&self) -> Option<&dyn MetadataSource> {
        self.inner.metadata()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        self.inner.id_tokens()
    }

    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        now: SystemTime,
    ) -> Result<()> {
        self.inner.check_callback(callback, keys, now)
    }

    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        self.inner.token_request(form)
    }

    fn authenticate(&self, client: &mut CustomAuth<'_>) -> Result<()> {
        self.inner.authenticate(client)
    }

    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        self.inner.token_reply(reply)
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        self.inner.refusal(response)
    }

    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        self.inner.api_request(request, token, keys)
    }

    async fn revoke(&self, api: Api<'_>, what: Revoke) -> Result<()> {
        self.inner.revoke(api, what).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_no_dev_login_unless_the_dangerous_word_was_said() {
        check(true, true, false, true);
        check(true, false, false, false);
        check(true, false, true, true);
    }

    #[test]
    fn an_application_that_is_not_on_loopback_has_no_dev_login_whatever_was_said() {
        for (is_debug, is_allowed) in [(true, true), (true, false), (false, true), (false, false)] {
            check(false, is_debug, is_allowed, false);
        }
    }

    #[track_caller]
    fn check(is_loopback: bool, is_debug: bool, is_allowed: bool, want: bool) {
        assert_eq!(refusal(is_loopback, is_debug, is_allowed).is_none(), want);
    }
}
