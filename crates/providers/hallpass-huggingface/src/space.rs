use hallpass_core::{ClientConfig, Error, HostName, OAuth2Client, Result, url::Url};

use crate::HuggingFace;

/// The application that the Hub made for a Space whose README says `hf_oauth: true` ([Adding a
/// Sign-In with HF button to your Space](https://huggingface.co/docs/hub/spaces-oauth)).
///
/// ```no_run
/// use hallpass_huggingface::Space;
///
/// # fn main() -> hallpass_core::Result<()> {
/// let huggingface = Space::from_env()?.client("/login/callback")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Space {
    provider: HuggingFace,
    config: ClientConfig,
    hosts: Vec<String>,
}

impl Space {
    /// Reads the environment of the process: [`from_lookup`](Self::from_lookup) of its variables.
    ///
    /// # Errors
    ///
    /// As [`from_lookup`](Self::from_lookup).
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads what `lookup` gives for `OAUTH_CLIENT_ID`, `OAUTH_CLIENT_SECRET`, `OAUTH_SCOPES`
    /// (joined by spaces), `OPENID_PROVIDER_URL` (an https origin) and `SPACE_HOST` (one host, or
    /// several joined by commas where the Space has a domain of its own).
    ///
    /// ```
    /// use hallpass_huggingface::Space;
    ///
    /// // The same on a developer's machine, from a file that is in no repository.
    /// let space = Space::from_lookup(|name| {
    ///     let value = match name {
    ///         "OAUTH_CLIENT_ID" => "client-id",
    ///         "OAUTH_CLIENT_SECRET" => "client-secret",
    ///         "OAUTH_SCOPES" => "openid profile",
    ///         "OPENID_PROVIDER_URL" => "https://huggingface.co",
    ///         "SPACE_HOST" => "robin-demo.hf.space",
    ///         _ => return None,
    ///     };
    ///     Some(value.to_owned())
    /// })?;
    /// # Ok::<(), hallpass_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): one of them is missing or empty, which it
    /// names, or is no such text. No error repeats a value.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let read = |name: &str| {
            let value = lookup(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                let message = format!("{name} is missing: does the Space say hf_oauth: true?");
                Error::config(message)
            })
        };
        let config = ClientConfig::new(read("OAUTH_CLIENT_ID")?);
        let config = config.with_secret(read("OAUTH_CLIENT_SECRET")?);
        let scopes = read("OAUTH_SCOPES")?;
        let config = config.with_scopes(scopes.split_whitespace().map(str::to_owned));
        let provider = HuggingFace::at(&origin(&read("OPENID_PROVIDER_URL")?)?);
        let hosts = read("SPACE_HOST")?;
        let hosts = hosts.split(',').map(|name| host(name.trim())).collect::<Result<_>>()?;
        Ok(Self { provider, config, hosts })
    }

    /// The hosts that the Space answers at, in the environment's order. Never empty.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The client. `callback` is the path that users come back to, at the first host:
    /// `/login/callback`.
    ///
    /// # Errors
    ///
    /// As [`redirect_uri`](Self::redirect_uri) and [`OAuth2Client::new`].
    pub fn client(&self, callback: &str) -> Result<OAuth2Client<HuggingFace>> {
        let host = self.hosts.first().map(String::as_str).unwrap_or_default();
        let config = self.config.clone().with_redirect_uri(&self.redirect_uri(host, callback)?)?;
        OAuth2Client::new(self.provider.clone(), config)
    }

    /// Where users come back to who came by `host`, which may be what the request says: the login
    /// must end where it began, or its cookie is not there. For
    /// [`Authorize::redirect_uri`](hallpass_core::Authorize::redirect_uri).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the Space has no such host, or `callback` is
    /// no path.
    pub fn redirect_uri(&self, host: &str, callback: &str) -> Result<String> {
        let known = self.hosts.iter().find(|known| known.eq_ignore_ascii_case(host));
        let known = known.ok_or_else(|| Error::config("the Space is not at this host"))?;
        let fits = callback.starts_with('/') && !callback.contains(['\\', '#', '?']);
        if !fits || callback.starts_with("//") {
            return Err(Error::config("the callback is no path"));
        }
        Ok(format!("https://{known}{callback}"))
    }
}

/// An https origin, without a slash at its end: the issuer, which is compared byte for byte.
fn origin(text: &str) -> Result<String> {
    let broken = || Error::config("OPENID_PROVIDER_URL is no https origin");
    let origin = text.strip_suffix('/').unwrap_or(text);
    let url = Url::parse(origin).map_err(|_| broken())?;
    // A user, a path, a query, upper case, an address in disguise: its own origin is another text.
    if url.scheme() != "https" || url.origin().ascii_serialization() != origin {
        return Err(broken());
    }
    Ok(origin.to_owned())
}

fn host(text: &str) -> Result<String> {
    let name = text.parse::<HostName>();
    name.map(|name| name.to_string())
        .map_err(|_| Error::config("SPACE_HOST is no list of host names"))
}

#[cfg(test)]
mod tests;
