//! An ID token verified, every claim checked, by keys that are there already; one that another key
//! signed; and one for which metadata and keys are fetched, from memory. The limit is the bare
//! signature.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use criterion::Criterion;
use hallpass_benches::{
    Lack, Race, Report, Row, Target, ThreadTime, calls,
    id_tokens::{BareKey, Flaw, Login, Op, SUBJECT, Signature, cold_client, parts, warm_client},
    run, waits,
};
#[cfg(feature = "peers")]
use hallpass_benches::{id_tokens::Documents, peers};
use hallpass_core::{JwtKind, OAuth2Client, Secret};
use tokio::runtime;
#[cfg(feature = "peers")]
use tokio::runtime::Runtime;

/// The signature of the rows that measure one alone.
const USUAL: Signature = Signature::Rs256;

fn id_token(c: &mut Criterion<ThreadTime>, report: &Report) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let op = Op::new();
    let mut group = c.benchmark_group("id_token");
    let (warm, cold) = (warm_client(&op), cold_client(&op));
    for client in [&warm, &cold] {
        check("hallpass", &op, &[], |jwt| runtime.block_on(subject(client, &Secret::new(jwt))));
    }
    #[cfg(feature = "peers")]
    let peers = Peers::new(&runtime, &op);
    for (parameter, jwt, is_warm) in rows(&op) {
        let client = if is_warm { &warm } else { &cold };
        let secret = Secret::new(&*jwt);
        let verify = || client.verify_jwt(&secret, JwtKind::IdToken);
        let ours = |count| waits(&runtime, count, verify);
        let mut race = Race::new(&mut group, report, parameter, &ours);
        limit(&mut race, &op, (parameter, &jwt, is_warm));
        #[cfg(feature = "peers")]
        peers.run(&mut race, &runtime, &jwt, is_warm);
    }
    group.finish();
}

/// Whether a contender takes what is good, and refuses all but what it says it overlooks.
fn check(who: &str, op: &Op, overlooked: &[Flaw], subject: impl Fn(&str) -> Option<String>) {
    for signature in Signature::ALL {
        let got = subject(&op.id_token(signature));
        assert_eq!(got.as_deref(), Some(SUBJECT), "{who} reads the same of {signature:?}");
        for flaw in Flaw::ALL {
            let taken = subject(&op.flawed(signature, flaw)).is_some();
            assert_eq!(taken, overlooked.contains(&flaw), "{who} and {flaw:?} of {signature:?}");
        }
    }
}

async fn subject(client: &OAuth2Client<Login>, jwt: &Secret) -> Option<String> {
    let claims = client.verify_jwt(jwt, JwtKind::IdToken).await.ok()?;
    Some(claims.subject().to_owned())
}

/// The signature, and nothing that it signs. Where keys are fetched: the key parsed each time.
fn limit(race: &mut Race<'_, '_>, op: &Op, (parameter, jwt, is_warm): (&str, &str, bool)) {
    let signature = Signature::ALL.into_iter().find(|one| one.name() == parameter);
    let signature = signature.unwrap_or(USUAL);
    let (public, key) = (op.public_key(signature), op.bare_key(signature));
    let (message, signed) = parts(jwt);
    assert_eq!(key.verify(message, &signed), parameter != WRONG_KEY, "the limit, {parameter}");
    if is_warm {
        race.run("limit", &|count| calls(count, || key.verify(message, &signed)));
    } else {
        let verify = || BareKey::new(signature, public).verify(message, &signed);
        race.run("limit", &|count| calls(count, verify));
    }
}

/// The two that verify ID tokens.
#[cfg(feature = "peers")]
struct Peers {
    documents: Documents,
    openidconnect: peers::openidconnect::Verifier,
    http: peers::huskarl_id_token::Memory,
    huskarl: peers::huskarl_id_token::Validator,
}

