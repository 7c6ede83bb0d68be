//! A token reply read from memory, what RFC 6749 does not know included.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use criterion::{Criterion, Throughput};
use hallpass_benches::{
    Lack, Race, Report, Row, Target, ThreadTime, calls,
    replies::{Bare, GITHUB, GOOGLE},
    run,
};
use hallpass_core::{
    Descriptor, OAuth2Token, Response, Secret,
    bench::read_token,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};

fn token_read(c: &mut Criterion<ThreadTime>, report: &Report) {
    let descriptor = Descriptor::new("plain", "https://plain.test/a", "https://plain.test/t");
    let mut group = c.benchmark_group("token_read");
    for (name, body) in [("google", GOOGLE), ("github", GITHUB)] {
        let response = response(body);
        let ours = of_token(&read_token(&response, &descriptor).expect("a token"));
        let bare = serde_json::from_str(body).expect("a reply");
        assert_eq!(ours, of_bare(&bare), "the limit reads the same");

        group.throughput(Throughput::Bytes(body.len() as u64));
        let read = |count| calls(count, || read_token(&response, &descriptor));
        let mut race = Race::new(&mut group, report, name, &read);
        let limit = || serde_json::from_slice::<Bare<'_>>(&response.body);
        race.run("limit", &|count| calls(count, limit));
        #[cfg(feature = "peers")]
        peers(&mut race, body, &ours);
    }
    group.finish();
}

#[cfg(feature = "peers")]
fn peers(race: &mut Race<'_, '_>, body: &str, ours: &Read) {
    use hallpass_benches::peers::{huskarl, oauth2, openidconnect_http as openidconnect};
    let body = body.as_bytes();
    let read = || serde_json::from_slice::<oauth2::Reply>(body).expect("a reply");
    assert_eq!(*ours, of_oauth2(&read()), "oauth2 reads the same");
    race.run("oauth2", &|count| calls(count, read));
    let read = || serde_json::from_slice::<openidconnect::Reply>(body).expect("a reply");
    assert_eq!(*ours, of_openidconnect(&read()), "openidconnect reads the same");
    race.run("openidconnect", &|count| calls(count, read));
    assert_eq!(*ours, of_huskarl(&huskarl::read(body)), "huskarl reads the same");
    race.run("huskarl", &|count| calls(count, || huskarl::read(body)));
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
const LIMIT: Lack = Lack { who: "limit", what: "copies nothing, keeps nothing unknown" };
const OPENIDCONNECT: Lack = Lack { who: "openidconnect", what: "takes the ID token apart as well" };
const ROWS: [Row; 2] = [
    Row {
        work: "token reply read, unknown members kept, Google's",
        parameter: "google",
        targets: TARGETS,
        lacks: &[LIMIT, OPENIDCONNECT],
    },
    Row {
        work: "token reply read, unknown members kept, GitHub's",
        parameter: "github",
        targets: TARGETS,
        lacks: &[LIMIT],
    },
];

fn main() {
    run("token_read", &ROWS, token_read);
}
