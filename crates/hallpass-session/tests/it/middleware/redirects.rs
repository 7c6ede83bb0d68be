//! A header that no redirect takes away, and redirects.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread::JoinHandle,
};

use hallpass_core::{
    ClientConfig, CustomProvider, Descriptor, OAuth2Client, TokenPlacement, http::HeaderName,
};
use hallpass_session::{MemoryStore, TokenManager};
use reqwest_middleware::reqwest::redirect::Policy;

use super::*;

/// A server that gives these answers, one connection each, and then says what it was sent.
fn server(answers: impl FnOnce(&str) -> Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answers = answers(&base);
    let thread = std::thread::spawn(move || {
        let mut sent = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            sent.push(String::from_utf8(request).unwrap());
        }
        sent
    });
    (base, thread)
}

const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn redirect(to: &str) -> String {
    format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {to}\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    )
}

/// The session of a provider that wants its token in a header of its own.
async fn session_with_own_header() -> Session {
    let placement = TokenPlacement::Header(HeaderName::from_static("x-token"));
    let descriptor = Descriptor::new("corp", "https://corp.test/a", "https://corp.test/t")
        .with_token_placement(placement);
    let provider = CustomProvider::new(descriptor, "https://corp.test/me", "/id").unwrap();
    let client = OAuth2Client::new(provider, ClientConfig::new("id").with_secret("s")).unwrap();
    let tokens = TokenManager::new(Arc::new(client), Arc::new(MemoryStore::new()));
    tokens.sign_in("ada", OAuth2Token::from_access_token("T")).await.unwrap()
}

#[tokio::test]
async fn a_header_of_the_providers_own_has_the_token_alone() {
    let (base, thread) = server(|_| vec![DONE.to_owned()]);
    let client = over(TokenMiddleware::new(session_with_own_header().await, &base).unwrap());
    let own = client.get(&base).header("x-token", "own");
    refused(own.send().await, ErrorKind::Config, Some("reserved"));
    client.get(&base).send().await.unwrap();
    let sent = thread.join().unwrap().remove(0);
    assert!(sent.contains("\r\nx-token: T\r\n") && !sent.contains("authorization"), "{sent}");
}

/// With [`TokenMiddleware::redirect_policy`] or without.
fn redirected(token: TokenMiddleware, has_policy: bool) -> ClientWithMiddleware {
    let policy = if has_policy { token.redirect_policy() } else { Policy::default() };
    ClientBuilder::new(bare().redirect(policy).build().unwrap()).with(token).build()
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed_with_a_token() {
    for is_allowed in [false, true] {
        let (elsewhere, _) = server(|_| Vec::new());
        let (base, thread) = server(|_| vec![redirect(&elsewhere)]);
        let mut token = TokenMiddleware::new(session_with_own_header().await, &base).unwrap();
        if is_allowed {
            // To be asked by its name, and not by whoever is asked first.
            token = token.allow_origin(&elsewhere).unwrap();
        }
        let answer = redirected(token, true).get(&base).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
        thread.join().unwrap();
    }
}

#[tokio::test]
async fn a_client_that_follows_one_is_found_out() {
    let (elsewhere, there) = server(|_| vec![DONE.to_owned()]);
    let (base, here) = server(|_| vec![redirect(&elsewhere)]);
    let token = TokenMiddleware::new(session_with_own_header().await, &base).unwrap();
    let got = redirected(token, false).get(&base).send().await;
    refused(got, ErrorKind::Security, Some("redirect"));
    here.join().unwrap();
    assert!(there.join().unwrap()[0].contains("x-token: T"), "why the policy is there");
}

#[tokio::test]
async fn a_redirect_within_the_origin_or_without_a_token_is_followed() {
    let (base, thread) = server(|base| vec![redirect(&format!("{base}/b")), DONE.to_owned()]);
    let token = TokenMiddleware::new(session_with_own_header().await, &base).unwrap();
    let answer = redirected(token, true).get(&base).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let sent = thread.join().unwrap();
    assert!(sent.iter().all(|sent| sent.contains("\r\nx-token: T\r\n")), "{sent:?}");

    let (elsewhere, there) = server(|_| vec![DONE.to_owned()]);
    let (base, here) = server(|_| vec![redirect(&elsewhere)]);
    let token = TokenMiddleware::new(session_with_own_header().await, "https://api.test").unwrap();
    let marked = redirected(token, true).get(&base).with_extension(WithoutToken);
    assert_eq!(marked.send().await.unwrap().status(), StatusCode::OK);
    for sent in [here.join().unwrap(), there.join().unwrap()] {
        assert!(!sent[0].contains("x-token"), "{sent:?}");
    }
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let (base, thread) = server(|base| vec![redirect(base); 11]);
    let token = TokenMiddleware::new(session_with_own_header().await, &base).unwrap();
    let got = redirected(token, true).get(&base).send().await;
    assert!(got.unwrap_err().is_redirect());
    assert_eq!(thread.join().unwrap().len(), 11, "the first and ten more");
}
