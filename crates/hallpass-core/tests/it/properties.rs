//! Whatever comes from outside, nothing panics, refusals are typed, and what is valid comes back as
//! it went.

use std::time::Duration;

use hallpass_core::{
    Callback, Error, ErrorKind, HttpClient, Json, OAuth2Client, OAuth2Token, OAuthError,
    PendingAuthorization, Profile, Response, Result, Secret,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    url::form_urlencoded,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    properties::strategies::{any_json, changed, cut_or_flipped, hostile_text, text_of},
    support::{Acme, Verifier, Wire, World, acme, config, now, pairs, param},
};

mod callbacks;
mod replies;
mod stored;
mod strategies;

/// No file of failures beside the tests: a failure prints the input that made it.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Nothing in it ends a line or moves a cursor.
fn assert_fit_for_a_log(text: &str) -> Result<(), TestCaseError> {
    prop_assert!(!text.contains(char::is_control), "{text:?}");
    Ok(())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_a_provider_says_is_bounded_and_fit_for_a_log(
        code in hostile_text(600), description in hostile_text(600), uri in hostile_text(600),
    ) {
        let said = OAuthError::new(&code).with_description(&description).with_uri(&uri);
        for part in [Some(said.code()), said.description(), said.uri()] {
            let part = part.unwrap();
            prop_assert!(!part.contains(char::is_control), "{part}");
            prop_assert!(!part.contains(['\u{202e}', '\u{2028}', '\u{2066}']), "{part}");
            prop_assert!(part.len() <= 500 * 10, "{} bytes", part.len());
        }
        let error = Error::denied("no").with_oauth(said);
        assert_fit_for_a_log(&format!("{error} {error:?}"))?;
    }

    #[test]
    fn a_name_from_a_configuration_breaks_no_log_line(name in hostile_text(40)) {
        prop_assume!(!name.is_empty());
        let client = OAuth2Client::new(acme(), config().with_name(name.clone())).unwrap();
        let error = block_on(client.authorize().param("state", "x").start()).err().unwrap();
        prop_assert_eq!(error.provider(), Some(name.as_str()));
        assert_fit_for_a_log(&format!("{error} {error:?}"))?;
    }

    #[test]
    fn a_parameter_is_one_parameter_whatever_is_in_it(
        name in hostile_text(12), value in hostile_text(40), scope in hostile_text(12),
    ) {
        let world = World::of(acme());
        let login = world.client.authorize().param(name.clone(), value.clone());
        let login = block_on(login.scopes([scope.clone()]).start());
        let login = match login {
            Ok(login) => login,
            Err(error) => {
                prop_assert_eq!(error.reason(), Some("reserved"));
                return Ok(());
            }
        };
        let url = login.url.as_str();
        prop_assert!(url.is_ascii() && !url.contains(char::is_control) && !url.contains('#'));
        prop_assert_eq!(param(url, &name), Some(value));
        prop_assert_eq!(param(url, "scope"), Some(scope));
        prop_assert_eq!(param(url, "state").map(|state| state.len()), Some(43));
        prop_assert_eq!(pairs(url).len(), 8, "seven of ours and one of the caller's");
    }
}
