//! What ends the wait, and what the browser is shown then.

use std::time::Duration;

use hallpass_cli::LoopbackReceiver;
use hallpass_core::ErrorKind;
use tokio::{io::AsyncWriteExt, net::TcpListener, time::Instant};

use crate::{
    acme::{begin, descriptor},
    raw::{answer, assert_status, connect, connect_many, exchange, get, is_hung_up, port, post},
};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_redirect_uri_is_the_address_with_the_port_it_listens_on() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let redirect_uri = receiver.redirect_uri().to_owned();
    let port = port(&redirect_uri);
    assert_ne!(port, 0);
    assert_eq!(redirect_uri, format!("http://127.0.0.1:{port}/callback"));
    assert_eq!(
        receiver.with_path("/a/b").unwrap().redirect_uri(),
        format!("http://127.0.0.1:{port}/a/b")
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = LoopbackReceiver::bind_to(port).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains(&port.to_string()));
}

#[tokio::test]
async fn a_port_of_the_callers_own_is_kept() {
    // Another test may take a port as soon as it is free.
    for _ in 0..20 {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        if let Ok(receiver) = LoopbackReceiver::bind_to(port).await {
            let want = format!("http://127.0.0.1:{port}/callback");
            return assert_eq!(receiver.redirect_uri(), want);
        }
    }
    panic!("no port can be bound to");
}

#[tokio::test]
async fn a_path_is_as_a_browser_writes_it() {
    check("/", true).await;
    check("/oauth/callback", true).await;
    check("/a%20b", true).await;
    check("", false).await;
    check("callback", false).await;
    check("/a b", false).await;
    check("/a?b=c", false).await;
    check("/a#b", false).await;
    check("/a/../b", false).await;
    check("/ä", false).await;
    check(":1/a", false).await;
    check("@evil.test/a", false).await;
    check(".evil.test/a", false).await;

    async fn check(path: &str, want: bool) {
        let receiver = LoopbackReceiver::bind().await.unwrap();
        match receiver.with_path(path) {
            Ok(receiver) => assert!(want && receiver.redirect_uri().ends_with(path), "{path:?}"),
            Err(error) => assert!(!want && error.kind() == ErrorKind::Config, "{path:?}"),
        }
    }
}

/// Begins a login, lets the browser come back with `query`, and gives the page back.
async fn page_of(receiver: LoopbackReceiver, query: &str) -> String {
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let request = get(port, &format!("/callback?state={}&{query}", login.state));
    let (callback, page) =
        tokio::join!(receiver.receive(&login.pending, LONG), exchange(port, &request));
    assert!(callback.unwrap().belongs_to(&login.pending));
    page
}

