//! Each answer of an accepted exchange, spoiled in every way that keeps it JSON and in some that do
//! not: no panic, no result without an id, and no error that blames the program.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use hallpass_core::{
    Error, ErrorKind, HttpClient, Json, Provider, Request, Response, Result,
    http::{HeaderMap, StatusCode},
};

use super::{
    Contract, login,
    verb::{Call, Verb},
};
use crate::{Exchange, Fixture};

/// Bodies that are no answer to anything.
const NOT_JSON: [&[u8]; 9] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{\"",
    b"<html><body>Sorry</body></html>",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf",
    b"{\"id\":NaN}",
];

/// What is wrong with how the client takes spoiled answers.
pub(super) fn failures<P: Provider>(
    contract: &Contract<'_, P>,
    fixture: &Fixture,
    runtime: &tokio::runtime::Runtime,
) -> Vec<String> {
    if fixture.outcome().is_refusal() {
        return Vec::new();
    }
    let exchanges: Vec<&Exchange> =
        fixture.exchanges().iter().filter(|exchange| !login::is_browsers(exchange)).collect();
    let mut failures = Vec::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        for body in spoiled(exchange.response().body()) {
            let shown = String::from_utf8_lossy(&body).chars().take(400).collect::<String>();
            let wire = Spoiled::new(&exchanges, at, &body);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                runtime.block_on(play(contract, fixture, Arc::new(wire)))
            }));
            let wrong = match outcome {
                Err(_) => Some("it panics".to_owned()),
                Ok(Err(error)) if error.kind() == ErrorKind::Config => {
                    Some(format!("it blames the program: {error}"))
                }
                Ok(_) => None,
            };
            failures.extend(wrong.map(|wrong| {
                format!("{}: answer {} spoiled to\n< {shown}\n    {wrong}", fixture.name(), at + 1)
            }));
        }
    }
    failures
}

async fn play<P: Provider>(
    contract: &Contract<'_, P>,
    fixture: &Fixture,
    wire: Arc<Spoiled>,
) -> Result<()> {
    let verb = Verb::named(fixture.operation());
    let client = match verb {
        Some(Verb::Discovery) => contract.bare_client(wire)?,
        _ => contract.client(wire, Some(fixture))?,
    };
    let token = &contract.token;
    let token = match verb {
        Some(Verb::Call(call)) if login::goes_before(fixture, call) => {
            &login::bare(&client, None).await?
        }
        _ => token,
    };
    match (verb, contract.own(fixture.operation())) {
        (Some(Verb::Call(Call::IdEmail)), _) => client.get_id_email(token).await.map(drop),
        (Some(Verb::Call(Call::Profile)), _) => client.get_profile(token).await.map(drop),
        (Some(Verb::Call(Call::Refresh)), _) => client.refresh_token(token).await.map(drop),
        (Some(Verb::Call(Call::Revoke(what))), _) => client.revoke_token(token, what).await,
        (Some(Verb::AccessToken), _) => {
            let browser = fixture.exchanges().iter().find(|exchange| login::is_browsers(exchange));
            login::bare(&client, browser).await.map(drop)
        }
        (None, Some(own)) => own.call(&client, token).await.map(drop),
        // The authorization page answers the browser, not us.
        (Some(Verb::Authorize), _) | (None, None) => Ok(()),
        (Some(Verb::Discovery), _) => client.endpoints().await.map(drop),
    }
}

/// The fixture's answers, one of them spoiled.
#[derive(Debug)]
struct Spoiled {
    answers: Vec<(u16, HeaderMap, Vec<u8>)>,
    next: AtomicUsize,
}

