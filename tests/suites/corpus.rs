//! What the fuzzers found worth keeping, each input through its door once more.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use hallpass_doors::{DOORS, Door, corpus, seeds::seeds};

fn fuzz(folder: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "fuzz", folder].iter().collect()
}

/// The names of the files in a folder, without what stands behind their dots.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz(folder)).unwrap_or_else(|e| panic!("no fuzz/{folder}: {e}"));
    let path = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().path();
    entries.map(|entry| path(entry).file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The inputs that do not come through, each with the door's name.
fn replay((name, door): &Door, inputs: &[Vec<u8>]) -> Vec<String> {
    let fails = |input: &&Vec<u8>| catch_unwind(AssertUnwindSafe(|| door(input))).is_err();
    inputs.iter().filter(fails).map(|input| format!("{name}: {}", input.escape_ascii())).collect()
}

#[test]
fn every_door_has_a_fuzzer_and_a_corpus() {
    let doors: BTreeSet<_> = DOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("targets"), doors);
    assert_eq!(names("corpus"), doors);
}

fn first_line<'a>((name, rest): (&'a str, &'a str)) -> (&'a str, &'a str) {
    (name, rest.lines().next().unwrap_or_default())
}

/// Name and version of each package of a lock file.
fn packages(lock: &str) -> BTreeSet<(&str, &str)> {
    let packages = lock.split("[[package]]").skip(1);
    packages.filter_map(|package| package.trim().split_once('\n')).map(first_line).collect()
}

#[test]
fn the_fuzzers_are_built_of_the_versions_that_everything_is() {
    let read = |file: &str| fs::read_to_string(fuzz(file)).unwrap();
    let (own, main) = (read("Cargo.lock"), read("../Cargo.lock"));
    let (own, main) = (packages(&own), packages(&main));
    assert!(main.len() > 100, "{main:?}");
    let names: Vec<_> = own.difference(&main).map(|(name, _)| *name).collect();
    let want = ["name = \"arbitrary\"", "name = \"hallpass-fuzz\"", "name = \"libfuzzer-sys\""];
    assert_eq!(names, want, "copy Cargo.lock to fuzz/, and run `cargo metadata` there");
}

#[test]
fn every_input_of_the_corpus_comes_through_its_door() {
    let mut failed = Vec::new();
    for door in DOORS {
        let (name, _) = door;
        let file = fuzz("corpus").join(format!("{name}.txt"));
        let text = fs::read_to_string(&file);
        let text = text.unwrap_or_else(|error| panic!("{name} has no corpus: {error}"));
        let inputs = corpus::unpack(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(inputs.len() >= 10, "the corpus of {name} has {} inputs", inputs.len());
        failed.extend(replay(door, &inputs));
    }
    assert!(failed.is_empty(), "these fail:\n{}", failed.join("\n"));
}

#[test]
fn every_seed_comes_through_its_door() {
    let seeds = seeds();
    let mut failed = Vec::new();
    for door in DOORS {
        let (_, inputs) = seeds.iter().find(|(name, _)| *name == door.0).expect("a door has seeds");
        assert!(inputs.len() >= 5, "{} has {} seeds", door.0, inputs.len());
        failed.extend(replay(door, inputs));
    }
    assert!(failed.is_empty(), "these fail:\n{}", failed.join("\n"));
}
