//! The table of ratios, from what the benchmarks left in the target folder.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

/// Whose columns there are, after hallpass's own.
const OTHERS: [&str; 4] = ["limit", "oauth2", "openidconnect", "huskarl"];

/// Prints every row that was measured since `began`, and writes the same to `hallpass/bench.md` in
/// the target folder.
pub(super) fn print(target: &Path, began: SystemTime) -> Result<(), String> {
    let folder = target.join("hallpass");
    let reports = reports(&folder, began)?;
    if reports.is_empty() {
        return Err("the benchmarks left no numbers".to_owned());
    }
    let table = table(&reports);
    print!("\n{table}");
    let path = folder.join("bench.md");
    fs::write(&path, &table).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// What the programs left, in the order of their names. An older run's is not this one's.
fn reports(folder: &Path, began: SystemTime) -> Result<Vec<Value>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| broken(&error))? {
        let entry = entry.map_err(|error| broken(&error))?;
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let is_new = written.map_err(|error| broken(&error))? >= began;
        if is_new && entry.path().extension().is_some_and(|extension| extension == "json") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read(path).map_err(|error| broken(&error))?;
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

/// The times, then the bytes, as Markdown.
fn table(reports: &[Value]) -> String {
    let mut text = String::from("| Work | hallpass |");
    for other in OTHERS {
        let _ = write!(text, " {other} |");
    }
    text.push_str(
        " target | | not done, or not the same |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let rows = || reports.iter().flat_map(|report| list(&report["rows"]));
    for row in rows() {
        text.push_str(&line(row));
    }
    let figures: Vec<_> = reports.iter().flat_map(|report| list(&report["figures"])).collect();
    if !figures.is_empty() {
        text.push_str("\n| Memory | bytes | at most | |\n|---|---|---|---|\n");
        for figure in figures {
            text.push_str(&figure_line(figure));
        }
    }
    text
}

/// hallpass's time, its ratio to each other's, and whether the targets are met.
fn line(row: &Value) -> String {
    let (medians, ratios) = (&row["medians"], &row["ratios"]);
    let work = text_of(&row["row"]["work"]);
    let Some(ours) = medians["hallpass"].as_f64() else {
        return format!("| {work} | not measured | – | – | – | – | | **missed** | |\n");
    };
    let mut line = format!("| {work} | {} |", time(ours));
    for other in OTHERS {
        match (ratios[other].as_f64(), medians[other].as_f64()) {
            (Some(ratio), Some(theirs)) => {
                let _ = write!(line, " {ratio:.3} of {} |", time(theirs));
            }
            _ => line.push_str(" – |"),
        }
    }
    let (mut wanted, mut is_met) = (Vec::new(), true);
    for target in list(&row["row"]["targets"]) {
        let at_most = target["at_most"].as_f64().unwrap_or_default();
        let of = text_of(&target["of"]);
        wanted.push(format!("≤ {at_most:.2} of {of}"));
        is_met &= ratios[of].as_f64().is_some_and(|ratio| ratio <= at_most);
    }
    let verdict = if wanted.is_empty() { "" } else { word(is_met) };
    let lacks = list(&row["row"]["lacks"]).iter();
    let lacks: Vec<_> =
        lacks.map(|it| format!("{} {}", text_of(&it["who"]), text_of(&it["what"]))).collect();
    let _ = writeln!(line, " {} | {verdict} | {} |", wanted.join(", "), lacks.join("; "));
    line
}

fn figure_line(figure: &Value) -> String {
    let bytes = figure["bytes"].as_f64().unwrap_or_default();
    let at_most = figure["at_most"].as_f64();
    let (wanted, verdict) = match at_most {
        Some(at_most) => (format!("{at_most}"), word(bytes <= at_most)),
        None => (String::new(), ""),
    };
    format!("| {} | {bytes} | {wanted} | {verdict} |\n", text_of(&figure["what"]))
}

fn word(is_met: bool) -> &'static str {
    if is_met { "met" } else { "**missed**" }
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        short if short < 1e3 => format!("{short:.0} ns"),
        middle if middle < 1e6 => format!("{:.2} µs", middle / 1e3),
        long => format!("{:.2} ms", long / 1e6),
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(ours: f64, at_most: f64) -> Value {
        let target = json!({ "of": "limit", "at_most": at_most });
        let lack = json!({ "who": "oauth2", "what": "keeps nothing" });
        let row = json!({ "work": "a URL", "targets": [target], "lacks": [lack] });
        let medians = json!({ "hallpass": ours, "limit": 100.0 });
        json!({ "row": row, "medians": medians, "ratios": { "limit": ours / 100.0 } })
    }

    #[test]
    fn a_ratio_stands_beside_its_target() {
        let met = "| a URL | 120 ns | 1.200 of 100 ns | – | – | – | ≤ 1.20 of limit | met | oauth2 keeps nothing |\n";
        assert_eq!(line(&row(120.0, 1.2)), met);
        assert!(line(&row(121.0, 1.2)).contains("| **missed** |"));
    }

    #[test]
    fn a_target_beside_nobody_is_missed_and_no_target_is_neither() {
        let mut alone = row(1.0, 9.0);
        alone["ratios"] = json!({});
        assert!(line(&alone).contains("| **missed** |"));
        alone["row"]["targets"] = json!([]);
        assert!(line(&alone).contains("|  |  | oauth2"));
        alone["medians"] = json!({});
        assert!(line(&alone).contains("| not measured |"));
    }

    #[test]
    fn bytes_stand_under_the_times() {
        let figures = json!([{ "what": "a client", "bytes": 9, "at_most": 8 }]);
        let text = table(&[json!({ "rows": [row(1.0, 1.0)] }), json!({ "figures": figures })]);
        assert!(text.contains("| a client | 9 | 8 | **missed** |\n"), "{text}");
        assert!(text.starts_with("| Work | hallpass | limit |"), "{text}");
    }

    #[test]
    fn times_are_written_in_the_unit_that_reads_well() {
        assert_eq!([999.0, 1_000.0, 2_500_000.0].map(time), ["999 ns", "1.00 µs", "2.50 ms"]);
    }

    #[test]
    fn an_older_run_is_not_this_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.json"), "{}").unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert_eq!(reports(folder.path(), later), Ok(Vec::new()));
        assert_eq!(reports(folder.path(), SystemTime::UNIX_EPOCH), Ok(vec![json!({})]));
    }
}
