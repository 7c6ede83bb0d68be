//! Providers that are at many hosts: a shop, an instance, a tenant of somebody's own.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use hallpass_core::{BaseOAuth2, Descriptor, Error, ErrorKind, OAuth2Token, Result};
use hallpass_session::{Registry, TokenManager};
use hallpass_web::Identity;

use crate::{sign_in::Parts, tokens};

/// The clients of a provider that is at many hosts, one for each: for
/// [`SignIn::provider_at_hosts`](crate::SignIn::provider_at_hosts). [`HostClients`] is one from a
/// closure or a registry; whoever registers with each host on the way, as with Mastodon's
/// instances, writes their own, and keeps what was registered: the last 256 clients are kept, and a
/// login that was begun with one client id is finished with the same one.
///
/// # Security
///
/// A stranger types the host. This server then sends requests there, and the client's secret: parse
/// it by the provider's own type, which only the provider's servers can fit (`….myshop.example`),
/// or compare it with a list; where any host may be meant, use a transport that goes to public
/// addresses alone ([`ReqwestClient::public_only`](hallpass_core::ReqwestClient)).
#[async_trait]
pub trait ClientsByHost: fmt::Debug + Send + Sync {
    /// The provider, for the button: its name and mark. Every client has this
    /// [`name`](Descriptor::name).
    fn descriptor(&self) -> &Descriptor;

    /// The one spelling of a host that was typed in. Accounts go by it, so that two spellings would
    /// be two accounts. By default without space around it, `https://` or `http://` before and a
    /// slash after it, without the port 443 or a dot at its end, and in lower case but for a path.
    fn spelled(&self, typed: &str) -> String {
        let typed = typed.trim();
        let has = |scheme: &&str| {
            typed.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        let scheme = ["https://", "http://"].into_iter().find(has).unwrap_or_default();
        let host = typed[scheme.len()..].trim_end_matches('/');
        let (name, path) = host.split_at(host.find('/').unwrap_or(host.len()));
        let name = name.strip_suffix(":443").unwrap_or(name).trim_end_matches('.');
        format!("{}{path}", name.to_ascii_lowercase())
    }

    /// The client for a host, as [`spelled`](Self::spelled) gave it. Two hosts give two clients.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`], [`ErrorKind::Malformed`], [`ErrorKind::Security`]: there is no such
    /// host, and the user is asked again. Others are the end of the login.
    async fn client(&self, host: &str) -> Result<Arc<dyn BaseOAuth2>>;
}

/// [`ClientsByHost`] in one line.
///
/// ```
/// # use std::sync::Arc;
/// # use hallpass_axum::{HostClients, SignIn, web::SealingKeys};
/// # use hallpass_core::{BaseOAuth2, ClientConfig, CustomProvider, Descriptor, Error, OAuth2Client, Result};
/// # fn main() -> Result<()> {
/// let shops = |host: &str| {
///     // The provider's own type of host does this: ShopDomain, GitLabHost, OktaDomain.
///     let name = host.strip_suffix(".shops.example").filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric()));
///     let name = name.ok_or_else(|| Error::config("no shop"))?;
///     let at = |path: &str| format!("https://{name}.shops.example/{path}");
///     let shop = CustomProvider::new(Descriptor::new("shops", at("a"), at("t")), at("me"), "/id")?;
///     let client = OAuth2Client::new(shop, ClientConfig::new("client-id").with_secret("secret"))?;
///     Ok(Arc::new(client) as Arc<dyn BaseOAuth2>)
/// };
/// let shops = HostClients::new("example.shops.example", shops)?;
/// let sign_in = SignIn::new("https://app.example", SealingKeys::generate())?
///     .provider_at_hosts(Arc::new(shops), "Your shop's address", "example.shops.example")?;
/// # Ok(())
/// # }
/// ```
pub struct HostClients {
    descriptor: Descriptor,
    make: Box<Make>,
}

type Make = dyn Fn(&str) -> Result<Arc<dyn BaseOAuth2>> + Send + Sync;

impl HostClients {
    /// Clients that a closure makes. Name and mark are those of the client for `example`, a host
    /// that may exist or not.
    ///
    /// # Errors
    ///
    /// As the closure, for the example.
    pub fn new(
        example: &str,
        make: impl Fn(&str) -> Result<Arc<dyn BaseOAuth2>> + Send + Sync + 'static,
    ) -> Result<Self> {
        let descriptor = make(example)?.descriptor().clone();
        Ok(Self { descriptor, make: Box::new(make) })
    }

