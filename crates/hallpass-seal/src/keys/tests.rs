use hallpass_core::{ErrorKind, Result, Secret};
use proptest::{collection::vec, prelude::*};

use super::*;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

fn keys() -> SealingKeys {
    SealingKeys::new(KEY).unwrap()
}

fn sealed(text: &str, context: &[&str]) -> String {
    keys().seal(&text.into(), context).unwrap().expose().to_owned()
}

#[track_caller]
fn check_refused(opened: Result<Secret>, reason: &str) {
    let error = opened.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some(reason)), "{error}");
}

#[test]
fn a_key_is_32_bytes_in_either_base64_as_it_is_printed() {
    // These bytes are `/` and `+` in one alphabet, `_` and `-` in the other.
    let standard = "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=";
    let url_safe = "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA";
    let with_newline = format!("{standard}\n");
    let text = SealingKeys::new(standard).unwrap().seal(&"text".into(), &[]).unwrap();
    let without_padding = standard.trim_end_matches('=');
    for same in [url_safe, without_padding, &format!("{url_safe}="), &with_newline] {
        let opened = SealingKeys::new(same).unwrap().open(text.expose(), &[]).unwrap();
        assert_eq!(opened.expose(), "text");
    }
}

#[test]
fn what_is_no_key_is_refused_and_not_repeated() {
    let long = format!("{KEY}AAAA");
    for wrong in ["", "planted", "planted-key-of-32-characters....", &KEY[..40], &long, "é"] {
        for refused in [SealingKeys::new(wrong), keys().with_old(wrong)] {
            let error = refused.unwrap_err();
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("sealing_key")));
            let said = format!("{error} {error:?}");
            assert!(said.contains("openssl rand -base64 32"), "{said}");
            assert!(wrong.is_empty() || !said.contains(wrong), "{said}");
        }
    }
}

#[test]
fn a_generated_key_seals_and_is_never_the_same() {
    let [first, second] = [SealingKeys::generate_key(), SealingKeys::generate_key()];
    assert!(!first.matches(second.expose()));
    let text = SealingKeys::new(first.clone()).unwrap().seal(&"text".into(), &[]).unwrap();
    assert_eq!(SealingKeys::new(first).unwrap().open(text.expose(), &[]).unwrap().expose(), "text");
    check_refused(SealingKeys::new(second).unwrap().open(text.expose(), &[]), "unknown_key");
    check_refused(SealingKeys::generate().open(text.expose(), &[]), "unknown_key");
}

#[test]
fn a_text_is_sealed_in_another_way_each_time() {
    let [first, second] = [sealed("text", &[]), sealed("text", &[])];
    assert_ne!(first, second);
    assert!(SealingKeys::is_sealed(&first) && !SealingKeys::is_sealed("text"));
}

#[test]
fn a_sealed_text_goes_into_a_cookie_or_a_url_as_it_is() {
    let text = sealed("{\"a\": \"é\"}", &["any"]);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    assert!(text.bytes().all(is_plain), "{text}");
}

#[test]
fn what_was_sealed_stays_readable() {
    // Made by the first version of this form: a later one must open it too.
    let old = "hps1.1UnBCYPN.\
               DUgWnJni934gUpwV8_uRHQMXFv338ZWX427cZZPpwI6RlolyVyBIpvsk0T9HA3NaAk-HD2hp";
    assert_eq!(keys().open(old, &["cookie", "ada"]).unwrap().expose(), "kept for years");
}

#[test]
fn all_keys_open_and_the_first_one_seals() {
    let old = sealed("text", &["a"]);
    let rotated = SealingKeys::new(OTHER).unwrap().with_old(KEY).unwrap();
    assert_eq!(rotated.open(&old, &["a"]).unwrap().expose(), "text");
    let new = rotated.seal(&"text".into(), &["a"]).unwrap();
    check_refused(keys().open(new.expose(), &["a"]), "unknown_key");
    let only_new = SealingKeys::new(OTHER).unwrap();
    assert_eq!(only_new.open(new.expose(), &["a"]).unwrap().expose(), "text");
    check_refused(only_new.open(&old, &["a"]), "unknown_key");
}

