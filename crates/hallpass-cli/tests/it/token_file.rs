//! A token file: what it promises, and what it refuses.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hallpass_cli::TokenFile;
use hallpass_core::{Error, ErrorKind, Secret};
use hallpass_session::{TokenKey, TokenStore, contract};
use tempfile::TempDir;

const MINUTE: Duration = Duration::from_secs(60);
const BROKEN: (ErrorKind, Option<&str>) = (ErrorKind::Config, Some("broken_store"));
const STORE: (ErrorKind, Option<&str>) = (ErrorKind::Transport, Some("store"));
#[cfg(unix)]
const PERMISSIONS: (ErrorKind, Option<&str>) = (ErrorKind::Config, Some("permissions"));

fn key() -> TokenKey {
    TokenKey::new("ada", "acme")
}

/// A folder that goes away, and a path in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("my-tool").join("tokens.json");
    (folder, path)
}

/// A file with one token: `TOKEN`.
async fn signed_in() -> (TempDir, PathBuf, TokenFile) {
    let (folder, path) = place();
    let store = TokenFile::open(&path).await.unwrap();
    store.compare_and_swap(&key(), None, &Secret::new("TOKEN")).await.unwrap().unwrap();
    (folder, path, store)
}

async fn token(store: &dyn TokenStore) -> Option<String> {
    let entry = store.load(&key()).await.unwrap()?;
    Some(entry.token.expose().to_owned())
}

fn said(error: &Error) -> (ErrorKind, Option<&str>) {
    (error.kind(), error.reason())
}

/// Whoever opens it, and whoever has it open, is refused, and it stays as it is.
#[track_caller]
fn check_refused(path: &Path, errors: [Error; 4], want: (ErrorKind, Option<&str>)) {
    for error in errors {
        assert_eq!(said(&error), want, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(path.to_str().unwrap()), "{error} says where");
        assert!(!shown.contains("TOKEN"), "{error} says no token");
    }
}

