//! Pages of the application's own in place of these.

use std::sync::Arc;

use axum::Router;
use hallpass_axum::{
    SignIn,
    web::{
        SealingKeys,
        page::{ErrorPage, LoginPage, Page, Pages, SignOutPage, SignedOutPage},
    },
};
use hallpass_testkit::{LocalProvider, User};

use crate::{app::client, wire};

#[derive(Debug)]
struct Mine;

impl Pages for Mine {
    fn login(&self, page: &LoginPage<'_>) -> Page {
        let hrefs: Vec<_> = page.buttons.iter().map(|button| button.href.as_str()).collect();
        Page::new(page.render().status(), format!("my login: {hrefs:?}"))
    }

    fn error(&self, page: &ErrorPage<'_>) -> Page {
        let said = format!("my error: {:?} by {:?}", page.problem, page.provider);
        Page::new(page.problem.status(), said)
    }

    fn sign_out(&self, page: &SignOutPage<'_>) -> Page {
        let said = format!("my question: {}={}", page.sign_out.field, page.sign_out.token);
        Page::new(page.render().status(), said)
    }

    fn signed_out(&self, page: &SignedOutPage<'_>) -> Page {
        let again = page.again.map(|href| href.as_str().to_owned());
        Page::new(page.render().status(), format!("my farewell: {again:?}"))
    }
}

#[tokio::test]
async fn each_page_may_be_the_application_s_own() {
    let local = LocalProvider::start().await.unwrap();
    let base = wire::serve(|base| {
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(client(&local)).unwrap();
        sign_in.pages(Arc::new(Mine)).attach(Router::new())
    });
    let base = base.await;
    let at = |path: &str| format!("{base}{path}");

    let login = "my login: [\"/login/local?return_to=%2Fmine\"]";
    check(&wire::get(&at("/login?return_to=/mine"), "").await, 200, login);
    check(&wire::get(&at("/login/nobody"), "").await, 404, "my error: UnknownProvider by None");
    let unknown = "my error: Unknown by Some(\"Local provider\")";
    check(&wire::get(&at("/callback/local?code=c&state=s"), "").await, 400, unknown);
    check(&wire::get(&at("/error?problem=expired"), "").await, 410, "my error: Expired by None");

    let begun = wire::get(&at("/login/local"), "").await;
    let landing = local.browser().sign_in(begun.location(), User::first()).await.unwrap();
    let done = wire::get(landing.url(), &begun.cookie("hallpass.login")).await;
    let session = done.cookie("hallpass.session");
    let question = wire::get(&at("/logout"), &session).await;
    let form =
        question.text.strip_prefix("my question: ").unwrap_or_else(|| panic!("{question:?}"));
    assert_eq!(wire::post(&at("/logout"), &session, form).await.location(), "/logout/done");
    check(&wire::get(&at("/logout/done"), "").await, 200, "my farewell: Some(\"/login\")");
    let stale = wire::post(&at("/logout"), &session, "csrf=guessed").await;
    assert_eq!((stale.status, stale.text.as_str()), (403, "my error: StaleForm by None"));
}

#[track_caller]
fn check(answer: &wire::Answer, status: u16, text: &str) {
    assert_eq!((answer.status, answer.text.as_str()), (status, text));
    // Whoever wrote it, no cache keeps it.
    assert_eq!(answer.header("cache-control"), "no-store");
}