#[cfg(feature = "peers")]
impl Peers {
    fn new(runtime: &Runtime, op: &Op) -> Self {
        use peers::{huskarl_id_token as huskarl, openidconnect};

        let documents = op.documents();
        let verifier = openidconnect::Verifier::new(&documents);
        check("openidconnect", op, openidconnect::OVERLOOKED, |jwt| verifier.verify(jwt));
        let cold = |jwt: &str| runtime.block_on(openidconnect::verify_cold(&documents, jwt));
        check("openidconnect", op, openidconnect::OVERLOOKED, cold);

        let http = huskarl::Memory::new(op.documents());
        let validator = runtime.block_on(huskarl::Validator::new(&http));
        let warm = |jwt: &str| runtime.block_on(validator.validate(&jwt.into()));
        check("huskarl", op, huskarl::OVERLOOKED, warm);
        let cold = |jwt: &str| runtime.block_on(huskarl::validate_cold(&http, &jwt.into()));
        check("huskarl", op, huskarl::OVERLOOKED, cold);
        Self { documents, openidconnect: verifier, http, huskarl: validator }
    }

    fn run(&self, race: &mut Race<'_, '_>, runtime: &Runtime, jwt: &str, is_warm: bool) {
        use peers::{huskarl_id_token as huskarl, openidconnect};

        let id_token = jwt.into();
        if is_warm {
            let verify = || self.openidconnect.verify(jwt);
            race.run("openidconnect", &|count| calls(count, verify));
            let validate = || self.huskarl.validate(&id_token);
            race.run("huskarl", &|count| waits(runtime, count, validate));
        } else {
            let verify = || openidconnect::verify_cold(&self.documents, jwt);
            race.run("openidconnect", &|count| waits(runtime, count, verify));
            let validate = || huskarl::validate_cold(&self.http, &id_token);
            race.run("huskarl", &|count| waits(runtime, count, validate));
        }
    }
}

const WRONG_KEY: &str = "wrong_key";

/// criterion's parameter, the ID token, and whether the keys are there already.
fn rows(op: &Op) -> [(&'static str, String, bool); 5] {
    let [rs256, es256, ed_dsa] = Signature::ALL.map(|one| (one.name(), op.id_token(one), true));
    let wrong_key = (WRONG_KEY, op.flawed(USUAL, Flaw::Key), true);
    [rs256, es256, ed_dsa, wrong_key, ("cold_jwks", op.id_token(USUAL), false)]
}

const LACKS: &[Lack] = &[
    Lack { who: "limit", what: "reads no claim" },
    Lack { who: "oauth2", what: "verifies no ID token" },
    Lack { who: "openidconnect", what: "compares no azp, takes an iat in the future" },
    Lack { who: "huskarl", what: "compares no azp, no at_hash" },
];
const COLD_LACKS: &[Lack] = &[
    Lack { who: "limit", what: "fetches nothing, parses one key, reads no claim" },
    LACKS[1],
    LACKS[2],
    LACKS[3],
];
const ROWS: [Row; 5] = [
    Row {
        work: "ID token verified, RS256",
        parameter: "RS256",
        targets: &[Target { of: "limit", at_most: 1.18 }],
        lacks: LACKS,
    },
    Row {
        work: "ID token verified, ES256",
        parameter: "ES256",
        targets: &[Target { of: "limit", at_most: 1.06 }],
        lacks: LACKS,
    },
    Row {
        work: "ID token verified, EdDSA",
        parameter: "EdDSA",
        targets: &[Target { of: "limit", at_most: 1.08 }],
        lacks: LACKS,
    },
    Row {
        work: "ID token of a wrong key refused, RS256",
        parameter: WRONG_KEY,
        targets: &[],
        lacks: LACKS,
    },
    Row {
        work: "ID token verified with metadata and keys from memory, RS256",
        parameter: "cold_jwks",
        targets: &[],
        lacks: COLD_LACKS,
    },
];

fn main() {
    run("id_token", &ROWS, id_token);
}
