//! Whoever gives up on an operation, at whichever point, keeps nobody from the next.

use std::{future::poll_fn, sync::Arc, task::Poll};

use async_trait::async_trait;
use hallpass::openid::OpenId;
use hallpass_core::{
    BaseOAuth2, HttpClient, OAuth2Client, Request, ReqwestClient, Response, Result,
};
use hallpass_oauth1::OAuth1Client;
use hallpass_testkit::{LocalOAuth1, LocalProvider};

use crate::{
    operation::{Operation, Ready},
    place::{Place, Provider},
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

const CALLBACK: &str = "https://app.test/callback";

/// A client that has fetched nothing yet, neither metadata nor keys.
fn client(place: &Place) -> Arc<dyn BaseOAuth2> {
    let way = Arc::new(Halting(ReqwestClient::new()));
    match &place.provider {
        Provider::OAuth2(local) => {
            let provider = OpenId::<()>::new("op", local.base_url());
            let config = local.client_config(CALLBACK).unwrap();
            Arc::new(OAuth2Client::new(provider, config).unwrap().with_http_client(way))
        }
        Provider::OAuth1(local) | Provider::OAuth1InJson(local) => {
            let config = local.client_config(CALLBACK).unwrap();
            Arc::new(OAuth1Client::new(local.provider(), config).unwrap().with_http_client(way))
        }
    }
}

/// At how many points it can be given up.
async fn check(operation: Operation, place: &Place) -> usize {
    for times in 1..200 {
        let client = client(place);
        let mut ready = operation.prepare(&client, place).await;
        let done = polled(operation.run(&client, &mut ready), times).await;
        // What was used up is made anew, by the same client.
        if !matches!(ready, Ready::Token(_) | Ready::Api(..)) || operation == Operation::Refresh {
            ready = operation.prepare(&client, place).await;
        }
        let later = operation.run(&client, &mut ready).await;
        assert_eq!(later.unwrap(), Outcome::Good, "{operation:?} after {times}");
        if let Some(done) = done {
            assert_eq!(done.unwrap(), Outcome::Good, "{operation:?}");
            return times;
        }
    }
    panic!("{operation:?} never ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gives_up_at_any_point_leaves_the_client_as_it_was() {
    let openid = LocalProvider::builder().with_openid().start().await.unwrap();
    let oauth1 = LocalOAuth1::start().await.unwrap();
    let (openid, oauth1) = (Provider::OAuth2(Box::new(openid)), Provider::OAuth1(oauth1));
    let of_each = [(openid, Operation::OF_OPENID), (oauth1, Operation::OF_OAUTH1)];
    let (mut points, mut walked) = (0, 0);
    for (provider, operations) in of_each {
        let place = Place::new(provider);
        for operation in operations {
            points += check(*operation, &place).await;
            walked += 1;
        }
    }
    println!("{points} points");
    assert!(points > 2 * walked, "nothing was given up");
}
