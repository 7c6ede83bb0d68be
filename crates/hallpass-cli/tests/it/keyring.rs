//! Tokens in a keyring, which is keyring-core's own mock.

use std::{any::Any, collections::HashMap, sync::Arc, time::Duration};

use hallpass_cli::KeyringStore;
use hallpass_core::{Error, ErrorKind, Secret};
use hallpass_session::{TokenKey, TokenStore, contract};
use keyring_core::{
    CredentialStore, Entry, Error as KeyringError,
    api::{Credential, CredentialApi, CredentialStoreApi},
    mock, set_default_store, unset_default_store,
};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

const MINUTE: Duration = Duration::from_secs(60);
const BROKEN: (ErrorKind, Option<&str>) = (ErrorKind::Config, Some("broken_store"));

/// There is one default store in a process, and one test at a time that sets it.
static DEFAULT: Mutex<()> = Mutex::const_new(());

/// Until it is dropped, there is a default store and no other test changes it.
#[cfg(unix)]
pub(crate) async fn with_a_default() -> MutexGuard<'static, ()> {
    let one = DEFAULT.lock().await;
    set_default_store(mock::Store::new().unwrap());
    one
}

/// A keyring of a test's own, and a folder for the lock.
struct World {
    keyring: Arc<CredentialStore>,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(mock::Store::new().unwrap())
    }

    fn with(keyring: Arc<CredentialStore>) -> Self {
        Self { keyring, folder: tempfile::tempdir().unwrap() }
    }

    async fn open(&self) -> KeyringStore {
        let _one = DEFAULT.lock().await;
        set_default_store(Arc::clone(&self.keyring));
        KeyringStore::open("my-tool", self.folder.path().join("lock")).await.unwrap()
    }

    fn entry(&self, name: &str) -> Entry {
        self.keyring.build("my-tool", name, None).unwrap()
    }
}

fn key() -> TokenKey {
    TokenKey::new("ada", "acme")
}

fn said(error: &Error) -> (ErrorKind, Option<&str>) {
    (error.kind(), error.reason())
}

