//! All operations of one provider of each shape: one by the standard alone, one of OpenID, one that
//! says its errors with status 200, and one that is found by nothing but its own API.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass::{github, github::GitHub, openid::OpenId, slack, slack::Slack};
use hallpass_core::{BaseOAuth2, Error, OAuth2Client, Provider};
use hallpass_oauth1::OAuth1Client;
use hallpass_testkit::{LocalOAuth1, LocalProvider};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    diverting::{Damage, Diversion, Diverting},
    fault::{FAULTS, Fault},
    operation::{Operation, Ready},
    place::{self, Place},
    table::{Cell, Outcome, Table},
};

/// What the client is told to wait at most, where the fault is that nobody answers.
const PATIENCE: Duration = Duration::from_millis(300);
const CALLBACK: &str = "https://app.test/callback";
/// What nothing takes.
const FOR_EVER: Duration = Duration::from_secs(60);

/// How many cells are walked at a time: more, and somebody's own patience ends.
pub(crate) const AT_A_TIME: usize = 12;

/// A provider that plays along, and makes clients of it.
struct Shape {
    name: &'static str,
    operations: &'static [Operation],
    place: Place,
    client: fn(&place::Provider, Arc<Diverting>) -> Arc<dyn BaseOAuth2>,
}

fn client_of(
    provider: impl Provider,
    local: &LocalProvider,
    way: Arc<Diverting>,
) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config(CALLBACK).unwrap().with_timeout(PATIENCE);
    Arc::new(OAuth2Client::new(provider, config).unwrap().with_http_client(way))
}

/// Of those that a client of OAuth 2 is asked to be made for, each has one.
fn oauth2(provider: &place::Provider) -> &LocalProvider {
    match provider {
        place::Provider::OAuth2(local) => local,
        _ => panic!("the provider is one of OAuth 1"),
    }
}

fn client_of_oauth1(provider: &place::Provider, way: Arc<Diverting>) -> Arc<dyn BaseOAuth2> {
    let (place::Provider::OAuth1(local) | place::Provider::OAuth1InJson(local)) = provider else {
        panic!("the provider is one of OAuth 2")
    };
    let config = local.client_config(CALLBACK).unwrap().with_timeout(PATIENCE);
    Arc::new(OAuth1Client::new(local.provider(), config).unwrap().with_http_client(way))
}

async fn shapes() -> Vec<Shape> {
    use Operation::{
        Credentials, Device, Exchange, Get, Jwks, Poll, Post, Profile, Refresh, Revoke, Temporary,
        Userinfo,
    };
    let local = || LocalProvider::builder().with_device_interval(Duration::ZERO);
    let (openid, plain) = (local().with_openid().start().await, local().start().await);
    let (in_forms, in_json) = (LocalOAuth1::start().await, LocalOAuth1::start().await);
    let github = emulating(&GitHub::new(), github::FIXTURES).await;
    let slack = emulating(&Slack::new(), slack::FIXTURES).await;
    vec![
        Shape {
            name: "openid",
            operations: Operation::OF_OPENID,
            place: Place::new(place::Provider::OAuth2(Box::new(openid.unwrap()))),
            client: |of, way| {
                let local = oauth2(of);
                client_of(OpenId::<()>::new("op", local.base_url()), local, way)
            },
        },
        Shape {
            name: "plain",
            operations: &[Exchange, Refresh, Revoke, Profile, Userinfo, Device, Poll, Get, Post],
            place: Place::new(place::Provider::OAuth2(Box::new(plain.unwrap()))),
            client: |of, way| client_of(oauth2(of).provider(), oauth2(of), way),
        },
        Shape {
            name: "github",
            operations: &[Exchange, Refresh, Revoke, Profile],
            place: Place::with_api(github, "https://api.github.com"),
            client: |of, way| client_of(GitHub::new(), oauth2(of), way),
        },
        Shape {
            name: "slack",
            operations: &[Exchange, Refresh, Revoke, Profile, Userinfo, Jwks, Get],
            place: Place::with_api(slack, "https://slack.com/api/openid.connect.userInfo"),
            client: |of, way| client_of(Slack::new(), oauth2(of), way),
        },
        Shape {
            name: "oauth1",
            operations: Operation::OF_OAUTH1,
            place: Place::new(place::Provider::OAuth1(in_forms.unwrap())),
            client: client_of_oauth1,
        },
        Shape {
            name: "oauth1-in-json",
            operations: &[Temporary, Credentials],
            place: Place::new(place::Provider::OAuth1InJson(in_json.unwrap())),
            client: client_of_oauth1,
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
        let way = Arc::new(Diverting::new(self.place.http_client()));
        let client = (self.client)(&self.place.provider, Arc::clone(&way));
        let mut ready = operation.prepare(&client, &self.place).await;
        let diversion = way.divert(operation.is_meant(), Damage::Of(fault.1)).await;
        let begun = Instant::now();
        let run = operation.run(&client, &mut ready);
        let got = tokio::time::timeout(FOR_EVER, run).await.expect("it waits for ever");
        let waited = begun.elapsed();
        let mut differences = Vec::new();
        let outcome = got.as_ref().map_or_else(|error| Outcome::Refused(error.kind()), |it| *it);
        if outcome != want.outcome {
            differences.push(format!("{outcome:?} instead of {:?}: {got:?}", want.outcome));
        }
        if let Err(error) = &got {
            differences.extend(check_error(error, operation, fault.1));
        }
        differences.extend(check_requests(&diversion, fault.1, want));
        let is_of_session = matches!(ready, Ready::Api(..));
        if is_of_session && diversion.others() != want.others {
            differences.push(format!("{} requests for other tokens", diversion.others()));
        }
        // Between two tries, as long as the server said.
        let pauses = fault.1.retry_after().unwrap_or_default() * (want.requests as u32 - 1);
        if waited < pauses {
            differences.push(format!("tried again after {waited:?} in all"));
        }
        way.restore();
        // A session goes on with what it has.
        if outcome != Outcome::Wait && !is_of_session {
            ready = operation.prepare(&client, &self.place).await;
        }
        match operation.run(&client, &mut ready).await {
            Ok(Outcome::Good) => {}
            later => differences.push(format!("afterwards {later:?}")),
        }
        let place = format!("{} {} {}", self.name, operation.name(), fault.0);
        differences.into_iter().map(|difference| format!("{place}: {difference}")).collect()
    }
}

fn check_requests(diversion: &Diversion, fault: Fault, want: Cell) -> Option<String> {
    let (sent, heard) = (diversion.sent(), diversion.heard());
    let arrived = if fault.is_heard() { want.requests } else { 0 };
    // On a slow machine time may be over before the server is there.
    let is_late = fault.is_waited_for() && heard < arrived;
    let is_as_expected = sent == want.requests && (heard == arrived || is_late);
    (!is_as_expected).then(|| format!("{sent} requests left, and {heard} arrived"))
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
    if error.retry_after() != fault.retry_after() {
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
