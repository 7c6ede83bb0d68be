use std::fmt::Write as _;

use super::*;

/// Text with everything in it that ends a line, a field, a string or a log.
pub(super) fn hostile_text(longest: usize) -> impl Strategy<Value = String> {
    let odd = select(vec![
        '\0', '\n', '\r', '\t', '\u{1b}', '"', '\'', '\\', '&', '=', '+', '%', '#', '?', '/', ' ',
        '<', '\u{7f}', '\u{85}', '\u{2028}', '\u{202e}', '\u{2066}', '\u{feff}', 'é', '𝄞',
    ]);
    let one = prop_oneof![2 => odd, 3 => proptest::char::range('a', 'z'), 1 => any::<char>()];
    vec(one, 0..=longest).prop_map(|all| all.into_iter().collect())
}

/// Any JSON, a few levels deep.
pub(super) fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        // Eighths: serde_json reads the last digit of other fractions one off.
        any::<i32>().prop_map(|number| Json::from(f64::from(number) / 8.0)),
        hostile_text(12).prop_map(Json::from),
        select(vec!["", "ok", "0", "3600", "Bearer", "DPoP", "invalid_grant"]).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Json::from),
            vec((hostile_text(6), inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// One change of an object's structure.
#[derive(Debug, Clone)]
enum Change {
    Add(String, Json),
    Duplicate(Json),
    Nest(usize),
    Remove,
    Retype(Json),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (hostile_text(8), any_json()).prop_map(|(name, value)| Change::Add(name, value)),
        any_json().prop_map(Change::Duplicate),
        (1..200_usize).prop_map(Change::Nest),
        Just(Change::Remove),
        any_json().prop_map(Change::Retype),
    ]
}

/// The members of an object in order, each with its value as text: a name may stand there twice.
pub(super) type Members = Vec<(String, String)>;

/// The object with up to three changes, or none.
pub(super) fn changed(base: &Json) -> impl Strategy<Value = Members> + use<> {
    let base: Members = base
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect();
    vec((any::<prop::sample::Index>(), change()), 0..=3).prop_map(move |changes| {
        let mut members = base.clone();
        for (index, change) in changes {
            if members.is_empty() {
                break;
            }
            let at = index.index(members.len());
            match change {
                Change::Add(name, value) => members.push((name, value.to_string())),
                Change::Duplicate(value) => {
                    let name = members[at].0.clone();
                    members.push((name, value.to_string()));
                }
                Change::Nest(depth) => {
                    let value = &members[at].1;
                    members[at].1 = format!("{}{value}{}", "[".repeat(depth), "]".repeat(depth));
                }
                Change::Remove => drop(members.remove(at)),
                Change::Retype(value) => members[at].1 = value.to_string(),
            }
        }
        members
    })
}

pub(super) fn text_of(members: &Members) -> String {
    let mut text = "{".to_owned();
    for (name, value) in members {
        let separator = if text.len() == 1 { "" } else { "," };
        write!(text, "{separator}{}:{value}", Json::from(name.as_str())).unwrap();
    }
    text + "}"
}

/// Bytes that were something: cut off somewhere, or with one byte changed.
pub(super) fn cut_or_flipped(whole: String) -> impl Strategy<Value = Vec<u8>> {
    let whole = whole.into_bytes();
    (any::<prop::sample::Index>(), option::of(any::<u8>())).prop_map(move |(index, byte)| {
        let mut bytes = whole.clone();
        let at = index.index(bytes.len());
        match byte {
            Some(byte) => bytes[at] = byte,
            None => bytes.truncate(at),
        }
        bytes
    })
}
