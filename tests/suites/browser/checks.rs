//! Each fault of a page is found. Without these, a check that finds nothing would pass.

use std::time::Duration;

use hallpass_tests::{
    Failure,
    browser::{ContextOptions, Page},
};
use tokio::time::timeout;

use crate::shared::{person, tab};
use crate::site::{Listener, document, page};

/// What is found on a phone.
async fn check(main: &str, want: &[&str]) {
    check_with(&ContextOptions::phone(), main, want).await;
}

async fn check_with(options: &ContextOptions, main: &str, want: &[&str]) {
    let faults = faults(options, &page(main).await).await;
    assert_eq!(faults.len(), want.len(), "{faults:#?}");
    for (fault, want) in faults.iter().zip(want) {
        assert!(fault.contains(want), "{fault}");
    }
}

async fn faults(options: &ContextOptions, url: &str) -> Vec<String> {
    let tab = person(options).await.page().await.unwrap();
    tab.goto(url).await.unwrap();
    tab.faults().await.unwrap()
}

#[tokio::test]
async fn a_good_page_has_no_faults() {
    let label = r#"<label style="display: block; padding: 6px">"#;
    let radio = |name| format!(r#"{label}<input type="radio" name="who"> {name}</label>"#);
    let radios = format!("<fieldset><legend>Who</legend>{}{}</fieldset>", radio("A"), radio("B"));
    let others = r#"<input type="hidden" name="h"> <button disabled>Not yet</button>"#;
    check(&format!(r#"<form>{radios}<button>Go on</button>{others}</form>"#), &[]).await;
}

#[tokio::test]
async fn too_little_contrast_is_a_fault() {
    check(r#"<p style="color: #949494">Faint</p>"#, &["color-contrast: "]).await;
    let large = r#"<p style="color: #888; font-size: 2rem">Large, and 3.5 : 1</p>"#;
    check(large, &["Expected contrast ratio of 4.5:1"]).await;
    let logo = r##"<svg width="40" height="40" role="img" aria-label="Logo">
        <rect width="40" height="40" fill="#fff" /><text y="20" fill="#eee">Lo</text></svg>"##;
    check(logo, &[]).await;
    let undecided = r#"<p style="background: linear-gradient(#fff, #eee)">Over a picture</p>"#;
    check(undecided, &["color-contrast, perhaps: "]).await;
}

#[tokio::test]
async fn contrast_is_that_of_the_scheme() {
    let html = r#"<!doctype html><html lang="en"><title>T</title>
        <style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style>
        <main><h1>T</h1><p>Dark on dark</p></main>"#;
    let site = document(html, &[]).await;
    let desktop = ContextOptions::desktop();
    assert_eq!(faults(&desktop, &site).await, [""; 0]);
    let faults = faults(&desktop.dark(), &site).await;
    assert!(faults.len() == 1 && faults[0].contains("color-contrast"), "{faults:#?}");
}

#[tokio::test]
async fn a_field_without_a_name_and_a_target_that_is_too_small_are_faults() {
    let want = ["label: Form elements must have labels"];
    check(r#"<form><input name="q" style="height: 30px"></form>"#, &want).await;
    let small = r#"<p style="line-height: 1">
        <button style="width: 12px; height: 12px; padding: 0" aria-label="A"></button>
        <button style="width: 12px; height: 12px; padding: 0" aria-label="B"></button></p>"#;
    check(small, &["target-size: "]).await;
}

#[tokio::test]
async fn a_page_that_is_wider_than_the_window_is_a_fault() {
    check(r#"<div style="width: 361px">Wide</div>"#, &["it is wider than the window"]).await;
    // Without a word about its width, a phone makes it small instead.
    let html = r#"<!doctype html><html lang="en"><title>T</title><main><h1>T</h1></main>"#;
    let site = document(html, &[]).await;
    assert_eq!(faults(&ContextOptions::phone(), &site).await, ["it is wider than the window"]);
}

#[tokio::test]
async fn a_control_that_hides_its_focus_is_a_fault() {
    let hidden = [
        "outline: none",
        "outline: 3px solid transparent",
        "outline: none; box-shadow: 0 0 0 3px rgb(0 0 0 / 0%)",
    ];
    for style in hidden {
        let style = format!("<style>button:focus {{ {style} }}</style>");
        let want = ["no visible focus on button \"Quiet\""];
        check(&format!("{style}<button>Quiet</button>"), &want).await;
    }
    let always = "<style>button { outline: 2px solid blue }</style><button>Always</button>";
    check(always, &["no visible focus on button \"Always\""]).await;
    let shadow = "<style>button:focus { outline: none; box-shadow: 0 0 0 3px blue }</style>";
    check(&format!("{shadow}<button>Shadow</button>"), &[]).await;
}

#[tokio::test]
async fn a_control_that_tab_does_not_reach_is_a_fault() {
    check(r#"<button tabindex="-1">Mouse only</button>"#, &["Tab does not reach <button"]).await;
}

#[tokio::test]
async fn the_same_is_found_where_scripts_are_off() {
    let style = "<style>button:focus { outline: none }</style>";
    let faint = r#"<p style="color: #949494">Faint</p>"#;
    let wide = r#"<div style="width: 361px">Wide</div><script>document.body.remove()</script>"#;
    let main = format!("{style}{faint}<button>Quiet</button>{wide}");
    let want = ["color-contrast: ", "wider than the window", "no visible focus on button"];
    check_with(&ContextOptions::phone().without_java_script(), &main, &want).await;
}

#[tokio::test]
async fn a_walk_by_tab_says_where_it_stops() {
    let tab = tab().await;
    let controls = r#"<a href="/a">A link</a> <label>Code <input autofocus></label>
        <p tabindex="0">Text</p> <button style="width: 80px; height: 30px">Send</button>"#;
    tab.goto(&page(controls).await).await.unwrap();
    let walk = tab.focus_walk().await.unwrap();
    let mut stops: Vec<_> = walk.stops.iter().map(ToString::to_string).collect();
    stops.sort_unstable();
    assert_eq!(
        stops,
        ["button \"Send\"", "link \"A link\"", "paragraph \"Text\"", "textbox \"Code\""]
    );
    let send = walk.stops.iter().find(|stop| stop.name == "Send").unwrap();
    assert_eq!(send.bounds[2..], [80.0, 30.0]);
}

#[tokio::test]
async fn errors_in_the_console_are_faults() {
    let tab = tab().await;
    let scripts = "<script>console.error('one')</script><script>throw Error('two')</script>
        <script>console.warn('no error')</script><button onclick=\"alert('three')\">Ask</button>";
    tab.goto(&page(scripts).await).await.unwrap();
    tab.click("button", "Ask").await.unwrap();
    check_console(&tab, &["one", "Error: two", "a dialog: three"]).await;

    let policy = [("content-security-policy", "default-src 'none'")];
    let site = document("<title>T</title><style>p { color: red }</style>", &policy).await;
    let tab = self::tab().await;
    tab.goto(&site).await.unwrap();
    check_console(&tab, &["Content Security Policy"]).await;
}

async fn check_console(tab: &Page, want: &[&str]) {
    let errors = tab.console_errors().await.unwrap();
    assert_eq!(errors.len(), want.len(), "{errors:#?}");
    for (error, want) in errors.iter().zip(want) {
        assert!(error.text.contains(want), "{error}");
    }
}

#[tokio::test]
async fn a_request_to_the_world_goes_nowhere_and_is_a_failure() {
    let tab = tab().await;
    let failure = tab.goto("http://hallpass.test/").await.unwrap_err().to_string();
    assert!(failure.contains("asked for http://hallpass.test/, which is not"), "{failure}");
    assert!(tab.text().await.is_err(), "until somebody has looked");
    assert_eq!(tab.foreign_requests().await.unwrap(), ["http://hallpass.test/"]);

    let picture = r#"<img alt="" src="https://192.0.2.1/pixel.png">"#;
    let failure = tab.goto(&page(picture).await).await.unwrap_err().to_string();
    assert!(failure.contains("asked for https://192.0.2.1/pixel.png"), "{failure}");
    assert_eq!(tab.foreign_requests().await.unwrap(), ["https://192.0.2.1/pixel.png"]);
    assert!(tab.text().await.unwrap().contains("A page"), "forgiven");

    let listener = Listener::new().await;
    let site = listener.base_url("127.0.0.1");
    listener.serve(async |_| {
        let response = http::Response::builder().status(303);
        response.header("location", "http://hallpass.test/behind").body(String::new()).unwrap()
    });
    let failure = tab.goto(&site).await.unwrap_err().to_string();
    assert!(failure.contains("asked for http://hallpass.test/behind"), "{failure}");
    assert_eq!(tab.foreign_requests().await.unwrap(), ["http://hallpass.test/behind"]);

    let away = [("refresh", "0; url=http://hallpass.test/away")];
    let site = document("<p>Going", &away).await;
    // Whether it is this or something after it that fails depends on who is faster.
    let failure = match tab.goto(&site).await {
        Ok(_) => first_failure(&tab).await,
        Err(failure) => failure,
    };
    assert!(failure.to_string().contains("http://hallpass.test/away"), "{failure}");
}

/// Of a tab that has failed, or will in a moment. To wait for a page that does not come would take
/// the whole limit of the tab.
async fn first_failure(tab: &Page) -> Failure {
    let failed = timeout(Duration::from_secs(60), async {
        loop {
            if let Err(failure) = tab.text().await {
                return failure;
            }
        }
    });
    failed.await.expect("nothing failed")
}
