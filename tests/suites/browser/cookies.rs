//! What Chromium does with cookies on loopback, which the harness and the sign-in rely on.

use hallpass_tests::browser::{Context, ContextOptions};
use http::{Request, Response};

use crate::shared::person;
use crate::site::{Listener, document};

/// Names of the cookies that are kept of those that `http://127.0.0.1` sets.
async fn kept(cookies: &[&str]) -> Vec<String> {
    let context = person(&ContextOptions::desktop()).await;
    set(&context, cookies).await;
    context.cookies().await.unwrap().into_iter().map(|cookie| cookie.name).collect()
}

async fn set(context: &Context, cookies: &[&str]) {
    let headers: Vec<_> = cookies.iter().map(|&cookie| ("set-cookie", cookie)).collect();
    let site = document("<p>Cookies", &headers).await;
    context.page().await.unwrap().goto(&site).await.unwrap();
}

#[tokio::test]
async fn secure_cookies_and_both_prefixes_are_kept_on_http_to_loopback() {
    let cookies = ["plain=1", "s=1; Secure", "__Host-h=1; Secure; Path=/", "__Secure-s=1; Secure"];
    assert_eq!(kept(&cookies).await, ["plain", "s", "__Host-h", "__Secure-s"]);
}

#[tokio::test]
async fn the_rules_of_the_attributes_hold_there_too() {
    let host = ["__Host-a=1; Path=/", "__Host-b=1; Secure; Path=/b"];
    let embedded = ["c=1; SameSite=None", "d=1; Partitioned; Path=/"];
    assert_eq!(kept(&[host, embedded].concat()).await, [""; 0]);
    let good = ["e=1; SameSite=None; Secure", "f=1; SameSite=None; Secure; Partitioned"];
    assert_eq!(kept(&good).await, ["e", "f"]);
}

#[tokio::test]
async fn a_cookie_is_shown_with_its_attributes() {
    let context = person(&ContextOptions::desktop()).await;
    let all = "Secure; HttpOnly; SameSite=Strict; Path=/in; Max-Age=600; Partitioned";
    set(&context, &[&format!("all=x; {all}"), "none=y"]).await;
    let [all, none] = ["all", "none"].map(|name| context.cookie(name));
    let (all, none) = (all.await.unwrap().unwrap(), none.await.unwrap().unwrap());
    assert_eq!((&*all.value, &*all.path, &*all.domain), ("x", "/in", "127.0.0.1"));
    assert_eq!((all.http_only, all.secure, all.partitioned), (true, true, true));
    assert_eq!(all.same_site, "Strict");
    assert!(all.expires.unwrap() > 1_700_000_000.0);
    assert_eq!((none.http_only, none.secure, none.partitioned), (false, false, false));
    assert_eq!((&*none.same_site, none.expires), ("Lax", None));
}

#[tokio::test]
async fn a_form_from_another_site_brings_what_is_none_and_a_link_what_is_lax() {
    check("127.0.0.1", "POST", "lax none strict").await;
    check("localhost", "POST", "none").await;
    check("localhost", "GET", "lax none").await;
}

/// What a form posted from a page of this host brings along to `127.0.0.1`.
async fn check(host: &str, method: &str, want: &str) {
    let listener = Listener::new().await;
    let app = listener.base_url("127.0.0.1");
    listener.serve(async |request: Request<String>| {
        let mut response = Response::builder().header("content-type", "text/html");
        if request.uri().path() == "/set" {
            for attributes in ["strict", "lax", "none; Secure"] {
                let (name, _) = attributes.split_once(';').unwrap_or((attributes, ""));
                response = response.header("set-cookie", format!("{name}=; SameSite={attributes}"));
            }
        }
        let sent = request.headers().get("cookie").map_or("", |sent| sent.to_str().unwrap());
        let mut names: Vec<_> = sent.split("; ").map(|it| it.trim_end_matches('=')).collect();
        names.sort_unstable();
        response.body(format!("<p>{}", names.join(" "))).unwrap()
    });
    let form = format!("<form method={method} action={app}/get><button>Post</button></form>");
    let other = document(&form, &[]).await.replace("127.0.0.1", host);
    let tab = person(&ContextOptions::desktop()).await.page().await.unwrap();
    tab.goto(&format!("{app}/set")).await.unwrap();
    tab.goto(&other).await.unwrap();
    tab.follow("button", "Post").await.unwrap();
    assert_eq!(tab.text().await.unwrap(), want, "{method} from {host}");
}
