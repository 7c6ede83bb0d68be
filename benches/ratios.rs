//! The medians of a run beside each other: criterion prints times, and only ratios travel from
//! machine to machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Begun before the measurements, so that an older run's numbers are not taken for this one's.
#[derive(Debug)]
pub struct Ratios {
    began: SystemTime,
}

impl Ratios {
    /// Now.
    #[must_use]
    pub fn begin() -> Self {
        Self { began: SystemTime::now() }
    }

    /// Prints hallpass's median over each other contender's, one line for each parameter of the
    /// group (`""` where it has none). What was not measured in this run is left out.
    #[allow(clippy::print_stdout, reason = "the report of a program")]
    pub fn print(&self, group: &str, parameters: &[&str]) {
        for parameter in parameters {
            let median = |contender: &str| self.median(&[group, contender, parameter]);
            let Some(ours) = median("hallpass") else { continue };
            let ratios = ["limit", "oauth2"].into_iter().filter_map(|other| {
                let ratio = ours / median(other)?;
                Some(format!("{ratio:.2} of {other}"))
            });
            let ratios: Vec<_> = ratios.collect();
            println!("{group} {parameter}: hallpass {ours:.0} ns, {}", ratios.join(", "));
        }
    }

    /// In nanoseconds.
    fn median(&self, id: &[&str]) -> Option<f64> {
        let mut path = criterion_folder()?;
        path.extend(id.iter().filter(|part| !part.is_empty()));
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