async fn refusals(store: &TokenFile) -> [Error; 4] {
    [
        TokenFile::open(store.path()).await.unwrap_err(),
        store.load(&key()).await.unwrap_err(),
        store.compare_and_swap(&key(), None, &Secret::new("new")).await.unwrap_err(),
        store.lease(&key(), MINUTE).await.unwrap_err(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_keeps_the_contract_of_stores() {
    let (_folder, path) = place();
    contract::check(Arc::new(TokenFile::open(&path).await.unwrap())).await;
}

#[tokio::test]
async fn two_handles_on_one_file_are_one_store() {
    let (_folder, path, one) = signed_in().await;
    let other = TokenFile::open(&path).await.unwrap();
    let version = other.load(&key()).await.unwrap().unwrap().version;
    let lease = one.lease(&key(), MINUTE).await.unwrap().unwrap();
    assert!(other.lease(&key(), MINUTE).await.unwrap().is_none(), "one lease for both");
    one.compare_and_swap(&key(), Some(version), &Secret::new("b")).await.unwrap().unwrap();
    let swapped = other.compare_and_swap(&key(), Some(version), &Secret::new("c")).await;
    assert!(swapped.unwrap().is_none(), "a version of the other's");
    assert_eq!(token(&other).await.as_deref(), Some("b"), "though the file is another");
    one.release(lease, false).await.unwrap();
    assert!(other.lease(&key(), MINUTE).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_is_there_from_the_first_write_and_gone_when_moved_away() {
    let (folder, path) = place();
    let store = TokenFile::open(&path).await.unwrap();
    assert!(!path.exists() && token(&store).await.is_none());
    store.compare_and_swap(&key(), None, &Secret::new("a")).await.unwrap().unwrap();
    let moved = folder.path().canonicalize().unwrap().join("my-tool").join("moved.json");
    fs::rename(&path, &moved).unwrap();
    assert_eq!(token(&store).await, None);
    store.compare_and_swap(&key(), None, &Secret::new("b")).await.unwrap().unwrap();
    assert_eq!(token(&TokenFile::open(&path).await.unwrap()).await.as_deref(), Some("b"));
    assert_eq!(token(&TokenFile::open(&moved).await.unwrap()).await.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_folder_that_went_away_is_made_again() {
    let (_folder, path, store) = signed_in().await;
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert_eq!(token(&store).await, None);
    store.compare_and_swap(&key(), None, &Secret::new("b")).await.unwrap().unwrap();
    assert_eq!(token(&store).await.as_deref(), Some("b"));
}

#[tokio::test]
async fn nothing_that_a_file_does_not_need_stays_in_it() {
    let (_folder, path, store) = signed_in().await;
    store.delete(&key()).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, r#"{"format":"hallpass tokens","format_version":1,"tokens":[]}"#);
}

#[tokio::test]
async fn a_file_that_is_cut_short_anywhere_is_refused_and_left() {
    let (_folder, path, store) = signed_in().await;
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = TokenFile::open(&path).await.unwrap_err();
        assert_eq!(said(&error), BROKEN, "{length}");
    }
    check_refused(&path, refusals(&store).await, BROKEN);
    assert_eq!(fs::read(&path).unwrap(), whole[..whole.len() - 1]);
    fs::write(&path, whole).unwrap();
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
}

#[tokio::test]
async fn what_is_no_token_file_is_refused_and_left() {
    let (_folder, path, store) = signed_in().await;
    let whole = fs::read_to_string(&path).unwrap();
    let line = &whole[whole.find('[').unwrap() + 1..whole.rfind(']').unwrap()];
    let others = [
        "TOKEN".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        whole.clone() + "{}",
        whole.replace("hallpass", "other"),
        whole.replace("\"format_version\":1", "\"format_version\":0"),
        whole.replace("\"format_version\":1", "\"format_version\":\"TOKEN\""),
        // Written by a program that knows more: to write it again would lose that.
        whole.replace("\"user\"", "\"TOKEN\":1,\"user\""),
        whole.replace("\"in_doubt\"", "\"in_debt\":1,\"in_doubt\""),
        // A logout would forget one, and the other be there again.
        whole.replace("\"tokens\":[", &format!("\"tokens\":[{line},")),
    ];
    for other in others {
        assert_ne!(other, whole);
        fs::write(&path, &other).unwrap();
        check_refused(&path, refusals(&store).await, BROKEN);
        assert_eq!(fs::read_to_string(&path).unwrap(), other);
    }
    fs::write(&path, b"\xff").unwrap();
    check_refused(&path, refusals(&store).await, BROKEN);
    // Blanks, which would be lost; and no matter how many.
    fs::write(&path, whole + &" ".repeat(16 * 1024 * 1024)).unwrap();
    check_refused(&path, refusals(&store).await, BROKEN);
    fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    check_refused(&path, refusals(&store).await, BROKEN);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    check_refused(&path, refusals(&store).await, BROKEN);
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused_and_left() {
    let (_folder, path, store) = signed_in().await;
    let later = r#"{"format":"hallpass tokens","format_version":2,"tokens":{"TOKEN":1}}"#;
    fs::write(&path, later).unwrap();
    let want = (ErrorKind::Config, Some("newer_store"));
    check_refused(&path, refusals(&store).await, want);
    assert_eq!(fs::read_to_string(&path).unwrap(), later);
}

#[tokio::test]
async fn a_file_takes_no_more_than_it_reads_again() {
    let (_folder, path, store) = signed_in().await;
    let long = Secret::new("x".repeat(16 * 1024 * 1024));
    let key = TokenKey::new("bob", "acme");
    let error = store.compare_and_swap(&key, None, &long).await.unwrap_err();
    assert_eq!(said(&error), (ErrorKind::Config, Some("too_long")));
    assert_eq!(token(&TokenFile::open(&path).await.unwrap()).await.as_deref(), Some("TOKEN"));
}

#[tokio::test]
async fn a_write_that_fails_leaves_the_old_content() {
    let (_folder, path, store) = signed_in().await;
    let version = store.load(&key()).await.unwrap().unwrap().version;
    // Where the new content is to be written first.
    let new = path.with_file_name("tokens.json.new");
    fs::create_dir(&new).unwrap();
    let failed = store.compare_and_swap(&key(), Some(version), &Secret::new("new")).await;
    assert_eq!(said(&failed.unwrap_err()), STORE);
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
    fs::remove_dir(&new).unwrap();
    let written = store.compare_and_swap(&key(), Some(version), &Secret::new("new")).await;
    assert!(written.unwrap().is_some());
}

#[tokio::test]
async fn what_a_crash_leaves_goes_away_with_the_next_write() {
    let (_folder, path, store) = signed_in().await;
    let new = path.with_file_name("tokens.json.new");
    fs::write(&new, "half of a token").unwrap();
    store.delete(&key()).await.unwrap();
    assert!(!new.exists() && token(&store).await.is_none());
    #[cfg(unix)]
    assert_eq!(mode(&path), 0o600, "not what was left");
}

#[tokio::test]
async fn where_no_folder_can_be_made_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.join("tokens.json"), file.join("a").join("tokens.json")] {
        let error = TokenFile::open(path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn a_folder_is_no_file_and_gets_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::create_dir(&path).unwrap();
    assert_eq!(said(&TokenFile::open(&path).await.unwrap_err()), BROKEN);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_token_file_does_not_print_tokens() {
    let (_folder, path, store) = signed_in().await;
    assert_eq!(format!("{store:?}"), format!("TokenFile {{ path: {path:?}, .. }}"));
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn files_and_folders_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("a").join("b");
    let path = made.join("tokens.json");
    let store = TokenFile::open(&path).await.unwrap();
    store.compare_and_swap(&key(), None, &Secret::new("TOKEN")).await.unwrap().unwrap();
    assert_eq!((mode(&folder.path().join("a")), mode(&made)), (0o700, 0o700));
    assert_eq!((mode(&path), mode(&made.join("tokens.json.lock"))), (0o600, 0o600));
    let names = fs::read_dir(made).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(names.count(), 2, "and there is nothing else");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_have_access_to_is_refused_and_not_mended() {
    let (_folder, path, store) = signed_in().await;
    for other in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o660, 0o666, 0o777] {
        chmod(&path, other);
        let errors = refusals(&store).await;
        let how = format!("chmod 600 {}", path.display());
        assert!(errors[0].to_string().contains(&how), "{}", errors[0]);
        check_refused(&path, errors, PERMISSIONS);
        assert_eq!(mode(&path), other);
    }
    for own in [0o600, 0o400, 0o700] {
        chmod(&path, own);
        assert_eq!(token(&store).await.as_deref(), Some("TOKEN"), "{own:o}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_others_can_write_to_is_refused() {
    let (_folder, path, store) = signed_in().await;
    let folder = path.parent().unwrap();
    for other in [0o770, 0o720, 0o707, 0o702, 0o777, 0o1777] {
        chmod(folder, other);
        for error in refusals(&store).await {
            assert_eq!(said(&error), PERMISSIONS, "{other:o}");
            let how = format!("chmod go-w {}", folder.display());
            assert!(error.to_string().contains(&how), "{error}");
        }
    }
    chmod(folder, 0o755);
    assert_eq!(token(&TokenFile::open(&path).await.unwrap()).await.as_deref(), Some("TOKEN"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_of_the_users_own_is_followed_and_stays_a_link() {
    let (folder, path, store) = signed_in().await;
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let linked = TokenFile::open(&link).await.unwrap();
    assert_eq!(linked.path(), path);
    let version = linked.load(&key()).await.unwrap().unwrap().version;
    linked.compare_and_swap(&key(), Some(version), &Secret::new("new")).await.unwrap().unwrap();
    assert_eq!(token(&store).await.as_deref(), Some("new"));
    assert!(link.is_symlink() && !path.is_symlink());
    chmod(&path, 0o644);
    assert_eq!(said(&TokenFile::open(&link).await.unwrap_err()), PERMISSIONS);

    fs::remove_file(&path).unwrap();
    let error = TokenFile::open(&link).await.unwrap_err();
    assert_eq!(said(&error), BROKEN, "it may lead to a disk that is not there now");
}
