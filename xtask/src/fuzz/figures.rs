//! What libFuzzer says at its end.

/// The numbers of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figures {
    runs: u64,
    seconds: u64,
    /// Edges of the program that some input takes.
    edges: u64,
    /// The same, told apart by how often.
    features: u64,
    inputs: u64,
}

/// The head of the table in `fuzz/README.md`.
pub(super) const HEAD: &str = "\
| Target | Executions | Seconds | Edges | Features | Corpus |
|---|---|---|---|---|---|";

impl Figures {
    /// Of the last line that counts coverage (`#9 DONE cov: 1 ft: 2 corp: 3/4b …`), and of
    /// `Done 9 runs in 5 second(s)`; with `-runs=0` there is no time in it.
    pub(super) fn read(printed: &str) -> Option<Self> {
        let counted = printed.lines().rev().find(|line| line.contains(" cov: "))?;
        let done = printed.lines().rev().find(|line| line.starts_with("Done "))?;
        let number = |line: &str, before: &str| {
            let rest = &line[line.find(before)? + before.len()..];
            let digits = rest.trim_start();
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok()
        };
        Some(Self {
            runs: number(done, "Done ")?,
            seconds: number(done, " runs in ")?,
            edges: number(counted, " cov: ")?,
            features: number(counted, " ft: ")?,
            inputs: number(counted, " corp: ")?,
        })
    }

    /// A row of the table.
    pub(super) fn row(&self, name: &str) -> String {
        let Self { runs, seconds, edges, features, inputs } = self;
        format!("| `{name}` | {runs} | {seconds} | {edges} | {features} | {inputs} |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
INFO: Loaded 1 modules   (157 inline 8-bit counters): 157 [0x55, 0x56),
#2	INITED cov: 8 ft: 8 corp: 1/1b exec/s: 0 rss: 27Mb
#204	NEW    cov: 9 ft: 19 corp: 2/6b lim: 6 exec/s: 0 rss: 27Mb L: 5/5 MS: 2
#55780554	DONE   cov: 9 ft: 20 corp: 3/6b lim: 4096 exec/s: 2656216 rss: 27Mb
Done 55780554 runs in 21 second(s)
stat::number_of_executed_units: 55780554
";

    #[test]
    fn the_last_numbers_are_read() {
        let figures = Figures::read(PRINTED).unwrap();
        assert_eq!(figures.row("callback"), "| `callback` | 55780554 | 21 | 9 | 20 | 3 |");
    }

    #[test]
    fn without_an_end_there_are_no_figures() {
        let (without, _) = PRINTED.split_once("Done").unwrap();
        assert_eq!(Figures::read(without), None);
        assert_eq!(Figures::read(""), None);
    }
}