    /// Those of a registry, by the name of
    /// [`register_per_host`](hallpass_session::Registry::register_per_host).
    ///
    /// # Errors
    ///
    /// As [`Registry::at_host`], for the example.
    pub fn registered(registry: Arc<Registry>, name: &str, example: &str) -> Result<Self> {
        let name = name.to_owned();
        Self::new(example, move |host| registry.at_host(&name, host))
    }
}

#[async_trait]
impl ClientsByHost for HostClients {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn client(&self, host: &str) -> Result<Arc<dyn BaseOAuth2>> {
        (self.make)(host)
    }
}

impl fmt::Debug for HostClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.descriptor.name();
        f.debug_struct("HostClients").field("name", &name).finish_non_exhaustive()
    }
}

/// A provider at many hosts, and how the page asks for one.
#[derive(Debug, Clone)]
pub(crate) struct Hosted {
    pub(crate) clients: Arc<dyn ClientsByHost>,
    pub(crate) label: String,
    pub(crate) hint: String,
    /// How many buttons of one host alone are before it.
    pub(crate) after: usize,
}

impl Hosted {
    pub(crate) fn name(&self) -> &str {
        self.clients.descriptor().name()
    }

    /// What was typed, as accounts go by it.
    pub(crate) fn host(&self, typed: &str) -> Result<String> {
        // What has a meaning in keys and logs is in no host, whatever a provider's type takes.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/[]".contains(&byte);
        let host = self.clients.spelled(typed);
        if host.is_empty() || host.len() > LONGEST || !host.bytes().all(fits) {
            return Err(Error::config("this is no host").with_reason("host"));
        }
        Ok(host)
    }
}

/// As the page's field.
const LONGEST: usize = 253;

/// Clients that are kept: a client for each of these hosts fits into a few megabytes.
const MOST: usize = 256;

/// The clients that were used last, so that metadata and keys are not fetched anew for each login.
/// A clone is empty: it may belong to another configuration.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    /// Counts each use.
    now: u64,
    clients: HashMap<Key, Used>,
}

/// A provider and a host.
type Key = (String, String);

#[derive(Clone)]
struct Used {
    at: u64,
    client: AtHost,
}

/// A client for one host, and whoever keeps its users' tokens.
#[derive(Debug, Clone)]
pub(crate) struct AtHost {
    pub(crate) client: Arc<dyn BaseOAuth2>,
    pub(crate) manager: Option<TokenManager>,
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Kept {
    fn find(&self, key: &Key) -> Option<AtHost> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        let used = kept.clients.get_mut(key)?;
        used.at = now;
        Some(used.client.clone())
    }

    /// Of two that were made at once, the first.
    fn keep(&self, key: Key, client: AtHost) -> AtHost {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let at = kept.now;
        if kept.clients.len() >= MOST && !kept.clients.contains_key(&key) {
            let oldest = kept.clients.iter().min_by_key(|(_, used)| used.at);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                kept.clients.remove(&oldest);
            }
        }
        kept.clients.entry(key).or_insert(Used { at, client }).client.clone()
    }
}

impl Parts {
    /// A provider at many hosts, by its name.
    pub(crate) fn hosted(&self, name: &str) -> Option<&Hosted> {
        self.hosted.iter().find(|hosted| hosted.name() == name)
    }

    /// What a page shows of a provider, whichever it is.
    pub(crate) fn face(&self, name: &str) -> Option<&Descriptor> {
        let client = self.client(name).map(|client| client.descriptor());
        client.or_else(|| self.hosted(name).map(|hosted| hosted.clients.descriptor()))
    }

