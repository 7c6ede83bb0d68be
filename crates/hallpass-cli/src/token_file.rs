use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use hallpass_core::{Error, Result, Secret};
use hallpass_session::{Entry, Lease, TokenKey, TokenStore, Version};

use crate::{
    place::{
        Place, blocking, check_folder, check_owner, folder_of, is_open_to_others, make_folder,
        parent, private, refused,
    },
    record::{Record, now_ms},
};

mod format;

use format::Line;

/// Longer than any file of tokens, and short enough to read.
const LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// Tokens in a file that its owner alone can read: what a command-line tool keeps between runs.
///
/// The file has mode 0600 in a folder of mode 0700, and holds the tokens **as they are**, like the
/// files of most tools that sign in: whoever is the user, or reads a backup, has them. Where the
/// system has a keyring, `KeyringStore` (feature `keyring`) keeps them there.
///
/// Any number of processes may use it at once. Each change is made under an exclusive lock on the
/// file `….lock` beside it, which is never deleted, and written whole to `….new` first, so that a
/// crash leaves the old content or the new. Work on files is done where it may block.
///
/// - A file that others can read or write is refused, not mended: who could, may have. So is a
///   folder in which others can put another file in its place.
/// - A file, lock or folder of another user is refused, since its owner has access whatever the
///   mode; a folder may be root's. So a tool that `sudo` starts with the user's `HOME` is refused,
///   and makes nothing there. Who owns a folder further up can take the file away, but not put one
///   of their own in its place.
/// - A file that is cut short, of something else, with two tokens of one user at one client, or
///   written by a later version is refused too, and left as it is.
/// - A symbolic link is followed, once, by [`open`](Self::open): it is the user's own, as they keep
///   settings elsewhere. All of the above is asked of where it leads.
/// - The lock is `flock` on Unix. Where the folder's file system has none, that is an error; one of
///   a network that locks for this machine alone cannot be told apart.
/// - Modes and owners are of Unix. On Windows files inherit the access that their folder gives, and
///   those in `%LOCALAPPDATA%` are the user's.
///
/// # Errors
///
/// Besides those of [`TokenStore`], any method and both constructors:
/// [`ErrorKind::Config`](hallpass_core::ErrorKind), which trying again does not mend, each with the
/// path. Reason `permissions`: others have access, it is another user's, or this process has no
/// access. `broken_store`: it is no token file, or cut short; move it away and sign in again.
/// `newer_store`: update the tool. `no_locks`: choose a folder on a local disk. `too_long`: more
/// than 16 MiB of tokens.
///
/// [`ErrorKind::Transport`](hallpass_core::ErrorKind), reason `store`, also if other processes keep
/// the lock for 10 s.
pub struct TokenFile {
    path: PathBuf,
    place: Place,
}

impl TokenFile {
    /// The file at this path, which need not be there yet; its folder is made if need be.
    ///
    /// # Errors
    ///
    /// As described for [`TokenFile`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let path = blocking(move || resolved(&path)).await?;
        let place = Place::new(beside(&path, ".lock"));
        let read_path = path.clone();
        place.locked(move || read(&read_path)).await?;
        Ok(Self { path, place })
    }

    /// `tokens.json` in a folder named `app` at the user's usual place for what is of this machine
    /// and not to be copied to another, where a refresh token that both use would end for both:
    /// `$XDG_STATE_HOME` or `~/.local/state` ([XDG Base Directory
    /// Specification](https://specifications.freedesktop.org/basedir-spec/latest/)), on macOS
    /// `~/Library/Application Support`, on Windows `%LOCALAPPDATA%`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the environment has no such place (use
    /// [`open`](Self::open)), or `app` is not made of ASCII letters, digits, `-`, `_` and `.`.
    /// Otherwise as described for [`TokenFile`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn for_app(app: &str) -> Result<Self> {
        Self::open(folder_of(app)?.join("tokens.json")).await
    }

    /// Where it is, with symbolic links followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what `change` makes of the record, unless it says that it made nothing of it.
    async fn change<T: Send + 'static>(
        &self,
        key: &TokenKey,
        change: impl FnOnce(&mut Record, u64) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let (path, key) = (self.path.clone(), key.clone());
        let work = move || {
            let mut lines = read(&path)?;
            let at = lines.iter().position(|line| line.is_of(&key)).unwrap_or(lines.len());
            if at == lines.len() {
                lines.push(Line::new(&key));
            }
            let changed = change(&mut lines[at].record, now_ms());
            if changed.is_some() {
                lines.retain(|line| !line.record.is_empty());
                write(&path, lines)?;
            }
            Ok(changed)
        };
        self.place.locked(work).await
    }
}

