//! What differs between a request and its fixture, one line each.

use std::collections::BTreeSet;

use hallpass_core::{
    Json,
    url::{Url, form_urlencoded},
};

use super::Sent;
use crate::{FixtureRequest, fixture::header};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

pub(super) fn differences(want: &FixtureRequest, got: &Sent) -> Vec<String> {
    let mut found = Found::default();
    if *want.method() != got.method {
        found.differ("", want.method().as_str(), got.method.as_str());
    }
    urls(want.url(), &got.url, &mut found);
    headers(want, got, &mut found);
    bodies(want, got, &mut found);
    found.0
}

/// What differs between two URLs, whose pairs may come in any order.
pub(crate) fn url_differences(want: &str, got: &str) -> Vec<String> {
    let mut found = Found::default();
    urls(want, got, &mut found);
    found.0
}

fn urls(want: &str, got: &str, found: &mut Found) {
    let (want_page, want_query) = split(want);
    let (got_page, got_query) = split(got);
    if want_page != got_page {
        found.differ("", &want_page, &got_page);
    }
    found.pairs("query ", &want_query, &got_query);
}

/// A URL without its query, and the query.
fn split(url: &str) -> (String, String) {
    match Url::parse(url) {
        Ok(mut url) => {
            let query = url.query().unwrap_or_default().to_owned();
            url.set_query(None);
            (url.into(), query)
        }
        Err(_) => (url.to_owned(), String::new()),
    }
}

fn headers(want: &FixtureRequest, got: &Sent, found: &mut Found) {
    let names: BTreeSet<&str> = want.headers().iter().map(|(name, _)| name.as_str()).collect();
    for name in &names {
        let values = want.headers().iter().filter(|(known, _)| known == name);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        let value = values.join(", ");
        let label = format!("{name}: ");
        match got.header(name) {
            None => found.differ(&label, &value, "(absent)"),
            Some(sent) if value != "*" && value != sent => found.differ(&label, &value, &sent),
            Some(_) => {}
        }
    }
    // A credential that the fixture does not know of has gone astray.
    if let (false, Some(sent)) = (names.contains("authorization"), got.header("authorization")) {
        found.differ("authorization: ", "(absent)", &sent);
    }
}

fn bodies(want: &FixtureRequest, got: &Sent, found: &mut Found) {
    let (want_body, got_body) = match (want.body(), &got.body) {
        (None, None) => return,
        (Some(want), Some(got)) => (want, got.as_str()),
        (want, got) => {
            let got = got.as_deref().unwrap_or("(absent)");
            return found.differ("body ", want.unwrap_or("(absent)"), got);
        }
    };
    let looks_like_json = want_body.starts_with(['{', '[']);
    let listed = header(want.headers(), "content-type").filter(|value| *value != "*");
    let media_type = match listed {
        Some(listed) => listed.split(';').next().unwrap_or_default().trim(),
        None if looks_like_json => JSON,
        None => FORM,
    };
    if listed.is_none() && got.media_type() != media_type {
        found.differ("media type ", media_type, &got.media_type());
    }
    let json = |text: &str| serde_json::from_str::<Json>(text).ok();
    match media_type {
        FORM => found.pairs("form ", want_body, got_body),
        _ if looks_like_json => {
            let (want_json, got_json) = (json(want_body), json(got_body));
            if want_json.is_none() || want_json != got_json {
                found.differ("body ", want_body, got_body);
            }
        }
        _ if want_body != got_body => found.differ("body ", want_body, got_body),
        _ => {}
    }
}

/// Lines that start with `-` for the fixture's and `+` for what was sent.
#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn differ(&mut self, label: &str, want: &str, got: &str) {
        self.0.push(format!("    - {label}{want}\n    + {label}{got}\n"));
    }

    /// Pairs of a query or form that only one side has, in any order.
    fn pairs(&mut self, label: &str, want: &str, got: &str) {
        let (want, got) = (pairs(want), pairs(got));
        for (sign, here, there) in [('-', &want, &got), ('+', &got, &want)] {
            for (name, value) in only_in(here, there) {
                self.0.push(format!("    {sign} {label}{name}={value}\n"));
            }
        }
    }
}

type Pair = (String, String);

fn pairs(text: &str) -> Vec<Pair> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// What of `here` is not in `there`, as often as it is not.
fn only_in(here: &[Pair], there: &[Pair]) -> Vec<Pair> {
    let mut there = there.to_vec();
    let mut only = Vec::new();
    for pair in here {
        match there.iter().position(|other| other == pair) {
            Some(at) => drop(there.swap_remove(at)),
            None => only.push(pair.clone()),
        }
    }
    only
}
