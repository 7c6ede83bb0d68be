use super::*;

fn href(path: &str) -> Href<'_> {
    Href::new(path).unwrap()
}

fn acme() -> Descriptor {
    Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t").with_display_name("Acme")
}

fn sign_out() -> SignOut<'static> {
    SignOut::new(href("/logout"), "WORD")
}

#[test]
fn an_address_is_shown_with_what_the_provider_says_of_it() {
    check(EmailVerification::Verified, "Confirmed, says <bdi>Acme</bdi>");
    check(EmailVerification::Unverified, "Not confirmed, says <bdi>Acme</bdi>");
    check(EmailVerification::Unknown, "<bdi>Acme</bdi> does not say whether it is confirmed");
}

#[track_caller]
fn check(verification: EmailVerification, words: &str) {
    let acme = acme();
    let page = ProfilePage::new(Site::new("App"), &acme, "42", sign_out());
    let html = page.with_email(Some("ada@acme.test"), verification).render().into_html();
    let (_, after) = html.split_once("<bdi>ada@acme.test</bdi>").unwrap();
    assert!(after.contains(words), "{html}");
}

#[test]
fn what_is_not_known_of_a_person_is_left_out() {
    let acme = acme();
    let page = ProfilePage::new(Site::new("App"), &acme, "42", sign_out());
    let html = page.with_email(None, EmailVerification::Unknown).render().into_html();
    assert_eq!(html.matches("<dt>").count(), 1, "the id alone: {html}");
    assert!(html.contains("<h1>You are signed in</h1>"), "{html}");
    assert!(html.contains("Signed in with <bdi>Acme</bdi>"), "{html}");
    let html = page.with_username(Some("ada")).render().into_html();
    assert!(html.contains("<h1><bdi>ada</bdi></h1>"), "{html}");
    let html = page.with_username(Some("ada")).with_name(Some("Ada Lovelace")).render();
    assert!(html.html().contains("<h1><bdi>Ada Lovelace</bdi></h1>"), "{html:?}");
}

#[test]
fn a_person_signs_out_by_a_form_that_brings_its_word_along() {
    let (acme, site) = (acme(), Site::new("App").with_home(href("/")));
    let profile = ProfilePage::new(site, &acme, "42", sign_out()).with_another(href("/login"));
    for page in [profile.render(), SignOutPage::new(site, sign_out()).render()] {
        let html = page.html();
        assert_eq!(page.status(), StatusCode::OK);
        let form = "<form method=\"post\" action=\"/logout\">\
                    <input type=\"hidden\" name=\"csrf\" value=\"WORD\"><button";
        assert!(html.contains(form), "{html}");
        assert!(!html.contains("href=\"/logout"), "no link does it: {html}");
    }
    assert!(profile.render().html().contains("href=\"/login\""));
    let renamed = SignOutPage::new(site, sign_out().with_field("word")).render();
    assert!(renamed.html().contains("name=\"word\" value=\"WORD\""));
}

#[test]
fn who_signed_out_can_sign_in_again() {
    let page = SignedOutPage::new(Site::new("App")).with_again(href("/login")).render();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.html().contains("<a class=\"go first\" href=\"/login\">"));
    let page = SignedOutPage::new(Site::new("App")).render();
    assert!(!page.html().contains("<a "), "{}", page.html());
    assert!(page.html().contains("sign out of the account that you came with"));
    let page = SignedOutPage::new(Site::new("App")).with_provider("<Acme>").render();
    assert!(page.html().contains("&lt;Acme&gt; was asked"), "{}", page.html());
    assert!(!page.html().contains("the account that you came with"));
}
