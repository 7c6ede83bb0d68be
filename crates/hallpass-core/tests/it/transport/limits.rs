//! No answer is read past its limit, none is waited for past its time.

use super::*;

fn announcing(length: usize, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn chunked(chunks: &[&str]) -> String {
    let mut text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    for chunk in chunks {
        text += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
    }
    text
}

#[tokio::test]
async fn an_answer_that_announces_too_much_is_refused_unread() {
    // Nothing of the body ever comes: who waited for it would run into the time limit.
    let server = Server::start(&announcing(11, ""), Then::Hold).await;
    let error =
        refused(get(&server.url("/"), 10, LONG).await, ErrorKind::Malformed, Some("body_limit"));
    assert_eq!(error.status(), Some(StatusCode::OK));
}

#[tokio::test]
async fn a_stream_that_grows_too_long_is_cut_where_the_limit_is() {
    // The end never comes.
    let server = Server::start(&chunked(&["12345", "67890", "x"]), Then::Hold).await;
    let got = get(&server.url("/"), 10, LONG).await;
    refused(got, ErrorKind::Malformed, Some("body_limit"));
    let open_end = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n12345678901";
    let server = Server::start(open_end, Then::Hold).await;
    let got = get(&server.url("/"), 10, LONG).await;
    refused(got, ErrorKind::Malformed, Some("body_limit"));
}

#[tokio::test]
async fn an_answer_as_long_as_the_limit_is_read() {
    let ends = "0\r\n\r\n";
    let stream = chunked(&["12345", "67890"]) + ends;
    for text in [announcing(10, "1234567890"), stream] {
        let server = Server::start(&text, Then::Close).await;
        let answer = get(&server.url("/"), 10, LONG).await.unwrap();
        assert_eq!(answer.body, b"1234567890");
    }
}

#[tokio::test]
async fn a_token_reply_is_a_mebibyte_at_most() {
    let token = r#"{"access_token":"T"}"#;
    for (length, fits) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let body = format!("{token}{}", " ".repeat(length - token.len()));
        let server = Server::start(&Server::ok(&body), Then::Close).await;
        let got = exchange(&client_at(&server)).await;
        if fits {
            got.unwrap();
        } else {
            refused(got, ErrorKind::Malformed, Some("body_limit"));
        }
    }
}

#[tokio::test]
async fn a_metadata_document_is_half_a_mebibyte_at_most() {
    let body = format!("{{}}{}", " ".repeat(512 << 10));
    let server = Server::start(&Server::ok(&body), Then::Close).await;
    let client = OAuth2Client::new(Acme::discovered(&server.url("/metadata")), config()).unwrap();
    refused(client.endpoints().await, ErrorKind::Malformed, Some("body_limit"));
}

#[tokio::test]
async fn the_configurations_time_is_for_headers_and_body_together() {
    let in_the_body = announcing(100, "{\"access_token\":");
    for text in ["", "HTTP/1.1 200 OK\r\n", &in_the_body, &chunked(&["{"])] {
        let server = Server::start(text, Then::Hold).await;
        let client = OAuth2Client::new(acme_at(&server), config().with_timeout(SHORT)).unwrap();
        let error =
            refused(in_time(exchange(&client)).await, ErrorKind::Transport, Some("timeout"));
        assert_eq!(error.provider(), Some("acme"));
    }
}

#[tokio::test]
async fn the_time_runs_for_api_calls_and_documents_too() {
    let server = Server::start("", Then::Hold).await;
    let patient = || config().with_timeout(SHORT);
    let client = OAuth2Client::new(acme_at(&server), patient()).unwrap();
    let token = OAuth2Token::from_access_token("T");
    let got = in_time(client.api(&token).get(&server.url("/me")).send()).await;
    refused(got, ErrorKind::Transport, Some("timeout"));
    let client = OAuth2Client::new(Acme::discovered(&server.url("/m")), patient()).unwrap();
    refused(in_time(client.endpoints()).await, ErrorKind::Transport, Some("timeout"));
}

#[test]
fn a_request_that_nobody_limits_has_ten_seconds_and_a_mebibyte() {
    let url = Url::parse("https://acme.test/").unwrap();
    let request = Request::new(Method::GET, url, Purpose::Api);
    assert_eq!(request.timeout, Duration::from_secs(10));
    assert_eq!(request.body_limit_bytes, 1 << 20);
}
