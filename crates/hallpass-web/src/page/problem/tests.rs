use std::collections::BTreeSet;

use super::*;
use crate::page::tests::problems;

fn href(path: &str) -> Href<'_> {
    Href::new(path).unwrap()
}

#[test]
fn each_problem_has_its_status() {
    let statuses: Vec<_> = problems("x").iter().map(|(_, it)| it.status().as_u16()).collect();
    assert_eq!(statuses, [403, 410, 500, 502, 503, 403, 403, 400, 404]);
    for (name, problem) in problems("x") {
        let page = ErrorPage::new(Site::new("App"), problem).render();
        assert_eq!(page.status(), problem.status(), "{name}");
    }
}

#[test]
fn each_problem_has_a_page_of_its_own_and_a_way_back() {
    let site = Site::new("App").with_home(href("/"));
    let mut texts = BTreeSet::new();
    for (name, problem) in problems("x") {
        let page = ErrorPage::new(site, problem).with_again(href("/login?return_to=%2Fa"));
        let html = page.render().into_html();
        assert!(html.contains("<a class=\"go first\" href=\"/login?return_to=%2Fa\">"), "{name}");
        assert!(html.contains("href=\"/\"><span>Back to <bdi>App</bdi></span>"), "{name}");
        assert!(texts.insert(html), "{name} looks like another");
    }
}

#[test]
fn a_page_without_anywhere_to_go_offers_no_link() {
    let html = ErrorPage::new(Site::new("App"), Problem::Unknown).render().into_html();
    assert!(!html.contains("<a ") && !html.contains("class=\"acts\""), "{html}");
}

#[test]
fn the_provider_is_named_where_it_is_known() {
    let page = ErrorPage::new(Site::new("App"), Problem::Denied);
    assert!(page.render().html().contains("or the provider did not allow it"));
    let html = page.with_provider("Acme").render().into_html();
    assert!(html.contains("or <bdi>Acme</bdi> did not allow it"), "{html}");
}

#[test]
fn the_applications_reason_is_told_and_an_empty_one_is_none() {
    let text = |reason| {
        let page = ErrorPage::new(Site::new("App"), Problem::Refused { reason });
        page.render().into_html()
    };
    assert!(text(Some("Staff only.")).contains("<bdi>Staff only.</bdi>"));
    for nothing in [None, Some(""), Some(" ")] {
        assert!(text(nothing).contains("this account is not let in"));
    }
}

#[test]
fn what_broke_here_is_known_by_a_reference_alone() {
    let text = |reference| {
        let page = ErrorPage::new(Site::new("App"), Problem::Misconfigured { reference });
        page.render().into_html()
    };
    assert!(text("7Q2K-M9").contains("<code>7Q2K-M9</code>"));
    assert!(!text("").contains("<code>"));
}

#[test]
fn a_wait_is_said_in_words_and_never_too_short() {
    for (seconds, words) in [
        (0, "now"),
        (1, "in a minute"),
        (59, "in a minute"),
        (60, "in about 1 minute"),
        (61, "in about 2 minutes"),
        (5_400, "in about 90 minutes"),
        (5_401, "in about 2 hours"),
        (129_600, "in about 36 hours"),
        (129_601, "in about 2 days"),
        (1_209_600, "in about 14 days"),
        (u64::MAX - 1, "another day"),
    ] {
        assert_eq!(in_words(Duration::from_secs(seconds)), words, "{seconds}");
    }
    assert_eq!(in_words(Duration::from_millis(60_001)), "in about 2 minutes");
    assert_eq!(in_words(Duration::MAX), "another day");
}

#[test]
fn the_way_back_leaves_a_frame_where_it_is_asked_to() {
    let page = ErrorPage::new(Site::new("App"), Problem::Unknown);
    let page = page.with_again(href("/again"));
    assert!(page.render().html().contains("href=\"/again\">"));
    assert!(page.out_of_frame().render().html().contains("href=\"/again\" target=\"_blank\">"));
}
