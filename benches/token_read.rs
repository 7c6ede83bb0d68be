//! A token reply read from memory, what RFC 6749 does not know included.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use criterion::{BenchmarkId, Criterion, Throughput};
use hallpass_benches::{
    Lack, Report, Row, Target, ThreadTime, criterion,
    replies::{Bare, GITHUB, GOOGLE},
};
use hallpass_core::{
    Descriptor, OAuth2Token, Response, Secret,
    bench::read_token,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};

fn token_read(c: &mut Criterion<ThreadTime>) {
    let descriptor = Descriptor::new("plain", "https://plain.test/a", "https://plain.test/t");
    let mut group = c.benchmark_group("token_read");
    for (name, body) in [("google", GOOGLE), ("github", GITHUB)] {
        let response = response(body);
        let ours = of_token(&read_token(&response, &descriptor).expect("a token"));
        let bare = serde_json::from_str(body).expect("a reply");
        assert_eq!(ours, of_bare(&bare), "the limit reads the same");

        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(BenchmarkId::new("hallpass", name), |b| {
            b.iter(|| read_token(&response, &descriptor));
        });
        group.bench_function(BenchmarkId::new("limit", name), |b| {
            b.iter(|| serde_json::from_slice::<Bare<'_>>(&response.body));
        });
        #[cfg(feature = "peers")]
        peers(&mut group, name, body, &ours);
    }
    group.finish();
}

#[cfg(feature = "peers")]
fn peers(
    group: &mut criterion::BenchmarkGroup<'_, ThreadTime>,
    name: &str,
    body: &str,
    ours: &Read,
) {
    use hallpass_benches::peers::{huskarl, oauth2, openidconnect_http as openidconnect};
    let theirs = serde_json::from_str::<oauth2::Reply>(body).expect("a reply");
    assert_eq!(*ours, of_oauth2(&theirs), "oauth2 reads the same");
    group.bench_function(BenchmarkId::new("oauth2", name), |b| {
        b.iter(|| serde_json::from_slice::<oauth2::Reply>(body.as_bytes()));
    });
    let theirs = serde_json::from_str::<openidconnect::Reply>(body).expect("a reply");
    assert_eq!(*ours, of_openidconnect(&theirs), "openidconnect reads the same");
    group.bench_function(BenchmarkId::new("openidconnect", name), |b| {
        b.iter(|| serde_json::from_slice::<openidconnect::Reply>(body.as_bytes()));
    });
    assert_eq!(*ours, of_huskarl(&huskarl::read(body.as_bytes())), "huskarl reads the same");
    group.bench_function(BenchmarkId::new("huskarl", name), |b| {
        b.iter(|| huskarl::read(body.as_bytes()));
    });
}

fn response(body: &str) -> Response {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
    Response::new(StatusCode::OK, headers, body.as_bytes().to_vec())
}

/// What was read, in one form for all contenders.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    scopes: Vec<String>,
    id_token: Option<String>,
    refresh_token_expires_in: Option<u64>,
}

fn of_token(token: &OAuth2Token) -> Read {
    let text = |secret: Option<&Secret>| secret.map(|secret| secret.expose().to_owned());
    let seconds = |at: Option<std::time::SystemTime>| {
        let (at, issued) = (at?, token.issued_at()?);
        Some(at.duration_since(issued).ok()?.as_secs())
    };
    Read {
        access_token: token.access_token().expose().to_owned(),
        token_type: token.token_type().to_ascii_lowercase(),
        expires_in: seconds(token.expires_at()),
        refresh_token: text(token.refresh_token()),
        scopes: token.scopes().map(str::to_owned).collect(),
        id_token: text(token.id_token()),
        refresh_token_expires_in: token
            .extra("refresh_token_expires_in")
            .and_then(serde_json::Value::as_u64),
    }
}

fn of_bare(reply: &Bare<'_>) -> Read {
    Read {
        access_token: reply.access_token.to_owned(),
        token_type: reply.token_type.to_ascii_lowercase(),
        expires_in: reply.expires_in,
        refresh_token: reply.refresh_token.map(str::to_owned),
        scopes: scopes(reply.scope.into_iter()),
        id_token: reply.id_token.map(str::to_owned),
        refresh_token_expires_in: reply.refresh_token_expires_in,
    }
}

#[cfg(feature = "peers")]
fn of_oauth2(reply: &hallpass_benches::peers::oauth2::Reply) -> Read {
    use oauth2::TokenResponse as _;
    let members = &reply.extra_fields().members;
    Read {
        access_token: reply.access_token().secret().clone(),
        token_type: reply.token_type().as_ref().to_ascii_lowercase(),
        expires_in: reply.expires_in().map(|lifetime| lifetime.as_secs()),
        refresh_token: reply.refresh_token().map(|token| token.secret().clone()),
        scopes: scopes(reply.scopes().into_iter().flatten().map(|scope| scope.as_str())),
        id_token: members.get("id_token").and_then(|token| Some(token.as_str()?.to_owned())),
        refresh_token_expires_in: members
            .get("refresh_token_expires_in")
            .and_then(serde_json::Value::as_u64),
    }
}

#[cfg(feature = "peers")]
fn of_openidconnect(reply: &hallpass_benches::peers::openidconnect_http::Reply) -> Read {
    use openidconnect::{OAuth2TokenResponse as _, TokenResponse as _};
    let members = &reply.extra_fields().extra_fields().members;
    Read {
        access_token: reply.access_token().secret().clone(),
        token_type: reply.token_type().as_ref().to_ascii_lowercase(),
        expires_in: reply.expires_in().map(|lifetime| lifetime.as_secs()),
        refresh_token: reply.refresh_token().map(|token| token.secret().clone()),
        scopes: scopes(reply.scopes().into_iter().flatten().map(|scope| scope.as_str())),
        id_token: reply.id_token().map(ToString::to_string),
        refresh_token_expires_in: members
            .get("refresh_token_expires_in")
            .and_then(serde_json::Value::as_u64),
    }
}

#[cfg(feature = "peers")]
fn of_huskarl(reply: &huskarl::grant::core::TokenResponse) -> Read {
    let raw = reply.raw_token_response();
    Read {
        access_token: reply.access_token().token().expose_secret().to_owned(),
        token_type: reply.access_token().token_type().to_ascii_lowercase(),
        expires_in: raw.expires_in,
        refresh_token: raw.refresh_token.as_ref().map(|token| token.expose_secret().to_owned()),
        scopes: scopes(raw.scope.as_deref().into_iter()),
        id_token: reply.id_token().map(|token| token.token().to_owned()),
        refresh_token_expires_in: reply
            .get_extra("refresh_token_expires_in")
            .and_then(serde_json::Value::as_u64),
    }
}

/// One by one: oauth2 does not split at commas, as GitHub joins them.
fn scopes<'a>(scopes: impl Iterator<Item = &'a str>) -> Vec<String> {
    scopes.flat_map(|scope| scope.split([' ', ','])).map(str::to_owned).collect()
}

const TARGETS: &[Target] = &[Target { of: "oauth2", at_most: 0.75 }];
const ROWS: [Row; 2] = [
    Row {
        work: "token reply read, Google's",
        parameter: "google",
        targets: TARGETS,
        lacks: &[Lack { who: "openidconnect", what: "takes the ID token apart as well" }],
    },
    Row { work: "token reply read, GitHub's", parameter: "github", targets: TARGETS, lacks: &[] },
];

fn main() {
    let report = Report::begin("token_read");
    let mut criterion = criterion();
    token_read(&mut criterion);
    criterion.final_summary();
    report.finish(&ROWS);
}
