use hallpass_axum::huggingface::SpaceSignIn;
use hallpass_core::{Error, ErrorKind};

async fn refusal(sign_in: SpaceSignIn) -> Error {
    sign_in.attach(axum::Router::new()).await.unwrap_err()
}

#[tokio::test]
async fn a_space_without_a_variable_says_which() {
    let sign_in = SpaceSignIn::new();
    let sign_in = sign_in.lookup(|name| (name == "SPACE_ID").then(|| "robin/demo".to_owned()));
    let error = refusal(sign_in).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("OAUTH_CLIENT_ID"), "{error}");
}

#[cfg(not(feature = "dev-login"))]
#[tokio::test]
async fn without_a_space_and_anything_in_its_place_it_is_said_what_is_missing() {
    let error = refusal(SpaceSignIn::new().lookup(|_| None)).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("no_space")));
    assert!(error.to_string().contains("OAUTH_CLIENT_ID"), "{error}");
}

#[cfg(feature = "dev-login")]
mod dev_login {
    use std::sync::{Arc, Mutex};

    use hallpass_testkit::{Browser, User};

    use super::*;
    use crate::huggingface::space::{LOGIN, serve};

    #[tokio::test]
    async fn on_a_developers_machine_somebody_else_signs_in_with_a_token_that_is_good_nowhere() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::clone(&asked);
        let sign_in = SpaceSignIn::new().lookup(move |name| {
            known.lock().unwrap().push(name.to_owned());
            name.contains("TOKEN").then(|| "hf_planted".to_owned())
        });
        let at = serve(sign_in).await;
        let browser = Browser::new();
        let page = browser.open(format!("{at}{LOGIN}?_target_url=/mine")).await.unwrap();
        let landing = browser.sign_in(page.url(), User::named("ben")).await.unwrap();
        assert!(landing.url().starts_with(&format!("{at}/oauth/huggingface/callback/huggingface")));
        let page = browser.deliver(&landing).await.unwrap();
        assert!(page.text().starts_with("Some(\"ben\") pro None in [] may "), "{}", page.text());
        assert!(!page.text().contains("hf_"), "{}", page.text());
        let asked = asked.lock().unwrap().clone();
        assert!(!asked.iter().any(|name| name.contains("TOKEN")), "{asked:?}");
        // Another browser is nobody, though it reaches the port.
        let other = Browser::new().open(format!("{at}/info")).await.unwrap();
        assert_eq!(other.text(), "nobody");
    }

    #[tokio::test]
    async fn nobody_stands_in_where_others_reach_the_application() {
        let sign_in = SpaceSignIn::new().lookup(|_| None).local_url("https://demo.oak.test");
        let error = refusal(sign_in).await;
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("dev_login")));
    }
}
