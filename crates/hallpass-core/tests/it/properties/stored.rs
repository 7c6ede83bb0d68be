//! What was written out and comes back, perhaps not as it went.

use serde_json::json;

use super::*;

fn stored_token() -> Json {
    json!({
        "access_token": "T",
        "token_type": "Bearer",
        "refresh_token": "R",
        "id_token": "J",
        "scope": "a",
        "issued_at": 1,
        "expires_at": 2,
        "claims": { "sub": "42" },
        "extra": { "team": 7 },
    })
}

fn session() -> Json {
    let openid = acme().but(|d| d.with_scopes(["openid"])).with_verifier(&Default::default());
    let login = World::of(openid);
    let login = login.client.authorize().token_param("resource", "r").data("/here");
    let login = login.max_age(Duration::from_secs(60));
    let pending = block_on(login.start()).unwrap().pending;
    crate::support::json(pending.expose_for_session().expose())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_store_is_a_token_or_malformed(
        text in prop_oneof![
            hostile_text(80),
            changed(&stored_token()).prop_map(|members| text_of(&members)),
            cut_or_flipped(stored_token().to_string())
                .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        ],
    ) {
        match OAuth2Token::from_storage(&Secret::new(text)) {
            Ok(token) => {
                let once = token.expose_for_storage();
                let again = OAuth2Token::from_storage(&once).unwrap().expose_for_storage();
                prop_assert_eq!(once.expose(), again.expose());
                assert_fit_for_a_log(&format!("{token:?}"))?;
                let (lax, strict) = (Duration::ZERO, Duration::MAX);
                let expired = |leeway| token.is_expired_at(now(), leeway);
                prop_assert!(!expired(lax) || expired(strict));
                prop_assert!(token.scopes().all(|scope| !scope.is_empty()));
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Malformed),
        }
    }

    #[test]
    fn a_token_of_any_text_survives_its_store(
        access in hostile_text(40), name in hostile_text(10), value in any_json(),
    ) {
        let token = OAuth2Token::from_access_token(access.clone());
        let token = token.with_extra(name.clone(), value.clone());
        let again = OAuth2Token::from_storage(&token.expose_for_storage()).unwrap();
        prop_assert_eq!(again.access_token().expose(), access);
        prop_assert_eq!(again.extra(&name), Some(&value));
    }

    #[test]
    fn any_session_is_a_login_or_refused_as_pending(
        text in prop_oneof![
            hostile_text(80),
            changed(&session()).prop_map(|members| text_of(&members)),
            cut_or_flipped(session().to_string())
                .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        ],
    ) {
        match PendingAuthorization::from_session(&Secret::new(text)) {
            Ok(pending) => {
                let once = pending.expose_for_session();
                let pending = PendingAuthorization::from_session(&once).unwrap();
                assert_fit_for_a_log(&format!("{pending:?}"))?;
                let state = crate::support::json(once.expose())["correlator"].clone();
                let pairs = [("code", "c"), ("state", state.as_str().unwrap())];
                let mut query = form_urlencoded::Serializer::new(String::new());
                let query = query.extend_pairs(pairs).finish();
                // Whatever it says of age, provider and issuer, it is judged, not fallen over.
                let callback = Callback::from_query(&query).unwrap();
                let world = World::of(acme());
                let got = callback.verify(pending, world.client.descriptor(), "client", now());
                drop(got);
            }
            Err(error) => {
                let kinds = [ErrorKind::Malformed, ErrorKind::Denied];
                prop_assert!(kinds.contains(&error.kind()), "{error:?}");
                prop_assert_eq!(error.reason(), Some("pending"));
            }
        }
    }

    #[test]
    fn a_login_of_any_text_survives_its_session(
        data in hostile_text(60), name in hostile_text(10), value in hostile_text(30),
    ) {
        let world = World::of(acme());
        let login = world.client.authorize().data(data.clone()).token_param(name.clone(), value);
        let pending = match block_on(login.start()) {
            Ok(login) => login.pending,
            Err(error) => {
                prop_assert_eq!(error.reason(), Some("reserved"));
                return Ok(());
            }
        };
        let once = pending.expose_for_session();
        let again = PendingAuthorization::from_session(&once).unwrap();
        prop_assert_eq!(again.data(), Some(data.as_str()));
        let again = again.expose_for_session();
        prop_assert_eq!(again.expose(), once.expose());
    }
}
