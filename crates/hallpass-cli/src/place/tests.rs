use hallpass_core::ErrorKind;

use super::*;

fn place(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("tokens.json.lock")
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_then_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let held = locked(&place(&folder), Instant::now()).unwrap();
    let error = locked(&place(&folder), Instant::now()).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")));
    drop(held);
    locked(&place(&folder), Instant::now()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn tasks_of_one_process_wait_no_longer_than_processes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(place(&folder));
    let turn = Arc::clone(&place.queue).lock_owned().await;
    let error = place.locked(|| Ok(())).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")));
    drop(turn);
    place.locked(|| Ok(())).await.unwrap();
}

#[test]
fn who_holds_the_lock_again_and_again_leaves_a_gap_for_others() {
    let begun = Instant::now();
    let at = |millis| begun + Duration::from_millis(millis);
    let mut run = Run::default();
    assert!(!run.is_over(at(0)));
    run.add(at(0), at(190));
    assert!(!run.is_over(at(190)));
    run.add(at(195), at(205));
    assert!(run.is_over(at(205)) && run.is_over(at(224)));
    assert!(!run.is_over(at(225)), "there was one");
    run.add(at(225), at(226));
    assert!(!run.is_over(at(226)), "it begins anew");
}

/// Another user's, as far as this process may have such a file: root gives one away, unless it is
/// that of a container with no other users, and others take one of root's.
///
/// A skipped test passes, which in CI nobody would see: there it fails.
#[cfg(unix)]
fn of_another_user(folder: &tempfile::TempDir) -> Option<(PathBuf, Metadata)> {
    let is_root = rustix::process::geteuid().is_root();
    let path = if is_root { folder.path().join("given") } else { PathBuf::from("/") };
    if is_root {
        fs::create_dir(&path).unwrap();
        if let Err(error) = std::os::unix::fs::chown(&path, Some(4242), None) {
            let message = format!("not tested: root cannot give a folder away here ({error})\n");
            assert!(env::var_os("CI").is_none(), "{message}");
            io::Write::write_all(&mut io::stderr(), message.as_bytes()).unwrap();
            return None;
        }
    }
    let metadata = fs::metadata(&path).unwrap();
    Some((path, metadata))
}

#[cfg(unix)]
#[test]
fn what_is_another_users_is_told_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = fs::metadata(folder.path()).unwrap();
    check_owner(folder.path(), &own).unwrap();
    check_owner_or_root(folder.path(), &own).unwrap();

    let Some((path, metadata)) = of_another_user(&folder) else { return };
    let owner = std::os::unix::fs::MetadataExt::uid(&metadata);
    let error = check_owner(&path, &metadata).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("permissions")));
    let how = format!("{} belongs to the user with number {owner}: ", path.display());
    assert!(error.to_string().contains(&how), "{error}");
    assert_eq!(check_owner_or_root(&path, &metadata).is_ok(), owner == ROOT, "{owner}");
}

#[test]
fn where_locks_do_not_work_it_says_so() {
    let error = no_locks(Path::new("/share/lock"), io::ErrorKind::Unsupported.into());
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("no_locks")));
    assert!(error.to_string().contains("files in /share cannot be locked"), "{error}");
}

#[test]
fn what_passes_is_told_from_what_does_not() {
    let check = |kind: io::ErrorKind, want| {
        let error = refused("write", Path::new("a/b"), kind.into());
        assert_eq!((error.kind(), error.reason()), want, "{kind}");
        assert!(error.to_string().starts_with("cannot write a/b ("), "{error}");
    };
    check(io::ErrorKind::PermissionDenied, (ErrorKind::Config, Some("permissions")));
    check(io::ErrorKind::ReadOnlyFilesystem, (ErrorKind::Config, Some("permissions")));
    check(io::ErrorKind::StorageFull, (ErrorKind::Transport, Some("store")));
    check(io::ErrorKind::Other, (ErrorKind::Transport, Some("store")));
}

#[tokio::test]
async fn work_that_panics_is_an_error_and_leaves_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(place(&folder));
    let error = place.locked::<()>(|| panic!("as a test of it")).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("store")));
    place.locked(|| Ok(())).await.unwrap();
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn the_folder_of_an_application_is_the_users_own() {
    let check = |variables: &[(&str, &str)], want: Option<&str>| {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let found = folder("my-tool", variable);
        assert_eq!(found.as_deref().ok(), want.map(Path::new), "{variables:?}");
        assert!(found.is_ok() || found.unwrap_err().kind() == ErrorKind::Config);
    };
    check(&[("HOME", "/u/ada")], Some("/u/ada/.local/state/my-tool"));
    check(&[("XDG_STATE_HOME", "/s"), ("HOME", "/u/ada")], Some("/s/my-tool"));
    check(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")], Some("/h/.local/state/my-tool"));
    check(&[("XDG_STATE_HOME", ""), ("HOME", "h")], None);
    check(&[], None);
}

#[test]
fn the_name_of_an_application_leads_nowhere_else() {
    for name in ["", ".", "..", "../x", "a/b", "a\\b", "a b", "é", ".hidden", "a\0"] {
        let error = folder(name, |_| Some("/u/ada".into())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name:?}");
    }
}
