use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{HttpClient, Json, Request, Response, Result};

use crate::{
    huggingface::space::{LOGIN, Space, location},
    wire::FORM,
};

/// What the Hub's tokens last, and more.
const LONG: Duration = Duration::from_secs(9 * 3600);
const LOGOUT: &str = "/oauth/huggingface/logout";

#[tokio::test]
async fn a_logout_leads_nowhere_else_whatever_it_is_given() {
    let space = Space::start().await;
    for name in ["_target_url", "return_to", "next"] {
        let browser = space.browser();
        browser.sign_in(LOGIN).await;
        let path = format!("{LOGOUT}?{name}=https://evil.test/");
        let page = browser.text(&path).await;
        assert!(!page.contains("evil.test"), "{page}");
        let word = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = format!("csrf={word}&{name}=https://evil.test/");
        let left = browser.post_form(&path, &[FORM], &form).await;
        assert_eq!(location(&left), format!("{LOGOUT}/done"), "{name}");
        let done = browser.text(&format!("{LOGOUT}/done?{name}=https://evil.test/")).await;
        assert!(done.contains("You are signed out"), "{done}");
        assert!(!done.contains("evil.test"), "{done}");
    }
}

/// A Hub that says of no token when it ends, and renews none.
#[derive(Debug)]
struct Silent(Arc<dyn HttpClient>);

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Silent {
    async fn send(&self, request: Request) -> Result<Response> {
        let mut response = self.0.send(request).await?;
        if let Ok(Json::Object(mut members)) = serde_json::from_slice(&response.body) {
            if members.contains_key("access_token") {
                members.remove("expires_in").unwrap();
                members.remove("refresh_token").unwrap();
                response.body = serde_json::to_vec(&members).unwrap();
            }
        }
        Ok(response)
    }
}

#[tokio::test]
async fn a_token_of_which_no_end_is_known_is_given_as_such_and_signs_nobody_out() {
    let space = Space::over(|hub| Arc::new(Silent(hub)), |sign_in| sign_in).await;
    let browser = space.browser();
    browser.sign_in(LOGIN).await;
    let told = browser.text("/mine").await;
    assert!(told.contains(" until false with "), "{told}");
    space.clock.go_on(LONG);
    assert_eq!(browser.text("/mine").await, told);
    assert_eq!(space.hub.count("token"), 1);
}

#[cfg(feature = "dev-login")]
#[tokio::test]
async fn the_stand_in_s_token_is_not_the_operator_s_and_not_stale_after_a_day_s_work() {
    use hallpass_axum::huggingface::SpaceSignIn;
    use hallpass_testkit::{Browser, User};

    use crate::huggingface::space::{Hands, serve};

    let clock = Arc::new(Hands::default());
    let here = Arc::<Hands>::clone(&clock);
    let planted = |name: &str| name.contains("TOKEN").then(|| "hf_planted".to_owned());
    let sign_in = SpaceSignIn::new().lookup(planted);
    let at = serve(sign_in.sign_in(move |sign_in| Ok(sign_in.clock(here)))).await;
    // Before the day, as one that was made at the start, and after it.
    for _ in 0..2 {
        let browser = Browser::new();
        let page = browser.open(format!("{at}{LOGIN}?_target_url=/mine")).await.unwrap();
        let landing = browser.sign_in(page.url(), User::named("ada")).await.unwrap();
        let mut tokens = Vec::new();
        for _ in 0..2 {
            let page = match tokens.is_empty() {
                true => browser.deliver(&landing).await.unwrap(),
                false => browser.open(format!("{at}/mine")).await.unwrap(),
            };
            assert_eq!(page.status(), 200, "{}", page.text());
            assert!(page.text().starts_with("Some(\"ada\")"), "{}", page.text());
            let token = page.text().rsplit(' ').next().unwrap().to_owned();
            assert!(token.len() > 10 && !token.starts_with("hf_"), "{token}");
            tokens.push(token);
            clock.go_on(LONG);
        }
    }
}
