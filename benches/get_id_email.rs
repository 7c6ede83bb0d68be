//! Id and email address of a user over plain HTTP on loopback, one after the other. The limit is
//! bare reqwest, and serde into borrowed fields.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use std::{future::Future, hint::black_box, time::Duration};

use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use hallpass_benches::{
    ACCESS_TOKEN, AUTHORIZE, BareUserinfo, Lack, Report, Responder, Row, Target, ThreadTime,
    bare_http, config, criterion, replies::USERINFO,
};
use hallpass_core::{
    Api, Descriptor, EmailVerification, Endpoint, OAuth2Client, OAuth2Token, Profile, Provider,
    Result,
};
use tokio::runtime::{self, Runtime};

/// Id, address, and whether the provider says that it is proven.
type User = (String, Option<String>, Option<bool>);

fn get_id_email(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let responder = Responder::start(USERINFO);
    let endpoint = responder.at("/userinfo");
    let mut group = c.benchmark_group("get_id_email");
    group.sampling_mode(SamplingMode::Flat).sample_size(50);

    let bare = BareUserinfo::new(bare_http(None), &endpoint);
    let want = runtime.block_on(bare.run(ACCESS_TOKEN));
    let descriptor = Descriptor::new("standard", AUTHORIZE, responder.url());
    let descriptor = descriptor.with_endpoint(Endpoint::Userinfo, endpoint);
    let client = OAuth2Client::new(Standard(descriptor), config()).expect("a client");
    let token = OAuth2Token::from_access_token(ACCESS_TOKEN);
    let ours = |count| batch(&runtime, count, || hallpass(&client, &token));
    let mut race = Race { group, report, runtime: &runtime, want, ours: &ours };
    race.run("hallpass", || hallpass(&client, &token));
    race.run("limit", || bare.run(ACCESS_TOKEN));
    #[cfg(feature = "peers")]
    peers(&mut race, &responder);
    race.group.finish();
    // A connection for each contender, kept; some more where the kernel was slow to say so.
    let opened = responder.connections();
    assert!(opened <= 10, "{opened} connections were opened for one at a time");
}

/// A provider with userinfo as the standard has it.
#[derive(Debug)]
struct Standard(Descriptor);

impl Provider for Standard {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = Profile::from_json(api.userinfo().await?, "sub")?;
        let email = profile.raw()["email"].as_str().map(str::to_owned);
        let verification = EmailVerification::from_flag(profile.raw().get("email_verified"));
        Ok(profile.with_email(email.as_deref(), verification))
    }
}

async fn hallpass(client: &OAuth2Client<Standard>, token: &OAuth2Token) -> User {
    let who = client.get_id_email(token).await.expect("an identity");
    let is_verified = match who.email_verification {
        EmailVerification::Verified => Some(true),
        EmailVerification::Unverified => Some(false),
        _ => None,
    };
    (who.id, who.email, is_verified)
}

#[cfg(feature = "peers")]
fn peers(race: &mut Race<'_>, responder: &Responder) {
    use hallpass_benches::{
        peers::{huskarl, oauth2, openidconnect_http as openidconnect},
        replies::SUBJECT,
    };
    let endpoint = responder.at("/userinfo");
    let client = openidconnect::client(&responder.url(), &endpoint);
    let http = oauth2::http(None);
    race.run("openidconnect", || openidconnect::userinfo(&client, &http, ACCESS_TOKEN));
    let http = race.runtime.block_on(huskarl::http(None));
    let client = race.runtime.block_on(huskarl::userinfo_client(&endpoint));
    let token = huskarl::access_token(ACCESS_TOKEN);
    race.run("huskarl", || huskarl::userinfo(&client, &http, &token, SUBJECT));
}

/// All contenders at one endpoint.
struct Race<'a> {
    group: BenchmarkGroup<'a, ThreadTime>,
    report: &'a Report,
    runtime: &'a Runtime,
    want: User,
    /// How long hallpass takes for so many.
    ours: &'a dyn Fn(u64) -> Duration,
}

impl Race<'_> {
    /// Measures one contender, once it has found the right user, and hallpass beside it, now
    /// before it and now after.
    fn run<F: Future<Output = User>>(&mut self, contender: &str, get: impl Fn() -> F) {
        assert_eq!(self.want, self.runtime.block_on(get()), "{contender} finds the same user");
        let mut is_first = false;
        self.group.bench_function(contender, |b| {
            b.iter_custom(|count| {
                is_first = !is_first;
                let before = is_first.then(|| (self.ours)(count));
                let theirs = batch(self.runtime, count, &get);
                let ours = before.unwrap_or_else(|| (self.ours)(count));
                self.report.pair(contender, "", ours, theirs);
                theirs
            });
        });
    }
}

fn batch<F: Future<Output = User>>(runtime: &Runtime, count: u64, get: impl Fn() -> F) -> Duration {
    let began = ThreadTime::now();
    runtime.block_on(async {
        for _ in 0..count {
            black_box(get().await);
        }
    });
    ThreadTime::now().saturating_sub(began)
}

const ROWS: [Row; 1] = [Row {
    work: "id and email of a user, one at a time",
    parameter: "",
    targets: &[Target { of: "limit", at_most: 1.03 }],
    lacks: &[Lack { who: "oauth2", what: "reads no profile" }],
}];

fn main() {
    let report = Report::begin("get_id_email");
    let mut criterion = criterion();
    get_id_email(&mut criterion, &report);
    criterion.final_summary();
    report.finish(&ROWS);
}