async fn sign_in(store: &KeyringStore, key: &TokenKey) {
    store.compare_and_swap(key, None, &Secret::new("TOKEN")).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_keeps_the_contract_of_stores() {
    contract::check(Arc::new(World::new().open().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_keyring_lose_no_write() {
    let world = World::new();
    let handles = [world.open().await, world.open().await];
    let adders = handles.map(|store| {
        tokio::spawn(async move {
            for _ in 0..50 {
                loop {
                    let kept = store.load(&key()).await.unwrap();
                    let number: u32 =
                        kept.as_ref().map_or(0, |kept| kept.token.expose().parse().unwrap());
                    let (version, next) = (kept.map(|kept| kept.version), (number + 1).to_string());
                    let next = Secret::new(next);
                    if store.compare_and_swap(&key(), version, &next).await.unwrap().is_some() {
                        break;
                    }
                }
            }
        })
    });
    for adder in adders {
        adder.await.unwrap();
    }
    let kept = world.open().await.load(&key()).await.unwrap().unwrap();
    assert_eq!(kept.token.expose(), "100");
}

#[tokio::test]
async fn no_two_keys_have_one_entry_even_where_capitals_are_not_told_apart() {
    let world = World::new();
    let store = world.open().await;
    for (user, provider, name) in [
        ("ada", "acme", "ada@acme"),
        ("", "acme", "@acme"),
        ("a@b", "c", "a%40b@c"),
        ("a", "b@c", "a@b%40c"),
        ("Ada", "x", "%41da@x"),
        ("%41da", "x", "%2541da@x"),
        ("ada ", "é", "ada%20@%c3%a9"),
        ("0.9_z-", "x", "0.9_z-@x"),
    ] {
        sign_in(&store, &TokenKey::new(user, provider)).await;
        assert!(world.entry(name).get_secret().is_ok(), "{name}");
    }
}

#[tokio::test]
async fn an_entry_that_says_nothing_any_more_is_deleted() {
    let world = World::new();
    let store = world.open().await;
    sign_in(&store, &key()).await;
    store.delete(&key()).await.unwrap();
    assert!(matches!(world.entry("ada@acme").get_secret(), Err(KeyringError::NoEntry)));
    let lease = store.lease(&key(), MINUTE).await.unwrap().unwrap();
    assert!(world.entry("ada@acme").get_secret().is_ok());
    store.release(lease, false).await.unwrap();
    assert!(matches!(world.entry("ada@acme").get_secret(), Err(KeyringError::NoEntry)));
}

#[tokio::test]
async fn without_a_keyring_the_tool_is_told_to_choose_one() {
    let folder = tempfile::tempdir().unwrap();
    let _one = DEFAULT.lock().await;
    unset_default_store();
    let error = KeyringStore::open("my-tool", folder.path().join("lock")).await.unwrap_err();
    assert_eq!(said(&error), (ErrorKind::Config, Some("no_keyring")));
    assert!(error.to_string().contains("keyring_core::set_default_store"), "{error}");
}

#[tokio::test]
async fn what_a_keyring_says_becomes_what_to_do_next() {
    let bytes = || b"TOKEN".to_vec();
    let why = || Box::<dyn std::error::Error + Send + Sync>::from("locked");
    let store = (ErrorKind::Transport, Some("store"));
    let keyring = (ErrorKind::Config, Some("keyring"));
    check_error(KeyringError::NoStorageAccess(why()), store).await;
    check_error(KeyringError::PlatformFailure(why()), store).await;
    check_error(KeyringError::NoDefaultStore, (ErrorKind::Config, Some("no_keyring"))).await;
    let too_long = KeyringError::TooLong("password".into(), 2560);
    check_error(too_long, (ErrorKind::Config, Some("too_long"))).await;
    check_error(KeyringError::BadEncoding(bytes()), BROKEN).await;
    check_error(KeyringError::BadDataFormat(bytes(), "TOKEN".into()), BROKEN).await;
    check_error(KeyringError::BadStoreFormat("TOKEN".into()), BROKEN).await;
    check_error(KeyringError::Ambiguous(Vec::new()), BROKEN).await;
    check_error(KeyringError::Invalid("user".into(), "is odd".into()), keyring).await;
    check_error(KeyringError::NotSupportedByStore("no".into()), keyring).await;
}

/// The mock fails once, at the next call, and every method begins with one that reads.
async fn check_error(error: KeyringError, want: (ErrorKind, Option<&str>)) {
    let world = World::new();
    let store = world.open().await;
    sign_in(&store, &key()).await;
    let entry = world.entry("ada@acme");
    let before = entry.get_secret().unwrap();
    let of_mock: &mock::Cred = entry.as_any().downcast_ref().unwrap();
    of_mock.set_error(error);
    let error = store.load(&key()).await.unwrap_err();
    assert_eq!(said(&error), want, "{error}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("TOKEN") && !shown.contains("84, 79, 75"), "{shown}");
    assert_eq!(entry.get_secret().unwrap(), before);
    assert!(store.load(&key()).await.unwrap().is_some(), "the same call works later");
}

#[tokio::test]
async fn an_entry_of_something_else_is_refused_and_left() {
    let world = World::new();
    let store = world.open().await;
    let entry = world.entry("ada@acme");
    for (other, want) in [
        ("TOKEN", BROKEN),
        (r#"{"TOKEN":1}"#, BROKEN),
        ("[]", BROKEN),
        ("", BROKEN),
        (r#"{"hallpass":"TOKEN"}"#, BROKEN),
        // Of a program that knows more: to write it again would lose that.
        (r#"{"hallpass":1,"record":{"in_doubt":true},"TOKEN":1}"#, BROKEN),
        (r#"{"hallpass":1,"record":{"in_doubt":true,"TOKEN":1}}"#, BROKEN),
        (r#"{"hallpass":2,"TOKEN":1}"#, (ErrorKind::Config, Some("newer_store"))),
    ] {
        entry.set_secret(other.as_bytes()).unwrap();
        let errors = [
            store.load(&key()).await.unwrap_err(),
            store.compare_and_swap(&key(), None, &Secret::new("new")).await.unwrap_err(),
            store.lease(&key(), MINUTE).await.unwrap_err(),
            store.delete(&key()).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(said(&error), want, "{error}");
            assert!(!format!("{error:?}").contains("TOKEN"), "{error:?}");
        }
        assert_eq!(entry.get_secret().unwrap(), other.as_bytes());
    }
    entry.set_secret(b"\xff").unwrap();
    assert_eq!(said(&store.load(&key()).await.unwrap_err()), BROKEN);
}

#[tokio::test]
async fn a_token_too_long_for_the_keyring_is_an_error_and_leaves_the_old_one() {
    let world = World::with(Arc::new(Narrow { inner: mock::Store::new().unwrap() }));
    let store = world.open().await;
    sign_in(&store, &key()).await;
    let version = store.load(&key()).await.unwrap().unwrap().version;
    let long = Secret::new("TOKEN".repeat(600));
    let error = store.compare_and_swap(&key(), Some(version), &long).await.unwrap_err();
    assert_eq!(said(&error), (ErrorKind::Config, Some("too_long")));
    let source = std::error::Error::source(&error).unwrap();
    assert!(matches!(source.downcast_ref(), Some(KeyringError::TooLong(_, 2560))), "{source}");
    assert_eq!(store.load(&key()).await.unwrap().unwrap().version, version);
}

#[tokio::test]
async fn a_token_that_a_narrow_keyring_takes_can_be_renewed_there() {
    let world = World::with(Arc::new(Narrow { inner: mock::Store::new().unwrap() }));
    let store = world.open().await;
    let entry = world.entry("ada@acme");
    let length = || entry.get_secret().unwrap().len();
    let version = store.compare_and_swap(&key(), None, &Secret::new("")).await.unwrap().unwrap();
    assert_eq!(length(), 197, "as the documentation says");
    let longest = |more: usize| Secret::new("x".repeat(2560 - 197 + more));
    let refused = store.compare_and_swap(&key(), Some(version), &longest(1)).await.unwrap_err();
    assert_eq!(said(&refused), (ErrorKind::Config, Some("too_long")));

    let mut version = Some(version);
    for is_in_doubt in [false, true, true, false] {
        version = store.compare_and_swap(&key(), version, &longest(0)).await.unwrap();
        assert!(version.is_some());
        assert_eq!(length(), 2560, "a sign-in");
        let lease = store.lease(&key(), Duration::MAX).await.unwrap().unwrap();
        assert_eq!(length(), 2560, "a lease of any length");
        version = store.compare_and_swap(&key(), version, &longest(0)).await.unwrap();
        assert_eq!(length(), 2560, "a renewal");
        store.release(lease, is_in_doubt).await.unwrap();
        assert_eq!(length(), 2560, "the end of the lease");
        // Under a lease whose holder does not come back.
        let lease = store.lease(&key(), Duration::ZERO).await.unwrap().unwrap();
        assert_eq!(lease.was_interrupted(), is_in_doubt);
    }
    let kept = store.load(&key()).await.unwrap().unwrap();
    assert_eq!((kept.token.expose(), Some(kept.version)), (longest(0).expose(), version));
}

/// As it was written before there was room for a lease, or by a keyring that trims.
#[tokio::test]
async fn an_entry_without_blanks_is_read_and_leased() {
    let world = World::new();
    let store = world.open().await;
    let text =
        r#"{"hallpass":1,"record":{"entry":{"token":"TOKEN","version":7},"in_doubt":false}}"#;
    world.entry("ada@acme").set_secret(text.as_bytes()).unwrap();
    assert_eq!(store.load(&key()).await.unwrap().unwrap().token.expose(), "TOKEN");
    assert!(store.lease(&key(), MINUTE).await.unwrap().is_some());
    assert_eq!(world.entry("ada@acme").get_secret().unwrap().len(), 197 + "TOKEN".len());
}

#[tokio::test]
async fn a_keyring_store_does_not_print_tokens() {
    let store = World::new().open().await;
    sign_in(&store, &key()).await;
    assert_eq!(format!("{store:?}"), "KeyringStore { service: \"my-tool\", .. }");
}

/// A mock with the limit of Windows.
#[derive(Debug)]
struct Narrow {
    inner: Arc<mock::Store>,
}

#[derive(Debug)]
struct NarrowEntry(Entry);

impl CredentialStoreApi for Narrow {
    fn vendor(&self) -> String {
        self.inner.vendor()
    }

    fn id(&self) -> String {
        self.inner.id()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        let inner = self.inner.build(service, user, modifiers)?;
        Ok(Entry::new_with_credential(Arc::new(NarrowEntry(inner))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl CredentialApi for NarrowEntry {
    fn set_secret(&self, secret: &[u8]) -> keyring_core::Result<()> {
        match secret.len() {
            0..=2560 => self.0.set_secret(secret),
            _ => Err(KeyringError::TooLong("secret".into(), 2560)),
        }
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        self.0.get_secret()
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        self.0.delete_credential()
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        self.0.get_specifiers()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
