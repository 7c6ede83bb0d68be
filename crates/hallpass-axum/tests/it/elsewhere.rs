//! Faults that web sign-in had elsewhere, each refused here. They are named after what was measured
//! of Authlib 1.9.8, python-fasthtml 0.14.14 and huggingface_hub 2.4.0.
//!
//! Others of them are shown where what they are about is tested:
//!
//! Authlib
//! - a session that grows with each attempt, or one attempt at a time: `login.rs`,
//!   `two_tabs_sign_in_without_disturbing_each_other`
//! - a state that is used twice: `refusals.rs`,
//!   `a_callback_opened_in_another_browser_is_refused_and_leaves_the_code_unspent`
//! - a callback that another browser finishes (CVE-2025-68158, CVE-2026-41425): the same
//! - a POST from another site that comes without the session: `posted.rs`,
//!   `a_posted_answer_goes_on_to_a_get_without_code_and_state_in_its_url`
//!
//! FastHTML
//! - `X-Forwarded-Host` and `Host` believed: `refusals.rs`,
//!   `a_host_that_the_request_names_is_not_believed`; `sessions.rs`,
//!   `the_host_of_a_request_is_nowhere_in_the_answer`
//! - a state that was never issued: `refusals.rs`, `a_state_that_was_never_issued_is_no_login`
//! - a session that keeps its id at the login: `refusals.rs`,
//!   `the_session_of_before_is_nobody_s_after_a_login`
//! - a cookie without `Secure`, for a year: `sessions.rs`,
//!   `cookies_over_https_are_the_hosts_alone_and_browsers_heed_their_removal`,
//!   `a_session_that_is_not_used_is_over_after_fourteen_days`
//! - paths left open by a pattern: `guard.rs`, `nothing_odd_is_left_open`
//! - a GET that signs out: `refusals.rs`, `a_logout_without_the_session_s_word_is_refused`
//!
//! huggingface_hub
//! - `_target_url` to anywhere: `huggingface/login.rs`,
//!   `the_way_back_is_a_path_of_the_space_under_either_name`
//! - a denial, or a counter that is no number, is a status of 500: `huggingface/login.rs`,
//!   `who_says_no_is_told_so_and_what_is_no_number_is_nothing`
//! - redirects without an end in a browser that keeps no cookies: `huggingface/frame.rs`,
//!   `a_browser_that_keeps_no_cookies_is_sent_once_more_and_then_told`
//! - the whole token in a cookie that can be read, and a token that is over: `huggingface/info.rs`,
//!   `a_handler_has_user_organizations_scopes_and_token`, `whose_token_is_over_is_signed_out`
//! - the operator's token for whoever reaches the port (CVE-2026-27167):
//!   `huggingface/environment.rs`,
//!   `on_a_developers_machine_somebody_else_signs_in_with_a_token_that_is_good_nowhere`,
//!   `nobody_stands_in_where_others_reach_the_application`
//! - a key that everybody knows: `no_key_is_known_to_another_space`, beside the code

mod authlib;
mod fasthtml;
#[cfg(feature = "huggingface")]
mod huggingface_hub;
mod log;

use hallpass_core::url::Url;
use hallpass_testkit::{Browser, User};

use crate::app::App;

/// Where the provider sends a browser that began at `/login/local`.
async fn callback(app: &App, browser: &Browser, user: User) -> Url {
    let page = browser.open(app.at("/login/local")).await.unwrap();
    let landing = browser.sign_in(page.url(), user).await.unwrap();
    Url::parse(landing.url()).unwrap()
}

/// The same URL with other parameters.
fn changed(url: &Url, change: impl FnOnce(&mut Vec<(String, String)>)) -> String {
    let mut pairs = url.query_pairs().into_owned().collect();
    change(&mut pairs);
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}

/// A login that must come to nothing: the status of its page, which says nothing of `secret`.
async fn refused(app: &App, secret: &str) -> u16 {
    let browser = Browser::new();
    let (url, status) = {
        let url = callback(app, &browser, User::first()).await;
        let page = browser.open(url.as_str()).await.unwrap();
        assert!(!page.text().contains(secret), "{}", page.text());
        (url, page.status().as_u16())
    };
    assert_eq!(app.read(&browser, "/").await.1, "nobody");
    assert_eq!(browser.open(url.as_str()).await.unwrap().status(), 400, "used up");
    status
}
