use axum::http::{Method, StatusCode};
use hallpass::core::Json;
use serde_json::{Map, json};

use self::{
    app::{Answer, App},
    attempts::edited_attempt,
    judge::{Judged, judged},
};
use crate::{
    oracle::without_floats,
    stored::edited,
    world::{NOW, pick},
};

mod app;
mod attempts;
mod judge;
mod redis;

/// What Redis gives back for a session, and for the marks beside it; and a store for a login on its
/// way.
///
/// Bytes: which of these. Then the text of a session, and after a zero byte what stands under every
/// other key; or JSON that is merged into the one that was written (`null` takes a member out), and
/// the same; or edits of it, as `edited` reads them; or edits of a login on its way.
pub fn session_record(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let which = pick(b"tmrs", which);
    if which == b's' {
        return edited_attempt(rest);
    }
    app::with(|app| {
        let written = app.written();
        let (session, other) = match which {
            b'r' => (edited(written, rest).into_bytes(), None),
            _ => {
                let at = rest.iter().position(|byte| *byte == 0);
                let (first, second) =
                    at.map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
                let session = match which {
                    b'm' => merged(written, first),
                    _ => first.to_vec(),
                };
                (session, second.map(<[u8]>::to_vec))
            }
        };
        app.redis().set(app::session_key(), session.clone(), other.clone());
        let judged = judged(&session, other.as_deref(), written);
        app.block_on(visited(app, &session, &judged));
    });
}

/// JSON with another in it, member by member.
fn merged(written: &str, patch: &[u8]) -> Vec<u8> {
    fn merge(into: &mut Json, patch: Json) {
        let Json::Object(members) = patch else {
            *into = patch;
            return;
        };
        if !into.is_object() {
            *into = Json::Object(Map::new());
        }
        let object = into.as_object_mut().unwrap();
        for (name, value) in members {
            if value.is_null() {
                object.remove(&name);
            } else if value == json!({}) {
                object.insert(name, Json::Null);
            } else {
                merge(object.entry(name).or_insert(Json::Null), value);
            }
        }
    }
    let mut json: Json = serde_json::from_str(written).unwrap();
    match serde_json::from_slice(patch) {
        Ok(patch) => merge(&mut json, patch),
        Err(_) => return patch.to_vec(),
    }
    json.to_string().into_bytes()
}

/// Three requests of the browser that has the cookie, and what they may lead to.
async fn visited(app: &App, session: &[u8], judged: &Judged) {
    let page = app.ask(Method::GET, "/", "").await;
    if page.is_late {
        return;
    }
    let csrf = check_page(&page, judged);
    check_written(app, session, judged);
    let closed = app.ask(Method::GET, "/mine", "").await;
    check_no_secret(&closed, judged);
    if closed.is_late {
        return;
    }
    match closed.status {
        StatusCode::OK => assert!(csrf.is_some(), "nobody, and let in"),
        // A mark ends a session where it is written.
        _ => assert!(csrf.is_none() || judged.is_marked, "somebody, and shut out"),
    }
    // Whatever is kept of a session, a browser can begin a login.
    let login = app.ask(Method::GET, "/login/acme", "").await;
    let has_begun = login.is_late || login.status == StatusCode::SEE_OTHER;
    assert!(has_begun, "nobody gets out of this: {}", login.text);
    let Some(csrf) = csrf else { return };
    if judged.is_marked {
        return;
    }
    let wrong = app.ask(Method::POST, "/logout", &format!("csrf={csrf}0")).await;
    assert!(!wrong.status.is_redirection(), "any word will do");
    let out = app.ask(Method::POST, "/logout", &format!("csrf={csrf}")).await;
    let after = app.ask(Method::GET, "/", "").await;
    if out.is_late || after.is_late {
        return;
    }
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.text);
    assert!(check_page(&after, &judged.without_session()).is_none(), "signed out, and there");
}

/// The word of the forms, if somebody is signed in: who it is, is what was judged.
fn check_page(page: &Answer, judged: &Judged) -> Option<String> {
    check_no_secret(page, judged);
    if page.status != StatusCode::OK {
        assert!(page.status.is_server_error(), "{}", page.status);
        assert!(!judged.is_due, "a session that was written is refused: {}", page.text);
        return None;
    }
    let said: Json = serde_json::from_str(&page.text).expect("the page is JSON");
    if said["who"].is_null() {
        assert!(!judged.is_due, "a session that was written is nobody's");
        assert!(said["csrf"].is_null(), "nobody, with a form");
        return None;
    }
    let who = judged.who.as_ref().unwrap_or_else(|| panic!("somebody is signed in: {said}"));
    assert_eq!(said["who"], who.identity, "somebody else");
    assert_eq!(said["key"], json!(who.key), "another account");
    let csrf = said["csrf"].as_str().expect("a form for whoever is signed in");
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(csrf.len() == 32 && csrf.bytes().all(is_hex), "{csrf:?} needs to be escaped");
    Some(csrf.to_owned())
}

/// A page about what is wrong says nothing of what is kept.
fn check_no_secret(page: &Answer, judged: &Judged) {
    if page.status == StatusCode::OK {
        return;
    }
    for secret in &judged.secrets {
        assert!(!page.text.contains(secret), "{} shows {secret}", page.status);
    }
}

/// What a visit writes is what was there, and the day.
fn check_written(app: &App, before: &[u8], judged: &Judged) {
    let kept = app.redis().get(&app::session_key());
    let Some(now) = kept.filter(|now| **now != *before && judged.who.is_some()) else { return };
    let of = |text: &[u8]| {
        let json: Json = serde_json::from_slice(text).expect("it is JSON");
        let mut data = json["data"].as_object().expect("it has data").clone();
        data.remove("hallpass.seen");
        without_floats(Json::Object(data))
    };
    assert_eq!(of(&now), of(before), "a visit changes who it is");
    let now: Json = serde_json::from_slice(&now).unwrap();
    assert_eq!(now["data"]["hallpass.seen"], NOW / 86_400);
}
