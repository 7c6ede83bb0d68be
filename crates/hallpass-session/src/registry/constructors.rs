use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use hallpass_core::{BaseOAuth2, Error, Result};

use crate::Blueprint;

/// How a client of each provider is made: what [`ClientSettings`](crate::ClientSettings) call its
/// `provider`.
///
/// The facade's `hallpass::constructors()` has those of the enabled features; an application adds
/// its own, or replaces one that should be made otherwise.
#[derive(Clone, Default)]
pub struct Constructors {
    by_name: BTreeMap<Cow<'static, str>, Arc<Constructor>>,
}

pub(super) type Constructor = dyn Fn(Blueprint) -> Result<Arc<dyn BaseOAuth2>> + Send + Sync;

impl Constructors {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more provider, or another way to make one: the later of a name wins. The constructor
    /// takes from the [`Blueprint`] what its provider needs, and ends with [`Blueprint::client`].
    #[must_use]
    pub fn with(
        mut self,
        provider: impl Into<Cow<'static, str>>,
        constructor: impl Fn(Blueprint) -> Result<Arc<dyn BaseOAuth2>> + Send + Sync + 'static,
    ) -> Self {
        self.by_name.insert(provider.into(), Arc::new(constructor));
        self
    }

    /// The providers, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }

    pub(super) fn get(&self, provider: &str) -> Result<&Constructor> {
        self.by_name.get(provider).map(|constructor| &**constructor).ok_or_else(|| {
            let known: Vec<_> = self.names().collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            let message =
                format!("no provider is named {provider:?}, or its feature is off; known: {known}");
            Error::config(message).with_reason("unknown_provider")
        })
    }
}

impl fmt::Debug for Constructors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
