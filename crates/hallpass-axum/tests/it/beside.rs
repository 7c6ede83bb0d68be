//! Applications beside each other, on one host: a browser sends each the cookies of all.

use axum::{Router, routing::get};
use hallpass_axum::{Identity, SignIn, web::SealingKeys};
use hallpass_core::http::Method;
use hallpass_testkit::{LocalProvider, User};

use crate::{app::client, browsing::Wire, wire};

/// An application that browsers find at a port or a path of a host, and that a test finds here.
async fn application(local: &LocalProvider, base: Option<&str>) -> (String, String) {
    let client = client(local);
    let mut known = String::new();
    let address = wire::serve(|here| {
        base.unwrap_or(here).clone_into(&mut known);
        let sign_in = SignIn::new(&known, SealingKeys::generate()).unwrap();
        let who = |who: Option<Identity>| async { who.map_or("nobody".to_owned(), |who| who.0.id) };
        sign_in.provider(client).unwrap().attach(Router::new().route("/", get(who)))
    });
    (address.await, known)
}

/// One browser for two applications, whose cookies both are sent.
async fn check(bases: [Option<&str>; 2], names: [&str; 2]) {
    let local = LocalProvider::start().await.unwrap();
    let mut browser = Wire::to("");
    let mut applications = Vec::new();
    for base in bases {
        applications.push(application(&local, base).await);
    }
    // Both have begun before either comes back.
    let mut back = Vec::new();
    for ((address, base), user) in applications.iter().zip(["ada", "ben"]) {
        browser.address.clone_from(address);
        for _ in 0..5 {
            let to = browser.get("/login/local").await;
            let to = crate::browsing::location(&to).to_owned();
            let landing = local.browser().sign_in(to, User::named(user)).await.unwrap();
            back.push((address.clone(), landing.url().strip_prefix(base).unwrap().to_owned()));
        }
    }
    // Five of each, and none crowded another's out.
    assert_eq!(browser.names().len(), 10);
    for (address, path) in [&back[0], &back[9]] {
        browser.address.clone_from(address);
        assert_eq!(browser.get(path).await.status, 303, "{path}");
    }
    let reads = async |browser: &mut Wire, at: usize| {
        browser.address.clone_from(&applications[at].0);
        String::from_utf8(browser.get("/").await.body).unwrap()
    };
    for (at, (want, name)) in ["1001", "1002"].into_iter().zip(names).enumerate() {
        assert_eq!(reads(&mut browser, at).await, want);
        let known = browser.names();
        let port = applications[at].0.rsplit(':').next().unwrap();
        assert!(known.contains(&name.replace("PORT", port)), "{name} in {known:?}");
    }
    // Who signs out of one is out of that one.
    browser.address.clone_from(&applications[0].0);
    let page = String::from_utf8(browser.get("/logout").await.body).unwrap();
    let word = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    browser.send(Method::POST, "/logout", &format!("csrf={word}")).await;
    assert_eq!(reads(&mut browser, 0).await, "nobody");
    assert_eq!(reads(&mut browser, 1).await, "1002");
}

#[tokio::test]
async fn two_applications_at_ports_of_one_host_sign_nobody_out_of_the_other() {
    check([None, None], ["hallpass.session-PORT"; 2]).await;
}

#[tokio::test]
async fn two_applications_below_paths_of_one_host_sign_nobody_out_of_the_other() {
    let bases = [Some("https://app.test/oak"), Some("https://app.test/elm")];
    check(bases, ["__Host-hallpass.session--oak", "__Host-hallpass.session--elm"]).await;
    let bases = [Some("https://app.test"), Some("https://app.test/elm")];
    check(bases, ["__Host-hallpass.session", "__Host-hallpass.session--elm"]).await;
}
