//! What all pages have in common.

use std::time::Duration;

use hallpass_core::{Descriptor, EmailVerification};
use proptest::prelude::*;

use super::*;

/// Each page there is, with `text` wherever a page takes text.
pub(super) fn all(text: &str) -> Vec<(&'static str, Page)> {
    let provider = Descriptor::new("p", "https://p.test/a", "https://p.test/t")
        .with_display_name(text.to_owned())
        .with_monogram(text.to_owned(), text.to_owned());
    let home = Href::new("/").unwrap();
    let login = Href::new("/login?return_to=%2Fa%3Fb%3D%22%3E%3Cscript").unwrap();
    let site = Site::new(text).with_lang(text).with_home(home);
    let host = HostField::new(text).with_name(text).with_hint(text).with_refused(text, text);
    let buttons = [
        Button::new(&provider, login).with_remark(text),
        Button::new(&provider, login).with_remark(text).with_host(host),
    ];
    let sign_out = SignOut::new(home, text).with_field(text);
    let profile = ProfilePage::new(site, &provider, text, sign_out)
        .with_name(Some(text))
        .with_username(Some(text))
        .with_email(Some(text), EmailVerification::Verified)
        .with_another(login);
    let mut pages = vec![
        ("login", LoginPage::new(site, &buttons).with_notice(Notice::Text(text)).render()),
        ("no provider", LoginPage::new(site, &[]).with_notice(Notice::SignedOut).render()),
        ("profile", profile.render()),
        ("sign out", SignOutPage::new(site, sign_out).render()),
        ("signed out", SignedOutPage::new(site).with_again(login).render()),
    ];
    for (name, problem) in problems(text) {
        let page = ErrorPage::new(site, problem).with_provider(text).with_again(login);
        pages.push((name, page.render()));
    }
    pages
}

pub(super) fn problems(text: &str) -> [(&'static str, Problem<'_>); 9] {
    let wait = Some(Duration::from_secs(90));
    [
        ("denied", Problem::Denied),
        ("expired", Problem::Expired),
        ("misconfigured", Problem::Misconfigured { reference: text }),
        ("down", Problem::ProviderDown { retry_after: None }),
        ("down for long", Problem::ProviderDown { retry_after: wait }),
        ("refused", Problem::Refused { reason: Some(text) }),
        ("stale form", Problem::StaleForm),
        ("unknown", Problem::Unknown),
        ("unknown provider", Problem::UnknownProvider),
    ]
}

/// Names of elements and attributes, in order: what is left of a page without its text.
fn skeleton(html: &str) -> Vec<String> {
    let mut parts = Vec::new();
    // The style sheet is a constant, and no text of anybody's is in it.
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, tail) = rest.split_once("</style>").unwrap();
    for tag in [head, tail].iter().flat_map(|half| half.split('<').skip(1)) {
        let tag = tag.split('>').next().unwrap();
        // Values are in double quotes, every second piece.
        let outside: Vec<_> = tag.split('"').step_by(2).map(str::trim).collect();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        parts.push(outside.join(" "));
    }
    parts
}

#[test]
fn hostile_text_stays_text_on_every_page() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onfocus='alert(1)' autofocus '",
        "</title></style></main><script>",
        "<!--",
        "javascript:alert(1)",
        "&lt;script&gt;",
    ] {
        same_markup(hostile);
    }
}

#[track_caller]
fn same_markup(hostile: &str) {
    for ((name, plain), (_, page)) in all("plain").iter().zip(all(hostile)) {
        assert_eq!(skeleton(page.html()), skeleton(plain.html()), "{name}: {hostile:?}");
        assert!(!page.html().contains("href=\"javascript"), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_becomes_markup(text in "x[<>\"'&/=`!a-z \u{0}-\u{1f}\u{202e}\u{1f600}-]{0,24}x") {
        same_markup(&text);
    }
}

#[test]
fn every_page_can_be_read_and_used_without_a_mouse_or_a_script() {
    for (name, page) in all("Ünïcode 名前 👩‍🚀") {
        let html = page.html();
        let count = |what: &str| html.matches(what).count();
        for once in ["<!DOCTYPE html>", "<html lang=", "<head>", "<header>", "<main", "<h1>"] {
            assert_eq!(count(once), 1, "{name}: {once}");
        }
        assert_eq!(count("width=device-width"), 1, "{name}");
        for never in ["<script", " on", " style=", "tabindex", "http-equiv", "user-scal"] {
            let (_, body) = html.split_once("<body>").unwrap();
            let tags = skeleton_text(body);
            assert!(!tags.contains(never), "{name}: {never} in {tags}");
        }
        let links = count("<a ") + count("<button");
        assert!(links >= 1, "{name} leads somewhere");
        assert_eq!(count(" id=\"host-1\""), count(" for=\"host-1\""), "{name}");
    }
}

/// The tags, without text and values.
fn skeleton_text(body: &str) -> String {
    let tags = body.split('<').skip(1).map(|tag| format!("<{}", tag.split('>').next().unwrap()));
    tags.map(|tag| tag.split('"').step_by(2).collect::<String>()).collect()
}

#[test]
fn a_name_without_anything_to_see_is_left_out() {
    for nothing in ["", " ", "\t\n"] {
        for (name, page) in all(nothing) {
            let html = page.html();
            assert!(!html.contains("<header>"), "{name}");
            assert!(!html.contains("<bdi></bdi>") && !html.contains("<bdi> "), "{name}: {html}");
            assert!(!html.contains(" – "), "{name}");
            assert!(!html.contains("<title></title><style>"), "{name}");
        }
    }
}

#[test]
fn a_page_says_nothing_of_a_person_to_a_log() {
    for (name, page) in all("PLANTED") {
        assert!(!format!("{page:?}").contains("PLANTED"), "{name}");
    }
    let site = Site::new("Shop");
    let provider = Descriptor::new("p", "https://p.test/a", "https://p.test/t");
    let sign_out = SignOut::new(Href::new("/logout").unwrap(), "PLANTED");
    let profile = ProfilePage::new(site, &provider, "PLANTED", sign_out)
        .with_name(Some("PLANTED"))
        .with_username(Some("PLANTED"))
        .with_email(Some("PLANTED"), EmailVerification::Unknown);
    let shown = format!("{profile:?} {sign_out:?} {:?}", SignOutPage::new(site, sign_out));
    assert!(!shown.contains("PLANTED"), "{shown}");
}

#[test]
fn an_application_replaces_the_page_that_it_likes() {
    #[derive(Debug)]
    struct Mine;
    impl Pages for Mine {
        fn error(&self, page: &ErrorPage<'_>) -> Page {
            Page::new(page.problem.status(), "mine")
        }
    }
    let page = ErrorPage::new(Site::new("Shop"), Problem::Denied);
    assert_eq!(Mine.error(&page).into_html(), "mine");
    assert_eq!(Mine.error(&page).status(), StatusCode::FORBIDDEN);
    assert_eq!(PlainPages.error(&page).html(), page.render().html());
    let login = LoginPage::new(Site::new("Shop"), &[]);
    assert_eq!(Mine.login(&login).html(), login.render().html());
}
