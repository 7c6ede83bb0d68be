use std::{
    fmt, iter,
    path::{PathBuf, absolute},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use hallpass_core::{Error, Result, Secret};
use hallpass_session::{Entry, Lease, TokenKey, TokenStore, Version};
use keyring_core::{CredentialStore, Error as KeyringError, get_default_store};
use serde::{Deserialize, Serialize};

use crate::{
    place::{Place, folder_of},
    record::{Record, now_ms},
};

/// Higher with each change that an older version would not understand, or would undo.
const FORMAT_VERSION: u32 = 1;

/// What every version of an entry has.
#[derive(Deserialize)]
struct Header {
    hallpass: u32,
}

/// An entry. Short, since some keyrings have little room.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    hallpass: u32,
    record: Record,
}

/// Tokens in the system's keyring: one entry for each user and client.
///
/// Which keyring that is, the tool chooses: it gives a store of the keyring-core ecosystem to
/// `keyring_core::set_default_store` at its start. Any number of processes may use it at once; what
/// a keyring lacks for that, a lock on a file gives.
///
/// An entry is of the service named, its user is `user@provider` with all but `a-z`, `0-9`, `.`,
/// `_` and `-` percent-encoded, capital letters too, since some keyrings do not tell them apart. It
/// holds JSON. One that holds something else is an error, and left as it is.
///
/// What keyring-core itself logs at the level debug names entries, and shows them as the keyring's
/// own `Debug` does: that of keyring-core's mock shows the tokens. Leave `keyring_core` at info.
///
/// Windows keeps at most 2560 bytes in an entry, which the token of some providers exceeds: use
/// [`TokenFile`](crate::TokenFile) for those. An entry takes 197 bytes besides its token, in which
/// JSON counts a quotation mark twice. Blanks hold the place of what a renewal writes beside the
/// token, so a keyring that takes a token takes the renewed one too, if that is no longer.
///
/// # Errors
///
/// Besides those of [`TokenStore`], all methods: [`ErrorKind::Config`](hallpass_core::ErrorKind),
/// which trying again does not mend. Reason `no_keyring`: no default store is set. `too_long`: the
/// keyring has no room for such a token and its renewal. `broken_store`: an entry is not ours.
/// `newer_store`: update the tool. `keyring`: it does not take such an entry. `permissions` and
/// `no_locks`: of the lock's file, as for [`TokenFile`](crate::TokenFile).
///
/// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`, also if the keyring is
/// locked or fails, or other processes keep the lock for 10 s.
pub struct KeyringStore {
    keyring: Arc<CredentialStore>,
    service: Arc<str>,
    place: Place,
}

impl KeyringStore {
    /// The entries of `service` in the keyring that is the default now. `lock` is the path of a
    /// file that all processes of the tool lock; it and its folder are made if need be.
    ///
    /// # Errors
    ///
    /// As described for [`KeyringStore`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn open(service: &str, lock: impl Into<PathBuf>) -> Result<Self> {
        let keyring = get_default_store().ok_or_else(no_keyring)?;
        let lock = lock.into();
        let lock = absolute(&lock).map_err(|error| {
            Error::config(format!("{} is no path of a file", lock.display())).with_source(error)
        })?;
        let place = Place::new(lock);
        place.locked(|| Ok(())).await?;
        Ok(Self { keyring, service: service.into(), place })
    }

    /// The entries of the service `app`, with the lock where
    /// [`TokenFile::for_app`](crate::TokenFile::for_app) has its file.
    ///
    /// # Errors
    ///
    /// As [`TokenFile::for_app`](crate::TokenFile::for_app), and as described for
    /// [`KeyringStore`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn for_app(app: &str) -> Result<Self> {
        Self::open(app, folder_of(app)?.join("keyring.lock")).await
    }

    /// Does `work` on the key's entry. Under the lock always: not every keyring shows a write to
    /// others whole or not at all.
    async fn locked<T: Send + 'static>(
        &self,
        key: &TokenKey,
        work: impl FnOnce(&keyring_core::Entry) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let keyring = Arc::clone(&self.keyring);
        let (service, name) = (Arc::clone(&self.service), name(key));
        let work = move || {
            let entry = keyring.build(&service, &name, None).map_err(|it| refused(it, &name))?;
            work(&entry)
        };
        self.place.locked(work).await
    }

    /// Writes what `change` makes of the record, unless it says that it made nothing of it.
    async fn change<T: Send + 'static>(
        &self,
        key: &TokenKey,
        change: impl FnOnce(&mut Record, u64) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let name = name(key);
        let work = move |entry: &keyring_core::Entry| {
            let mut record = read(entry, &name)?;
            let changed = change(&mut record, now_ms());
            if changed.is_some() {
                write(entry, record, &name)?;
            }
            Ok(changed)
        };
        self.locked(key, work).await
    }
}

