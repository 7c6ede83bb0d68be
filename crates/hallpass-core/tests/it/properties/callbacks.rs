//! What a browser brings back.

use super::*;

const NAMES: [&str; 8] =
    ["code", "state", "error", "error_description", "error_uri", "iss", "scope", "a b&="];

/// A login that waits for `state`, and the client's descriptor.
fn waiting() -> (World, String, PendingAuthorization) {
    let world = World::of(acme());
    let (state, pending) = block_on(world.begin());
    (world, state, pending)
}

fn encoded(pairs: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_bytes_are_a_callback_or_a_typed_refusal(bytes in vec(any::<u8>(), 0..200)) {
        let (world, _, pending) = waiting();
        let text = String::from_utf8_lossy(&bytes);
        let read = [
            Callback::from_form(&bytes),
            Callback::from_query(&text),
            Callback::from_url(&text),
        ];
        for got in &read {
            if let Err(error) = got {
                let kinds = [ErrorKind::Malformed, ErrorKind::Security];
                prop_assert!(kinds.contains(&error.kind()), "{error:?}");
            }
            assert_fit_for_a_log(&format!("{got:?}"))?;
        }
        if let [Ok(callback), ..] = read {
            let got = callback.verify(pending, world.client.descriptor(), "client", now());
            prop_assert_eq!(got.err().and_then(|error| error.reason()), Some("state"));
        }
    }

    #[test]
    fn any_parameters_are_judged_by_the_rules(
        mut pairs in vec((select(&NAMES[..]), hostile_text(20)), 0..7),
        rightful in option::weighted(0.8, any::<prop::sample::Index>()),
        form in any::<bool>(),
    ) {
        let (world, state, pending) = waiting();
        if let Some(at) = rightful {
            pairs.retain(|(name, _)| *name != "state");
            pairs.insert(at.index(pairs.len() + 1), ("state", state.clone()));
        }
        let text = encoded(&pairs);
        let callback = match form {
            true => Callback::from_form(text.as_bytes()),
            false => Callback::from_query(&text),
        };
        let twice = pairs.iter().enumerate().any(|(at, (name, _))| {
            pairs[..at].iter().any(|(before, _)| before == name)
        });
        let got = callback.and_then(|callback| {
            callback.verify(pending, world.client.descriptor(), "client", now())
        });
        let of = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        let outcome = got.as_ref().map(|code| code.code().expose());
        let reason = got.as_ref().err().and_then(Error::reason);
        let said = got.as_ref().err().and_then(Error::oauth);
        match (twice, of("state") == Some(&state), of("error"), of("code")) {
            (true, ..) => prop_assert_eq!(reason, Some("duplicate")),
            (_, false, ..) => prop_assert_eq!(reason, Some("state")),
            (_, _, Some(_), _) => prop_assert!(said.is_some(), "{got:?}"),
            (_, _, None, Some(code)) => prop_assert_eq!(outcome.ok(), Some(code)),
            (_, _, None, None) => prop_assert_eq!(reason, Some("no_code")),
        }
        if let Err(error) = &got {
            assert_fit_for_a_log(&format!("{error} {error:?}"))?;
        }
    }

    #[test]
    fn a_callback_is_the_same_from_query_url_and_form(
        code in hostile_text(30), more in hostile_text(30),
    ) {
        prop_assume!(!code.is_empty());
        let (world, state, pending) = waiting();
        let session = pending.expose_for_session();
        let text = encoded(&[("code", code.clone()), ("state", state), ("more", more.clone())]);
        for callback in [
            Callback::from_query(&text),
            Callback::from_query(&format!("?{text}#_=_")),
            Callback::from_url(&format!("https://app.test:8443/a?{text}#here")),
            Callback::from_form(text.as_bytes()),
        ] {
            let pending = PendingAuthorization::from_session(&session).unwrap();
            let callback = callback.unwrap();
            prop_assert!(callback.belongs_to(&pending));
            let got = callback.verify(pending, world.client.descriptor(), "client", now());
            let got = got.unwrap();
            prop_assert_eq!(got.code().expose(), code.as_str());
            prop_assert_eq!(got.params().get("more"), Some(more.as_str()));
            prop_assert_eq!(got.params().get("code"), None);
        }
    }
}
