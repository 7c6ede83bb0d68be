use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use hallpass_core::{
    ClientAssertion, ClientConfig, Error, Grant, Json, OAuth2Client, Result, Secret, is_loopback,
    url::Url,
};
use hallpass_openid::JwtSigner;

use crate::Google;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The longest that Google takes.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Where key files of all ages send an assertion to.
const HOSTS: [&str; 3] = ["oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"];

/// A Google service account: an identity of a program, with a key of its own ([Using OAuth 2.0 for
/// server to server
/// applications](https://developers.google.com/identity/protocols/oauth2/service-account#httprest)).
/// No user signs in, and there is no refresh token: the account asks anew.
///
/// As a [`ClientAssertion`] it signs what the grant carries: `iss` is the account, `aud` the key
/// file's `token_uri`, `exp` an hour away, whoever asks.
///
/// ```no_run
/// # use std::time::SystemTime;
/// # use hallpass_google::{OAuth2Token, Result, ServiceAccount};
/// # async fn token(key_file: &str) -> Result<OAuth2Token> {
/// let account = ServiceAccount::from_json(key_file)?
///     .with_scopes(["https://www.googleapis.com/auth/devstorage.read_only"])?;
/// account.client()?.request_token(account.grant(SystemTime::now()).await?).await
/// # }
/// ```
///
/// A token that stays alive, for all tasks and processes that call, is one of `hallpass-session`,
/// whose `JwtBearer` asks in the account's words. The client's name is part of the key that the
/// token is stored under, so it is to be another one than that of the users' client.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use hallpass_google::{ClientConfig, Result, ServiceAccount};
/// use hallpass_session::{ApiClient, JwtBearer, MemoryStore, TokenManager};
///
/// # async fn read(key_file: &str) -> Result<()> {
/// let account = ServiceAccount::from_json(key_file)?
///     .with_scopes(["https://www.googleapis.com/auth/devstorage.read_only"])?;
/// let config = ClientConfig::new(account.email()).with_name("google-robot");
/// let client = Arc::new(account.client_with(config)?);
/// let tokens = TokenManager::new(client, Arc::new(MemoryStore::new()))
///     .with_renewal(Arc::new(JwtBearer::new(Arc::new(account)).without_client()));
///
/// let storage = ApiClient::new(tokens.session(""), "https://storage.googleapis.com/storage/v1")?;
/// let buckets = storage.get("b?project=oak").read().await?; // asks for a token once an hour
/// # drop(buckets);
/// # Ok(())
/// # }
/// ```
pub struct ServiceAccount {
    email: String,
    token_uri: Url,
    has_scopes: bool,
    signer: JwtSigner,
}

impl ServiceAccount {
    /// Reads the key file that Google's console makes, of the type `service_account`. Members that
    /// are not needed are not read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): it is not such a file; its key is no RSA key in
    /// PKCS#8; or its `token_uri` is neither Google's over https nor loopback: an assertion is
    /// worth a token to whoever gets it. No error repeats what the file says.
    pub fn from_json(json: &str) -> Result<Self> {
        let mut file: Json = serde_json::from_str(json)
            .map_err(|error| Error::config("the key file is not JSON").with_source(error))?;
        if file["type"] != "service_account" {
            return Err(Error::config("the key file is not one of a service account"));
        }
        let email = text(&mut file, "client_email")?;
        let key_id = text(&mut file, "private_key_id")?;
        let token_uri = token_uri(&text(&mut file, "token_uri")?)?;
        let signer = JwtSigner::rs256(text(&mut file, "private_key")?)?
            .with_key_id(key_id)
            .with_issuer(email.clone())
            .with_audience(token_uri.as_str())
            .without_subject()
            .with_lifetime(LIFETIME);
        Ok(Self { email, token_uri, has_scopes: false, signer })
    }

    /// What the token is for; in place of those said before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): there is none, or one is no scope ([RFC 6749,
    /// section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)).
    pub fn with_scopes<S: AsRef<str>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let mut joined = String::new();
        for scope in scopes {
            let scope = scope.as_ref();
            let is_one = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if scope.is_empty() || !scope.bytes().all(is_one) {
                return Err(Error::config("a scope is text without spaces and quotes"));
            }
            let space = if joined.is_empty() { "" } else { " " };
            joined.extend([space, scope]);
        }
        if joined.is_empty() {
            return Err(without_scopes());
        }
        self.signer = self.signer.with_claim("scope", joined)?;
        self.has_scopes = true;
        Ok(self)
    }

    /// Acts for a user of a Workspace whose administrator lets the account do so, by the user's
    /// address: domain-wide delegation.
    #[must_use]
    pub fn with_subject(mut self, user: impl Into<String>) -> Self {
        self.signer = self.signer.with_subject(user);
        self
    }

    /// The account's address: `name@project.iam.gserviceaccount.com`.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// A client that asks where the key file says. A client of [`Google`] for users does as well,
    /// where the file has today's `https://oauth2.googleapis.com/token`.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::new`].
    pub fn client(&self) -> Result<OAuth2Client<Google>> {
        self.client_with(ClientConfig::new(self.email.as_str()))
    }

    /// As [`client`](Self::client), but with a timeout, a `User-Agent` or a
    /// [name](ClientConfig::with_name) of one's own: without one it goes by `google`, as the users'
    /// client does. Google is told nothing of the client's id.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::new`].
    pub fn client_with(&self, config: ClientConfig) -> Result<OAuth2Client<Google>> {
        let google = Google::asking_at(String::from(self.token_uri.clone()));
        OAuth2Client::new(google, config)
    }

    /// What [`OAuth2Client::request_token`] sends for a token of an hour: an assertion signed
    /// `now`, which is to be sent at once, and nothing of the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): no scopes were named, or the clock is out of range.
    pub async fn grant(&self, now: SystemTime) -> Result<Grant<'static>> {
        Ok(Google::service_account(self.sign(&self.email, self.token_uri.as_str(), now).await?))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ClientAssertion for ServiceAccount {
    async fn sign(&self, client_id: &str, audience: &str, now: SystemTime) -> Result<Secret> {
        if !self.has_scopes {
            return Err(without_scopes());
        }
        self.signer.sign(client_id, audience, now).await
    }

    fn speaks_for(&self) -> Cow<'_, str> {
        self.signer.speaks_for()
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount").field("email", &self.email).finish_non_exhaustive()
    }
}

impl Google {
    /// The grant of a service account whose assertion was signed elsewhere, as by a key management
    /// service: [`ServiceAccount::grant`] is for one with a key file.
    #[must_use]
    pub fn service_account(assertion: impl Into<Secret>) -> Grant<'static> {
        let grant = Grant::new(JWT_BEARER).param("assertion", assertion);
        // quirk: service-account => grant
        grant.without_client()
    }
}

fn without_scopes() -> Error {
    Error::config("a service account says what its token is for: see with_scopes")
}

/// A member that is text and not empty, moved out: one of them is the key.
fn text(file: &mut Json, name: &str) -> Result<String> {
    match file[name].take() {
        Json::String(text) if !text.is_empty() => Ok(text),
        _ => Err(Error::config(format!("the key file has no {name}"))),
    }
}

fn token_uri(text: &str) -> Result<Url> {
    let refused = || Error::config("the key file's token_uri is none of Google's");
    let url = Url::parse(text).map_err(|_| refused())?;
    let is_google = url.scheme() == "https"
        && url.port().is_none()
        && url.host_str().is_some_and(|host| HOSTS.contains(&host));
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    if is_plain && (is_google || is_loopback(&url)) { Ok(url) } else { Err(refused()) }
}
