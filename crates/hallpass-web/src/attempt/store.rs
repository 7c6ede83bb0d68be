use std::{fmt, time::Duration};

use async_trait::async_trait;
use hallpass_core::{Result, Secret};

/// Where logins on their way are kept on the server, for
/// [`Attempts::with_store`](super::Attempts::with_store): a database that all processes of the
/// application have, or [`MemoryAttempts`](super::MemoryAttempts) for one.
///
/// Ids are 32 hexadecimal digits by chance; texts are sealed, and nobody has to trust the store.
/// Anybody can begin logins, so that it has to bear as many as are begun in an hour.
///
/// # Errors
///
/// All methods: [`ErrorKind::Transport`](hallpass_core::ErrorKind): the store does not answer.
/// `put`: [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `too_long`: this is more than it
/// keeps of one.
#[async_trait]
pub trait AttemptStore: fmt::Debug + Send + Sync {
    /// Keeps `sealed` under an id that was never used, for `lasting`.
    async fn put(&self, id: &str, sealed: &Secret, lasting: Duration) -> Result<()>;

    /// What is kept under `id`, unless its time is over.
    async fn find(&self, id: &str) -> Result<Option<Secret>>;

    /// The same, and it is gone. Of however many who take at once, in whatever processes, one gets
    /// it.
    async fn take(&self, id: &str) -> Result<Option<Secret>>;
}
