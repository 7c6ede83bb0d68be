use std::fmt;

use hallpass_core::{Error, Result, Secret};
use hallpass_seal::SealingKeys;

use crate::TokenKey;

/// How a store keeps its tokens: sealed, unless the application says that it does not care.
///
/// A store that outlives its process asks for one when it is made. For whoever writes a store: what
/// [`seal`](Self::seal) gives goes into the database, and what comes from there through
/// [`open`](Self::open).
///
/// ```
/// # use hallpass_session::{AtRest, SealingKeys, TokenKey};
/// # fn main() -> hallpass_core::Result<()> {
/// # let key = SealingKeys::generate_key();
/// let at_rest = AtRest::sealed(SealingKeys::new(key)?);
/// let ada = TokenKey::new("ada", "github");
/// let stored = at_rest.seal(&ada, &"a token".into())?;
/// assert_eq!(at_rest.open(&ada, stored.expose())?.expose(), "a token");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AtRest(Form);

#[derive(Clone)]
enum Form {
    Sealed { keys: SealingKeys, is_plain_taken: bool },
    Plain,
}

/// What else the same keys seal is bound to other words.
const PURPOSE: &str = "hallpass token";

impl AtRest {
    /// Sealed, and bound to user and provider: what is in one row opens in no other. To replace a
    /// key, see [`SealingKeys::with_old`]; what an old one sealed is sealed with the new one when
    /// it is written next.
    #[must_use]
    pub fn sealed(keys: SealingKeys) -> Self {
        Self(Form::Sealed { keys, is_plain_taken: false })
    }

    /// As they are.
    ///
    /// # Security
    ///
    /// Whoever reads the database, or a copy of it, can act in the name of all users; whoever
    /// writes to it can put their own token into somebody's row.
    #[must_use]
    pub fn dangerously_plain() -> Self {
        Self(Form::Plain)
    }

    /// Takes tokens that were stored plain, too, until each is written anew: to begin with sealing.
    ///
    /// # Security
    ///
    /// As long as this is on, whoever writes to the database can put their own token into
    /// somebody's row.
    #[must_use]
    pub fn dangerously_take_plain(mut self) -> Self {
        if let Form::Sealed { is_plain_taken, .. } = &mut self.0 {
            *is_plain_taken = true;
        }
        self
    }

    /// What is to be stored for `token`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): reason `sealed`, the tokens are to be plain,
    /// and this one is sealed already; reason `too_long`, it cannot be sealed.
    pub fn seal(&self, key: &TokenKey, token: &Secret) -> Result<Secret> {
        match &self.0 {
            Form::Sealed { keys, .. } => keys.seal(token, &context(key)),
            Form::Plain if SealingKeys::is_sealed(token.expose()) => Err(has_no_key()),
            Form::Plain => Ok(token.clone()),
        }
    }

    /// The token, of what was stored for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `not_sealed`: it is plain, where
    /// tokens are sealed. `unknown_key`: another key sealed it. `broken_seal`: it was changed, or
    /// is that of another user or provider. What is stored stays as it is: log it, and let the user
    /// sign in again once it is deleted.
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sealed`: it is sealed, and there is
    /// no key.
    pub fn open(&self, key: &TokenKey, stored: &str) -> Result<Secret> {
        let is_sealed = SealingKeys::is_sealed(stored);
        match &self.0 {
            Form::Plain if is_sealed => Err(has_no_key()),
            Form::Sealed { keys, is_plain_taken } if is_sealed || !is_plain_taken => {
                keys.open(stored, &context(key))
            }
            Form::Plain | Form::Sealed { .. } => Ok(Secret::new(stored)),
        }
    }
}

fn context(key: &TokenKey) -> [&str; 3] {
    [PURPOSE, key.user(), key.provider()]
}

fn has_no_key() -> Error {
    Error::config("the token is sealed, and the store was made without a key").with_reason("sealed")
}

/// How, and not with which key.
impl fmt::Debug for AtRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Form::Sealed { is_plain_taken: false, .. } => "AtRest(sealed)",
            Form::Sealed { is_plain_taken: true, .. } => "AtRest(sealed, takes plain)",
            Form::Plain => "AtRest(plain)",
        })
    }
}
