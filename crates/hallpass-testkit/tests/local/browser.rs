use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use hallpass_core::{ErrorKind, http::StatusCode};
use hallpass_testkit::{Browser, Fault, LocalProvider, User};

use crate::support::{CALLBACK, ask, client, get, wish, with};

#[tokio::test]
async fn a_browser_stays_on_loopback() {
    for url in ["https://127.0.0.1/", "http://app.test/", "https://github.com/login", "file:///"] {
        let opened = Browser::new().open(url).await.unwrap_err();
        assert_eq!((opened.kind(), opened.reason()), (ErrorKind::Config, Some("origin")), "{url}");
        let signed_in = Browser::new().sign_in(url, User::first()).await.unwrap_err();
        assert_eq!(signed_in.reason(), Some("origin"), "{url}");
    }
    assert_eq!(Browser::new().open("/cb").await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_page_with_another_form_or_none_is_no_page_of_ours() {
    let local = LocalProvider::start().await.unwrap();
    let url = client(&local).authorize().start().await.unwrap().url;
    for page in ["", "<p>Hello</p>", "<form action=\"/authorize\">"] {
        local.fault(Fault::on("authorize").body("text/html", page));
        let error = local.browser().sign_in(&url, User::first()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{page}");
    }
    let again =
        "<form action=\"/authorize\"><input type=\"radio\" name=\"user\" value=\"a\"></form>";
    local.fault(Fault::on("authorize").body("text/html", again).times(2));
    let error = local.browser().sign_in(&url, User::first()).await.unwrap_err();
    assert!(error.to_string().contains("asks once more"), "{error}");
    let unknown = local.browser().sign_in(&url, User::named("eve")).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Config);
    assert!(unknown.to_string().contains("ada, ben, cleo"), "{unknown}");
}

#[tokio::test]
async fn an_error_of_the_page_is_the_browsers() {
    let local = LocalProvider::start().await.unwrap();
    let url = client(&local).authorize().start().await.unwrap().url;
    local.fault(Fault::on("authorize").status(503));
    let error = local.browser().sign_in(&url, User::first()).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    let page = local.browser().open(format!("{}/nowhere", local.base_url())).await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND, "for `open` it is a page like others");
}

#[tokio::test]
async fn a_landing_is_delivered_to_the_application() {
    // The application is another local server: what it says of the callback is not the point.
    let (local, app) =
        (LocalProvider::start().await.unwrap(), LocalProvider::start().await.unwrap());
    let callback = format!("{}/callback", app.base_url());
    let landing = ask(&local, &with(wish(local.client_id()), "redirect_uri", &callback)).await;
    let landing = landing.unwrap();
    assert!(landing.url().starts_with(&callback));
    let page = local.browser().deliver(&landing).await.unwrap();
    assert_eq!(page.url(), landing.url());
    assert_eq!(app.requests()[0].param("state").as_deref(), Some("a state"));
    assert_eq!(app.requests()[0].method(), "GET");

    let mut wish = with(wish(local.client_id()), "redirect_uri", &callback);
    wish.push(("response_mode", "form_post"));
    let landing = ask(&local, &wish).await.unwrap();
    local.browser().deliver(&landing).await.unwrap();
    assert_eq!(app.requests()[1].method(), "POST");
    assert_eq!(app.requests()[1].param("state").as_deref(), Some("a state"));

    let away = client(&local).authorize().start().await.unwrap();
    let away = local.browser().sign_in(&away.url, User::first()).await.unwrap();
    assert!(away.url().starts_with(CALLBACK));
    assert_eq!(local.browser().deliver(&away).await.unwrap_err().reason(), Some("origin"));
}

#[tokio::test]
async fn what_debug_shows_of_a_landing_or_page_holds_no_code() {
    let local = LocalProvider::start().await.unwrap();
    let landing = ask(&local, &wish(local.client_id())).await.unwrap();
    assert_eq!(format!("{landing:?}"), "Landing(GET https://app.test/callback)");
    let page = Browser::new().open(format!("{}/nowhere?code=x", local.base_url())).await.unwrap();
    assert_eq!(format!("{page:?}"), format!("Page(404, {}/nowhere)", local.base_url()));
    let response = get(&format!("{}/nowhere", local.base_url()), &[]).await;
    assert_eq!(response.body, page.text().as_bytes());
}

/// An application that gives these answers, one a connection, and returns what it was asked.
fn application(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let asked = answers.iter().map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<_> = lines.map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
            let end = "connection: close\r\ncontent-length: 0\r\n\r\n";
            write!(stream, "HTTP/1.1 {answer}\r\n{end}").unwrap();
            let cookie = head.iter().find_map(|line| line.strip_prefix("cookie: "));
            format!("{} {}", head[0], cookie.unwrap_or("without"))
        });
        asked.collect()
    };
    (base, thread::spawn(serve))
}

#[tokio::test]
async fn a_page_is_opened_with_redirects_and_cookies() {
    let (base, asked) = application(&[
        "302 Found\r\nlocation: /next\r\nset-cookie: a=1; Path=/\r\nset-cookie: b=2; Path=/next",
        "303 See Other\r\nlocation: last?x=1\r\nset-cookie: a=; Max-Age=0; Path=/",
        "404 Not Found",
    ]);
    let page = Browser::new().open(format!("{base}/login")).await.unwrap();
    assert_eq!((page.url(), page.status().as_u16()), (&*format!("{base}/last?x=1"), 404));
    let want = [
        "GET /login HTTP/1.1 without",
        "GET /next HTTP/1.1 a=1; b=2",
        "GET /last?x=1 HTTP/1.1 without",
    ];
    assert_eq!(asked.join().unwrap(), want);
}

#[tokio::test]
async fn a_circle_of_redirects_and_one_to_nowhere_end() {
    let (base, asked) = application(&["302 Found\r\nlocation: /"; 11]);
    let error = Browser::new().open(&base).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(asked.join().unwrap().len(), 11);
    let (base, _) = application(&["302 Found"]);
    assert_eq!(Browser::new().open(&base).await.unwrap_err().kind(), ErrorKind::Malformed);
    let (base, _) = application(&["302 Found\r\nlocation: https://app.test/"]);
    assert_eq!(Browser::new().open(&base).await.unwrap_err().reason(), Some("origin"));
}
