//! All operations of one provider of each shape: one by the standard alone, one of OpenID, one that
//! says its errors with status 200, and one that is found by nothing but its own API.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass::{github, github::GitHub, openid::OpenId, slack, slack::Slack};
use hallpass_core::{BaseOAuth2, Error, OAuth2Client, Provider};
use hallpass_testkit::LocalProvider;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    diverting::{Damage, Diverting},
    fault::{FAULTS, Fault},
    operation::Operation,
    table::{Cell, Outcome, Table},
};

/// What the client is told to wait at most, where the fault is that nobody answers.
const PATIENCE: Duration = Duration::from_millis(300);
/// What nothing takes.
const FOR_EVER: Duration = Duration::from_secs(60);

/// How many cells are walked at a time: more, and somebody's own patience ends.
pub(crate) const AT_A_TIME: usize = 12;

/// A provider that plays along, and makes clients of it.
struct Shape {
    name: &'static str,
    operations: &'static [Operation],
    local: LocalProvider,
    client: fn(&LocalProvider, Arc<Diverting>) -> Arc<dyn BaseOAuth2>,
}

fn client_of(
    provider: impl Provider,
    local: &LocalProvider,
    way: Arc<Diverting>,
) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config("https://app.test/callback").unwrap().with_timeout(PATIENCE);
    Arc::new(OAuth2Client::new(provider, config).unwrap().with_http_client(way))
}

async fn shapes() -> Vec<Shape> {
    use Operation::{Device, Exchange, Jwks, Poll, Profile, Refresh, Revoke, Userinfo};
    let local = || LocalProvider::builder().with_device_interval(Duration::ZERO);
    vec![
        Shape {
            name: "openid",
            operations: &Operation::ALL,
            local: local().with_openid().start().await.unwrap(),
            client: |local, way| client_of(OpenId::<()>::new("op", local.base_url()), local, way),
        },
        Shape {
            name: "plain",
            operations: &[Exchange, Refresh, Revoke, Profile, Userinfo, Device, Poll],
            local: local().start().await.unwrap(),
            client: |local, way| client_of(local.provider(), local, way),
        },
        Shape {
            name: "github",
            operations: &[Exchange, Refresh, Revoke, Profile],
            local: emulating(&GitHub::new(), github::FIXTURES).await,
            client: |local, way| client_of(GitHub::new(), local, way),
        },
        Shape {
            name: "slack",
            operations: &[Exchange, Refresh, Revoke, Profile, Userinfo, Jwks],
            local: emulating(&Slack::new(), slack::FIXTURES).await,
            client: |local, way| client_of(Slack::new(), local, way),
        },
    ]
}

async fn emulating(provider: &impl Provider, fixtures: &[(&str, &str)]) -> LocalProvider {
    LocalProvider::emulating(provider.descriptor(), fixtures).await.unwrap()
}

/// What differs from the table in one cell.
type Differences = Vec<String>;

impl Shape {
    async fn walk(&self, operation: Operation, fault: (&str, Fault), want: Cell) -> Differences {
        let way = Arc::new(Diverting::new(self.local.http_client()));
        let client = (self.client)(&self.local, Arc::clone(&way));
        let mut ready = operation.prepare(&client, &self.local).await;
        let diversion = way.divert(operation.is_meant(), Damage::Of(fault.1)).await;
        let run = operation.run(&client, &mut ready);
        let got = tokio::time::timeout(FOR_EVER, run).await.expect("it waits for ever");
        let mut differences = Vec::new();
        let outcome = got.as_ref().map_or_else(|error| Outcome::Refused(error.kind()), |it| *it);
        if outcome != want.outcome {
            differences.push(format!("{outcome:?} instead of {:?}: {got:?}", want.outcome));
        }
        if let Err(error) = &got {
            differences.extend(check_error(error, operation, fault.1));
        }
        let (sent, heard) = (diversion.sent(), diversion.heard());
        let arrived = if fault.1.is_heard() { want.requests } else { 0 };
        // On a slow machine time may be over before the server is there.
        let is_late = fault.1.is_waited_for() && heard < arrived;
        if sent != want.requests || (heard != arrived && !is_late) {
            differences.push(format!("{sent} requests left, and {heard} arrived"));
        }
        way.restore();
        if outcome != Outcome::Wait {
            ready = operation.prepare(&client, &self.local).await;
        }
        match operation.run(&client, &mut ready).await {
            Ok(Outcome::Good) => {}
            later => differences.push(format!("afterwards {later:?}")),
        }
        let place = format!("{} {} {}", self.name, operation.name(), fault.0);
        differences.into_iter().map(|difference| format!("{place}: {difference}")).collect()
    }
}

/// What an error says besides its kind.
fn check_error(error: &Error, operation: Operation, fault: Fault) -> Option<String> {
    // The token reply was there before it.
    let is_after = operation == Operation::Jwks;
    if let Some(reason) = fault.reason() {
        let reason = if is_after && reason == "connect" { "interrupted" } else { reason };
        if error.reason() != Some(reason) {
            return Some(format!("the reason is {:?}", error.reason()));
        }
    }
    if let Some(cause) = fault.cause() {
        let said = causes(error);
        if !said.contains(cause) {
            return Some(format!("the cause is {said}"));
        }
    }
    let wait = matches!(fault, Fault::Status(429, _)).then_some(Duration::from_secs(7));
    if error.retry_after() != wait {
        return Some(format!("to be tried after {:?}", error.retry_after()));
    }
    let status = match fault {
        Fault::Status(..) if is_after => Some(200),
        Fault::Status(status, _) => Some(status),
        _ => None,
    };
    let said = error.status().map(|status| status.as_u16());
    (status.is_some() && said != status).then(|| format!("the status is {said:?}"))
}

/// All that is behind an error.
fn causes(error: &Error) -> String {
    let mut said = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        said += &format!("{cause}; ");
        next = cause.source();
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_each_fault_the_caller_is_told_what_to_do_and_the_client_works_again() {
    let begun = Instant::now();
    let table = Table::read();
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut cells = JoinSet::new();
    for shape in shapes().await {
        let shape = Arc::new(shape);
        for operation in shape.operations {
            for fault in FAULTS {
                let want = table.want(shape.name, *operation, fault.0);
                let (shape, places) = (Arc::clone(&shape), Arc::clone(&places));
                cells.spawn(async move {
                    let _place = places.acquire().await.unwrap();
                    shape.walk(*operation, fault, want).await
                });
            }
        }
    }
    let count = cells.len();
    let differences: Vec<_> = cells.join_all().await.concat();
    println!("{count} cells in {:?}", begun.elapsed());
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
