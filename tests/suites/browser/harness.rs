//! That the harness does what it says: a person's means, and failures that tell why.

use std::fs;
use std::time::Duration;

use hallpass_tests::browser::ContextOptions;
use tokio::time::timeout;

use crate::shared::{keep, person, tab};
use crate::site::{Listener, document, page};

#[tokio::test]
async fn a_page_says_where_it_is_what_it_says_and_how_it_came() {
    let tab = tab().await;
    let headers =
        [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("referrer-policy", "no-referrer")];
    let site = document("<title>T</title><p>Seen</p><p hidden>Hidden</p>", &headers).await;
    assert_eq!(tab.goto(&format!("{site}/here?a=1")).await.unwrap(), 200);
    assert_eq!(tab.url().await.unwrap(), format!("{site}/here?a=1"));
    assert_eq!(tab.title().await.unwrap(), "T");
    assert_eq!(tab.text().await.unwrap(), "Seen");
    let responses = tab.responses().await.unwrap();
    assert_eq!(responses.len(), 1);
    assert_eq!((&*responses[0].method, responses[0].status), ("GET", 200));
    assert_eq!(responses[0].header("referrer-policy"), "no-referrer");
    let cookies: Vec<_> = responses[0].headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
}

#[tokio::test]
async fn a_redirect_is_followed_and_seen() {
    let tab = tab().await;
    let listener = Listener::new().await;
    let site = listener.base_url("127.0.0.1");
    listener.serve(async |request| {
        let is_end = request.uri().path() == "/end";
        let response = http::Response::builder().status(if is_end { 404 } else { 303 });
        response.header("location", "/end").body("The end".to_owned()).unwrap()
    });
    assert_eq!(tab.goto(&format!("{site}/start")).await.unwrap(), 404);
    let statuses: Vec<_> = tab.responses().await.unwrap().iter().map(|it| it.status).collect();
    assert_eq!(statuses, [303, 404]);
    assert_eq!(tab.responses().await.unwrap()[0].header("location"), "/end");
    assert!(tab.console_errors().await.unwrap().is_empty(), "the status was told already");
}

#[tokio::test]
async fn what_a_person_types_and_clicks_arrives() {
    let tab = tab().await;
    let form = r#"<form><label>Name <input name="name"></label> <button>Send</button></form>
        <a href="/there">Elsewhere</a> <button onclick="this.textContent = 'Done'">Do</button>"#;
    let site = page(form).await;
    tab.goto(&site).await.unwrap();
    tab.fill("[name=name]", "Ada Ö").await.unwrap();
    assert_eq!(tab.follow("button", "Send").await.unwrap(), 200);
    assert_eq!(tab.url().await.unwrap(), format!("{site}/?name=Ada+%C3%96"));
    tab.follow("link", "Elsewhere").await.unwrap();
    assert_eq!(tab.url().await.unwrap(), format!("{site}/there"));
    tab.back().await.unwrap();
    assert_eq!(tab.url().await.unwrap(), format!("{site}/?name=Ada+%C3%96"));
    tab.reload().await.unwrap();
    tab.click("button", "Do").await.unwrap();
    assert_eq!(tab.count("button").await.unwrap(), 2);
    assert!(tab.text().await.unwrap().contains("Done"));
    tab.click_css("[name=name]").await.unwrap();
    tab.press("x").await.unwrap();
    tab.follow_key("Enter").await.unwrap();
    tab.wait_for_url(&format!("{site}/?name=x")).await.unwrap();
    tab.follow_css("a").await.unwrap();
    assert_eq!(tab.attribute("a", "href").await.unwrap().as_deref(), Some("/there"));
}

