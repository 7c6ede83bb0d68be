//! What keeps a host that a user typed from being one of our own network.

use std::{
    error::Error as StdError,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_public;
use crate::{Error, Result};

/// Judges each host twice over: a URL before there is a request, a name by all its addresses,
/// which are then the ones connected to. Nothing is looked up a second time in between.
#[derive(Clone)]
pub(super) struct Guard {
    /// Whom to ask for addresses.
    pub(super) lookup: Arc<dyn Lookup>,
    /// [`is_public`]; a test has no public address, and allows one of its own.
    pub(super) is_allowed: fn(IpAddr) -> bool,
    /// `https`; a test has no certificate that the system trusts.
    pub(super) scheme: &'static str,
}

impl Guard {
    pub(super) fn new() -> Self {
        Self { lookup: Arc::new(System), is_allowed: is_public, scheme: "https" }
    }

    /// An address in a URL never reaches a resolver, so it is judged here, in the one form that
    /// parsing has brought all its spellings to.
    pub(super) fn check(&self, url: &Url) -> Result<()> {
        let is_refused = match url.host() {
            Some(Host::Ipv4(address)) => !(self.is_allowed)(address.into()),
            Some(Host::Ipv6(address)) => !(self.is_allowed)(address.into()),
            Some(Host::Domain(name)) => is_localhost(name),
            None => false,
        };
        if is_refused {
            return Err(NotPublic.into());
        }
        if url.scheme() != self.scheme {
            return Err(Error::security(
                "plain_http",
                "anything but https to a host of the Internet",
            ));
        }
        Ok(())
    }
}

impl Resolve for Guard {
    /// One address that is not public refuses them all: no honest server has both, and a
    /// connection that fails at times would be harder to explain than one that always does.
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.lookup.lookup(name.as_str()).await?;
            if !addresses.iter().all(|address| (guard.is_allowed)(address.ip())) {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// The name of this machine and all names below it, which need no resolver ([RFC 6761, section
/// 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// From a name to its addresses.
#[async_trait]
pub(super) trait Lookup: Send + Sync {
    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system's resolver: hosts file, DNS and whatever else it is told to ask.
struct System;

#[async_trait]
impl Lookup for System {
    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        // The port is the URL's, and set later.
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }
}

/// Which address it was stays here: the user who typed the name may be who reads the error.
#[derive(Debug)]
pub(super) struct NotPublic;

impl NotPublic {
    /// Whether this is why there was no connection: hyper and reqwest wrap what a resolver says.
    pub(super) fn is_behind(error: &(dyn StdError + 'static)) -> bool {
        let mut next = Some(error);
        while let Some(error) = next {
            if error.is::<Self>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host is not at public addresses alone")
    }
}

impl StdError for NotPublic {}

impl From<NotPublic> for Error {
    fn from(refusal: NotPublic) -> Self {
        Self::security("private_address", refusal.to_string())
    }
}
