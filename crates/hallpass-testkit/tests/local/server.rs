use std::{
    future::Future as _,
    pin::pin,
    task::{Context, Poll, Waker},
};

use hallpass_core::{
    ClientConfig, ErrorKind, OAuth2Client,
    http::{Method, StatusCode},
    url::Url,
};
use hallpass_testkit::{Browser, LocalClient, LocalProvider, User};
use tokio::{net::TcpStream, runtime::Handle};

use crate::support::{CALLBACK, client, get, post, sign_in};

#[tokio::test]
async fn requests_are_logged_in_order() {
    let local = LocalProvider::start().await.unwrap();
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    client.get_profile(&token).await.unwrap();
    let requests = local.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|r| (r.operation(), r.method(), r.path(), r.status().unwrap().as_u16()))
        .collect();
    let want = [
        ("authorize", &Method::GET, "/authorize", 200),
        ("authorize", &Method::POST, "/authorize", 303),
        ("token", &Method::POST, "/token", 200),
        ("api", &Method::GET, "/userinfo", 200),
    ];
    assert_eq!(seen, want);
    assert_eq!(requests[0].param("response_type").as_deref(), Some("code"), "of the query");
    assert_eq!(requests[2].param("grant_type").as_deref(), Some("authorization_code"));
    assert_eq!(requests[2].param("nothing"), None);
    assert!(requests[2].body().starts_with(b"grant_type="));
    assert!(requests[3].header("authorization").unwrap().starts_with("Bearer "));
    assert!(requests[3].headers().contains_key("user-agent"));
    assert_eq!(requests[3].url().as_str(), format!("{}/userinfo", local.base_url()));

    for (what, want) in
        [("authorize", 2), ("/token", 1), (requests[3].url().as_str(), 1), ("revoke", 0)]
    {
        assert_eq!(local.count(what), want, "{what}");
    }
    local.clear_requests();
    assert!(local.requests().is_empty());
    client.get_profile(&token).await.unwrap();
    assert_eq!(local.requests()[0].status(), Some(StatusCode::OK));
}

#[tokio::test]
async fn nothing_shown_by_debug_is_secret() {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new("planted-id").with_secret("planted-secret"))
        .start()
        .await
        .unwrap();
    let form = [("client_secret", "planted"), ("code", "planted")];
    post(&local, "/token?x=planted", &form, &[("authorization", "Basic planted")]).await;
    get(&format!("{}/userinfo", local.base_url()), &[("authorization", "Bearer planted")]).await;
    let builder =
        LocalProvider::builder().with_client(LocalClient::new("i").with_secret("planted"));
    let shown = format!("{:?} {builder:?} {local:?}", local.requests());
    assert!(!shown.contains("planted"), "{shown}");
    assert!(!shown.contains(local.client_secret().expose()));
    let want = format!("LoggedRequest(token: POST {}/token, 401)", local.base_url());
    assert!(shown.contains(&want), "{shown}");
}

#[tokio::test]
async fn two_providers_know_nothing_of_each_other() {
    let (one, two) = (LocalProvider::start().await.unwrap(), LocalProvider::start().await.unwrap());
    assert_ne!(one.base_url(), two.base_url());
    assert_ne!(one.client_id(), two.client_id());
    let token = sign_in(&one, &client(&one)).await;
    assert!(client(&one).get_profile(&token).await.is_ok());
    assert_eq!(client(&two).get_profile(&token).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!((one.count("token"), two.count("token")), (1, 0));
    let login = client(&one).authorize().start().await.unwrap();
    let landing = two.browser().sign_in(&login.url, User::first()).await.unwrap();
    let mixed_up = client(&two).get_access_token(landing.callback().unwrap(), login.pending).await;
    assert_eq!(mixed_up.unwrap_err().kind(), ErrorKind::Security);
}

#[tokio::test]
async fn a_dropped_provider_refuses_connections() {
    let local = LocalProvider::start().await.unwrap();
    let url = Url::parse(local.base_url()).unwrap();
    let address = (url.host_str().unwrap().to_owned(), url.port().unwrap());
    let open = TcpStream::connect(&address).await.unwrap();
    assert_eq!(get(local.base_url(), &[]).await.status, StatusCode::NOT_FOUND);
    let client = client(&local);
    let token = sign_in(&local, &client).await;
    drop(local);
    assert!(std::net::TcpStream::connect(&address).is_err(), "at once");
    let error = client.get_profile(&token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    is_closed(&open).await;
}

#[tokio::test]
async fn a_stopped_provider_leaves_no_task_and_no_connection() {
    let before = Handle::current().metrics().num_alive_tasks();
    let local = LocalProvider::start().await.unwrap();
    let address = local.base_url().strip_prefix("http://").unwrap().to_owned();
    let open = TcpStream::connect(&address).await.unwrap();
    assert!(Handle::current().metrics().num_alive_tasks() > before);
    local.stop().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);
    assert!(TcpStream::connect(&address).await.is_err());
    is_closed(&open).await;
}

/// Waits until the other side is gone.
async fn is_closed(stream: &TcpStream) {
    loop {
        stream.readable().await.unwrap();
        match stream.try_read(&mut [0; 16]) {
            Ok(0) => return,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
            Ok(_) => panic!("nobody asked anything"),
        }
    }
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let mut tries = 0;
    let (again, port) = loop {
        let first = LocalProvider::start().await.unwrap();
        let port = Url::parse(first.base_url()).unwrap().port().unwrap();
        let taken = LocalProvider::builder().with_port(port).start().await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::Transport);
        first.stop().await;
        tries += 1;
        match LocalProvider::builder().with_port(port).start().await {
            Ok(again) => break (again, port),
            // Free for a moment, it may have been given to somebody else.
            Err(error) => assert!(tries < 3, "{error}"),
        }
    };
    assert_eq!(again.base_url(), format!("http://127.0.0.1:{port}"));

    let twin = || LocalClient::new("twin");
    let twins = LocalProvider::builder().with_client(twin()).with_client(twin()).start().await;
    assert_eq!(twins.unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn outside_a_runtime_it_says_so() {
    let start = pin!(LocalProvider::start());
    match start.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => assert_eq!(error.kind(), ErrorKind::Config),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_of_no_other_machine_is_needed() {
    let local = LocalProvider::start().await.unwrap();
    let config = ClientConfig::new(local.client_id()).with_secret(local.client_secret());
    let client =
        OAuth2Client::new(local.provider(), config.with_redirect_uri(CALLBACK).unwrap()).unwrap();
    let client = client.with_http_client(local.http_client());
    let login = client.authorize().start().await.unwrap();
    assert_eq!(local.browser_url(&login.url), login.url.as_str(), "it is here already");
    let landing = Browser::new().sign_in(&login.url, User::first()).await.unwrap();
    client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
}
