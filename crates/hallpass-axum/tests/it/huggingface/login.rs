use hallpass_core::{http::Method, url::Url};
use hallpass_testkit::User;

use super::space::{CALLBACK, LOGIN, ORIGIN, Space, location};

const ROBIN: &str = "6401f2e3d4c5b6a798081726";

#[tokio::test]
async fn a_space_signs_its_users_in() {
    let space = Space::start().await;
    let browser = space.browser();
    let url = Url::parse(&browser.begin(LOGIN).await).unwrap();
    assert_eq!(url.origin().ascii_serialization(), "https://huggingface.co");
    let param = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1;
    assert_eq!(param("redirect_uri"), format!("{ORIGIN}{CALLBACK}"));
    assert_eq!(param("scope"), "openid profile email");
    assert!(param("code_challenge").len() > 40);

    let path = space.at_hub(url.as_str(), User::named("organizations")).await;
    assert_eq!(location(&browser.get(&path).await), "/");
    assert_eq!(browser.text("/").await, ROBIN);
    assert_eq!(space.browser().text("/").await, "nobody");
}

#[tokio::test]
async fn a_host_that_the_request_names_is_not_believed() {
    let space = Space::start().await;
    let path = location(&space.browser().get(LOGIN).await);
    for name in ["x-forwarded-host", "x-forwarded-proto", "forwarded"] {
        let sent = space.browser().send(Method::GET, &path, &[(name, "evil.test")]).await;
        let url = Url::parse(&location(&sent)).unwrap();
        let redirect_uri = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1;
        assert_eq!(redirect_uri, format!("{ORIGIN}{CALLBACK}"));
    }
}

#[tokio::test]
async fn the_way_back_is_a_path_of_the_space_under_either_name() {
    let space = Space::start().await;
    for name in ["return_to", "_target_url"] {
        check(&space, name, "/mine?a=1", "/mine?a=1").await;
        check(&space, name, "https://robin-demo.hf.space/mine", "/mine").await;
        for evil in ["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "mine"] {
            check(&space, name, evil, "/").await;
        }
    }
}

async fn check(space: &Space, name: &str, value: &str, want: &str) {
    let mut url = Url::parse("http://any.test").unwrap();
    url.query_pairs_mut().append_pair(name, value);
    let browser = space.browser();
    let answer = browser.sign_in(&format!("{LOGIN}?{}", url.query().unwrap())).await;
    assert_eq!(location(&answer), want, "{name}={value}");
}

#[tokio::test]
async fn who_says_no_is_told_so_and_what_is_no_number_is_nothing() {
    let space = Space::start().await;
    let browser = space.browser();
    // The counter of huggingface_hub is none here.
    let url = browser.begin(&format!("{LOGIN}?_nb_redirects=many")).await;
    let path = space.at_hub(&url, User::deny()).await;
    assert_eq!(browser.get(&path).await.status, 403);
    let path = format!("{CALLBACK}?error=access_denied&state=s&_nb_redirects=many");
    assert_eq!(browser.get(&path).await.status, 400);
    assert_eq!(space.hub.count("token"), 0);
}

#[tokio::test]
async fn a_prefix_is_before_all_routes() {
    let space = Space::with(|sign_in| sign_in.prefix("/auth/")).await;
    let browser = space.browser();
    assert_eq!(browser.get(LOGIN).await.status, 404);
    let answer = browser.sign_in(&format!("/auth{LOGIN}")).await;
    assert_eq!(location(&answer), "/");
    assert_eq!(browser.text("/").await, ROBIN);
}

#[tokio::test]
async fn a_closed_space_sends_who_is_nobody_to_sign_in_and_back() {
    let space = Space::with(|sign_in| sign_in.require_login(["/"])).await;
    let browser = space.browser();
    assert_eq!(browser.text("/").await, "nobody");
    let answer = browser.send(Method::GET, "/mine", &[("accept", "text/html")]).await;
    let login = location(&answer);
    assert_eq!(login, format!("{LOGIN}?return_to=%2Fmine"));
    assert_eq!(location(&browser.sign_in(&login).await), "/mine");
    assert_eq!(browser.get("/mine").await.status, 200);
}
