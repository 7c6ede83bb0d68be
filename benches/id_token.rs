//! An ID token verified, every claim checked, by keys that are there already; one that another key
//! signed; and one for which metadata and keys are fetched, from memory. The limit is the bare
//! signature.

#![allow(clippy::expect_used, reason = "a benchmark that cannot begin has nothing to say")]

use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use hallpass_benches::{
    Lack, Report, Row, Target, ThreadTime, criterion,
    id_tokens::{BareKey, Flaw, Login, Op, SUBJECT, Signature, cold_client, parts, warm_client},
};
use hallpass_core::{JwtKind, OAuth2Client, Secret};
use tokio::runtime::{self, Runtime};

type Group<'a> = BenchmarkGroup<'a, ThreadTime>;

/// The signature of the rows that measure one alone.
const USUAL: Signature = Signature::Rs256;

fn id_token(c: &mut Criterion<ThreadTime>) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let op = Op::new();
    let mut group = c.benchmark_group("id_token");
    hallpass(&mut group, &runtime, &op);
    limit(&mut group, &op);
    #[cfg(feature = "peers")]
    {
        openidconnect(&mut group, &runtime, &op);
        huskarl(&mut group, &runtime, &op);
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

fn hallpass(group: &mut Group<'_>, runtime: &Runtime, op: &Op) {
    let (warm, cold) = (warm_client(op), cold_client(op));
    for client in [&warm, &cold] {
        check("hallpass", op, &[], |jwt| runtime.block_on(subject(client, &Secret::new(jwt))));
    }
    for (parameter, jwt, client) in rows(op, &warm, &cold) {
        let jwt = Secret::new(jwt);
        group.bench_function(BenchmarkId::new("hallpass", parameter), |b| {
            b.to_async(runtime).iter(|| client.verify_jwt(&jwt, JwtKind::IdToken));
        });
    }
}

async fn subject(client: &OAuth2Client<Login>, jwt: &Secret) -> Option<String> {
    let claims = client.verify_jwt(jwt, JwtKind::IdToken).await.ok()?;
    Some(claims.subject().to_owned())
}

/// The signature, and nothing that it signs. Where keys are fetched: the key parsed each time.
fn limit(group: &mut Group<'_>, op: &Op) {
    for (parameter, jwt, is_warm) in rows(op, true, false) {
        let signature = Signature::ALL.into_iter().find(|one| one.name() == parameter);
        let signature = signature.unwrap_or(USUAL);
        let (public, key) = (op.public_key(signature), op.bare_key(signature));
        let (message, signed) = parts(&jwt);
        assert_eq!(key.verify(message, &signed), parameter != WRONG_KEY, "the limit, {parameter}");
        group.bench_function(BenchmarkId::new("limit", parameter), |b| {
            if is_warm {
                b.iter(|| key.verify(message, &signed));
            } else {
                b.iter(|| BareKey::new(signature, public).verify(message, &signed));
            }
        });
    }
}

#[cfg(feature = "peers")]
fn openidconnect(group: &mut Group<'_>, runtime: &Runtime, op: &Op) {
    use hallpass_benches::peers::openidconnect as peer;

    let documents = op.documents();
    let verifier = peer::Verifier::new(&documents);
    check("openidconnect", op, peer::OVERLOOKED, |jwt| verifier.verify(jwt));
    let cold = |jwt: &str| runtime.block_on(peer::verify_cold(&documents, jwt));
    check("openidconnect", op, peer::OVERLOOKED, cold);
    for (parameter, jwt, is_warm) in rows(op, true, false) {
        group.bench_function(BenchmarkId::new("openidconnect", parameter), |b| {
            if is_warm {
                b.iter(|| verifier.verify(&jwt));
            } else {
                b.to_async(runtime).iter(|| peer::verify_cold(&documents, &jwt));
            }
        });
    }
}

#[cfg(feature = "peers")]
fn huskarl(group: &mut Group<'_>, runtime: &Runtime, op: &Op) {
    use hallpass_benches::peers::huskarl_id_token as peer;

    let http = peer::Memory::new(op.documents());
    let validator = runtime.block_on(peer::Validator::new(&http));
    let warm = |jwt: &str| runtime.block_on(validator.validate(&jwt.into()));
    check("huskarl", op, peer::OVERLOOKED, warm);
    let cold = |jwt: &str| runtime.block_on(peer::validate_cold(&http, &jwt.into()));
    check("huskarl", op, peer::OVERLOOKED, cold);
    for (parameter, jwt, is_warm) in rows(op, true, false) {
        let id_token = jwt.into();
        group.bench_function(BenchmarkId::new("huskarl", parameter), |b| {
            if is_warm {
                b.to_async(runtime).iter(|| validator.validate(&id_token));
            } else {
                b.to_async(runtime).iter(|| peer::validate_cold(&http, &id_token));
            }
        });
    }
}

const WRONG_KEY: &str = "wrong_key";

/// criterion's parameter, the ID token, and `cold` where nothing is there yet.
fn rows<T: Copy>(op: &Op, warm: T, cold: T) -> [(&'static str, String, T); 5] {
    let [rs256, es256, ed_dsa] = Signature::ALL.map(|one| (one.name(), op.id_token(one), warm));
    let wrong_key = (WRONG_KEY, op.flawed(USUAL, Flaw::Key), warm);
    [rs256, es256, ed_dsa, wrong_key, ("cold_jwks", op.id_token(USUAL), cold)]
}

const LACKS: &[Lack] = &[
    Lack { who: "limit", what: "reads no claim" },
    Lack { who: "oauth2", what: "verifies no ID token" },
    Lack { who: "openidconnect", what: "compares no azp, takes an iat in the future" },
    Lack { who: "huskarl", what: "compares no azp, no at_hash" },
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
        lacks: LACKS,
    },
];

fn main() {
    let report = Report::begin("id_token");
    let mut criterion = criterion();
    id_token(&mut criterion);
    criterion.final_summary();
    report.finish(&ROWS);
}
