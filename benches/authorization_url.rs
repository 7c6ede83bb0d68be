//! The URL of the authorization page: state, S256 challenge, scopes, and what is kept for the
//! callback.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{hint::black_box, time::Duration};

use criterion::Criterion;
use hallpass_benches::{Ratios, bare_url, client};
use hallpass_core::AuthorizationRequest;
use tokio::runtime;

fn authorization_url(c: &mut Criterion) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let client = client("https://plain.test/oauth/token");
    let ours = runtime.block_on(client.get_authorization_url(AuthorizationRequest::new()));
    let ours = shape(ours.expect("a URL").url.as_str());
    assert_eq!(ours, shape(&bare_url()), "the limit does the same work");

    let mut group = c.benchmark_group("authorization_url");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    group.bench_function("hallpass", |b| {
        b.to_async(&runtime).iter(|| client.get_authorization_url(AuthorizationRequest::new()));
    });
    group.bench_function("limit", |b| b.iter(|| black_box(bare_url())));
    #[cfg(feature = "peers")]
    {
        use hallpass_benches::peers;
        let client = peers::oauth2("https://plain.test/oauth/token");
        let theirs = peers::oauth2_url(&client).0;
        assert_eq!(ours, shape(theirs.as_str()), "oauth2 does the same work");
        group.bench_function("oauth2", |b| b.iter(|| peers::oauth2_url(&client)));
    }
    group.finish();
}

/// Page, and names and lengths of the parameters: what differs from login to login is random.
fn shape(url: &str) -> (String, Vec<(String, usize)>) {
    let (page, query) = url.split_once('?').expect("a query");
    let pairs = hallpass_benches::pairs(query).into_iter();
    (page.to_owned(), pairs.map(|(name, value)| (name, value.len())).collect())
}

fn main() {
    let ratios = Ratios::begin();
    let mut criterion = Criterion::default().configure_from_args();
    authorization_url(&mut criterion);
    criterion.final_summary();
    ratios.print("authorization_url", &[""]);
}
