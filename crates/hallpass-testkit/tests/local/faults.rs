use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use hallpass_core::{Error, ErrorKind, OAuth2Client, OAuth2Token, http::StatusCode};
use hallpass_testkit::{Fault, LocalProvider};

use crate::support::{CALLBACK, client, code, get, post, proof, sign_in};

/// What a client makes of a refresh that meets a fault.
async fn met(fault: Fault) -> (LocalProvider, OAuth2Token, Error) {
    let met = refresh(fault, LONG).await;
    assert_eq!(met.0.faults_left(), 0);
    met
}

/// A refresh that fails: by the fault, or because `timeout` was over before it came to that.
async fn refresh(fault: Fault, timeout: Duration) -> (LocalProvider, OAuth2Token, Error) {
    let local = LocalProvider::start().await.unwrap();
    let token = sign_in(&local, &client(&local)).await;
    let config = local.client_config(CALLBACK).unwrap().with_timeout(timeout);
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    local.fault(fault);
    let error = client.refresh_token(&token).await.unwrap_err();
    (local, token, error)
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_status_with_retry_after_is_a_transport_error_that_says_when() {
    let fault = Fault::on("/token").status(503).retry_after(Duration::from_millis(1500));
    let (_, _, error) = met(fault).await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Transport, Some(StatusCode::SERVICE_UNAVAILABLE))
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(2)), "whole seconds, rounded up");
}

#[tokio::test]
async fn a_delay_is_a_timeout() {
    let mut timeout = Duration::from_millis(50);
    let local = loop {
        let fault = Fault::on("token").delay(Duration::from_secs(3600));
        let (local, _, error) = refresh(fault, timeout).await;
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("timeout")));
        if local.faults_left() == 0 {
            break local;
        }
        // The machine has much to do: the time was over before the request had arrived.
        timeout *= 4;
        assert!(timeout < LONG, "no request arrives");
    };
    let requests = local.requests();
    assert_eq!(requests.last().unwrap().status(), None, "it was never answered");
}

#[tokio::test]
async fn a_short_delay_changes_nothing() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    local.fault(Fault::on("token").delay(Duration::from_millis(1)));
    client.refresh_token(&token).await.unwrap();
    assert_eq!(local.faults_left(), 0);
}

#[tokio::test]
async fn a_cut_is_a_transport_error() {
    for fault in [Fault::on("token").cut_before_headers(), Fault::on("token").cut_in_body()] {
        let (_, _, error) = met(fault).await;
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("interrupted")));
    }
}

#[tokio::test]
async fn a_cut_in_the_body_comes_after_the_headers() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    local.fault(Fault::on("api").status(503).body("text/plain", "half of it").cut_in_body());
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("interrupted")));
    assert_eq!(local.requests().last().unwrap().status(), Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn half_of_a_cut_body_arrives() {
    let local = LocalProvider::start().await.unwrap();
    local.fault(Fault::on("api").body("text/plain", "first half, second half").cut_in_body());
    let address = local.base_url().strip_prefix("http://").unwrap().to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /userinfo HTTP/1.1\r\nhost: local\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        // However the connection ends, what came before counts.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    });
    let answer = read.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-length: 23\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nfirst half,"), "{answer}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let (_, _, error) = met(Fault::on("token").oversized((1 << 20) + 1)).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Malformed, Some("body_limit")));
}

#[tokio::test]
async fn a_page_in_the_place_of_a_token_is_malformed() {
    let (_, _, error) = met(Fault::on("token").body("text/html", "<html>")).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Malformed, Some(StatusCode::OK)));
}

#[tokio::test]
async fn a_fault_is_met_as_often_as_it_says_and_where_it_says() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    local.fault(Fault::on("/userinfo").status(500).times(2));
    local.fault(Fault::on("api").status(429));
    local.fault(Fault::on("nowhere").status(500));
    local.fault(Fault::on("api").status(500).times(0));
    let mut met = Vec::new();
    for _ in 0..4 {
        let got = client.get_profile(&token).await;
        met.push(got.err().and_then(|error| error.status()).map(|status| status.as_u16()));
    }
    assert_eq!(met, [Some(500), Some(500), Some(429), None], "the oldest first");
    assert_eq!(local.faults_left(), 1, "nobody went there");
    local.clear_faults();
    assert_eq!(local.faults_left(), 0);
}

#[tokio::test]
async fn a_request_that_meets_a_fault_is_not_carried_out() {
    let local = LocalProvider::start().await.unwrap();
    let secret = local.client_secret();
    let code = code(&local).await;
    let form = proof((local.client_id(), secret.expose()), &code);
    local.fault(Fault::on("token").status(500));
    let (status, ..) = post(&local, "/token", &form, &[]).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let (status, ..) = post(&local, "/token", &form, &[]).await;
    assert_eq!(status, StatusCode::OK, "the code is good still");
}

#[tokio::test]
async fn a_request_can_be_carried_out_and_its_answer_lost() {
    for fault in [
        Fault::on("token").cut_before_headers().carried_out(),
        Fault::on("token").status(502).carried_out(),
        Fault::on("token").cut_in_body(),
    ] {
        let (local, token, error) = met(fault).await;
        assert_eq!(error.kind(), ErrorKind::Transport);
        let error = client(&local).refresh_token(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "it was rotated away");
    }
}

#[tokio::test]
async fn no_status_becomes_500() {
    let local = LocalProvider::start().await.unwrap();
    local.fault(Fault::on("/userinfo").status(42));
    let response = get(&format!("{}/userinfo", local.base_url()), &[]).await;
    assert_eq!(response.status, StatusCode::INTERNAL_SERVER_ERROR);
}
