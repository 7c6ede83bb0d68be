//! The URL of the authorization page: state, S256 challenge, scopes, and what is kept for the
//! callback; then the same with OpenID Connect's scope and nonce.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use criterion::Criterion;
use hallpass_benches::{
    AUTHORIZE, ISSUER, Lack, OPENID_SCOPES, Race, Report, Row, Target, ThreadTime, bare_openid_url,
    bare_url, calls, client, config, run, shape, waits,
};
use hallpass_core::{AuthorizationRequest, Descriptor, OAuth2Client, Provider};
use hallpass_openid::{IssuerRule, OpenId};
use tokio::runtime::{self, Runtime};

const TOKEN_ENDPOINT: &str = "https://plain.test/oauth/token";
/// The row with a nonce.
const OPENID: &str = "openid";

fn authorization_url(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut group = c.benchmark_group("authorization_url");

    let kept = client(TOKEN_ENDPOINT);
    let plain = checked(&runtime, &kept, bare_url);
    let ours =
        |count| waits(&runtime, count, || kept.get_authorization_url(AuthorizationRequest::new()));
    let mut race = Race::new(&mut group, report, "", &ours);
    race.run("limit", &|count| calls(count, bare_url));
    #[cfg(feature = "peers")]
    {
        oauth2(&mut race, &plain);
        huskarl(&mut race, &runtime, false, &plain);
    }

    let kept = openid_client();
    let openid = checked(&runtime, &kept, bare_openid_url);
    let ours =
        |count| waits(&runtime, count, || kept.get_authorization_url(AuthorizationRequest::new()));
    let mut race = Race::new(&mut group, report, OPENID, &ours);
    race.run("limit", &|count| calls(count, bare_openid_url));
    #[cfg(feature = "peers")]
    {
        openidconnect(&mut race, &openid);
        huskarl(&mut race, &runtime, true, &openid);
    }
    #[cfg(not(feature = "peers"))]
    let _ = (plain, openid);
    group.finish();
}

fn openid_client() -> OAuth2Client<OpenId> {
    let descriptor = Descriptor::new("plain", AUTHORIZE, TOKEN_ENDPOINT);
    let descriptor = descriptor.with_scopes(OPENID_SCOPES).with_issuer(ISSUER);
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let provider = OpenId::pinned(descriptor, issuer, "https://plain.test/jwks");
    OAuth2Client::new(provider, config()).expect("a client")
}

/// What the peers' URLs are compared with.
fn checked<P: Provider>(
    runtime: &Runtime,
    client: &OAuth2Client<P>,
    bare: fn() -> String,
) -> Shape {
    let ours = runtime.block_on(client.get_authorization_url(AuthorizationRequest::new()));
    let ours = shape(ours.expect("a URL").url.as_str());
    assert_eq!(ours, shape(&bare()), "the limit does the same work");
    ours
}

#[cfg(feature = "peers")]
fn oauth2(race: &mut Race<'_, '_>, ours: &Shape) {
    use hallpass_benches::peers::oauth2 as peer;
    let client = peer::client(TOKEN_ENDPOINT);
    assert_eq!(*ours, shape(peer::url(&client).0.as_str()), "oauth2 does the same work");
    race.run("oauth2", &|count| calls(count, || peer::url(&client)));
}

#[cfg(feature = "peers")]
fn openidconnect(race: &mut Race<'_, '_>, ours: &Shape) {
    use hallpass_benches::peers::openidconnect_http as peer;
    let client = peer::client(TOKEN_ENDPOINT, "https://plain.test/userinfo");
    let theirs = peer::url(&client, OPENID_SCOPES).0;
    assert_eq!(*ours, shape(theirs.as_str()), "openidconnect does the same work");
    race.run("openidconnect", &|count| calls(count, || peer::url(&client, OPENID_SCOPES)));
}

#[cfg(feature = "peers")]
fn huskarl(race: &mut Race<'_, '_>, runtime: &Runtime, is_openid: bool, ours: &Shape) {
    use hallpass_benches::{SCOPES, peers::huskarl as peer};
    let scopes = if is_openid { OPENID_SCOPES } else { SCOPES };
    let http = runtime.block_on(peer::http(None));
    let grant = runtime.block_on(peer::grant(&http, TOKEN_ENDPOINT, is_openid));
    let theirs = runtime.block_on(peer::start(&grant, scopes)).authorization_url;
    assert_eq!(*ours, shape(&theirs.to_string()), "huskarl does the same work");
    race.run("huskarl", &|count| waits(runtime, count, || peer::start(&grant, scopes)));
}

/// As `shape` gives it.
type Shape = (String, Vec<(String, usize)>);

const LIMIT: Lack = Lack { who: "limit", what: "keeps nothing for the callback" };
const ROWS: [Row; 2] = [
    Row {
        work: "authorization URL, state, S256 challenge",
        parameter: "",
        targets: &[Target { of: "oauth2", at_most: 0.25 }],
        lacks: &[LIMIT, Lack { who: "openidconnect", what: "makes no URL without a nonce" }],
    },
    Row {
        work: "authorization URL, state, S256 challenge, nonce",
        parameter: OPENID,
        targets: &[],
        lacks: &[LIMIT, Lack { who: "oauth2", what: "makes no nonce" }],
    },
];

fn main() {
    run("authorization_url", &ROWS, authorization_url);
}
