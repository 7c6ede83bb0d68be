//! A redirect is an answer like any other, and nobody goes where it points.

use super::*;

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

async fn redirecting(status: u16, to: &Untouched) -> Server {
    let location = format!("http://{}/stolen", to.host());
    let text = format!(
        "HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    );
    Server::start(&text, Then::Close).await
}

#[tokio::test]
async fn no_redirect_of_a_token_request_is_followed() {
    for status in STATUSES {
        let elsewhere = Untouched::bind();
        let server = redirecting(status, &elsewhere).await;
        let got = exchange(&client_at(&server)).await;
        let error = refused(got, ErrorKind::Malformed, Some("redirect"));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        elsewhere.assert_untouched();
        server.heard();
    }
}

#[tokio::test]
async fn no_redirect_of_an_api_call_or_a_revocation_is_followed() {
    for status in STATUSES {
        let elsewhere = Untouched::bind();
        let server = redirecting(status, &elsewhere).await;
        let client = client_at(&server);
        let token = OAuth2Token::from_access_token("T");
        let got = client.api(&token).get(&server.url("/me")).send().await;
        refused(got, ErrorKind::Malformed, Some("redirect"));
        server.heard();
        let got = client.revoke_token(&token, Revoke::AccessToken).await;
        refused(got, ErrorKind::Malformed, Some("redirect"));
        server.heard();
        elsewhere.assert_untouched();
    }
}

#[tokio::test]
async fn no_redirect_of_a_metadata_document_is_followed() {
    for status in STATUSES {
        let elsewhere = Untouched::bind();
        let server = redirecting(status, &elsewhere).await;
        let provider = Acme::discovered(&server.url("/metadata"));
        let client = OAuth2Client::new(provider, config()).unwrap();
        refused(client.endpoints().await, ErrorKind::Malformed, None);
        server.heard();
        elsewhere.assert_untouched();
    }
}

#[tokio::test]
async fn a_transport_of_the_applications_that_follows_redirects_is_refused() {
    let elsewhere = Server::start(&Server::ok(r#"{"access_token":"stolen"}"#), Then::Close).await;
    let location = elsewhere.url("/token");
    let text = format!("HTTP/1.1 302 X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::start(&text, Then::Close).await;
    let following = through(builder().redirect(reqwest::redirect::Policy::limited(3)), &server);
    refused(exchange(&following).await, ErrorKind::Security, Some("redirect"));

    let keeping = through(builder().redirect(reqwest::redirect::Policy::none()), &server);
    refused(exchange(&keeping).await, ErrorKind::Malformed, Some("redirect"));
    elsewhere.heard();
}

#[tokio::test]
async fn a_transport_of_the_applications_is_held_to_the_same_limits() {
    let long = Server::start(&Server::ok(&" ".repeat((1 << 20) + 1)), Then::Close).await;
    let client = through(builder(), &long);
    refused(exchange(&client).await, ErrorKind::Malformed, Some("body_limit"));
    assert!(long.heard().to_ascii_lowercase().contains("user-agent: hallpass/"));
    let silent = Server::start("", Then::Hold).await;
    let config = config().with_timeout(SHORT);
    let client = OAuth2Client::new(acme_at(&silent), config).unwrap();
    let client = client.with_http_client(own(builder()));
    refused(in_time(exchange(&client)).await, ErrorKind::Transport, Some("timeout"));
}

fn own(builder: reqwest::ClientBuilder) -> Arc<dyn HttpClient> {
    Arc::new(ReqwestClient::from_client(builder.build().unwrap()))
}

fn through(builder: reqwest::ClientBuilder, server: &Server) -> OAuth2Client<Acme> {
    client_at(server).with_http_client(own(builder))
}

/// With TLS compiled in, reqwest wants to be told how: it is not used here.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().no_proxy();
    #[cfg(feature = "__tls")]
    let builder = {
        #[cfg(feature = "aws-lc")]
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        #[cfg(not(feature = "aws-lc"))]
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into());
        let tls = tls.with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_root_certificates(rustls::RootCertStore::empty());
        builder.tls_backend_preconfigured(tls.with_no_client_auth())
    };
    builder
}
