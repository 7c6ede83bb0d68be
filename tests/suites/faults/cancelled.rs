//! Whoever gives up on an operation, at whichever point, keeps nobody from the next.

use std::{future::poll_fn, sync::Arc, task::Poll};

use async_trait::async_trait;
use hallpass::openid::OpenId;
use hallpass_core::{
    BaseOAuth2, HttpClient, OAuth2Client, Request, ReqwestClient, Response, Result,
};
use hallpass_testkit::LocalProvider;

use crate::{
    operation::{Operation, Ready},
    table::Outcome,
};

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

/// More points to give up at: before a request leaves, and when its answer is there.
#[derive(Debug)]
struct Halting(ReqwestClient);

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Halting {
    async fn send(&self, request: Request) -> Result<Response> {
        tokio::task::yield_now().await;
        let response = self.0.send(request).await;
        tokio::task::yield_now().await;
        response
    }
}

/// A client that has fetched nothing yet, neither metadata nor keys.
fn client(local: &LocalProvider) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config("https://app.test/callback").unwrap();
    let client = OAuth2Client::new(OpenId::<()>::new("op", local.base_url()), config).unwrap();
    Arc::new(client.with_http_client(Arc::new(Halting(ReqwestClient::new()))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gives_up_at_any_point_leaves_the_client_as_it_was() {
    let local = LocalProvider::builder().with_openid().start().await.unwrap();
    let mut points = 0;
    for operation in Operation::ALL {
        for times in 1.. {
            assert!(times < 200, "{operation:?} never ends");
            let client = client(&local);
            let mut ready = operation.prepare(&client, &local).await;
            let done = polled(operation.run(&client, &mut ready), times).await;
            // What was used up is made anew, by the same client.
            if !matches!(ready, Ready::Token(_)) || operation == Operation::Refresh {
                ready = operation.prepare(&client, &local).await;
            }
            let later = operation.run(&client, &mut ready).await;
            assert_eq!(later.unwrap(), Outcome::Good, "{operation:?} after {times}");
            points += 1;
            if let Some(done) = done {
                assert_eq!(done.unwrap(), Outcome::Good, "{operation:?}");
                break;
            }
        }
    }
    println!("{points} points");
    assert!(points > 2 * Operation::ALL.len(), "nothing was given up");
}
