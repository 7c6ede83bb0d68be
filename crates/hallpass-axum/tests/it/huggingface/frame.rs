use std::time::Duration;

use hallpass_core::{Response, http::Method};
use hallpass_testkit::User;

use super::space::{CALLBACK, Hand, LOGIN, ORIGIN, Space, location, path_of, set_cookies};

const AGAIN: &str = "/oauth/huggingface/again";

#[track_caller]
fn check_framed(response: &Response, name: &str) {
    let set = set_cookies(response);
    let ours: Vec<_> = set.iter().filter(|cookie| cookie.starts_with(name)).collect();
    assert_eq!(ours.len(), 1, "{set:?}");
    for word in ["HttpOnly", "SameSite=None", "Secure", "Path=/", "Partitioned"] {
        let has_it = ours[0].split("; ").any(|attribute| attribute == word);
        assert!(has_it && !ours[0].contains("Domain"), "{word}: {}", ours[0]);
    }
}

#[tokio::test]
async fn a_cookie_is_kept_in_the_hubs_frame_and_goes_there_too() {
    let space = Space::start().await;
    let browser = space.browser();
    let begun = browser.get(&location(&browser.get(LOGIN).await)).await;
    check_framed(&begun, "__Host-hallpass.login.");
    let path = space.at_hub(&location(&begun), User::named("organizations")).await;
    let signed_in = browser.get(&path).await;
    check_framed(&signed_in, "__Host-hallpass.session=");
    check_framed(&signed_in, "__Host-hallpass.login.");
    let gone = sign_out(&browser, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(gone.status, 303);
    for cookie in set_cookies(&gone) {
        assert!(cookie.contains("Max-Age=0") && cookie.contains("Partitioned"), "{cookie}");
    }
    assert_eq!(browser.text("/").await, "nobody");
}

/// Presses the button of the page, with the word that it has.
async fn sign_out(browser: &Hand<'_>, headers: &[(&'static str, &str)]) -> Response {
    let page = browser.text("/oauth/huggingface/logout").await;
    let word = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let headers = [&form, headers].concat();
    browser.post_form("/oauth/huggingface/logout", &headers, &format!("csrf={word}")).await
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_sent_once_more_and_then_told() {
    let space = Space::start().await;
    let browser = space.browser();
    let mut requests = 0;
    let mut path = LOGIN.to_owned();
    let answer = loop {
        requests += 1;
        assert!(requests < 20, "no end");
        browser.forget_cookies();
        let answer = browser.get(&path).await;
        if answer.status != 303 {
            break answer;
        }
        let next = location(&answer);
        path = match next.starts_with("https://huggingface.co/") {
            true => space.at_hub(&next, User::named("organizations")).await,
            false => next.strip_prefix(ORIGIN).unwrap_or(&next).to_owned(),
        };
    };
    // The login, its second step and the callback; the second step and the callback again.
    assert_eq!(requests, 5);
    assert!(path.starts_with(&format!("{AGAIN}/callback/huggingface?")), "{path}");
    assert_eq!(answer.status, 400);
    let page = String::from_utf8(answer.body).unwrap();
    assert!(page.contains(&format!("href=\"{AGAIN}/login\"")), "{page}");
    // Who presses that begins anew.
    let anew = location(&browser.get(&format!("{AGAIN}/login")).await);
    assert_eq!(anew, format!("{LOGIN}/huggingface"));
    assert_eq!(space.hub.count("token"), 0, "no code was redeemed");
}

#[tokio::test]
async fn a_login_begun_in_a_frame_ends_at_the_top() {
    let space = Space::start().await;
    let url = space.browser().begin(LOGIN).await;
    let path = space.at_hub(&url, User::named("organizations")).await;
    // The top has cookies of its own.
    let top = space.browser();
    let again = location(&top.get(&path).await);
    assert_eq!(again, format!("{ORIGIN}{AGAIN}/login/huggingface"));
    let url = location(&top.get(&path_of(&again)).await);
    let path = space.at_hub(&url, User::named("organizations")).await;
    assert_eq!(location(&top.get(&path).await), "/");
    assert!(top.text("/mine").await.contains("robinoak"));
}

#[tokio::test]
async fn a_second_try_leads_where_the_first_one_was_to() {
    let space = Space::start().await;
    let begin = format!("{LOGIN}?return_to=/info?tab=1");
    for is_in_frame in [false, true] {
        let url = space.browser().begin(&begin).await;
        let path = space.at_hub(&url, User::named("organizations")).await;
        let top = space.browser();
        let again = match is_in_frame {
            false => path_of(&location(&top.get(&path).await)),
            true => {
                let answer = top.send(Method::GET, &path, &[("sec-fetch-dest", "iframe")]).await;
                let page = String::from_utf8(answer.body).unwrap();
                page.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
            }
        };
        assert_eq!(again, format!("{AGAIN}/login/huggingface?return_to=%2Finfo%3Ftab%3D1"));
        let url = location(&top.get(&again).await);
        let end = space.at_hub(&url, User::named("organizations")).await;
        assert_eq!(location(&top.get(&end).await), "/info?tab=1");
        // Whoever opens the first callback once more is nobody's guest.
        let late = location(&space.browser().get(&path).await);
        assert_eq!(late, format!("{ORIGIN}{AGAIN}/login/huggingface"));
    }
    // And so is who comes an hour later.
    let url = space.browser().begin(&begin).await;
    let path = space.at_hub(&url, User::named("organizations")).await;
    space.clock.go_on(Duration::from_secs(3_600));
    let late = location(&space.browser().get(&path).await);
    assert_eq!(late, format!("{ORIGIN}{AGAIN}/login/huggingface"));
}

#[tokio::test]
async fn a_way_to_another_site_is_none_for_a_second_try_either() {
    let space = Space::start().await;
    for evil in ["https://evil.test/", "//evil.test", "/%5Cevil.test"] {
        let begin = format!("/oauth/huggingface/login/huggingface?return_to={evil}");
        let url = location(&space.browser().get(&begin).await);
        let path = space.at_hub(&url, User::named("organizations")).await;
        let again = location(&space.browser().get(&path).await);
        assert_eq!(again, format!("{ORIGIN}{AGAIN}/login/huggingface"), "{evil}");
    }
}

#[tokio::test]
async fn a_callback_in_a_frame_shows_the_way_out_of_it() {
    let space = Space::start().await;
    let browser = space.browser();
    let path = format!("{CALLBACK}?code=c&state=s");
    let answer = browser.send(Method::GET, &path, &[("sec-fetch-dest", "iframe")]).await;
    assert_eq!(answer.status, 400);
    assert!(answer.headers.get("x-frame-options").is_none());
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors https://huggingface.co"), "{policy}");
    let page = String::from_utf8(answer.body).unwrap();
    let link = format!("href=\"{AGAIN}/login/huggingface\" target=\"_blank\"");
    assert!(page.contains(&link), "{page}");
}

#[tokio::test]
async fn what_is_no_login_is_not_begun_again() {
    let space = Space::start().await;
    for query in ["", "?state=s", "?code=c&code=d&state=s", "?error=access_denied&state=s"] {
        let answer = space.browser().get(&format!("{CALLBACK}{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[tokio::test]
async fn what_another_sites_page_sends_comes_without_the_session() {
    let space = Space::start().await;
    let browser = space.browser();
    browser.sign_in(LOGIN).await;
    for (name, value, is_known) in [
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", true),
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "new-word", false),
        ("origin", ORIGIN, true),
        ("origin", "https://demo.oak.test", true),
        ("origin", "https://huggingface.co", false),
        ("origin", "https://robin-demo.hf.space.evil.test", false),
        ("origin", "http://robin-demo.hf.space", false),
        ("origin", "null", false),
    ] {
        let answer = browser.send(Method::POST, "/change", &[(name, value)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body != b"nobody", is_known, "{name}: {value}");
        let got = browser.send(Method::GET, "/", &[(name, value)]).await;
        assert_ne!(got.body, b"nobody", "a frame is opened from elsewhere: {name}: {value}");
    }
    // A socket begins as a GET, and reads and writes.
    for (name, value, is_known) in [
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "cross-site", false),
        ("origin", ORIGIN, true),
        ("origin", "https://evil-demo.hf.space", false),
    ] {
        let socket = [("upgrade", "websocket"), (name, value)];
        let answer = browser.send(Method::GET, "/", &socket).await;
        assert_eq!(answer.body != b"nobody", is_known, "{name}: {value}");
    }
    // What the browser says of the site goes before what it says of the page.
    let both = [("sec-fetch-site", "cross-site"), ("origin", ORIGIN)];
    assert_eq!(browser.send(Method::POST, "/change", &both).await.body, b"nobody");
}

#[tokio::test]
async fn another_site_signs_nobody_out() {
    let space = Space::start().await;
    let browser = space.browser();
    browser.sign_in(LOGIN).await;
    // With the word, even.
    let answer = sign_out(&browser, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(answer.status, 403);
    assert_ne!(browser.text("/").await, "nobody");
    // And without it, from a browser that does not say where it comes from.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = browser.post_form("/oauth/huggingface/logout", &form, "csrf=guessed").await;
    assert_eq!(answer.status, 403);
    assert_ne!(browser.text("/").await, "nobody");
}