#[test]
fn a_text_opens_in_its_own_context_alone() {
    let text = sealed("text", &["a", "bc"]);
    assert_eq!(keys().open(&text, &["a", "bc"]).unwrap().expose(), "text");
    let others: [&[&str]; 7] =
        [&["ab", "c"], &["a", "b", "c"], &["abc"], &["bc", "a"], &["a", "bc", ""], &["a"], &[]];
    for other in others {
        check_refused(keys().open(&text, other), "broken_seal");
    }
}

#[test]
fn what_has_another_form_is_refused() {
    let text = sealed("text", &[]);
    let padded = format!("{text}=");
    let later = text.replace("hps1", "hps2");
    let (id, _) = text[PREFIX.len()..].split_once('.').unwrap();
    let short = format!("{PREFIX}{id}.AAAA");
    for wrong in ["", "text", PREFIX, "hps1.a", &padded, &later, &short, &text[1..]] {
        check_refused(keys().open(wrong, &[]), "not_sealed");
    }
    // A nonce and nothing else.
    check_refused(keys().open(&format!("{PREFIX}{id}.{}", "A".repeat(32)), &[]), "broken_seal");
}

#[test]
fn a_key_of_a_secret_is_that_of_its_purpose_alone() {
    let of = |secret: &str, purpose| SealingKeys::from_secret(&secret.into(), purpose);
    let secret = "6f1c2b9e-7d3a-4c55";
    let sealed = of(secret, "a").unwrap().seal(&"text".into(), &[]).unwrap();
    let opened = of(&format!("{secret}\n"), "a").unwrap().open(sealed.expose(), &[]).unwrap();
    assert_eq!(opened.expose(), "text");
    for (secret, purpose) in [(secret, "b"), ("6f1c2b9e-7d3a-4c56", "a")] {
        check_refused(of(secret, purpose).unwrap().open(sealed.expose(), &[]), "unknown_key");
    }
}

#[test]
fn a_key_is_made_of_no_short_secret() {
    for secret in ["", "                    ", "fifteen letters"] {
        let error = SealingKeys::from_secret(&secret.into(), "a").unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("sealing_key")));
    }
    assert!(SealingKeys::from_secret(&"sixteen letters!".into(), "a").is_ok());
}

#[test]
fn debug_shows_no_key() {
    let keys = keys().with_old(OTHER).unwrap();
    assert_eq!(format!("{keys:?}"), "SealingKeys { old: 1, .. }");
}

proptest! {
    #[test]
    fn any_text_opens_as_it_was_sealed(text: String, context in vec(".*", 0..4)) {
        let context: Vec<&str> = context.iter().map(String::as_str).collect();
        let opened = keys().open(&sealed(&text, &context), &context).unwrap();
        prop_assert_eq!(opened.expose(), &text);
    }

    #[test]
    fn a_text_with_any_character_changed_is_refused(
        text in ".{0,40}",
        at: prop::sample::Index,
        other in "[A-Za-z0-9_.-]",
    ) {
        let mut sealed = sealed(&text, &["context"]);
        let at = at.index(sealed.len());
        prop_assume!(sealed[at..=at] != other);
        sealed.replace_range(at..=at, &other);
        let error = keys().open(&sealed, &["context"]).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Security);
    }

    #[test]
    fn whatever_comes_is_a_text_or_a_refusal(text: String, rest in "[A-Za-z0-9_-]{0,80}") {
        let id = keys().first.id;
        for text in [text, format!("{PREFIX}{id}.{rest}")] {
            prop_assert_eq!(keys().open(&text, &[]).unwrap_err().kind(), ErrorKind::Security);
        }
    }
}
