use hallpass_testkit::SigningAlgorithm;

use crate::support::{jwks, login, provider, signers};

fn id_token(token: &hallpass_core::Json) -> &str {
    token["id_token"].as_str().unwrap()
}

#[tokio::test]
async fn a_rotation_replaces_all_keys_at_once() {
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
        let local = provider(|builder| builder.with_signing_algorithm(algorithm)).await;
        let (before, old) = (jwks(&local).await, login(&local).await);
        local.rotate_keys();
        let (after, new) = (jwks(&local).await, login(&local).await);
        for (keys, token, want) in
            [(&before, &old, 1), (&after, &new, 1), (&before, &new, 0), (&after, &old, 0)]
        {
            assert_eq!(signers(keys, id_token(token)), want, "{algorithm}");
        }
        for key in before["keys"].as_array().unwrap() {
            let others = after["keys"].as_array().unwrap();
            let is_there = |name: &str| others.iter().any(|it| it.get(name) == key.get(name));
            assert!(!is_there("kid"), "{key}");
            assert!(key.get("n").is_none() || !is_there("n"), "the same numbers: {key}");
        }
    }
}

#[tokio::test]
async fn a_rotation_right_before_signing_happens_once() {
    let local = provider(|builder| builder).await;
    let before = jwks(&local).await;
    local.rotate_keys_before_signing();
    assert_eq!(jwks(&local).await, before, "not yet");
    let token = login(&local).await;
    let after = jwks(&local).await;
    assert_eq!(signers(&before, id_token(&token)), 0);
    assert_eq!(signers(&after, id_token(&token)), 1);
    let again = login(&local).await;
    assert_eq!(signers(&after, id_token(&again)), 1, "no more than once");
}
