use std::{fmt, sync::Arc};

/// Whose token: a user of the application at a client, which goes by its name.
///
/// The user is the application's own id of them (never an email address, which changes hands). A
/// token that belongs to no user, as client credentials give, has the user `""`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey {
    user: Arc<str>,
    provider: Arc<str>,
}

impl TokenKey {
    /// The token of `user` at the client named `provider`
    /// ([`Descriptor::name`](hallpass_core::Descriptor::name)).
    #[must_use]
    pub fn new(user: &str, provider: &str) -> Self {
        Self { user: user.into(), provider: provider.into() }
    }

    /// The application's id of the user.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The name of the client.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({:?} at {:?})", self.user, self.provider)
    }
}
