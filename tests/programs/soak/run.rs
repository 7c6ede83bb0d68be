//! The run: people, troubles, samples, and what is to be said of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass_testkit::Browser;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{interval, sleep, timeout},
};

use crate::{
    ledger::Kind,
    options::Options,
    person::Person,
    plan::Plan,
    steady::{Quarters, Sample},
    world::World,
};

/// For all to come to their end, in peace.
const END_LIMIT: Duration = Duration::from_secs(600);

/// All that was not as promised; none in a good run.
pub(crate) async fn run(options: &Options) -> Result<Vec<String>, String> {
    let Options { lasting, seed, users } = *options;
    println!("seed {seed}, {} s, {users} people", lasting.as_secs());
    let world = World::start(options).await?;
    let (over, is_over) = watch::channel(false);
    let browser = Arc::new(Browser::new());
    let mut people = JoinSet::new();
    for number in 0..users {
        let person = Person::new(&world, &browser, seed, (number, users));
        people.spawn(person.live(is_over.clone()));
    }
    let sampling = tokio::spawn(sample(Arc::clone(&world), is_over));

    trouble(&world, options).await?;
    over.send_replace(true);
    let mut complaints = Vec::new();
    let ended = timeout(END_LIMIT, async {
        while let Some(ended) = people.join_next().await {
            if let Err(error) = ended {
                complaints.push(format!("somebody is gone: {error}"));
            }
        }
    });
    if ended.await.is_err() {
        complaints.push(format!("not all came to their end in {END_LIMIT:?}"));
        people.shutdown().await;
    }
    world.tally().await;
    let samples = sampling.await.unwrap_or_default();
    complaints.extend(world.ledger.complaints());
    complaints.extend(nothing_done(&world));
    report(&world, &samples).await;
    complaints.extend(steady(&samples, options.is_short()));
    Ok(complaints)
}

/// The plan, as far as there is time, and each kind of trouble at least once. Every step ends:
/// nothing is waited for longer than a process may take to start.
async fn trouble(world: &World, options: &Options) -> Result<(), String> {
    let end = Instant::now() + options.lasting;
    for step in Plan::new(options.seed, options.is_short()) {
        let left = end.saturating_duration_since(Instant::now());
        sleep(if step.is_due { step.calm } else { step.calm.min(left) }).await;
        if !step.is_due && Instant::now() >= end {
            break;
        }
        world.suffer(&step).await?;
    }
    Ok(())
}

/// Of the instance that is never killed.
async fn sample(world: Arc<World>, is_over: watch::Receiver<bool>) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut ticks = interval(Duration::from_millis(250));
    while !*is_over.borrow() {
        ticks.tick().await;
        samples.extend(Sample::of(world.steady_process()));
    }
    samples
}

/// What somebody must have done, or the run says nothing.
fn nothing_done(world: &World) -> Vec<String> {
    let all = [Kind::Login, Kind::Page, Kind::Api, Kind::Refresh, Kind::Logout];
    let undone = all.into_iter().filter(|&kind| world.ledger.successes(kind) == 0);
    undone.map(|kind| format!("nobody got through: {}", kind.as_str())).collect()
}

/// What grew. In a short round the warm-up is most of it, so that there it says nothing.
fn steady(samples: &[Sample], is_short: bool) -> Vec<String> {
    match Quarters::of(samples) {
        Some(_) if is_short => Vec::new(),
        Some(quarters) => quarters.growth(),
        None if cfg!(target_os = "linux") => vec!["there are too few samples".to_owned()],
        None => Vec::new(),
    }
}

async fn report(world: &World, samples: &[Sample]) {
    print!("\n{}", world.ledger);
    let counts = *world.counts.lock().await;
    println!(
        "restarts: router {}, Redis {}, provider {}; spells of a provider out of order: {}",
        counts.routers, counts.redises, counts.providers, counts.spells
    );
    println!("tokens given: for codes {}, for refresh tokens {}", counts.codes, counts.refreshes);
    let Some(Quarters(quarters)) = Quarters::of(samples) else {
        return println!("memory and descriptors: not known here");
    };
    let memory = quarters.map(|quarter| format!("{:.1}", quarter.memory));
    let descriptors = quarters.map(|quarter| format!("{:.1}", quarter.descriptors));
    println!("memory by quarters, MiB: {}", memory.join(", "));
    println!("descriptors by quarters: {}", descriptors.join(", "));
}
