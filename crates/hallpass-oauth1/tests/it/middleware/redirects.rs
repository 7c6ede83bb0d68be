//! Redirects over real sockets: what was signed for one URL goes to no other.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread::JoinHandle,
};

use hallpass_core::http::StatusCode;
use hallpass_oauth1::SignatureMethod;
use reqwest_middleware::reqwest::redirect::Policy;

use super::*;

const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A server that gives these answers, one connection each, and then says what it was sent.
fn server(answers: impl FnOnce(&str) -> Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answers = answers(&base);
    let heard = move || {
        let mut sent = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = String::new();
            while !is_whole(&request) {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(char::from(byte[0]));
            }
            stream.write_all(answer.as_bytes()).unwrap();
            sent.push(request);
        }
        sent
    };
    (base, std::thread::spawn(heard))
}

/// Headers, and a body as long as they say.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn redirect(status: u16, to: &str) -> String {
    format!(
        "HTTP/1.1 {status} Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    )
}

/// By PLAINTEXT, so that whoever gets the request has the secrets; by HMAC in a URL, where they do
/// not go.
fn telling(base: &str, placement: Placement) -> SigningMiddleware {
    let signer = Signer::new(ClientCredentials::new("key", "CONSUMERSECRET"));
    let method = match placement {
        Placement::Query => SignatureMethod::HmacSha1,
        _ => SignatureMethod::Plaintext,
    };
    let signer = signer.with_method(method).unwrap();
    let signing = SigningMiddleware::new(signer.with_placement(placement), base).unwrap();
    signing.with_token(TokenCredentials::new("TOKEN", "TOKENSECRET"))
}

/// With [`SigningMiddleware::redirect_policy`] or without.
fn over(signing: SigningMiddleware, has_policy: bool) -> ClientWithMiddleware {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let policy = if has_policy { signing.redirect_policy() } else { Policy::default() };
    let http = reqwest::Client::builder().no_proxy().redirect(policy).build().unwrap();
    ClientBuilder::new(http).with(signing).build()
}

#[tokio::test]
async fn a_signed_request_is_not_sent_on() {
    for placement in [Placement::Header, Placement::Query, Placement::Form] {
        for status in [302, 307, 308] {
            for is_allowed in [false, true] {
                let (elsewhere, _) = server(|_| Vec::new());
                let (base, thread) = server(|_| vec![redirect(status, &elsewhere)]);
                let mut signing = telling(&base, placement);
                if is_allowed {
                    // To be asked by its name, and not by whoever is asked first.
                    signing = signing.allow_origin(&elsewhere).unwrap();
                }
                let post = over(signing, true).post(&base).header(header::CONTENT_TYPE, FORM);
                let answer = post.body("a=1").send().await.unwrap();
                assert_eq!(answer.status().as_u16(), status, "{placement:?}");
                let sent = thread.join().unwrap();
                let signature = match placement {
                    Placement::Query => "oauth_signature=",
                    _ => "CONSUMERSECRET%26TOKENSECRET",
                };
                assert!(sent[0].contains(signature), "{sent:?}");
            }
        }
    }
}

#[tokio::test]
async fn nor_is_one_within_the_origin() {
    let (base, thread) = server(|base| vec![redirect(307, &format!("{base}/b"))]);
    let answer = over(telling(&base, Placement::Form), true).post(&base).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(thread.join().unwrap().len(), 1);
}

#[tokio::test]
async fn a_client_that_follows_one_is_found_out() {
    let (elsewhere, there) = server(|_| vec![DONE.to_owned()]);
    let (base, here) = server(|_| vec![redirect(307, &elsewhere)]);
    let got = over(telling(&base, Placement::Form), false).post(&base).send().await;
    let error = ours(got);
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("redirect")));
    here.join().unwrap();
    let told = there.join().unwrap();
    assert!(told[0].contains("CONSUMERSECRET%26TOKENSECRET"), "why the policy is there: {told:?}");
}

#[tokio::test]
async fn a_request_without_a_signature_is_redirected_as_ever() {
    let (elsewhere, there) = server(|_| vec![DONE.to_owned()]);
    let (base, here) = server(|_| vec![redirect(307, &elsewhere)]);
    let http = over(telling("https://api.test", Placement::Header), true);
    let answer = http.get(&base).with_extension(WithoutSignature).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for sent in [here.join().unwrap(), there.join().unwrap()] {
        assert!(!sent[0].contains("oauth_"), "{sent:?}");
    }
    let (base, thread) = server(|base| vec![redirect(307, base); 11]);
    let got = http.get(&base).with_extension(WithoutSignature).send().await;
    assert!(got.unwrap_err().is_redirect());
    assert_eq!(thread.join().unwrap().len(), 11, "the first and ten more");
}
