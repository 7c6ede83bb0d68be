//! What is another user's is refused, whatever its mode: its owner may replace it.
//!
//! Root gives files away to have some. A user who is not root cannot, and has the files of root.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{chown, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use hallpass_cli::TokenFile;
use hallpass_core::{Error, ErrorKind, Secret};
use hallpass_session::{TokenKey, TokenStore};
use tempfile::TempDir;

/// A number that no user of this machine has, and one that a container has.
const OTHER: u32 = 54_242;

fn key() -> TokenKey {
    TokenKey::new("ada", "acme")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn give(path: &Path, owner: u32) {
    chown(path, Some(owner), None).unwrap();
}

/// Whether `own` can be another's. If not, what can be said is checked.
async fn can_give(own: &Path) -> bool {
    if !is_root() {
        check_not_root(own).await;
        return false;
    }
    match chown(own, Some(OTHER), None) {
        Ok(()) => give(own, 0),
        // Root of a container that has no other users, or may not make anything theirs. A skipped
        // test passes, which in CI nobody would see: there it fails.
        Err(error) => {
            let message = format!("not tested: root cannot give a file away here ({error})\n");
            assert!(std::env::var_os("CI").is_none(), "{message}");
            io::stderr().write_all(message.as_bytes()).unwrap();
            return false;
        }
    }
    true
}

/// What somebody who is not root finds: nothing of theirs can be given away, and nothing of root's
/// be written to.
async fn check_not_root(own: &Path) {
    let given = chown(own, Some(OTHER), None).unwrap_err();
    assert_eq!(given.kind(), io::ErrorKind::PermissionDenied);
    let error = TokenFile::open("/hallpass-of-another/tokens.json").await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("permissions")));
    assert!(!Path::new("/hallpass-of-another").exists());
}

#[track_caller]
fn check_refused(error: &Error, path: &Path) {
    let said = (error.kind(), error.reason());
    assert_eq!(said, (ErrorKind::Config, Some("permissions")), "{error}");
    let how = format!("{} belongs to the user with number {OTHER}: ", path.display());
    assert!(error.to_string().contains(&how), "{error}");
}

async fn signed_in() -> (TempDir, PathBuf, TokenFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("my-tool").join("tokens.json");
    let store = TokenFile::open(&path).await.unwrap();
    store.compare_and_swap(&key(), None, &Secret::new("TOKEN")).await.unwrap().unwrap();
    (folder, path, store)
}

/// Whoever opens the file and whoever has it open, until it is the user's own again.
async fn check_given_away(store: &TokenFile, path: &Path, is_read_too: bool) {
    give(path, OTHER);
    let before = fs::read(store.path()).unwrap();
    check_refused(&TokenFile::open(store.path()).await.unwrap_err(), path);
    let swapped = store.compare_and_swap(&key(), None, &Secret::new("new")).await;
    check_refused(&swapped.unwrap_err(), path);
    check_refused(&store.lease(&key(), Duration::from_secs(60)).await.unwrap_err(), path);
    check_refused(&store.delete(&key()).await.unwrap_err(), path);
    if is_read_too {
        check_refused(&store.load(&key()).await.unwrap_err(), path);
    }
    assert_eq!(fs::read(store.path()).unwrap(), before, "as it is");
    give(path, 0);
    let kept = store.load(&key()).await.unwrap().unwrap();
    assert_eq!(kept.token.expose(), "TOKEN");
    TokenFile::open(store.path()).await.unwrap();
}

#[tokio::test]
async fn a_file_a_lock_and_a_folder_of_another_user_are_refused() {
    let (_folder, path, store) = signed_in().await;
    if !can_give(&path).await {
        return;
    }
    check_given_away(&store, &path, true).await;
    check_given_away(&store, path.parent().unwrap(), true).await;
    // To read takes no lock.
    check_given_away(&store, &path.with_file_name("tokens.json.lock"), false).await;
}

#[tokio::test]
async fn the_owner_is_told_before_a_mode_that_only_the_owner_can_change() {
    use fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path, store) = signed_in().await;
    if !can_give(&path).await {
        return;
    }
    for path in [path.as_path(), path.parent().unwrap()] {
        give(path, OTHER);
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
        check_refused(&store.load(&key()).await.unwrap_err(), path);
        give(path, 0);
    }
}

/// As `sudo` starts a tool that keeps the user's `HOME`.
#[tokio::test]
async fn in_the_home_of_another_user_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap().join("home");
    fs::create_dir(&home).unwrap();
    if !can_give(&home).await {
        return;
    }
    give(&home, OTHER);
    for path in ["tokens.json", "my-tool/tokens.json", ".local/state/my-tool/tokens.json"] {
        check_refused(&TokenFile::open(home.join(path)).await.unwrap_err(), &home);
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0, "{path}");
    }
}

#[tokio::test]
async fn a_link_into_the_home_of_another_user_is_refused() {
    let (folder, path, store) = signed_in().await;
    let link = folder.path().join("link.json");
    symlink(&path, &link).unwrap();
    if !can_give(&path).await {
        return;
    }
    give(store.path(), OTHER);
    check_refused(&TokenFile::open(&link).await.unwrap_err(), &path);
}

#[cfg(feature = "keyring")]
#[tokio::test]
async fn the_lock_of_a_keyring_is_the_users_own() {
    use hallpass_cli::KeyringStore;
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    fs::write(&lock, "").unwrap();
    if !can_give(&lock).await {
        return;
    }
    let _one = crate::keyring::with_a_default().await;
    give(&lock, OTHER);
    check_refused(&KeyringStore::open("my-tool", &lock).await.unwrap_err(), &lock);
    give(&lock, 0);
    KeyringStore::open("my-tool", &lock).await.unwrap();
    give(folder.path(), OTHER);
    check_refused(&KeyringStore::open("my-tool", &lock).await.unwrap_err(), folder.path());
}
