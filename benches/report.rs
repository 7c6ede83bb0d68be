//! The medians of one run beside each other, and the targets: criterion prints times, and only
//! ratios travel from machine to machine.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::Serialize;

/// Who is measured, in the order of the columns.
pub const CONTENDERS: [&str; 5] = ["hallpass", "limit", "oauth2", "openidconnect", "huskarl"];

/// One line of the table.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Row {
    /// What is done, in words.
    pub work: &'static str,
    /// criterion's parameter; `""` where the group has none.
    pub parameter: &'static str,
    /// What hallpass's median may be at most, as a multiple of another contender's.
    pub targets: &'static [Target],
    /// What a contender does not do of the work, or why it is not measured.
    pub lacks: &'static [Lack],
}

/// hallpass takes at most so much of another's time.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Target {
    /// The other: one of [`CONTENDERS`].
    pub of: &'static str,
    /// The ratio.
    pub at_most: f64,
}

/// What one contender leaves out.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Lack {
    /// Who: one of [`CONTENDERS`].
    pub who: &'static str,
    /// What, in words.
    pub what: &'static str,
}

/// Begun before the measurements, so that an older run's numbers are not taken for this one's.
#[derive(Debug)]
pub struct Report {
    began: SystemTime,
    group: &'static str,
    /// By the other contender and the parameter.
    pairs: RefCell<BTreeMap<(String, String), Vec<f64>>>,
}

impl Report {
    /// Of a criterion group.
    #[must_use]
    pub fn begin(group: &'static str) -> Self {
        Self { began: SystemTime::now(), group, pairs: RefCell::default() }
    }

    /// hallpass and another contender at the same work, one right after the other: times drift more
    /// within a run than the contenders differ. The ratio of the row is the median of these.
    pub fn pair(&self, other: &str, parameter: &str, ours: Duration, theirs: Duration) {
        let key = (other.to_owned(), parameter.to_owned());
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        self.pairs.borrow_mut().entry(key).or_default().push(ratio);
    }

    /// Prints hallpass's median beside the others', one line for each row, and leaves the numbers
    /// for `cargo xtask bench` in the target folder. What was not measured in this run, as after
    /// `cargo bench -- FILTER`, is told as that.
    ///
    /// # Panics
    ///
    /// If the numbers cannot be written.
    #[allow(clippy::print_stdout, reason = "the report of a program")]
    pub fn finish(&self, rows: &[Row]) {
        let mut report = Vec::new();
        for row in rows {
            let median = |contender: &str| self.median(contender, row.parameter);
            let Some(ours) = median(CONTENDERS[0]) else {
                println!("{} {}: not measured", self.group, row.parameter);
                report.push(serde_json::json!({ "row": row, "medians": {}, "ratios": {} }));
                continue;
            };
            let mut medians = serde_json::Map::new();
            medians.insert(CONTENDERS[0].to_owned(), ours.into());
            let mut ratios = serde_json::Map::new();
            let mut line = format!("{} {}: hallpass {ours:.0} ns", self.group, row.parameter);
            for other in &CONTENDERS[1..] {
                let Some(theirs) = median(other) else { continue };
                let ratio = self.paired(other, row.parameter).unwrap_or(ours / theirs);
                line += &format!(", {ratio:.3} of {other}");
                medians.insert((*other).to_owned(), theirs.into());
                ratios.insert((*other).to_owned(), ratio.into());
            }
            println!("{line}");
            report.push(serde_json::json!({ "row": row, "medians": medians, "ratios": ratios }));
        }
        let report = serde_json::json!({ "group": self.group, "rows": report });
        self.write(&report).expect("a report in the target folder");
    }

    fn paired(&self, other: &str, parameter: &str) -> Option<f64> {
        let pairs = self.pairs.borrow();
        let mut ratios = pairs.get(&(other.to_owned(), parameter.to_owned()))?.clone();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }

    /// Beside criterion's own folder.
    fn write(&self, report: &serde_json::Value) -> io::Result<()> {
        let folder = criterion_folder().ok_or(io::ErrorKind::NotFound)?.join("../hallpass");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{}.json", self.group)), report.to_string())
    }

    /// In nanoseconds.
    fn median(&self, contender: &str, parameter: &str) -> Option<f64> {
        let mut path = criterion_folder()?;
        path.extend([self.group, contender, parameter].iter().filter(|part| !part.is_empty()));
        path.push("new/estimates.json");
        if fs::metadata(&path).ok()?.modified().ok()? < self.began {
            return None;
        }
        let estimates: serde_json::Value = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        estimates["median"]["point_estimate"].as_f64()
    }
}

/// Beside the profile's folder, in which `deps` holds this program.
fn criterion_folder() -> Option<PathBuf> {
    if let Some(home) = env::var_os("CRITERION_HOME") {
        return Some(home.into());
    }
    let program = env::current_exe().ok()?;
    program.ancestors().nth(3).map(|target: &Path| target.join("criterion"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_of_a_row_is_that_in_the_middle() {
        let report = Report::begin("a group");
        for ours in [90, 5_000, 100, 120, 110] {
            let (ours, theirs) = (Duration::from_nanos(ours), Duration::from_nanos(100));
            report.pair("limit", "1", ours, theirs);
        }
        assert_eq!(report.paired("limit", "1"), Some(1.1));
        assert_eq!(report.paired("limit", "64"), None);
    }
}
