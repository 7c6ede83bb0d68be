//! A nonce that nobody sent, and one that changes on the way.

use super::*;

/// A login that asks for no ID token, and gets one with these claims all the same.
async fn unasked(provider: Acme, claims: &Json) -> hallpass_core::Result<OAuth2Token> {
    let world = World::of(provider.with_verifier(&Arc::<Verifier>::default()));
    let reply = json!({ "access_token": "T", "id_token": id_token(claims) });
    world.login_answered(200, &reply).await
}

#[tokio::test]
async fn a_nonce_that_nobody_sent_is_refused() {
    for nonce in [json!("of-another-login"), json!(""), json!(7), json!({ "a": 1 })] {
        let got = unasked(acme(), &json!({ "sub": "42", "nonce": nonce })).await;
        refused(got, ErrorKind::Security, Some("nonce"));
    }
    for none in [json!({ "sub": "42" }), json!({ "sub": "42", "nonce": null })] {
        let token = unasked(acme(), &none).await.unwrap();
        assert_eq!(token.claims().map(VerifiedClaims::subject), Some("42"));
    }
}

#[tokio::test]
async fn where_the_provider_does_as_it_likes_with_the_nonce_it_is_not_compared() {
    let provider = acme().but(|d| d.with_nonce_not_echoed("page"));
    let token = unasked(provider, &json!({ "sub": "42", "nonce": "its-own" })).await.unwrap();
    assert!(token.claims().is_some());
}

#[tokio::test]
async fn whoever_brings_a_bare_code_answers_for_the_nonce() {
    let world = World::of(acme().with_verifier(&Arc::<Verifier>::default()));
    let jwt = id_token(&json!({ "sub": "42", "nonce": "of-the-caller" }));
    world.wire.answer(200, &json!({ "access_token": "T", "id_token": jwt }));
    let redirect = "https://app.test/callback";
    let got = world.client.dangerously_exchange_code("c".into(), redirect, None).await;
    let token = got.unwrap();
    assert_eq!(token.claims().unwrap().get("nonce"), Some(&json!("of-the-caller")));
}

/// A refresh of a token whose ID token had this nonce, answered with that one.
async fn refreshed(old: &Json, new: &Json) -> hallpass_core::Result<OAuth2Token> {
    refreshed_as(old, &id_token(&claims(new))).await
}

fn claims(nonce: &Json) -> Json {
    match nonce {
        Json::Null => json!({ "sub": "42" }),
        nonce => json!({ "sub": "42", "nonce": nonce }),
    }
}

async fn refreshed_as(old: &Json, jwt: &str) -> hallpass_core::Result<OAuth2Token> {
    let world = World::of(acme().with_verifier(&Arc::<Verifier>::default()));
    let stored = json!({ "access_token": "A", "refresh_token": "R", "claims": claims(old) });
    let token = OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap();
    world.wire.answer(200, &json!({ "access_token": "NEW", "id_token": jwt }));
    world.client.refresh_token(&token).await
}

#[tokio::test]
async fn a_refresh_brings_the_nonce_of_the_login_or_none() {
    let (one, other) = (json!("n"), json!("m"));
    for (old, new) in [(&one, &one), (&one, &Json::Null), (&Json::Null, &Json::Null)] {
        let token = refreshed(old, new).await.unwrap();
        assert_eq!(token.access_token().expose(), "NEW");
    }
    // A null says no more than a claim that is left out.
    let null = id_token(&json!({ "sub": "42", "nonce": null }));
    refreshed_as(&one, &null).await.unwrap();
    for new in [&other, &json!(""), &json!(7)] {
        refused(refreshed(&one, new).await, ErrorKind::Security, Some("nonce"));
    }
}

/// A verifier that compares nothing at all.
#[derive(Debug)]
struct Careless;

#[async_trait::async_trait]
impl hallpass_core::IdTokenVerifier for Careless {
    async fn verify(
        &self,
        jwt: &Secret,
        _: hallpass_core::Expected<'_>,
        _: hallpass_core::Backchannel<'_>,
    ) -> hallpass_core::Result<VerifiedClaims> {
        let Json::Object(claims) = crate::support::json(jwt.expose()) else { panic!("no claims") };
        Ok(VerifiedClaims::dangerously_assume_verified(claims))
    }
}

/// A provider whose verifier is careless.
#[derive(Debug)]
struct Trusting(Descriptor);

impl hallpass_core::Provider for Trusting {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    fn id_tokens(&self) -> Option<&dyn hallpass_core::IdTokenVerifier> {
        Some(&Careless)
    }

    async fn profile(
        &self,
        _: hallpass_core::Api<'_>,
    ) -> hallpass_core::Result<hallpass_core::Profile> {
        Err(Error::unsupported("nobody asks"))
    }
}

#[tokio::test]
async fn on_a_refresh_core_compares_the_subject_itself() {
    let wire = Arc::new(crate::support::Wire::default());
    let client = hallpass_core::OAuth2Client::new(Trusting(acme().descriptor), config()).unwrap();
    let client = client.with_http_client(wire.clone());
    let stored = json!({ "access_token": "A", "refresh_token": "R", "claims": { "sub": "42" } });
    let token = OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap();
    for (subject, fits) in [("42", true), ("43", false), ("", false)] {
        let jwt = json!({ "sub": subject }).to_string();
        wire.answer(200, &json!({ "access_token": "NEW", "id_token": jwt }));
        let got = client.refresh_token(&token).await;
        if fits {
            assert_eq!(got.unwrap().claims().map(VerifiedClaims::subject), Some(subject));
        } else {
            refused(got, ErrorKind::Security, Some("subject"));
        }
    }
}
