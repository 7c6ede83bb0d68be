use hallpass_core::{CustomClientAuth, Error, Result, Secret, url::form_urlencoded};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};

use super::settings::{ClientSettings, Params};

/// What `env` is in a program: a variable of this process. One that is not UTF-8 is given with
/// replacement characters in it, so that it fails where it is used and is not taken for unset.
#[must_use]
pub fn process_env(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl ClientSettings {
    /// What the environment says of the client `name`, in variables that begin with the name in
    /// capitals, hyphens as underscores: `MY_CORP_CLIENT_ID` for `my-corp`. `None` where
    /// neither client id nor credential is set, whatever else is. `env` reads one variable:
    /// [`process_env`] those of the process.
    ///
    /// | Variable | Setting |
    /// |---|---|
    /// | `…_CLIENT_ID` | the client id |
    /// | `…_CLIENT_SECRET` | [`with_secret`](Self::with_secret) |
    /// | `…_CLIENT_AUTH` | [`with_client_auth`](Self::with_client_auth): `basic`, `post` … |
    /// | `…_PROVIDER` | [`with_provider`](Self::with_provider) |
    /// | `…_SCOPES` | [`with_scopes`](Self::with_scopes), between spaces or commas |
    /// | `…_REDIRECT_URI` | [`with_redirect_uri`](Self::with_redirect_uri) |
    /// | `…_HOST` | [`with_host`](Self::with_host) |
    /// | `…_ISSUER` | [`with_issuer`](Self::with_issuer) |
    /// | `…_METADATA_URL` | [`with_metadata_url`](Self::with_metadata_url) |
    /// | `…_API_BASE_URL` | [`with_api_base_url`](Self::with_api_base_url) |
    /// | `…_USER_AGENT` | [`with_user_agent`](Self::with_user_agent) |
    /// | `…_AUTHORIZATION_PARAMS` | [`with_authorization_param`](Self::with_authorization_param), as a query: `access_type=offline&prompt=consent` |
    /// | `…_TOKEN_PARAMS` | [`with_token_param`](Self::with_token_param), as a query |
    /// | `…_PRIVATE_KEY`, `…_KEY_ID` | [`with_private_key`](Self::with_private_key); `\n` in the key is a new line |
    /// | `…_TEAM_ID` | [`with_team_id`](Self::with_team_id) |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `environment`, naming the variable:
    /// one that is set and empty, a secret or key without a client id, a value that cannot be read.
    /// No value is repeated.
    pub fn from_env(name: &str, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let variables = Variables { prefix: prefix(name), env };
        let client_id = variables.get(CLIENT_ID)?;
        let client_secret = variables.get("CLIENT_SECRET")?.map(Secret::new);
        let private_key = variables.get("PRIVATE_KEY")?.map(Secret::new);
        let client_id = match client_id {
            Some(client_id) => client_id,
            None if client_secret.is_none() && private_key.is_none() => return Ok(None),
            None => return Err(not_set(name)),
        };
        Ok(Some(Self {
            client_id,
            provider: variables.get("PROVIDER")?,
            client_secret,
            client_auth: variables.read("CLIENT_AUTH", client_auth)?,
            scopes: variables.read("SCOPES", scopes)?,
            redirect_uri: variables.get("REDIRECT_URI")?,
            host: variables.get("HOST")?,
            issuer: variables.get("ISSUER")?,
            metadata_url: variables.get("METADATA_URL")?,
            api_base_url: variables.get("API_BASE_URL")?,
            user_agent: variables.get("USER_AGENT")?,
            authorization_params: variables.read(AUTHORIZATION_PARAMS, params)?.unwrap_or_default(),
            token_params: variables.read("TOKEN_PARAMS", params)?.unwrap_or_default(),
            team_id: variables.get("TEAM_ID")?,
            key_id: variables.get("KEY_ID")?,
            // A PEM has no backslash; what writes it into one line has this one.
            private_key: private_key.map(|pem| Secret::new(pem.expose().replace("\\n", "\n"))),
        }))
    }
}

const CLIENT_ID: &str = "CLIENT_ID";
const AUTHORIZATION_PARAMS: &str = "AUTHORIZATION_PARAMS";

/// The variables of one client.
struct Variables<E> {
    prefix: String,
    env: E,
}

impl<E: Fn(&str) -> Option<String>> Variables<E> {
    fn get(&self, suffix: &str) -> Result<Option<String>> {
        let variable = format!("{}_{suffix}", self.prefix);
        match (self.env)(&variable) {
            // Nobody knows whether it was left out or lost.
            Some(value) if value.trim().is_empty() => {
                Err(refused(format!("{variable} is empty: set it, or leave it out")))
            }
            value => Ok(value),
        }
    }

    fn read<T>(
        &self,
        suffix: &str,
        parse: impl Fn(&str) -> std::result::Result<T, &'static str>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(suffix)? else { return Ok(None) };
        let wrong = |why| refused(format!("{}_{suffix} {why}", self.prefix));
        parse(&value).map(Some).map_err(wrong)
    }
}

/// `my-corp` is `MY_CORP`.
fn prefix(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// Nobody is there, or only a half.
pub(super) fn not_set(name: &str) -> Error {
    refused(format!("{}_{CLIENT_ID} is not set", prefix(name)))
}

fn refused(message: String) -> Error {
    Error::config(message).with_reason("environment")
}

type Parsed<T> = std::result::Result<T, &'static str>;

fn client_auth(text: &str) -> Parsed<CustomClientAuth> {
    let text: value::StrDeserializer<'_, value::Error> = text.into_deserializer();
    CustomClientAuth::deserialize(text).map_err(
        |_| "is no way of client authentication: assertion, basic, basic_raw, none or post",
    )
}

fn scopes(text: &str) -> Parsed<Vec<String>> {
    let scopes = text.split(|c: char| c == ',' || c.is_whitespace());
    let scopes: Vec<_> = scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() { Err("names no scope") } else { Ok(scopes) }
}

fn params(text: &str) -> Parsed<Params> {
    if text.split('&').any(|pair| pair.split_once('=').is_none_or(|(name, _)| name.is_empty())) {
        return Err("is no query: name=value, with & between");
    }
    let pairs = form_urlencoded::parse(text.as_bytes());
    Ok(Params(pairs.map(|(name, value)| (name.into_owned(), Secret::new(value))).collect()))
}