#[tokio::test]
async fn a_frame_is_a_document_of_its_own() {
    let tab = tab().await;
    let inner = page(r#"<form><button name="went" value="on">Go on</button></form>"#).await;
    let inner = inner.replace("127.0.0.1", "localhost");
    let outer = page(&format!(r#"<iframe title="Inner" src="{inner}/in"></iframe>"#)).await;
    tab.goto(&outer).await.unwrap();
    let frame = tab.frame(&inner).await.unwrap();
    assert_eq!(frame.follow("button", "Go on").await.unwrap(), 200);
    assert_eq!(frame.url().await.unwrap(), format!("{inner}/in?went=on"));
    assert_eq!(tab.url().await.unwrap(), format!("{outer}/"));
    assert_eq!(tab.responses().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_context_is_what_its_options_say() {
    let html = r#"<html lang="en"><meta name="viewport" content="width=device-width">
        <style>@media (prefers-color-scheme: dark) { i { display: none } }</style>
        <i>light</i> <noscript>plain</noscript>
        <script>document.write(innerWidth)</script>"#;
    let site = document(html, &[]).await;
    let all = ContextOptions::all();
    assert_eq!(all.len(), 8);
    let want = ["light 360", "light plain", "360", "plain"];
    let want = want.into_iter().chain(["light 1280", "light plain", "1280", "plain"]);
    for (options, want) in all.iter().zip(want) {
        let tab = person(options).await.page().await.unwrap();
        tab.goto(&site).await.unwrap();
        assert_eq!(tab.text().await.unwrap(), want, "{options}");
    }
    let narrow = person(&ContextOptions::desktop().with_width(320)).await.page().await.unwrap();
    narrow.goto(&site).await.unwrap();
    assert_eq!(narrow.text().await.unwrap(), "light 320");
}

#[tokio::test]
async fn a_screenshot_is_a_picture() {
    let options = ContextOptions::phone().dark();
    let tab = person(&options).await.page().await.unwrap();
    tab.goto(&page("<p>Look</p>").await).await.unwrap();
    keep(&tab, "harness", &options).await;
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/browser/harness-phone-dark.png");
    assert!(fs::read(folder).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn two_people_share_no_cookies_and_two_tabs_do() {
    let site = document("<p>Hello", &[("set-cookie", "who=me; Path=/")]).await;
    let [one, other] =
        [person(&ContextOptions::desktop()).await, person(&ContextOptions::desktop()).await];
    one.page().await.unwrap().goto(&site).await.unwrap();
    assert_eq!(one.cookie("who").await.unwrap().unwrap().value, "me");
    assert!(other.cookies().await.unwrap().is_empty());

    let tab = one.page().await.unwrap();
    tab.goto(&page("<script>document.write(document.cookie)</script>").await).await.unwrap();
    assert!(tab.text().await.unwrap().contains("who=me"), "another port is no other site");
}

#[tokio::test]
async fn a_failure_says_what_was_wanted_and_what_the_page_shows() {
    let tab = tab().await;
    let site = page("<button>One</button> <button>One</button> <p>Sorry</p>").await;
    tab.goto(&site).await.unwrap();
    let failure = tab.click("button", "One").await.unwrap_err().to_string();
    for part in ["click \"button\" \"One\"", "resolved to 2", &format!("at {site}/"), "Sorry"] {
        assert!(failure.contains(part), "{part} is missing in {failure}");
    }
    let gone = "http://127.0.0.1:1/";
    let failure = tab.goto(gone).await.unwrap_err().to_string();
    assert!(failure.contains(gone) && failure.contains("ERR_"), "{failure}");
}

#[tokio::test]
async fn what_does_not_come_is_waited_for_in_vain_and_not_for_ever() {
    let hasty = ContextOptions::desktop().with_time_limit(Duration::from_secs(2));
    let tab = person(&hasty).await.page().await.unwrap();
    let site = page("<p>No button").await;
    // What comes may take longer too.
    let shown = timeout(Duration::from_secs(60), async { while tab.goto(&site).await.is_err() {} });
    shown.await.expect("the page does not come");
    let role = tab.follow("button", "Sign in");
    let css = tab.follow_css("#none");
    let url = async { tab.wait_for_url("http://127.0.0.1:1/").await.map(|()| 0) };
    let frame = async { tab.frame("http://127.0.0.1:1/").await.map(|_| 0) };
    let (role, css, url, frame) = tokio::join!(role, css, url, frame);
    for failure in [role, css, url, frame] {
        let failure = failure.unwrap_err().to_string();
        assert!(failure.contains("2000ms") && failure.contains("No button"), "{failure}");
    }
}
