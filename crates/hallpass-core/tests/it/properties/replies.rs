//! The token endpoint's answers, through a client.

use serde_json::json;

use super::*;

fn reply() -> Json {
    json!({
        "access_token": "T",
        "token_type": "Bearer",
        "refresh_token": "R",
        "id_token": "fake.e30.signature",
        "scope": "a b",
        "expires_in": 3600,
        "error": null,
        "error_description": null,
        "error_uri": null,
        "team": { "id": 7 },
    })
}

fn media_types() -> impl Strategy<Value = &'static str> {
    select(vec!["application/json", "application/x-www-form-urlencoded", "text/html", ""])
}

/// What the client makes of an answer of these bytes.
fn read(
    provider: Acme,
    status: u16,
    media_type: &'static str,
    body: Vec<u8>,
) -> Result<OAuth2Token> {
    let wire = std::sync::Arc::new(Wire::default());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let status = StatusCode::from_u16(status).unwrap();
    wire.answer_with(move |_| Ok(Response::new(status, headers, body)));
    let client = OAuth2Client::new(provider, config()).unwrap();
    let client = client.with_http_client(wire as std::sync::Arc<dyn HttpClient>);
    block_on(client.dangerously_exchange_code("c".into(), "https://app.test/cb", None))
}

/// What holds for every answer, whatever is in it.
fn check(status: u16, got: &Result<OAuth2Token>) -> Result<(), TestCaseError> {
    match got {
        Ok(token) => {
            prop_assert!((200..300).contains(&status));
            let access_token = token.access_token().expose();
            prop_assert!(!access_token.is_empty());
            prop_assert!(access_token.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
            let longest = Duration::from_secs(100 * 366 * 86_400);
            let end = std::time::SystemTime::now() + longest;
            prop_assert!(token.expires_at().is_none_or(|at| at < end));
            let again = OAuth2Token::from_storage(&token.expose_for_storage()).unwrap();
            let (one, two) = (token.expose_for_storage(), again.expose_for_storage());
            prop_assert_eq!(one.expose(), two.expose());
        }
        Err(error) => {
            let said = error.oauth().is_some();
            let by_us = match error.kind() {
                ErrorKind::Malformed => true,
                ErrorKind::Security => error.reason() == Some("key_binding"),
                ErrorKind::Transport => status >= 500 || said,
                ErrorKind::Denied => status == 403 || said,
                ErrorKind::Config => (401..500).contains(&status) || said,
                ErrorKind::Unsupported => said,
                _ => false,
            };
            prop_assert!(by_us, "{error:?}");
            assert_fit_for_a_log(&format!("{error} {error:?}"))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_bytes_are_a_token_or_a_typed_refusal(
        status in select(vec![200_u16, 201, 204, 301, 400, 401, 403, 404, 500]),
        media_type in media_types(),
        body in vec(any::<u8>(), 0..300),
    ) {
        let got = read(acme(), status, media_type, body);
        prop_assert!(got.is_err(), "nobody guesses a token");
        check(status, &got)?;
    }

    #[test]
    fn a_reply_cut_off_or_garbled_is_a_token_or_a_typed_refusal(
        media_type in media_types(),
        body in prop_oneof![
            cut_or_flipped(reply().to_string()),
            cut_or_flipped("access_token=T&scope=a+b&expires_in=3600&error=".to_owned()),
        ],
    ) {
        check(200, &read(acme(), 200, media_type, body))?;
    }

    #[test]
    fn a_reply_of_another_structure_is_a_token_or_a_typed_refusal(
        status in select(vec![200_u16, 201, 400, 401, 500]),
        members in changed(&reply()),
        hooked in any::<bool>(),
    ) {
        let provider = match hooked {
            true => acme().on_token_reply(|reply| reply.fields().map(drop)),
            false => acme(),
        };
        let got = read(provider, status, "application/json", text_of(&members).into_bytes());
        check(status, &got)?;
        let of = |name: &str| -> Vec<Json> {
            let values = members.iter().filter(|(known, _)| known == name);
            values.map(|(_, value)| serde_json::from_str(value).unwrap_or_default()).collect()
        };
        // What no reading of the standard makes a token.
        let (tokens, errors) = (of("access_token"), of("error"));
        if !tokens.iter().any(|token| token == "T" || token.is_string()) {
            prop_assert!(got.is_err());
        }
        let says_no = |error: &Json| {
            error.as_str().is_some_and(|code| !code.is_empty() && !code.eq_ignore_ascii_case("ok"))
        };
        if errors.iter().any(says_no) {
            prop_assert!(got.is_err(), "an error is an error, wherever it stands");
        }
        let whole = reply().to_string();
        if text_of(&members) == whole {
            prop_assert_eq!(got.is_ok(), status < 300);
        }
    }

    #[test]
    fn an_id_token_of_any_shape_is_verified_or_refused(jwt in any_json()) {
        let provider = acme().with_verifier(&std::sync::Arc::new(Verifier::default()));
        let mut body = reply();
        body["id_token"] = jwt;
        let got = read(provider, 200, "", body.to_string().into_bytes());
        if let Ok(token) = &got {
            prop_assert!(token.claims().is_none() && token.id_token().is_none());
        }
        let refused = got.err().is_none_or(|error| error.reason() == Some("signature"));
        prop_assert!(refused);
    }

    #[test]
    fn any_profile_has_an_id_or_is_malformed(
        raw in any_json(), id in any_json(), put in any::<bool>(),
    ) {
        let mut raw = raw;
        if let (Json::Object(members), true) = (&mut raw, put) {
            members.insert("id".into(), id);
        }
        match Profile::from_json(raw.clone(), "id") {
            Ok(profile) => {
                prop_assert!(!profile.id().is_empty());
                let text = raw["id"].as_str().map_or_else(|| raw["id"].to_string(), str::to_owned);
                prop_assert_eq!(profile.id(), text);
                prop_assert_eq!(profile.raw(), &raw);
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Malformed),
        }
    }
}
