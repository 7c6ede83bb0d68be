use std::{
    env,
    ffi::OsString,
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use fs4::{FileExt, TryLockError};
use hallpass_core::{Error, Result};
use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

/// For the processes before this one, all together; each holds the lock for one write.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two looks at a lock that another process holds: so long at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(16);
/// So long this process holds it, one piece of work right after another, before it leaves a gap in
/// which each of the others looks at least once.
const LONGEST_RUN: Duration = Duration::from_millis(200);
const GAP: Duration = Duration::from_millis(20);
/// Who may do all anyway.
const ROOT: u32 = 0;

/// A lock that the processes of a tool share, in a folder that is their user's alone, or root's.
///
/// The file is made once and never deleted: a lock on a file that another process deletes locks
/// nothing.
#[derive(Debug)]
pub(crate) struct Place {
    lock: PathBuf,
    /// Tasks of this process wait here, in order and without a thread each.
    queue: Arc<Mutex<Run>>,
}

/// How long this process has held the lock, with no gap that lets others in. Who gives it back
/// takes it again before anybody has looked, and those who look give up in the end.
#[derive(Debug, Default)]
struct Run {
    held: Duration,
    ended: Option<Instant>,
}

impl Run {
    /// Whether it is the turn of others.
    fn is_over(&self, now: Instant) -> bool {
        self.held >= LONGEST_RUN && !self.is_after_gap(now)
    }

    fn is_after_gap(&self, now: Instant) -> bool {
        self.ended.is_none_or(|ended| now.saturating_duration_since(ended) >= GAP)
    }

    /// The lock was held from `begun` to `ended`.
    fn add(&mut self, begun: Instant, ended: Instant) {
        if self.is_after_gap(begun) {
            self.held = Duration::ZERO;
        }
        self.held += ended.saturating_duration_since(begun);
        self.ended = Some(ended);
    }
}

impl Place {
    /// With the path of the lock, absolute in case the process goes to another folder.
    pub(crate) fn new(lock: PathBuf) -> Self {
        Self { lock, queue: Arc::default() }
    }

    /// Does `work` under the lock, where it may block. It comes to its end though the caller goes
    /// away.
    pub(crate) async fn locked<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let give_up = Instant::now() + LONGEST_WAIT;
        let turn = timeout(LONGEST_WAIT, Arc::clone(&self.queue).lock_owned()).await;
        let turn = turn.map_err(|_| still_locked(&self.lock))?;
        let lock = self.lock.clone();
        blocking(move || {
            let mut run = turn;
            if run.is_over(Instant::now()) {
                thread::sleep(GAP);
            }
            let locked = locked(&lock, give_up)?;
            let begun = Instant::now();
            let done = work();
            drop(locked);
            run.add(begun, Instant::now());
            done
        })
        .await
    }
}

/// Does `work` where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        let message = "the work on a token store did not come to its end";
        Err(Error::transport(message).with_reason("store").with_source(error))
    })
}

/// Holds the lock as long as the file is open, whatever becomes of the process.
fn locked(lock: &Path, give_up: Instant) -> Result<File> {
    let mut pause = SHORTEST_PAUSE;
    loop {
        make_folder(lock)?;
        // Anew each time: one that was deleted meanwhile keeps nobody out.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = private(&mut options).open(lock);
        let file = file.map_err(|error| refused("open the lock", lock, error))?;
        let metadata = file.metadata().map_err(|error| refused("read", lock, error))?;
        check_owner(lock, &metadata)?;
        match FileExt::try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(no_locks(lock, error)),
        }
        if Instant::now() >= give_up {
            return Err(still_locked(lock));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn still_locked(lock: &Path) -> Error {
    let message = format!("other processes kept {} locked for 10 s", lock.display());
    Error::transport(message).with_reason("store")
}

fn no_locks(lock: &Path, error: io::Error) -> Error {
    let folder = parent(lock).display();
    let message = format!("files in {folder} cannot be locked: choose a folder on a local disk");
    Error::config(message).with_reason("no_locks").with_source(error)
}

/// What the system says of a file. Some of it passes, some of it somebody has to mend.
pub(crate) fn refused(to: &str, path: &Path, error: io::Error) -> Error {
    use io::ErrorKind::{IsADirectory, NotADirectory, PermissionDenied, ReadOnlyFilesystem};
    let kind = error.kind();
    let message = format!("cannot {to} {} ({kind})", path.display());
    let refusal = match kind {
        IsADirectory | NotADirectory | PermissionDenied | ReadOnlyFilesystem => {
            Error::config(message).with_reason("permissions")
        }
        _ => Error::transport(message).with_reason("store"),
    };
    refusal.with_source(error)
}

/// Makes the folder of `path` the user's alone if it is not there yet; otherwise as
/// [`check_folder`].
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    let folder = parent(path);
    // In another user's home it would be theirs to replace, and they could not use it.
    let above = folder.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."));
    let metadata = fs::metadata(above).map_err(|error| refused("read", above, error))?;
    check_owner_or_root(above, &metadata)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| refused("make the folder", folder, error))?;
    check_folder(path)
}