#[async_trait]
impl TokenStore for KeyringStore {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        let name = name(key);
        self.locked(key, move |entry| Ok(read(entry, &name)?.entry())).await
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>> {
        let token = token.clone();
        self.change(key, move |record, now_ms| record.swap(expected, token, now_ms)).await
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        self.change(key, |record, _| record.delete()).await.map(|_| ())
    }

    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
        let leased = key.clone();
        self.change(key, move |record, now_ms| record.lease(&leased, length, now_ms)).await
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        let holder = lease.holder();
        let change = move |record: &mut Record, _| record.release(holder, is_in_doubt);
        self.change(lease.key(), change).await.map(|_| ())
    }
}

/// Without the keyring, whose own `Debug` may show what is in it.
impl fmt::Debug for KeyringStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringStore").field("service", &self.service).finish_non_exhaustive()
    }
}

fn read(entry: &keyring_core::Entry, name: &str) -> Result<Record> {
    let text = match entry.get_secret() {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| broken(name))?,
        Err(KeyringError::NoEntry) => return Ok(Record::default()),
        Err(error) => return Err(refused(error, name)),
    };
    let text = Secret::new(text);
    // The parser's own words quote what it read, which may be a token.
    let header: Header = serde_json::from_str(text.expose()).map_err(|_| broken(name))?;
    if header.hallpass > FORMAT_VERSION {
        let message = format!("a later version wrote {name} in the keyring: update this program");
        return Err(Error::config(message).with_reason("newer_store"));
    }
    let item: Item = serde_json::from_str(text.expose()).map_err(|_| broken(name))?;
    Ok(item.record)
}

fn write(entry: &keyring_core::Entry, record: Record, name: &str) -> Result<()> {
    let written = if record.is_empty() {
        entry.delete_credential()
    } else {
        let item = Item { hallpass: FORMAT_VERSION, record };
        let text = padded(&item).map_err(|_| broken(name))?;
        entry.set_secret(text.expose().as_bytes())
    };
    written.map_err(|error| refused(error, name))
}

/// As long as it would be with a lease, so that a keyring with little room refuses a token at the
/// sign-in and not at each renewal. Blanks inside the braces: some keyrings trim what they keep.
fn padded(item: &Item) -> serde_json::Result<Secret> {
    let room = item.record.room()?;
    let mut text = serde_json::to_string(item)?;
    let end = text.pop();
    text.extend(iter::repeat_n(' ', room).chain(end));
    Ok(Secret::new(text))
}

/// What the keyring says, without what it quotes of an entry.
fn refused(error: KeyringError, name: &str) -> Error {
    match error {
        KeyringError::NoStorageAccess(_) | KeyringError::PlatformFailure(_) => {
            Error::transport("the keyring is locked, or failed")
                .with_reason("store")
                .with_source(error)
        }
        // Deleted by hand since it was read.
        KeyringError::NoEntry => {
            Error::transport(format!("the keyring lost its entry {name}")).with_reason("store")
        }
        KeyringError::NoDefaultStore => no_keyring(),
        KeyringError::TooLong(..) => {
            let message = format!("the keyring has no room for {name}: keep it in a TokenFile");
            Error::config(message).with_reason("too_long").with_source(error)
        }
        KeyringError::BadEncoding(_)
        | KeyringError::BadDataFormat(..)
        | KeyringError::BadStoreFormat(_)
        | KeyringError::Ambiguous(_) => broken(name),
        error => {
            let message = format!("the keyring does not take the entry {name}");
            Error::config(message).with_reason("keyring").with_source(error)
        }
    }
}

fn no_keyring() -> Error {
    let message = "no keyring is chosen: call keyring_core::set_default_store first";
    Error::config(message).with_reason("no_keyring")
}

fn broken(name: &str) -> Error {
    let message = format!(
        "the keyring's entry {name} is not ours, and is left as it is: delete it and sign in again"
    );
    Error::config(message).with_reason("broken_store")
}

/// No two keys have one name, whatever characters they hold.
fn name(key: &TokenKey) -> String {
    let mut name = String::new();
    encode(key.user(), &mut name);
    name.push('@');
    encode(key.provider(), &mut name);
    name
}

fn encode(text: &str, to: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => to.push(char::from(byte)),
            _ => to.push_str(&format!("%{byte:02x}")),
        }
    }
}
