//! A callback verified: query parsed, `state` compared in constant time, `iss` compared, `error`
//! looked for, code taken. Nothing is sent.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{hint::black_box, time::SystemTime};

use criterion::Criterion;
use hallpass_benches::{
    CLIENT_ID, CODE, ISSUER, Lack, Race, Report, Row, SCOPES, ThreadTime, bare_callback, calls,
    client, pairs, run,
};
use hallpass_core::{
    AuthorizationRequest, Callback, Descriptor, PendingAuthorization, Result, VerifiedCode,
};
use tokio::runtime;
use url::form_urlencoded::Serializer;

fn callback(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let client = client("https://plain.test/oauth/token");
    let login = runtime.block_on(client.get_authorization_url(AuthorizationRequest::new()));
    let login = login.expect("a URL");
    let state = state(login.url.as_str());
    let stored = login.pending.expose_for_session();
    let pending = || PendingAuthorization::from_session(&stored).expect("what was stored");
    let descriptor = client.descriptor();

    let good = query(&state, ISSUER, &[]);
    let code = verify(&good, pending(), descriptor).expect("a code").code().expose().to_owned();
    assert_eq!(code, CODE);
    assert_eq!(bare_callback(&good, &state, ISSUER).as_deref(), Some(CODE));
    let other_state = query(&state.to_lowercase(), ISSUER, &[]);
    let other_issuer = query(&state, "https://other.test", &[]);
    let error = query(&state, ISSUER, &[("error", "access_denied")]);
    for refused in [other_state, other_issuer, error] {
        assert!(verify(&refused, pending(), descriptor).is_err(), "{refused}");
        assert_eq!(bare_callback(&refused, &state, ISSUER), None, "{refused}");
    }

    let mut group = c.benchmark_group("callback");
    // The pending authorization is used up: reading it from the session is not measured, wiping it
    // and the code is.
    let ours = |count| {
        let mut pending: Vec<_> = (0..count).map(|_| pending()).collect();
        calls(count, || verify(&good, pending.pop().expect("one for each"), descriptor))
    };
    let limit = || bare_callback(black_box(&good), &state, ISSUER);
    Race::new(&mut group, report, "", &ours).run("limit", &|count| calls(count, limit));
    group.finish();
}

fn verify(
    query: &str,
    pending: PendingAuthorization,
    descriptor: &Descriptor,
) -> Result<VerifiedCode> {
    Callback::from_query(query)?.verify(pending, descriptor, CLIENT_ID, SystemTime::now())
}

fn state(url: &str) -> String {
    let (_, query) = url.split_once('?').expect("a query");
    let state = pairs(query).into_iter().find(|(name, _)| name == "state");
    state.expect("a state").1
}

/// What the browser brings, with the scope that Google adds.
fn query(state: &str, issuer: &str, more: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("state", state).append_pair("iss", issuer).append_pair("code", CODE);
    query.append_pair("scope", &SCOPES.join(" ")).extend_pairs(more);
    query.finish()
}

const ROWS: [Row; 1] = [Row {
    work: "callback verified: state, iss, error, code",
    parameter: "",
    targets: &[],
    lacks: &[
        Lack { who: "oauth2", what: "leaves the callback to the caller" },
        Lack { who: "openidconnect", what: "leaves the callback to the caller" },
        Lack { who: "huskarl", what: "verifies a callback only as it exchanges the code" },
    ],
}];

fn main() {
    run("callback", &ROWS, callback);
}
