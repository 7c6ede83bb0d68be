use std::sync::OnceLock;

use hallpass::{
    OAuth2Token, PendingAuthorization, Secret,
    core::Json,
    openid::PendingLogout,
    session::{AtRest, SealingKeys, TokenKey},
};

use crate::{
    oracle::{check_error, check_stored_token},
    world::pick,
};

/// What a store or a session gives back: a token, a login on its way, a logout on its way, a sealed
/// text.
///
/// Bytes: which of these. Then the text, or edits of one that was sealed here, as `edited` reads
/// them.
pub fn stored(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let text = Secret::new(String::from_utf8_lossy(rest));
    match pick(b"tplse", which) {
        b't' => match OAuth2Token::from_storage(&text) {
            Ok(token) => check_stored_token(&token),
            Err(error) => check_error(&error, &[]),
        },
        b'p' => match PendingAuthorization::from_session(&text) {
            Ok(pending) => check_pending(pending),
            Err(error) => check_error(&error, &[]),
        },
        b'l' => logout(&text),
        b's' => sealed(&text),
        _ => edits(rest),
    }
}

/// Written and read, it says the same; with other secrets in it, `Debug` says the same.
fn check_pending(pending: PendingAuthorization) {
    let shown = format!("{pending:?}");
    let written = pending.expose_for_session();
    let read = |text: &Secret| PendingAuthorization::from_session(text).expect("it was written");
    assert_eq!(read(&written).expose_for_session().expose(), written.expose());
    let mut other: Json = serde_json::from_str(written.expose()).unwrap();
    for name in ["correlator", "proof", "nonce", "data"] {
        if !other[name].is_null() {
            other[name] = "x".into();
        }
    }
    for param in other["token_params"].as_array_mut().into_iter().flatten() {
        param[1] = "x".into();
    }
    assert_eq!(format!("{:?}", read(&Secret::new(other.to_string()))), shown);
}

/// The same of a logout.
fn logout(text: &Secret) {
    match PendingLogout::from_session(text) {
        Ok(pending) => {
            let shown = format!("{pending:?}");
            let written = pending.expose_for_session();
            let mut other: Json = serde_json::from_str(written.expose()).unwrap();
            if !other["state"].is_null() {
                other["state"] = "x".into();
            }
            let other = PendingLogout::from_session(&Secret::new(other.to_string())).unwrap();
            assert_eq!(format!("{other:?}"), shown, "`Debug` shows the state");
            let again = PendingLogout::from_session(&written).expect("what was written is read");
            assert_eq!(again.expose_for_session().expose(), written.expose());
        }
        Err(error) => check_error(&error, &[]),
    }
}

fn at_rest() -> &'static AtRest {
    static AT_REST: OnceLock<AtRest> = OnceLock::new();
    AT_REST.get_or_init(|| AtRest::sealed(SealingKeys::generate()))
}

/// Nobody without the key makes one that opens; and a plain store gives back what it was given.
fn sealed(text: &Secret) {
    let ada = TokenKey::new("ada", "acme");
    match at_rest().open(&ada, text.expose()) {
        Ok(_) => panic!("a sealed text that nobody sealed"),
        Err(error) => check_error(&error, &[]),
    }
    let plain = AtRest::dangerously_plain();
    match plain.seal(&ada, text) {
        Ok(kept) => assert_eq!(plain.open(&ada, kept.expose()).unwrap().expose(), text.expose()),
        Err(error) => assert!(SealingKeys::is_sealed(text.expose()), "{error}"),
    }
}

/// One that was changed opens for nobody, and one that was not for its user alone.
fn edits(edits: &[u8]) {
    static SEALED: OnceLock<Secret> = OnceLock::new();
    let ada = TokenKey::new("ada", "acme");
    let text = || at_rest().seal(&ada, &Secret::new("a token of Ada's")).unwrap();
    let sealed = SEALED.get_or_init(text).expose();
    let changed = edited(sealed, edits);
    let opened = at_rest().open(&ada, &changed);
    assert_eq!(opened.is_ok(), changed == sealed, "{changed}");
    for other in [TokenKey::new("bob", "acme"), TokenKey::new("ada", "other")] {
        assert!(at_rest().open(&other, &changed).is_err(), "it opens for somebody else");
    }
}

/// `text` with some of its bytes changed: of each three bytes the first two say where, the third
/// what the byte there is combined with (exclusive or); 0 takes it out. What is no text then, is
/// read as a browser's words are.
pub(crate) fn edited(text: &str, edits: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % bytes.len().max(1);
        match (edit[2], bytes.get_mut(at)) {
            (_, None) => break,
            (0, Some(_)) => {
                bytes.remove(at);
            }
            (change, Some(byte)) => *byte ^= change,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