/// Refuses a folder in which others can put a file in place of ours: its owner can, whatever its
/// mode.
pub(crate) fn check_folder(path: &Path) -> Result<()> {
    let folder = parent(path);
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused("read the folder", folder, error)),
    };
    check_owner_or_root(folder, &metadata)?;
    if is_open_to_others(&metadata, 0o022) {
        let folder = folder.display();
        let message = format!("others can write to the folder {folder}: chmod go-w {folder}");
        return Err(Error::config(message).with_reason("permissions"));
    }
    Ok(())
}

/// The folder of a file.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Refuses what is another user's, root's too.
pub(crate) fn check_owner(path: &Path, metadata: &Metadata) -> Result<()> {
    other_owner(metadata).map_or(Ok(()), |owner| Err(not_ours(path, owner)))
}

fn check_owner_or_root(path: &Path, metadata: &Metadata) -> Result<()> {
    let other = other_owner(metadata).filter(|owner| *owner != ROOT);
    other.map_or(Ok(()), |owner| Err(not_ours(path, owner)))
}

fn not_ours(path: &Path, owner: u32) -> Error {
    let path = path.display();
    let message = format!(
        "{path} belongs to the user with number {owner}: run this program as that user, or choose \
         another place"
    );
    Error::config(message).with_reason("permissions")
}

/// The owner, unless it is the user that this process acts as.
#[cfg(unix)]
fn other_owner(metadata: &Metadata) -> Option<u32> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    (owner != rustix::process::geteuid().as_raw()).then_some(owner)
}

/// Here an owner is no number, and [`is_open_to_others`] says whose the folder is.
#[cfg(not(unix))]
fn other_owner(_metadata: &Metadata) -> Option<u32> {
    None
}

/// Whether users other than its owner have one of these permissions.
#[cfg(unix)]
pub(crate) fn is_open_to_others(metadata: &Metadata, permissions: u32) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & permissions != 0
}

/// Here access is inherited from the folder; that of the user's own programs is theirs alone.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_metadata: &Metadata, _permissions: u32) -> bool {
    false
}

/// A file that these options make is for its owner alone, from before its first byte.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Where `app` keeps what is of this machine: see
/// [`TokenFile::for_app`](crate::TokenFile::for_app).
pub(crate) fn folder_of(app: &str) -> Result<PathBuf> {
    folder(app, |name| env::var_os(name))
}

fn folder(app: &str, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if app.is_empty() || app.starts_with('.') || !app.chars().all(is_plain) {
        let message = format!("{app:?} is no name for a folder: letters, digits, '-', '_', '.'");
        return Err(Error::config(message));
    }
    // A relative one is to be ignored, says the XDG Base Directory Specification.
    let path = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        path("XDG_STATE_HOME").or_else(|| path("HOME").map(|home| home.join(".local/state")))
    };
    base.map(|base| base.join(app)).ok_or_else(|| {
        Error::config("the environment names no home folder: open a file of your choice")
    })
}

#[cfg(test)]
mod tests;
