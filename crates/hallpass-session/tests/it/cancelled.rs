//! Whoever gives up, wherever, loses no token and leaves no lock; neither does a process that ends.

use std::{
    future::poll_fn,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use hallpass_core::{Clock as _, ErrorKind, Result, Revoke, Secret};
use hallpass_session::{
    ApiClient, Entry, Lease, MemoryStore, TokenKey, TokenManager, TokenStore, Version,
};

use crate::support::{self, World};

/// What comes of it if it is polled so often at most, and then dropped.
async fn polled<T>(work: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut work = Box::pin(work);
    let mut left = times;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

/// Until it is so: what was begun goes on by itself.
async fn until(is_so: impl AsyncFn() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
    assert!(waited.is_ok(), "it never comes to an end");
}

impl World {
    /// A token that lasts is in the store, and nobody holds a lease, or died over one.
    async fn check_whole(&self, manager: &TokenManager) {
        let token = manager.session("ada").token().await.unwrap();
        assert!(!token.is_expired_at(self.clock.now(), Duration::ZERO));
        let stored = self.stored().await.unwrap();
        assert!(stored.access_token().matches(token.access_token().expose()), "another one");
        let key = manager.key("ada");
        let lease = self.store.lease(&key, Duration::from_secs(60)).await.unwrap();
        let Some(lease) = lease else { panic!("somebody still holds the lease") };
        assert!(!lease.was_interrupted());
        self.store.release(lease, false).await.unwrap();
    }
}

#[tokio::test]
async fn who_gives_up_on_a_token_loses_none() {
    let world = World::new().await;
    let manager = world.jittery();
    let session = manager.sign_in("ada", world.login().await).await.unwrap();
    let mut ended = false;
    for times in 1..=100 {
        world.clock.forward(4_000);
        let (before, old) = (world.refreshes(), world.stored().await.unwrap());
        ended = polled(session.token(), times).await.is_some();
        world.check_whole(&manager).await;
        assert_eq!(world.refreshes(), before + 1, "after {times}");
        assert!(!world.stored().await.unwrap().access_token().matches(old.access_token().expose()));
        if ended {
            break;
        }
    }
    assert!(ended, "it was never waited for to its end");
}

#[tokio::test]
async fn who_gives_up_on_a_login_is_signed_in_all_the_same() {
    let world = World::new().await;
    let manager = world.jittery();
    for times in 1..=100 {
        let token = world.login().await;
        let new = token.access_token().clone();
        let ended = polled(manager.sign_in("ada", token), times).await.is_some();
        let is_new = async || {
            let stored = world.stored().await;
            stored.is_some_and(|token| token.access_token().matches(new.expose()))
        };
        until(is_new).await;
        world.check_whole(&manager).await;
        if ended {
            return;
        }
    }
    panic!("it was never waited for to its end");
}

#[tokio::test]
async fn who_gives_up_on_a_logout_is_signed_out_and_the_token_is_revoked() {
    let world = World::new().await;
    let manager = world.jittery();
    for times in 1..=100 {
        manager.sign_in("ada", world.login().await).await.unwrap();
        let leaving = manager.sign_out("ada", Some(Revoke::Grant));
        let ended = polled(leaving, times).await.is_some();
        until(async || world.local.count("revoke") == times).await;
        assert!(world.stored().await.is_none());
        let error = manager.session("ada").token().await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("signed_out")));
        if ended {
            return;
        }
    }
    panic!("it was never waited for to its end");
}

#[tokio::test]
async fn who_gives_up_on_a_call_keeps_nobody_from_the_next() {
    let world = World::new().await;
    let manager = world.jittery();
    let session = manager.sign_in("ada", world.login().await).await.unwrap();
    let api = ApiClient::new(session, world.local.base_url()).unwrap();
    for times in 1..=1_000 {
        world.clock.forward(4_000);
        let ended = polled(api.get("userinfo").send(), times).await.is_some();
        world.check_whole(&manager).await;
        api.get("userinfo").send().await.unwrap();
        if ended {
            return;
        }
    }
    panic!("it was never waited for to its end");
}

/// The store of a process that is about to end: its leases are over before another process asks
/// for one, though it may take as long as it likes over what they are for.
#[derive(Debug)]
struct Brief(Arc<MemoryStore>);

#[async_trait]
impl TokenStore for Brief {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        self.0.load(key).await
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>> {
        self.0.compare_and_swap(key, expected, token).await
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        self.0.delete(key).await
    }

    async fn lease(&self, key: &TokenKey, _: Duration) -> Result<Option<Lease>> {
        self.0.lease(key, Duration::from_millis(1)).await
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        self.0.release(lease, is_in_doubt).await
    }
}

/// After so many turns of its runtime a process ends, in the midst of a renewal or after it: then
/// what came of it.
fn renew_and_end(manager: TokenManager, turns: usize) -> Option<Result<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        let renewing = tokio::spawn(async move { manager.session("ada").token().await.map(drop) });
        for _ in 0..turns {
            tokio::task::yield_now().await;
            if renewing.is_finished() {
                return Some(renewing.await.unwrap());
            }
        }
        None
    });
    runtime.shutdown_background();
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_at_any_point_leaves_a_good_token_or_says_that_it_is_lost() {
    let world = Arc::new(World::new().await);
    let manager = world.elsewhere();
    // Every one of the first turns, and then fewer and fewer: most of them wait for the provider.
    let turns = (1..20).chain((20..).scan(20, |turns, _| {
        *turns += *turns / 4;
        Some(*turns)
    }));
    let begun = Instant::now();
    for turns in turns {
        manager.sign_in("ada", world.login().await).await.unwrap();
        world.clock.forward(4_000);
        let before = world.refreshes();
        let brief = Arc::new(Brief(Arc::<MemoryStore>::clone(&world.store)));
        let dying = support::manager(&world.client, brief, &world.clock);
        let dies = std::thread::spawn(move || renew_and_end(dying, turns));
        let ended = tokio::task::spawn_blocking(|| dies.join().unwrap()).await.unwrap();
        let ended = ended.map(|renewed| renewed.unwrap()).is_some();
        // Not the session of this manager, which knows a token from before.
        match world.elsewhere().session("ada").token().await {
            Ok(token) => assert!(!token.is_expired_at(world.clock.now(), Duration::ZERO)),
            Err(error) => {
                assert!(!ended, "{error:?}");
                assert_eq!(error.reason(), Some("refresh_interrupted"), "{error:?}");
                assert!(world.refreshes() > before, "nothing was sent, so nothing is lost");
            }
        }
        // On a busy machine one of a few turns may see it through.
        if ended && turns >= 20 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it never ends");
    }
}
