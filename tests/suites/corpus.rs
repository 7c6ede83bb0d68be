//! What the fuzzers found worth keeping, each input through its door once more.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use hallpass_doors::{
    DOORS, Door, corpus,
    seeds::{FIXTURES, seeds},
};
use hallpass_tests::providers::everyone;

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

/// What CI does not compile: each is one line around its door.
#[test]
fn a_fuzzer_calls_its_door_and_does_nothing_else() {
    let read = |file: &str| fs::read_to_string(fuzz(file)).unwrap();
    let manifest = read("Cargo.toml");
    for (name, _) in DOORS {
        let call = format!("fuzz_target!(|input: &[u8]| hallpass_doors::{name}(input));");
        let want = format!("#![no_main]\n\nlibfuzzer_sys::{call}\n");
        assert_eq!(read(&format!("targets/{name}.rs")), want);
        let bin = format!("[[bin]]\nname = \"{name}\"\npath = \"targets/{name}.rs\"\n");
        assert!(manifest.contains(&bin), "{name} is not in fuzz/Cargo.toml");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), DOORS.len());
}

/// A package of a lock file.
#[derive(Debug, Default)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    /// Nobody publishes it: it is one of this repository.
    is_own: bool,
    /// By name alone.
    dependencies: BTreeSet<&'a str>,
}

fn packages(lock: &str) -> Vec<Package<'_>> {
    lock.split("[[package]]").skip(1).map(package).collect()
}

fn package(text: &str) -> Package<'_> {
    let mut package = Package { is_own: true, ..Package::default() };
    for line in text.lines() {
        let quoted = line.split('"').nth(1).unwrap_or_default();
        match line.split(" = ").next().unwrap_or_default() {
            "name" => package.name = quoted,
            "version" => package.version = quoted,
            "source" => package.is_own = false,
            // A version follows where there are two of the name.
            _ if line.starts_with(" \"") => {
                package.dependencies.extend(quoted.split(' ').next());
            }
            _ => {}
        }
    }
    package
}

/// What the manifest of an own package says that it is made of, tests apart; and whether always.
fn declared(name: &str) -> Vec<(String, bool)> {
    let read = |file: &str| fs::read_to_string(fuzz("..").join(file)).unwrap();
    let (manifest, start) = (read("Cargo.toml"), format!("\n{name} = {{ path = \""));
    let (_, folder) = manifest.split_once(&start).unwrap_or_else(|| panic!("where is {name}?"));
    let folder = folder.split('"').next().unwrap();
    let manifest = read(&format!("{folder}/Cargo.toml"));
    let (mut declared, mut is_of_all, mut is_of_some) = (Vec::new(), false, false);
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_of_all = line == "[dependencies]";
            is_of_some = line.starts_with("[target.") && line.ends_with(".dependencies]");
        } else if let (true, Some((key, value))) = (is_of_all || is_of_some, line.split_once(" = "))
        {
            let key = key.trim_end_matches(".workspace").to_owned();
            declared.push((key, is_of_all && !value.contains("optional = true")));
        }
    }
    declared
}

/// Own packages list what their manifests do, but for optional ones; the others no more than in the
/// main file, where more of their features are on.
fn check_dependencies(package: &Package<'_>, main: &Package<'_>) {
    let Package { name, dependencies, .. } = package;
    let declared = if package.is_own { declared(name) } else { Vec::new() };
    let (most, least): (BTreeSet<&str>, BTreeSet<&str>) = if package.is_own {
        let always = declared.iter().filter(|(_, always)| *always);
        (declared.iter().map(|(name, _)| &**name).collect(), always.map(|(it, _)| &**it).collect())
    } else {
        (main.dependencies.clone(), BTreeSet::new())
    };
    let more: Vec<_> = dependencies.difference(&most).collect();
    let missing: Vec<_> = least.difference(dependencies).collect();
    assert!(more.is_empty() && missing.is_empty(), "{name}: +{more:?} -{missing:?}; {STALE}");
}

const STALE: &str = "copy Cargo.lock to fuzz/, and run `cargo metadata` there";

#[test]
fn the_fuzzers_are_built_of_the_packages_that_everything_is() {
    let read = |file: &str| fs::read_to_string(fuzz(file)).unwrap();
    let (own, main) = (read("Cargo.lock"), read("../Cargo.lock"));
    let (own, main) = (packages(&own), packages(&main));
    assert!(main.len() > 100, "{main:?}");
    assert!(own.iter().filter(|package| package.is_own).count() > 30, "{own:?}");
    let mut names = Vec::new();
    for package in &own {
        let is_it = |it: &&Package<'_>| (it.name, it.version) == (package.name, package.version);
        match main.iter().find(is_it) {
            Some(main) => check_dependencies(package, main),
            None => names.push(package.name),
        }
    }
    assert_eq!(names, ["arbitrary", "hallpass-fuzz", "libfuzzer-sys"], "{STALE}");
}

#[test]
fn the_seeds_are_of_every_provider_and_its_own_fixtures() {
    let all = everyone().unwrap();
    let want: Vec<_> = all.iter().map(|it| (it.descriptor().name(), it.fixtures())).collect();
    assert_eq!(FIXTURES.to_vec(), want);
    let all = hallpass::descriptors();
    let names: Vec<_> = all.iter().map(hallpass::Descriptor::name).collect();
    assert_eq!(FIXTURES.map(|(name, _)| name).to_vec(), names);
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