impl Spoiled {
    fn new(exchanges: &[&Exchange], at: usize, body: &[u8]) -> Self {
        let answer = |(index, exchange): (usize, &&Exchange)| {
            let response = exchange.response();
            let body = if index == at { body.to_vec() } else { response.body().into() };
            (response.status(), HeaderMap::new(), body)
        };
        Self {
            answers: exchanges.iter().enumerate().map(answer).collect(),
            next: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl HttpClient for Spoiled {
    async fn send(&self, _request: Request) -> Result<Response> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let (status, headers, body) = self
            .answers
            .get(at)
            .cloned()
            .ok_or_else(|| Error::transport("the fixture has no further answer"))?;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        Ok(Response::new(status, headers, body))
    }
}

/// Every spoiled form of a body.
fn spoiled(body: &str) -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = NOT_JSON.iter().map(|body| body.to_vec()).collect();
    bodies.push(format!("{{\"id\":{}", "[".repeat(10_000)).into_bytes());
    if let Ok(json) = serde_json::from_str::<Json>(body) {
        for path in paths(&json) {
            for change in Change::ALL {
                let mut out = String::new();
                write(&json, &path, change, &mut Vec::new(), &mut out);
                bodies.push(out.into_bytes());
            }
        }
    }
    bodies
}

/// What happens to one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Removed,
    Twice,
    Nested,
    To(&'static str),
}

impl Change {
    const ALL: [Self; 12] = [
        Self::Removed,
        Self::Twice,
        Self::Nested,
        Self::To("null"),
        Self::To("true"),
        Self::To("false"),
        Self::To("-1"),
        Self::To("1e300"),
        Self::To("\"\""),
        Self::To("\"\\u0000\\n\""),
        Self::To("[]"),
        Self::To("{}"),
    ];
}

/// A step on the way to a value.
type Step = String;

/// The way to every value, the whole first.
fn paths(json: &Json) -> Vec<Vec<Step>> {
    let mut found = vec![Vec::new()];
    let inner: Vec<(Step, &Json)> = match json {
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Json::Array(values) => {
            values.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (step, value) in inner {
        for mut path in paths(value) {
            path.insert(0, step.clone());
            found.push(path);
        }
    }
    found
}

/// Writes `json` with the change at `path`. By hand: no JSON library writes a member twice.
fn write(json: &Json, path: &[Step], change: Change, here: &mut Vec<Step>, out: &mut String) {
    if here.as_slice() == path {
        match change {
            Change::To(text) => return out.push_str(text),
            Change::Nested => return out.push_str(&format!("{{\"value\":{json}}}")),
            Change::Removed | Change::Twice => {}
        }
    }
    let mut first = true;
    let mut inner = |step: Step, prefix: &str, value: &Json, out: &mut String| {
        here.push(step);
        let times = match change {
            Change::Removed if here.as_slice() == path => 0,
            Change::Twice if here.as_slice() == path => 2,
            _ => 1,
        };
        for _ in 0..times {
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            out.push_str(prefix);
            write(value, path, change, here, out);
        }
        here.pop();
    };
    match json {
        Json::Object(members) => {
            out.push('{');
            for (name, value) in members {
                inner(name.clone(), &format!("{}:", Json::from(name.as_str())), value, out);
            }
            out.push('}');
        }
        Json::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                inner(index.to_string(), "", value, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_spoiled_in_every_way() {
        let json = serde_json::json!({ "a": [1, { "b": 2 }] });
        assert_eq!(paths(&json).len(), 5);
        check(&json, &["a", "1", "b"], Change::Removed, r#"{"a":[1,{}]}"#);
        check(&json, &["a", "0"], Change::Removed, r#"{"a":[{"b":2}]}"#);
        check(&json, &["a", "1", "b"], Change::Twice, r#"{"a":[1,{"b":2,"b":2}]}"#);
        check(&json, &["a"], Change::To("null"), r#"{"a":null}"#);
        check(&json, &["a", "0"], Change::Nested, r#"{"a":[{"value":1},{"b":2}]}"#);
        check(&json, &[], Change::To("[]"), "[]");
    }

    #[track_caller]
    fn check(json: &Json, path: &[&str], change: Change, want: &str) {
        let path: Vec<Step> = path.iter().map(|step| (*step).to_owned()).collect();
        let mut out = String::new();
        write(json, &path, change, &mut Vec::new(), &mut out);
        assert_eq!(out, want);
    }
}