#[tokio::test]
async fn the_right_callback_ends_the_wait_and_the_window_may_be_closed() {
    let page = page_of(LoopbackReceiver::bind().await.unwrap(), "code=CODE").await;
    assert_status(&page, 200);
    assert!(page.contains("<p>You may close this window.</p>"), "{page}");
    assert!(page.contains(r#"<html lang="en">"#), "{page}");
}

#[tokio::test]
async fn an_error_of_the_provider_ends_the_wait_too() {
    let page = page_of(LoopbackReceiver::bind().await.unwrap(), "error=access_denied").await;
    assert_status(&page, 200);
    assert!(page.contains("<p>The sign-in was not completed. You may close this window.</p>"));
}

#[tokio::test]
async fn the_page_has_no_script_and_says_nothing_to_anyone() {
    let page = page_of(LoopbackReceiver::bind().await.unwrap(), "code=CODE").await;
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none'; style-src 'unsafe-inline'",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "connection: close",
    ] {
        assert!(page.contains(&format!("\r\n{header}\r\n")), "{header}: {page}");
    }
    for word in ["<script", "href=", "src=", "CODE", "state"] {
        assert!(!page.contains(word), "{word}: {page}");
    }
}

#[tokio::test]
async fn title_and_words_are_the_callers_and_are_escaped() {
    let bind = async || {
        let receiver = LoopbackReceiver::bind().await.unwrap();
        receiver.with_title("<b>Werkzeug</b>").with_texts("Fertig & aus.", "Abgebrochen.")
    };
    let page = page_of(bind().await, "code=CODE").await;
    assert!(page.contains("<title>&lt;b&gt;Werkzeug&lt;/b&gt;</title>"), "{page}");
    assert!(page.contains("<p>Fertig &amp; aus.</p>"), "{page}");
    assert!(page.contains("<html>"), "not our language: {page}");
    let page = page_of(bind().await, "error=access_denied").await;
    assert!(page.contains("<p>Abgebrochen.</p>"), "{page}");
}

#[tokio::test]
async fn a_posted_form_ends_the_wait_where_the_provider_answers_so() {
    check("error=access_denied", "The sign-in was not completed.").await;
    check("code=CODE", "<p>You may close").await;
    check(&format!("code={}", "x".repeat(60 << 10)), "<p>You may close").await;

    async fn check(form: &str, words: &str) {
        let receiver = LoopbackReceiver::bind().await.unwrap();
        let login = begin(descriptor().with_form_post(), receiver.redirect_uri()).await;
        let port = port(receiver.redirect_uri());
        let form = format!("state={}&{form}", login.state);
        let request = post(port, "application/x-www-form-urlencoded; charset=UTF-8", &form);
        let (callback, page) =
            tokio::join!(receiver.receive(&login.pending, LONG), exchange(port, &request));
        assert!(callback.unwrap().belongs_to(&login.pending));
        assert_status(&page, 200);
        assert!(page.contains(words), "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_is_sent_and_nothing_listens_when_the_wait_is_over() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let others = connect_many(port, 31).await;
    // The browser may come before anybody waits for it.
    let mut browser = connect(port).await;
    let request = get(port, &format!("/callback?code=CODE&state={}", login.state));
    browser.write_all(request.as_bytes()).await.unwrap();
    let too_many = connect(port).await;

    receiver.receive(&login.pending, LONG).await.unwrap();
    let page = answer(&mut browser).await;
    assert!(page.ends_with("</html>"), "{page}");
    assert!(is_hung_up(too_many).await, "still listening");
    for other in others {
        assert!(is_hung_up(other).await, "still open");
    }
}

#[tokio::test]
async fn a_browser_that_hangs_up_has_brought_its_answer_all_the_same() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let mut browser = connect(port).await;
    let request = get(port, &format!("/callback?code=CODE&state={}", login.state));
    browser.write_all(request.as_bytes()).await.unwrap();
    drop(browser);
    receiver.receive(&login.pending, LONG).await.unwrap();
}

#[tokio::test]
async fn two_receivers_wait_at_once_each_for_its_own_browser() {
    let (one, two) =
        (LoopbackReceiver::bind().await.unwrap(), LoopbackReceiver::bind().await.unwrap());
    assert_ne!(one.redirect_uri(), two.redirect_uri());
    let (port_one, port_two) = (port(one.redirect_uri()), port(two.redirect_uri()));
    let login_one = begin(descriptor(), one.redirect_uri()).await;
    let login_two = begin(descriptor(), two.redirect_uri()).await;
    let browsers = async {
        let to = |port, state: &str| get(port, &format!("/callback?code=CODE&state={state}"));
        let crossed = to(port_two, &login_one.state);
        assert_status(&exchange(port_two, &crossed).await, 400);
        assert_status(&exchange(port_two, &to(port_two, &login_two.state)).await, 200);
        assert_status(&exchange(port_one, &to(port_one, &login_one.state)).await, 200);
    };
    let (first, second, ()) = tokio::join!(
        one.receive(&login_one.pending, LONG),
        two.receive(&login_two.pending, LONG),
        browsers
    );
    assert!(first.unwrap().belongs_to(&login_one.pending));
    assert!(second.unwrap().belongs_to(&login_two.pending));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_ends() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let begun = Instant::now();
    let error = receiver.receive(&login.pending, Duration::from_secs(300)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("expired")));
    assert_eq!(begun.elapsed().as_secs(), 300);
    assert!(!format!("{error:?}{error}").contains(&login.state));
}

#[tokio::test(start_paused = true)]
async fn nothing_listens_when_the_wait_was_too_long() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let others = connect_many(port(receiver.redirect_uri()), 33).await;
    // Less than the time after which a connection that says nothing is closed.
    receiver.receive(&login.pending, Duration::from_secs(4)).await.unwrap_err();
    for other in others {
        assert!(is_hung_up(other).await, "still open, or still listening");
    }
}

#[tokio::test]
async fn a_wait_can_be_a_task_of_its_own() {
    let receiver = LoopbackReceiver::bind().await.unwrap();
    let login = begin(descriptor(), receiver.redirect_uri()).await;
    let port = port(receiver.redirect_uri());
    let request = get(port, &format!("/callback?code=CODE&state={}", login.state));
    let wait = tokio::spawn(async move { receiver.receive(&login.pending, LONG).await });
    assert_status(&exchange(port, &request).await, 200);
    wait.await.unwrap().unwrap();
}
