//! The counts of a run, those that were committed, and how the two compare.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// How much more a count may be than the committed one.
pub(super) const TOLERANCE_PERCENT: u64 = 2;

/// Of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) instructions: u64,
    pub(super) allocations: u64,
    pub(super) bytes: u64,
}

impl Counts {
    fn each(self) -> [(&'static str, u64); 3] {
        [
            ("instructions", self.instructions),
            ("allocations", self.allocations),
            ("bytes", self.bytes),
        ]
    }
}

/// What the committed file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Committed {
    compiler: Option<String>,
    counts: BTreeMap<String, Counts>,
}

impl Committed {
    pub(super) fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| error.to_string());
        let read = text.and_then(|text| Self::parse(&text));
        read.map_err(|error| format!("{} (`--accept` writes it): {error}", file.display()))
    }

    /// Paths that have a count and are no longer measured.
    pub(super) fn missing(&self, measured: &[(String, Counts)]) -> Vec<String> {
        let is_measured = |name: &String| measured.iter().any(|(path, _)| path == name);
        self.counts.keys().filter(|name| !is_measured(name)).cloned().collect()
    }

    /// Which compiler the counts are of.
    pub(super) fn compiler(&self) -> Option<&str> {
        self.compiler.as_deref()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let per_call = file["per_call"].as_object().ok_or("no `per_call`")?;
        let counts = per_call.iter().map(|(name, counts)| {
            let number = |what| {
                counts[what].as_u64().ok_or_else(|| format!("`{name}` has no number `{what}`"))
            };
            let counts = Counts {
                instructions: number("instructions")?,
                allocations: number("allocations")?,
                bytes: number("bytes")?,
            };
            Ok((name.clone(), counts))
        });
        Ok(Self {
            compiler: file["compiler"].as_str().map(str::to_owned),
            counts: counts.collect::<Result<_, String>>()?,
        })
    }
}

/// What `hot_allocations` printed.
pub(super) fn allocations(printed: &str) -> Result<(u64, u64), String> {
    let numbers: Option<Vec<u64>> =
        printed.split_whitespace().map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[allocations, bytes]) => Ok((allocations, bytes)),
        _ => Err(format!("hot_allocations printed {printed:?}")),
    }
}

/// Writes the counts as those to compare with.
pub(super) fn write(
    file: &Path,
    compiler: &str,
    measured: &[(String, Counts)],
) -> Result<(), String> {
    fs::write(file, text(compiler, measured))
        .map_err(|error| format!("{}: {error}", file.display()))
}

fn text(compiler: &str, measured: &[(String, Counts)]) -> String {
    let per_call = measured.iter().map(|(name, counts)| {
        let counts = counts.each().map(|(what, count)| (what.to_owned(), json!(count)));
        (name.clone(), Value::Object(counts.into_iter().collect()))
    });
    let file = json!({ "compiler": compiler, "per_call": Value::Object(per_call.collect()) });
    format!("{file:#}\n")
}

/// Each count, with its ratio to the committed one.
pub(super) fn table(measured: &[(String, Counts)], committed: &Committed) -> String {
    let mut lines = format!("{:<26}", "per call");
    for what in ["instructions", "allocations", "bytes"] {
        lines += &format!("{what:>12}{:>12}{:>7}", "committed", "ratio");
    }
    for (name, counts) in measured {
        lines += &format!("\n{name:<26}");
        let before = committed.counts.get(name).map(|before| before.each());
        for (column, (_, count)) in counts.each().into_iter().enumerate() {
            let before = before.map(|before| before[column].1);
            let ratio = before.filter(|before| *before > 0);
            let ratio = ratio.map(|before| format!("{:.3}", count as f64 / before as f64));
            let before = before.map_or("-".to_owned(), |before| before.to_string());
            lines += &format!("{count:>12}{before:>12}{:>7}", ratio.as_deref().unwrap_or("-"));
        }
    }
    lines
}

