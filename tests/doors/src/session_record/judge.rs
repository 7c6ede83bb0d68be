//! What a text that Redis gives back is worth, read by other means than the router's.

use std::ops::RangeInclusive;

use hallpass::core::Json;
use serde_json::Map;

use crate::{oracle::texts, world::NOW};

/// What may come of a text.
#[derive(Default)]
pub(super) struct Judged {
    /// Who may be signed in, if anybody may.
    pub(super) who: Option<Who>,
    /// Nothing is wrong with it: somebody must be.
    pub(super) is_due: bool,
    /// Something stands beside the session.
    pub(super) is_marked: bool,
    /// Longer words that are on no page about what is wrong.
    pub(super) secrets: Vec<String>,
}

pub(super) struct Who {
    /// All of it, as it was written.
    pub(super) identity: Json,
    pub(super) key: [String; 2],
}

impl Judged {
    /// The same store once the session is gone.
    pub(super) fn without_session(&self) -> Self {
        let secrets = self.secrets.clone();
        Self { secrets, is_marked: self.is_marked, ..Self::default() }
    }
}

/// `other` is what stands under every other key; `written` is what a login writes.
pub(super) fn judged(text: &[u8], other: Option<&[u8]>, written: &str) -> Judged {
    let record: Json = serde_json::from_slice(text).unwrap_or_default();
    let mut secrets = Vec::new();
    texts(&record, &mut secrets);
    let secrets = secrets.into_iter().filter(|text| text.contains("planted"));
    let mark = other.map(beside);
    let nobody = Judged {
        is_marked: mark.is_some(),
        secrets: secrets.map(str::to_owned).collect(),
        ..Judged::default()
    };
    let data = &record["data"];
    let Some(who) = who(&data["hallpass.identity"]) else { return nobody };
    let began = &data["hallpass.began"];
    let (Some(at), Some(login)) = (began["at"].as_u64(), began.get("login")) else { return nobody };
    let is_of_now = NOW.saturating_sub(at) < 90 * 86_400 && at <= NOW + 86_400;
    let is_form = data["hallpass.csrf"].as_str().is_some_and(|word| word.len() == 32);
    if data.get("hallpass.mark").is_some() || !is_of_now || !is_form {
        return nobody;
    }
    let is_over = match (mark, login["at"].as_u64()) {
        (Some(None), _) => !login.is_null(),
        (Some(Some(told)), Some(at)) => at <= told,
        _ => false,
    };
    if is_over {
        return nobody;
    }
    let is_whole = is_as_written(&record, &serde_json::from_str(written).unwrap());
    Judged { who: Some(who), is_due: is_plain(text) && is_whole && mark.is_none(), ..nobody }
}

/// Whether it is JSON that can be read in one way alone: without a member twice.
fn is_plain(text: &[u8]) -> bool {
    serde_json::from_slice(text).is_ok_and(|json: Json| json.to_string().as_bytes() == text)
}

/// The years from -9999 to 9999, in milliseconds since 1970.
const TIMES: RangeInclusive<i64> = -377_705_116_800_000..=253_402_300_799_999;

/// When the mark under another key was set; `None` if it is none.
fn beside(text: &[u8]) -> Option<u64> {
    let record: Json = serde_json::from_slice(text).ok()?;
    let is_time = record["expires_at"].as_i64().is_some_and(|time| TIMES.contains(&time));
    record["data"]["hallpass.mark"].as_u64().filter(|_| is_time)
}

/// What decides whose account it is; the rest may be missing.
const NEEDED: [&str; 4] = ["id", "issuer", "provider", "provider_session"];
const TEXTS: [&str; 10] = [
    "email",
    "host",
    "id",
    "issuer",
    "name",
    "picture",
    "provider",
    "provider_session",
    "realm",
    "username",
];
const FLAG: &str = "is_email_verified";

fn who(kept: &Json) -> Option<Who> {
    let kept = kept.as_object()?;
    let of = |name: &str| kept.get(name).unwrap_or(&Json::Null);
    let is_text = |name: &str| of(name).is_null() || of(name).is_string();
    let is_flag = of(FLAG).is_null() || of(FLAG).is_boolean();
    let is_all_there = NEEDED.iter().all(|name| kept.contains_key(*name));
    if !TEXTS.iter().all(|name| is_text(name)) || !is_flag || !is_all_there {
        return None;
    }
    let (provider, id, issuer) = (of("provider").as_str()?, of("id").as_str()?, of("issuer"));
    let realm = realm(provider, of("host").as_str(), issuer.as_str());
    // Another one would make it another's account.
    if provider.is_empty() || id.is_empty() || realm.as_deref() != of("realm").as_str() {
        return None;
    }
    let whose = realm.as_deref().or(issuer.as_str()).unwrap_or(provider);
    let key = [whose.to_owned(), id.to_owned()];
    let members = TEXTS.into_iter().chain([FLAG]).map(|name| (name.to_owned(), of(name).clone()));
    // These two are only written where they are.
    let is_written = |(name, value): &(String, Json)| {
        !value.is_null() || !["host", "realm"].contains(&name.as_str())
    };
    Some(Who { identity: Json::Object(members.filter(is_written).collect::<Map<_, _>>()), key })
}

/// At a host that is one of many, an issuer counts alone only if it is there.
fn realm(provider: &str, host: Option<&str>, issuer: Option<&str>) -> Option<String> {
    let host = host?;
    let home = format!("https://{host}");
    match issuer {
        Some(issuer) if issuer == home || issuer.starts_with(&format!("{home}/")) => None,
        Some(issuer) => Some(format!("{provider}@{host}|{issuer}")),
        None => Some(format!("{provider}@{host}")),
    }
}

/// Whether all that a login writes is there as it wrote it, and nothing else but members that
/// nobody knows.
fn is_as_written(record: &Json, written: &Json) -> bool {
    match (record, written) {
        (Json::Object(record), Json::Object(written)) => written
            .iter()
            .all(|(name, value)| record.get(name).is_some_and(|it| is_as_written(it, value))),
        (record, written) => record == written,
    }
}
