//! Id and email address of a user over plain HTTP on loopback, one after the other. The limit is
//! bare reqwest, and serde into borrowed fields.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use criterion::{Criterion, SamplingMode};
use hallpass_benches::{
    ACCESS_TOKEN, AUTHORIZE, BareUserinfo, Lack, Race, Report, Responder, Row, Target, ThreadTime,
    bare_http, config, replies::USERINFO, run, waits,
};
use hallpass_core::{
    Api, Descriptor, EmailVerification, Endpoint, OAuth2Client, OAuth2Token, Profile, Provider,
    Result,
};
use tokio::runtime;

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
    assert_eq!(want, runtime.block_on(hallpass(&client, &token)), "hallpass finds the same user");
    let ours = |count| waits(&runtime, count, || hallpass(&client, &token));
    let mut race = Race::new(&mut group, report, "", &ours);
    race.run("limit", &|count| waits(&runtime, count, || bare.run(ACCESS_TOKEN)));
    #[cfg(feature = "peers")]
    peers(&mut race, &runtime, &responder, &want);
    group.finish();
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
fn peers(race: &mut Race<'_, '_>, runtime: &runtime::Runtime, responder: &Responder, want: &User) {
    use hallpass_benches::{
        peers::{huskarl, oauth2, openidconnect_http as openidconnect},
        replies::SUBJECT,
    };
    let endpoint = responder.at("/userinfo");
    let client = openidconnect::client(&responder.url(), &endpoint);
    let http = oauth2::http(None);
    let get = || openidconnect::userinfo(&client, &http, ACCESS_TOKEN);
    assert_eq!(*want, runtime.block_on(get()), "openidconnect finds the same user");
    race.run("openidconnect", &|count| waits(runtime, count, get));
    let http = runtime.block_on(huskarl::http(None));
    let client = runtime.block_on(huskarl::userinfo_client(&endpoint));
    let token = huskarl::access_token(ACCESS_TOKEN);
    let get = || huskarl::userinfo(&client, &http, &token, SUBJECT);
    assert_eq!(*want, runtime.block_on(get()), "huskarl finds the same user");
    race.run("huskarl", &|count| waits(runtime, count, get));
}

const ROWS: [Row; 1] = [Row {
    work: "id and email of a user, one at a time",
    parameter: "",
    // The exchange's.
    targets: &[Target { of: "limit", at_most: 1.03 }],
    lacks: &[
        Lack { who: "limit", what: "looks at nothing but status and members, keeps no profile" },
        Lack { who: "oauth2", what: "reads no profile" },
    ],
}];

fn main() {
    run("get_id_email", &ROWS, get_id_email);
}
