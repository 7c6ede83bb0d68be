use hallpass_core::{ErrorKind, Secret};
use hallpass_session::{AtRest, SealingKeys, TokenKey};

const TOKEN: &str = r#"{"access_token":"planted"}"#;

fn ada() -> TokenKey {
    TokenKey::new("ada", "github")
}

fn sealed_with(key: &Secret) -> AtRest {
    AtRest::sealed(SealingKeys::new(key.clone()).unwrap())
}

fn sealed(at_rest: &AtRest) -> Secret {
    at_rest.seal(&ada(), &TOKEN.into()).unwrap()
}

#[track_caller]
fn check_refused(at_rest: &AtRest, key: &TokenKey, stored: &str, kind: ErrorKind, reason: &str) {
    let error = at_rest.open(key, stored).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (kind, Some(reason)), "{error}");
    let said = format!("{error} {error:?}");
    assert!(!said.contains("planted") && !said.contains(stored), "{said}");
}

#[test]
fn a_sealed_token_opens_in_its_own_row_alone() {
    let at_rest = AtRest::sealed(SealingKeys::generate());
    let stored = sealed(&at_rest);
    assert!(!stored.expose().contains("planted"), "{}", stored.expose());
    assert_eq!(at_rest.open(&ada(), stored.expose()).unwrap().expose(), TOKEN);
    let others = [("bob", "github"), ("ada", "google"), ("adag", "ithub"), ("github", "ada")];
    for (user, provider) in others {
        let key = TokenKey::new(user, provider);
        check_refused(&at_rest, &key, stored.expose(), ErrorKind::Security, "broken_seal");
    }
}

#[test]
fn what_the_same_keys_seal_elsewhere_is_no_token() {
    let key = SealingKeys::generate_key();
    let keys = SealingKeys::new(key.clone()).unwrap();
    let cookie = keys.seal(&TOKEN.into(), &["ada", "github"]).unwrap();
    let at_rest = sealed_with(&key);
    check_refused(&at_rest, &ada(), cookie.expose(), ErrorKind::Security, "broken_seal");
}

#[test]
fn another_key_or_a_changed_text_does_not_open() {
    let at_rest = AtRest::sealed(SealingKeys::generate());
    let stored = sealed(&at_rest);
    let other = AtRest::sealed(SealingKeys::generate());
    check_refused(&other, &ada(), stored.expose(), ErrorKind::Security, "unknown_key");
    let changed = stored.expose().strip_suffix(|_: char| true).unwrap();
    let end = if stored.expose().ends_with('A') { 'Q' } else { 'A' };
    let changed = format!("{changed}{end}");
    let error = at_rest.open(&ada(), &changed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security);
}

#[test]
fn a_plain_token_is_refused_where_tokens_are_sealed() {
    let at_rest = AtRest::sealed(SealingKeys::generate());
    check_refused(&at_rest, &ada(), TOKEN, ErrorKind::Security, "not_sealed");
    let migrating = at_rest.dangerously_take_plain();
    assert_eq!(migrating.open(&ada(), TOKEN).unwrap().expose(), TOKEN);
    let stored = sealed(&migrating);
    assert!(SealingKeys::is_sealed(stored.expose()), "what is written is sealed");
    let bob = TokenKey::new("bob", "github");
    check_refused(&migrating, &bob, stored.expose(), ErrorKind::Security, "broken_seal");
}

#[test]
fn a_sealed_token_is_refused_where_there_is_no_key() {
    let plain = AtRest::dangerously_plain();
    assert_eq!(sealed(&plain).expose(), TOKEN);
    assert_eq!(plain.open(&ada(), TOKEN).unwrap().expose(), TOKEN);
    let stored = sealed(&AtRest::sealed(SealingKeys::generate()));
    check_refused(&plain, &ada(), stored.expose(), ErrorKind::Config, "sealed");
    let error = plain.seal(&ada(), &stored).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("sealed")));
}

#[test]
fn debug_says_how_and_not_with_what() {
    let sealed = AtRest::sealed(SealingKeys::generate());
    assert_eq!(format!("{sealed:?}"), "AtRest(sealed)");
    let migrating = sealed.dangerously_take_plain();
    assert_eq!(format!("{migrating:?}"), "AtRest(sealed, takes plain)");
    assert_eq!(format!("{:?}", AtRest::dangerously_plain()), "AtRest(plain)");
}
