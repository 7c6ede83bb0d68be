//! Tokens bound to a key, and the signer that holds it (RFC 9449).

use super::*;

fn signing(world: &World) -> hallpass_core::OAuth2Client<Acme> {
    world.client.clone().with_request_signer(Arc::new(Signer::default()))
}

#[tokio::test]
async fn a_token_bound_to_a_key_that_nobody_has_is_refused() {
    for (kind, fits) in [
        ("DPoP", false),
        ("dpop", false),
        ("mac", false),
        ("pop", false),
        ("POP", false),
        ("bearer", true),
        ("BEARER", true),
        ("N_A", true),
    ] {
        let world = World::of(acme());
        let reply = json!({ "access_token": "T", "token_type": kind });
        let got = world.login_answered(200, &reply).await;
        if fits {
            got.unwrap();
        } else {
            refused(got, ErrorKind::Security, Some("key_binding"));
        }
    }
}

#[tokio::test]
async fn where_a_key_was_shown_a_token_that_is_not_bound_to_it_is_refused() {
    for (kind, fits) in [
        (json!("DPoP"), true),
        (json!("dpop"), true),
        (json!("Bearer"), false),
        (json!("mac"), false),
        (json!(null), false),
    ] {
        let world = World::of(acme());
        let client = signing(&world);
        world.wire.answer(200, &json!({ "access_token": "T", "token_type": kind }));
        let got = client.request_token(Grant::new("client_credentials")).await;
        if fits {
            assert!(got.unwrap().token_type().eq_ignore_ascii_case("dpop"));
        } else {
            refused(got, ErrorKind::Security, Some("key_binding"));
        }
    }
}

#[tokio::test]
async fn the_signature_comes_last_over_everything_else() {
    let world = World::of(acme().but(|d| d.with_client_auth(ClientAuth::Basic)));
    let client = signing(&world);
    world.wire.answer(200, &json!({ "access_token": "T", "token_type": "DPoP" }));
    client.request_token(Grant::new("client_credentials")).await.unwrap();
    let want = "1 POST 1700000000 none authorization user-agent 29";
    assert_eq!(world.wire.only().header("dpop"), Some(want));

    world.wire.answer(200, &json!({}));
    let token = OAuth2Token::from_access_token("T");
    client.api(&token).get("https://api.acme.test/me").send().await.unwrap();
    let want = "2 GET 1700000000 token authorization user-agent 0";
    assert_eq!(world.wire.only().header("dpop"), Some(want));
}

#[tokio::test]
async fn a_request_refused_unread_is_signed_and_sent_once_more() {
    // Once and no more: the third answer is never asked for.
    for wanted in [1, 2] {
        let world = World::of(acme());
        let client = signing(&world);
        for _ in 0..wanted {
            world.wire.answer_with(|_| {
                let mut response =
                    crate::support::json_response(400, &json!({ "error": "use_dpop_nonce" }));
                response.headers.insert("dpop-nonce", "n".parse().unwrap());
                Ok(response)
            });
        }
        world.wire.answer(200, &json!({ "access_token": "T", "token_type": "DPoP" }));
        let login = client.authorize().start().await.unwrap();
        let state = param(login.url.as_str(), "state").unwrap();
        let got = client.get_access_token(callback(&state), login.pending).await;
        let sent = world.wire.sent();
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0].body, sent[1].body);
        let signed: Vec<_> = sent.iter().map(|sent| sent.header("dpop").unwrap()).collect();
        assert!(signed[0].starts_with("1 ") && signed[1].starts_with("2 "), "{signed:?}");
        match wanted {
            1 => assert_eq!(got.unwrap().access_token().expose(), "T"),
            _ => {
                let error = refused(got, ErrorKind::Transport, None);
                assert_eq!(error.oauth().unwrap().code(), "use_dpop_nonce");
            }
        }
    }
}

#[tokio::test]
async fn the_signer_sees_every_answer_for_the_nonce_in_it() {
    for (statuses, want) in
        [(&[200][..], &[200][..]), (&[400, 200], &[400, 200]), (&[400, 400], &[400, 400])]
    {
        let world = World::of(acme());
        let signer = Arc::new(Signer::default());
        let client = world.client.clone().with_request_signer(Arc::clone(&signer) as _);
        for status in statuses {
            world.wire.answer_with(|_| {
                let reply = json!({ "access_token": "T", "token_type": "DPoP" });
                let mut response = crate::support::json_response(*status, &reply);
                response.headers.insert("dpop-nonce", "n".parse().unwrap());
                Ok(response)
            });
        }
        let got = client.request_token(Grant::new("client_credentials")).await;
        assert_eq!(got.is_ok(), want.ends_with(&[200]));
        assert_eq!(signer.seen(), want);
    }
}

#[tokio::test]
async fn the_second_attempt_authenticates_anew() {
    let counted = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let provider = {
        let counted = Arc::clone(&counted);
        acme().but(|d| d.with_client_auth(ClientAuth::Custom)).on_authenticate(move |client| {
            let nth = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            client.param("proof", nth.to_string())
        })
    };
    let world = World::of(provider);
    let client = signing(&world);
    world.wire.answer_with(|_| {
        let mut response = crate::support::json_response(400, &json!({}));
        response.headers.insert("dpop-nonce", "n".parse().unwrap());
        Ok(response)
    });
    world.wire.answer(200, &json!({ "access_token": "T", "token_type": "DPoP" }));
    client.request_token(Grant::new("client_credentials")).await.unwrap();
    let proofs: Vec<_> = world.wire.sent().iter().map(|sent| sent.param("proof")).collect();
    assert_eq!(proofs, [Some("0".to_owned()), Some("1".to_owned())]);
}

#[tokio::test]
async fn without_a_signer_nothing_is_sent_twice() {
    let world = World::of(acme());
    world.wire.answer_with(|_| {
        let mut response =
            crate::support::json_response(400, &json!({ "error": "use_dpop_nonce" }));
        response.headers.insert("dpop-nonce", "n".parse().unwrap());
        Ok(response)
    });
    refused(world.login().await, ErrorKind::Transport, None);
    world.wire.only();
}
