use super::*;

fn provider(name: &'static str) -> Descriptor {
    Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t").with_display_name(name)
}

fn href(path: &str) -> Href<'_> {
    Href::new(path).unwrap()
}

#[test]
fn each_provider_has_a_link_that_says_where_it_leads() {
    let (acme, other) = (provider("Acme"), provider("Other"));
    let buttons = [
        Button::new(&acme, href("/login/acme?return_to=%2Fa&x=1")),
        Button::new(&other, href("/login/other")).with_remark("emulated"),
    ];
    let page = LoginPage::new(Site::new("Shop"), &buttons).render();
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.html();
    assert!(html.contains("href=\"/login/acme?return_to=%2Fa&amp;x=1\""), "{html}");
    assert!(html.contains("Continue with </span><strong><bdi>Acme</bdi></strong>"), "{html}");
    assert!(html.contains("<small>emulated</small>"), "{html}");
    assert_eq!(html.matches("<a ").count(), 2, "one for each, and no home to go to");
    assert_eq!(html.matches("<span class=\"mark\" aria-hidden=\"true\"><svg").count(), 2);
    assert!(html.contains("<title>Sign in – Shop</title>"), "{html}");
    assert!(html.contains("<html lang=\"en\">"), "{html}");
}

#[test]
fn a_provider_without_a_name_for_people_goes_by_its_own() {
    let nameless = provider("  ");
    let buttons = [Button::new(&nameless, href("/login/acme"))];
    let page = LoginPage::new(Site::new("Shop"), &buttons).render();
    assert!(page.html().contains("<strong><bdi>acme</bdi></strong>"));
    let nobody = Descriptor::new("", "https://acme.test/a", "https://acme.test/t");
    let buttons = [Button::new(&nobody, href("/login/acme"))];
    assert!(LoginPage::new(Site::new("Shop"), &buttons).render().html().contains("this account"));
}

#[test]
fn many_providers_have_columns_and_few_have_none() {
    let acme = provider("Acme");
    let buttons = [Button::new(&acme, href("/login/acme")); 21];
    let is_wide = |buttons: &[Button<'_>]| {
        let page = LoginPage::new(Site::new("Shop"), buttons).render();
        page.html().contains("<main class=\"wide\">")
    };
    assert!(is_wide(&buttons));
    assert!(!is_wide(&buttons[..7]));
    assert!(!is_wide(&[]));
}

#[test]
fn a_host_is_asked_for_beside_what_the_link_says_already() {
    let shop = provider("Shop");
    let field = HostField::new("Your shop's address").with_name("shop").with_hint("a.test");
    let button = Button::new(&shop, href("/login/shop?return_to=%2Fa&shop=old")).with_host(field);
    let page = LoginPage::new(Site::new("App"), &[button]).render();
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.html();
    assert!(html.contains("<form method=\"get\" action=\"/login/shop\">"), "{html}");
    let hidden = "<input type=\"hidden\" name=\"return_to\" value=\"/a\">";
    assert_eq!(html.matches("type=\"hidden\"").count(), 1, "the shop is typed, not given");
    assert!(html.contains(hidden), "{html}");
    assert!(html.contains("<label for=\"host-0\">Your shop's address</label>"), "{html}");
    assert!(html.contains("name=\"shop\" required"), "{html}");
    assert!(html.contains("aria-describedby=\"hint-0\""), "{html}");
    assert!(html.contains("<details open>"), "there is nothing else to choose: {html}");
    assert!(!html.contains("aria-invalid="), "{html}");
}

#[test]
fn a_form_among_others_is_closed_until_it_is_wanted() {
    let acme = provider("Acme");
    let plain = Button::new(&acme, href("/login/acme"));
    let asking = plain.with_host(HostField::new("Host"));
    let html = LoginPage::new(Site::new("App"), &[plain, asking]).render().into_html();
    assert!(html.contains("<details><summary>"), "{html}");
    assert!(html.contains("name=\"host\""), "{html}");
}

#[test]
fn a_host_that_was_refused_is_shown_again_with_the_reason() {
    let acme = provider("Acme");
    let plain = Button::new(&acme, href("/login/acme"));
    let field = HostField::new("Host").with_hint("a.test").with_refused("ä b", "No host has this.");
    let page = LoginPage::new(Site::new("App"), &[plain, plain.with_host(field)]).render();
    assert_eq!(page.status(), StatusCode::BAD_REQUEST);
    let html = page.html();
    for part in [
        "<details open>",
        "value=\"ä b\"",
        // Among many, it would be out of sight.
        " autofocus aria-invalid=\"true\"",
        "aria-describedby=\"problem-1 hint-1\"",
        "id=\"problem-1\">No host has this.</p>",
        "<title>Error: sign in – App</title>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[test]
fn a_notice_comes_first() {
    for (notice, words) in [
        (Notice::SignInFirst, "Sign in to see this page."),
        (Notice::SignedOut, "You are signed out."),
        (Notice::Text("Closed on Sunday"), "Closed on Sunday"),
    ] {
        let html = LoginPage::new(Site::new("App"), &[]).with_notice(notice).render().into_html();
        let (before, _) = html.split_once("<h1>").unwrap();
        assert!(before.contains(&format!("<p class=\"notice\" role=\"status\">{words}")), "{html}");
    }
    assert!(!LoginPage::new(Site::new("App"), &[]).render().html().contains("class=\"notice\""));
}
