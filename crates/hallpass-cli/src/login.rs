use std::time::Duration;

use hallpass_core::{
    AuthorizationRequest, AuthorizationUrl, BaseOAuth2, Callback, ErrorKind, OAuth2Token,
    PendingAuthorization, Result, SignIn,
};

use crate::{LoopbackReceiver, open_browser};

/// A login by the user's browser, from a command-line tool ([RFC
/// 8252](https://www.rfc-editor.org/rfc/rfc8252)): bind a port, open the browser, wait for it to
/// come back, trade the code.
///
/// ```no_run
/// # use hallpass_cli::CliLogin;
/// # use hallpass_core::{AuthorizationRequest, BaseOAuth2, Result};
/// # async fn login(client: &dyn BaseOAuth2) -> Result<()> {
/// let token = CliLogin::new(client)
///     .with_request(AuthorizationRequest::new().scopes(["repo"]))
///     .get_access_token(|url| eprintln!("To sign in, open {}", url.as_str()))
///     .await?;
/// # drop(token);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct CliLogin<'a> {
    client: &'a dyn BaseOAuth2,
    request: AuthorizationRequest,
    receiver: Option<LoopbackReceiver>,
    opens_browser: bool,
    timeout: Duration,
}

impl<'a> CliLogin<'a> {
    /// With the client's default scopes, any free port, the system's browser, and 5 minutes for
    /// the user.
    pub fn new(client: &'a dyn BaseOAuth2) -> Self {
        Self {
            client,
            request: AuthorizationRequest::new(),
            receiver: None,
            opens_browser: true,
            timeout: Duration::from_secs(300),
        }
    }

    /// What to ask for. Its redirect URI gives way to the receiver's.
    pub fn with_request(mut self, request: AuthorizationRequest) -> Self {
        self.request = request;
        self
    }

    /// Another port, path or page.
    pub fn with_receiver(mut self, receiver: LoopbackReceiver) -> Self {
        self.receiver = Some(receiver);
        self
    }

    /// How long to wait for the browser. Default 5 minutes; the attempt itself expires after 10.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Opens nothing: the user has the URL from the caller, who may open it in a way of its own.
    pub fn without_browser(mut self) -> Self {
        self.opens_browser = false;
        self
    }

    /// Signs the user in: token and profile.
    ///
    /// `show` gets the URL before the browser is opened, always: for a user whose browser does not
    /// open. The URL is the user's alone; do not log it.
    ///
    /// # Errors
    ///
    /// Those of [`get_access_token`](Self::get_access_token), and of
    /// [`OAuth2Client::get_profile`](hallpass_core::OAuth2Client::get_profile).
    pub async fn sign_in(self, show: impl FnOnce(&AuthorizationUrl)) -> Result<SignIn> {
        let client = self.client;
        let (callback, pending) = self.callback(show).await?;
        client.sign_in(callback, pending).await
    }

    /// As [`sign_in`](Self::sign_in), but does not ask who the user is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`]: the user or the provider said no, or nobody came in time (reason
    /// `expired`); offer to start again. [`ErrorKind::Transport`]: no port is free, or the provider
    /// did not answer; try again. [`ErrorKind::Security`]: the answer, or the page that should be
    /// opened, is not to be trusted; stop. That no browser opens is no error. Otherwise as
    /// [`OAuth2Client::get_authorization_url`](hallpass_core::OAuth2Client::get_authorization_url)
    /// and [`OAuth2Client::get_access_token`](hallpass_core::OAuth2Client::get_access_token).
    pub async fn get_access_token(
        self,
        show: impl FnOnce(&AuthorizationUrl),
    ) -> Result<OAuth2Token> {
        let client = self.client;
        let (callback, pending) = self.callback(show).await?;
        client.get_access_token(callback, pending).await
    }

    async fn callback(
        self,
        show: impl FnOnce(&AuthorizationUrl),
    ) -> Result<(Callback, PendingAuthorization)> {
        let receiver = match self.receiver {
            Some(receiver) => receiver,
            None => LoopbackReceiver::bind().await?,
        };
        let request = self.request.redirect_uri(receiver.redirect_uri());
        let login = self.client.get_authorization_url(request).await?;
        show(&login.url);
        if self.opens_browser {
            match open_browser(&login.url).await {
                // The user has the URL.
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                opened => opened?,
            }
        }
        let callback = receiver.receive(&login.pending, self.timeout).await?;
        Ok((callback, login.pending))
    }
}
