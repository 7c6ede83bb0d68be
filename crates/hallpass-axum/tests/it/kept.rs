//! What a session keeps of a login.

use hallpass_axum::tower_sessions::{SessionStore, session::Id};

use crate::shop::Shop;

#[tokio::test]
async fn a_session_holds_no_token() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.person("ada").await;
    assert_eq!(ada.reads("/api").await, "\"ada@users.test\"");
    let id: Id = ada.cookie("hallpass.session").unwrap().parse().unwrap();
    let record = shop.sessions.load(&id).await.unwrap().unwrap();
    let kept = serde_json::to_string(&record.data).unwrap();
    assert!(kept.contains("ada@users.test"), "{kept}");
    let requests = shop.local.requests();
    let bearer = |value: &str| value.strip_prefix("Bearer ").map(str::to_owned);
    let shown = requests.iter().filter_map(|request| bearer(request.header("authorization")?));
    let tokens: Vec<String> = shown.collect();
    assert!(!tokens.is_empty(), "{requests:?}");
    assert!(!tokens.iter().any(|token| kept.contains(token)), "{kept}");
    // Nor an ID token: a JWT begins with the brace of its header in base64.
    assert!(!kept.contains("eyJ"), "{kept}");
}