    /// Whether a name is taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.face(name).is_some()
    }

    /// The client for `host`, as [`Hosted::host`] gave it.
    pub(crate) async fn at_host(&self, hosted: &Hosted, host: &str) -> Result<AtHost> {
        let key = (hosted.name().to_owned(), host.to_owned());
        if let Some(kept) = self.kept.find(&key) {
            return Ok(kept);
        }
        let client = hosted.clients.client(host).await?;
        if client.descriptor().name() != hosted.name() {
            // Its logins would pass for another's. Not a kind that asks for another host.
            let message = "the client for a host has another name than its provider";
            return Err(Error::unsupported(message).with_reason("client_name"));
        }
        let manager = self.manager_for(&client);
        Ok(self.kept.keep(key, AtHost { client, manager }))
    }

    /// The client that signed somebody in: that of their host, where the provider has many.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`], reason `unknown_provider`: the provider is not here any more, or no
    /// longer the one that it was. Otherwise as [`ClientsByHost::client`].
    pub(crate) async fn client_of(&self, who: &Identity) -> Result<Arc<dyn BaseOAuth2>> {
        let gone = || {
            Error::config(format!("nobody is signed in by {} here", who.provider))
                .with_reason("unknown_provider")
        };
        match &who.host {
            None => self.client(&who.provider).cloned().ok_or_else(gone),
            Some(host) => {
                let hosted = self.hosted(&who.provider).ok_or_else(gone)?;
                Ok(self.at_host(hosted, host).await?.client)
            }
        }
    }

    /// Who keeps the tokens of somebody; `None` where they are not kept.
    ///
    /// # Errors
    ///
    /// As [`client_of`](Self::client_of).
    pub(crate) async fn manager_of(&self, who: &Identity) -> Result<Option<TokenManager>> {
        match (&who.host, self.hosted(&who.provider)) {
            (Some(host), Some(hosted)) => Ok(self.at_host(hosted, host).await?.manager),
            _ => Ok(self.manager(&who.provider).cloned()),
        }
    }

    /// Puts the token of a finished login where the application keeps tokens, if it does.
    pub(crate) async fn keep(&self, who: &Identity, token: OAuth2Token) -> Result<()> {
        if let Some(manager) = self.manager_of(who).await? {
            manager.sign_in(&tokens::user(who), token).await?;
        }
        Ok(())
    }
}

/// Whether the host is at fault, and the user is asked again.
pub(crate) fn is_of_host(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Config | ErrorKind::Malformed | ErrorKind::Security)
}

#[cfg(test)]
mod tests {
    use hallpass_core::{ClientConfig, CustomProvider, OAuth2Client};

    use super::*;

    fn made(host: &str) -> Result<Arc<dyn BaseOAuth2>> {
        let at = |path: &str| format!("https://{host}/{path}");
        let custom =
            CustomProvider::new(Descriptor::new("shops", at("a"), at("t")), at("me"), "/id")?;
        Ok(Arc::new(OAuth2Client::new(custom, ClientConfig::new("id"))?))
    }

    fn hosted() -> Hosted {
        let clients = Arc::new(HostClients::new("example.test", made).unwrap());
        Hosted { clients, label: String::new(), hint: String::new(), after: 0 }
    }

    #[test]
    fn a_host_has_one_spelling_and_nothing_else_in_it() {
        let spellings = ["oak.test", "OAK.test", " https://Oak.Test/ ", "oak.test/\n"];
        for typed in
            spellings.iter().chain(&["HTTPS://oak.test:443", "http://oak.test.", "oak.test:443/"])
        {
            assert_eq!(hosted().host(typed).unwrap(), "oak.test", "{typed:?}");
        }
        assert_eq!(hosted().host("Oak.test:8443/GitLab/").unwrap(), "oak.test:8443/GitLab");
        for typed in
            ["", " ", "/", "a b", "user@oak.test", "oak.test?x", "oak.test#", "a|b", "é.test"]
        {
            assert_eq!(hosted().host(typed).unwrap_err().reason(), Some("host"), "{typed:?}");
        }
        assert!(hosted().host(&"a".repeat(254)).is_err());
    }

    #[test]
    fn clients_are_kept_until_there_are_too_many() {
        let kept = Kept::default();
        let key = |at: usize| ("shops".to_owned(), format!("h{at}.test"));
        let client = || AtHost { client: made("a.test").unwrap(), manager: None };
        let first = kept.keep(key(0), client());
        let again = kept.keep(key(0), client());
        assert!(Arc::ptr_eq(&first.client, &again.client), "of two at once the first");
        for at in 1..MOST {
            kept.keep(key(at), client());
        }
        assert!(kept.find(&key(0)).is_some());
        kept.keep(key(MOST), client());
        assert!(kept.find(&key(0)).is_some() && kept.find(&key(MOST)).is_some(), "the last used");
        assert!(kept.find(&key(1)).is_none());
        assert_eq!(kept.0.lock().unwrap().clients.len(), MOST);
        assert!(kept.clone().find(&key(0)).is_none(), "another configuration");
    }
}