#[async_trait]
impl TokenStore for TokenFile {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        let (path, key) = (self.path.clone(), key.clone());
        let work = move || {
            check_folder(&path)?;
            let line = read(&path)?.into_iter().find(|line| line.is_of(&key));
            Ok(line.and_then(|line| line.record.entry()))
        };
        // A file that is renamed is the old one or the new one to whoever opens it. Windows may
        // refuse the rename while it is open.
        if cfg!(unix) { blocking(work).await } else { self.place.locked(work).await }
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

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The path itself, so that all who come to the file by whatever way have the same lock.
fn resolved(path: &Path) -> Result<PathBuf> {
    let unreadable = |error| refused("find", path, error);
    match path.canonicalize() {
        // Before there is a lock beside it.
        Ok(path) if !path.is_file() => return Err(no_file(&path)),
        Ok(path) => return Ok(path),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unreadable(error)),
        // More likely a disk that is missing than a wish for a new file.
        Err(_) if is_link(path) => {
            let message = format!("{} is a link that leads nowhere", path.display());
            return Err(Error::config(message).with_reason("broken_store"));
        }
        Err(_) => {}
    }
    let Some(name) = path.file_name() else {
        return Err(Error::config(format!("{} is no path of a file", path.display())));
    };
    make_folder(path)?;
    Ok(parent(path).canonicalize().map_err(unreadable)?.join(name))
}

/// Whether it is a link, wherever that leads; asked of what was not found, and may be a file by
/// now: of several processes that open a new one, another was the first to write it.
fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// The same path with an ending more.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// What the file keeps; nothing if there is none.
fn read(path: &Path) -> Result<Vec<Line>> {
    let opened = match fs::metadata(path) {
        // To open a pipe is to wait for who writes to it.
        Ok(metadata) if !metadata.is_file() => return Err(no_file(path)),
        Ok(_) => File::open(path),
        Err(error) => Err(error),
    };
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused("read", path, error)),
    };
    let metadata = file.metadata().map_err(|error| refused("read", path, error))?;
    check_owner(path, &metadata)?;
    if is_open_to_others(&metadata, 0o077) {
        let path = path.display();
        let message = format!("others have access to the tokens in {path}: chmod 600 {path}");
        return Err(Error::config(message).with_reason("permissions"));
    }
    if metadata.len() > LIMIT_BYTES {
        return Err(format::broken(path, "it is too long"));
    }
    let mut bytes = Vec::new();
    let read = file.take(LIMIT_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| refused("read", path, error))?;
    let text = String::from_utf8(bytes).map_err(|_| format::broken(path, "it is no text"))?;
    format::parse(path, &Secret::new(text))
}

fn no_file(path: &Path) -> Error {
    Error::config(format!("{} is no file", path.display())).with_reason("broken_store")
}

/// Replaces the file, at once and for good: no crash undoes it later.
fn write(path: &Path, lines: Vec<Line>) -> Result<()> {
    let text = format::text(lines)?;
    if text.expose().len() as u64 > LIMIT_BYTES {
        let message = format!("{} has no room for this token", path.display());
        return Err(Error::config(message).with_reason("too_long"));
    }
    // One name, since there is one writer: what a crash leaves goes away with the next write.
    let new = beside(path, ".new");
    let _ = fs::remove_file(&new);
    let written = create(&new, text.expose()).and_then(|()| fs::rename(&new, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&new);
        return Err(refused("write", path, error));
    }
    sync_folder(parent(path)).map_err(|error| refused("write the folder of", path, error))
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = private(options.write(true).create_new(true)).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The new name is in the folder, and so the folder has to reach the disk too.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems have no such thing; theirs are written in order, or not at all.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_another_process_made_meanwhile_is_no_link_and_one_that_leads_nowhere_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        assert!(!is_link(&path("nothing")));
        fs::write(path("file"), "").unwrap();
        assert!(!is_link(&path("file")));
        std::os::unix::fs::symlink(path("nothing"), path("link")).unwrap();
        assert!(is_link(&path("link")));
        assert!(resolved(&path("link")).is_err());
    }
}