/// What is above the tolerance, one line for each count.
pub(super) fn grown(measured: &[(String, Counts)], committed: &Committed) -> Vec<String> {
    let mut grown = Vec::new();
    for (name, counts) in measured {
        let Some(before) = committed.counts.get(name) else { continue };
        for ((what, count), (_, before)) in counts.each().into_iter().zip(before.each()) {
            if count * 100 > before * (100 + TOLERANCE_PERCENT) {
                grown.push(format!("  {name}: {count} {what} per call, committed are {before}"));
            }
        }
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Counts = Counts { instructions: 1_000, allocations: 9, bytes: 500 };

    fn committed() -> Committed {
        Committed::parse(&text("rustc 1", &[("a".to_owned(), BEFORE)])).unwrap()
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let counts = BTreeMap::from([("a".to_owned(), BEFORE)]);
        assert_eq!(committed(), Committed { compiler: Some("rustc 1".to_owned()), counts });
    }

    #[test]
    fn a_file_that_says_something_else_is_refused() {
        assert_eq!(Committed::parse("{}").unwrap_err(), "no `per_call`");
        let broken = r#"{"per_call":{"a":{"instructions":1,"bytes":2}}}"#;
        let error = Committed::parse(broken).unwrap_err();
        assert_eq!(error, "`a` has no number `allocations`");
        assert!(Committed::parse("").is_err());
    }

    #[test]
    fn without_the_committed_counts_there_is_nothing_to_pass() {
        let error = Committed::read(Path::new("no/such/file")).err().unwrap();
        assert!(error.starts_with("no/such/file (`--accept` writes it): "), "{error}");
    }

    #[test]
    fn a_count_of_what_is_no_path_any_more_is_named() {
        let counts = Counts { instructions: 1, allocations: 1, bytes: 1 };
        let text = text("rustc", &[("kept".to_owned(), counts), ("gone".to_owned(), counts)]);
        let committed = Committed::parse(&text).unwrap();
        assert_eq!(committed.missing(&[("kept".to_owned(), counts)]), ["gone"]);
    }

    #[test]
    fn two_numbers_are_read() {
        assert_eq!(allocations("12 3456\n"), Ok((12, 3_456)));
        for printed in ["", "12\n", "12 x\n", "1 2 3\n"] {
            assert!(allocations(printed).is_err(), "{printed}");
        }
    }

    #[test]
    fn two_per_cent_more_are_tolerated() {
        check(BEFORE, &[]);
        check(Counts { instructions: 1_020, allocations: 9, bytes: 510 }, &[]);
        check(Counts { instructions: 1, allocations: 0, bytes: 0 }, &[]);
        let line = "  a: 1021 instructions per call, committed are 1000";
        check(Counts { instructions: 1_021, ..BEFORE }, &[line]);
        check(
            Counts { allocations: 10, bytes: 511, ..BEFORE },
            &[
                "  a: 10 allocations per call, committed are 9",
                "  a: 511 bytes per call, committed are 500",
            ],
        );
    }

    #[track_caller]
    fn check(counts: Counts, want: &[&str]) {
        assert_eq!(grown(&[("a".to_owned(), counts)], &committed()), want);
    }

    #[test]
    fn a_new_path_is_compared_with_nothing() {
        let new = [("b".to_owned(), BEFORE)];
        assert_eq!(grown(&new, &committed()), Vec::<String>::new());
        let table = table(&new, &committed());
        let cells: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(cells, ["b", "1000", "-", "-", "9", "-", "-", "500", "-", "-"]);
    }

    #[test]
    fn the_table_has_the_ratios() {
        let counts = Counts { instructions: 900, allocations: 0, bytes: 1_000 };
        let table = table(&[("a".to_owned(), counts)], &committed());
        let cells: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(cells, ["a", "900", "1000", "0.900", "0", "9", "0.000", "1000", "500", "2.000"]);
    }
}
