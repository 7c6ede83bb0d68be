use std::sync::Arc;

use hallpass_core::{Json, http::Method};
use hallpass_oauth1::{Placement, SignatureMethod};
use hallpass_testkit::LocalOAuth1;
use serde_json::json;

use crate::support::*;

const METHODS: [SignatureMethod; 4] = [
    SignatureMethod::HmacSha1,
    SignatureMethod::HmacSha256,
    SignatureMethod::HmacSha512,
    SignatureMethod::Plaintext,
];
const PLACEMENTS: [Placement; 3] = [Placement::Header, Placement::Query, Placement::Form];

#[tokio::test]
async fn every_method_is_verified_wherever_its_parameters_stand() {
    let local = LocalOAuth1::start().await.unwrap();
    let token = token(&local).await;
    for method in METHODS {
        for placement in PLACEMENTS {
            if (method, placement) == (SignatureMethod::Plaintext, Placement::Query) {
                continue; // No client of ours puts both secrets into a URL.
            }
            let signer = signer(&local).with_method(method).unwrap().with_placement(placement);
            let request = || {
                let request = request(&local, Method::POST, "/api/x?a=1&a=&b=%C3%A9+%2B");
                with_body(request, FORM, "c=1&c=2+3&d")
            };
            let answer = sent(signed(&signer, request(), Some(&token))).await;
            assert_eq!(answer.status, 200, "{method} {placement:?}: {answer:?}");
            let said = answer.json().unwrap();
            assert_eq!(said["user"], "ada");
            assert_eq!(said["query"], json!([["a", "1"], ["a", ""], ["b", "é +"]]));
            assert_eq!(said["form"], json!([["c", "1"], ["c", "2 3"], ["d", ""]]));
            let answer = sent(signed(&signer, request(), None)).await;
            assert_eq!(answer.json().unwrap()["user"], Json::Null, "in its own name");
        }
    }
}

#[tokio::test]
async fn what_is_changed_after_it_was_signed_is_refused() {
    let local = LocalOAuth1::start().await.unwrap();
    let token = token(&local).await;
    for method in [SignatureMethod::HmacSha1, SignatureMethod::HmacSha256] {
        let good = || {
            let request = with_body(request(&local, Method::POST, "/api/x?a=1"), FORM, "b=1");
            signed(&signer(&local).with_method(method).unwrap(), request, Some(&token))
        };
        assert_eq!(sent(good()).await.status, 200);
        let mut path = good();
        path.url.set_path("/api/y");
        let mut query = good();
        query.url.set_query(Some("a=2"));
        let mut added = good();
        added.url.set_query(Some("a=1&a="));
        let mut form = good();
        form.body = b"b=2".to_vec();
        let mut verb = good();
        verb.method = Method::PUT;
        for changed in [path, query, added, form, verb] {
            check_problem(&sent(changed).await, 401, "signature_invalid");
        }
    }
}

#[tokio::test]
async fn a_body_is_the_one_that_was_hashed() {
    let local = LocalOAuth1::start().await.unwrap();
    for method in METHODS {
        let signer = signer(&local).with_method(method).unwrap().with_body_hash();
        let good = || {
            let request = request(&local, Method::POST, "/api/x");
            signed(&signer, with_body(request, "application/json", "{\"a\":1}"), None)
        };
        assert_eq!(sent(good()).await.status, 200, "{method}");
        let mut changed = good();
        changed.body = b"{\"a\":2}".to_vec();
        check_problem(&sent(changed).await, 401, "signature_invalid");
    }
}

#[tokio::test]
async fn a_request_is_good_once() {
    let local = LocalOAuth1::start().await.unwrap();
    let token = token(&local).await;
    for token in [None, Some(&token)] {
        let request = signed(&signer(&local), request(&local, Method::GET, "/api/x"), token);
        assert_eq!(sent(copy(&request)).await.status, 200);
        check_problem(&sent(request).await, 401, "nonce_used");
    }
}

#[tokio::test]
async fn a_request_with_a_wrong_signature_spends_no_nonce() {
    let local = LocalOAuth1::start().await.unwrap();
    let request = signed(&signer(&local), request(&local, Method::GET, "/api/x"), None);
    let mut changed = copy(&request);
    changed.url.set_path("/api/y");
    check_problem(&sent(changed).await, 401, "signature_invalid");
    assert_eq!(sent(request).await.status, 200);
}

#[tokio::test]
async fn a_request_is_of_about_now() {
    let clock = Arc::new(TestClock::new());
    let local = LocalOAuth1::builder().with_clock(clock.clone()).start().await.unwrap();
    let sign = || {
        let signer = signer(&local).with_clock(clock.clone());
        signed(&signer, request(&local, Method::GET, "/api/x"), None)
    };
    let (early, late) = (sign(), sign());
    clock.turn(300);
    assert_eq!(sent(early).await.status, 200);
    clock.turn(1);
    check_problem(&sent(late).await, 401, "timestamp_refused");
    let ahead = sign();
    assert_eq!(sent(ahead).await.status, 200);
}
