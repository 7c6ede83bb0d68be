//! What holds for every store.

use std::{path::Path, sync::Arc, time::Duration};

use hallpass_testkit::Fault;
use hallpass_tests::renewing::{Point, Process, World};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_renewing");
const INTERRUPTED: &str = "error denied refresh_interrupted";
/// How many are killed at once: more are so slow together, on a disk that is, that a lease ends
/// while a process that lives holds it.
const AT_ONCE: usize = 6;

/// Six processes at once: one request, and one token for all.
pub(crate) async fn together(store: &str) {
    let world = World::new(PROGRAM, store, |provider| provider).await.unwrap();
    // So that all of them come before it is answered.
    world.fault(Fault::on("token").delay(Duration::from_millis(700)));
    let mut processes: Vec<_> = (0..6).map(|_| world.start(None).unwrap()).collect();
    let mut lines = Vec::new();
    for process in &mut processes {
        lines.push(process.line().await);
    }
    assert!(lines[0].starts_with("token "), "{lines:?}");
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    assert_eq!(world.requests(), 1);
}

/// Killed at each point of a renewal, at a provider that rotates refresh tokens and at one that
/// does not.
pub(crate) async fn killed_anywhere(store: &str) {
    assert!(Path::new(PROGRAM).exists());
    let (mut checks, places) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for point in Point::ALL {
        for rotates in [true, false] {
            let (store, places) = (store.to_owned(), Arc::clone(&places));
            checks.spawn(async move {
                let _place = places.acquire().await.unwrap();
                killed(&store, point, rotates).await;
            });
        }
    }
    while let Some(checked) = checks.join_next().await {
        checked.unwrap();
    }
}

/// For a process to start, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Until the provider has its request.
async fn has_asked(world: &World, process: &mut Process, case: &str) {
    let asked = timeout(PATIENCE, async {
        while world.requests() == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    });
    if asked.await.is_err() {
        // Or it would not end while the process waits.
        let said = timeout(Duration::from_secs(1), process.line()).await;
        panic!("{case}: no request in {PATIENCE:?}; the process said {said:?}");
    }
}

async fn killed(store: &str, point: Point, rotates: bool) {
    let case = format!("{point:?}, rotation {rotates}");
    let world = World::new(PROGRAM, store, |provider| match rotates {
        true => provider,
        false => provider.without_rotation(),
    });
    let world = world.await.unwrap();
    let stop_at = if point == Point::InFlight {
        world.fault(Fault::on("token").carried_out().delay(Duration::from_secs(60)));
        None
    } else {
        Some(point)
    };
    let mut first = world.start(stop_at).unwrap();
    match stop_at {
        Some(point) => assert_eq!(first.line().await, format!("at {}", point.as_str()), "{case}"),
        None => has_asked(&world, &mut first, &case).await,
    }
    first.kill();

    let line = world.start(None).unwrap().line().await;
    let is_lost = point.loses_a_token() && rotates;
    let (told, asked) = match (is_lost, point.loses_a_token(), point.is_after_the_write()) {
        // The stored refresh token was tried, once.
        (true, ..) => (line == INTERRUPTED, 2),
        (false, true, _) => (line.starts_with("token "), 2),
        (false, false, _) => (line.starts_with("token "), 1),
    };
    assert!(told, "{case}: {line}");
    assert_eq!(world.requests(), asked, "{case}");
    let next = world.start(None).unwrap().line().await;
    if !is_lost {
        assert_eq!(next, line, "{case}: the next one has the same");
        assert_eq!(world.requests(), asked, "{case}");
        return;
    }
    assert_eq!(next, INTERRUPTED, "{case}: the next one is told the same");
    world.keep(world.login().await.unwrap()).await.unwrap();
    let line = world.start(None).unwrap().line().await;
    assert!(line.starts_with("token "), "{case}: a login is the way out: {line}");
}
