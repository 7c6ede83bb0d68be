//! One short round of `cargo xtask soak`, so that it works when somebody wants a long one:
//! `cargo test --test short_soak`. A binary of its own, since the round judges by time, and nothing
//! else runs beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_soak");

#[test]
fn a_short_soak_keeps_all_promises() {
    // The same troubles each time: other ones are for a soak that somebody looks at.
    let arguments = ["--minutes", "0", "--seed", "2026"];
    let round = Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap();
    let [said, complaints] = [&round.stdout, &round.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(round.status.success(), "{said}\n{complaints}");
    assert!(said.ends_with("all promises kept\n"), "{said}");
    assert_eq!(complaints, "");

    let restarts = said.lines().find_map(|line| line.strip_prefix("restarts: "));
    let restarts = restarts.expect(&said).split([',', ';']).map(|part| {
        let (what, count) = part.trim().rsplit_once(' ').expect(&said);
        (what, count.parse::<u32>().expect(&said))
    });
    let (what, counts): (Vec<_>, Vec<_>) = restarts.unzip();
    let all = ["router", "Redis", "provider", "spells of a provider out of order:"];
    assert_eq!(what, all, "{said}");
    assert!(counts.iter().all(|&count| count > 0), "{said}");
}
