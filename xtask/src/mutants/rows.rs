//! The rows of SECURITY-CHECKS.md, and which of them a run looks at.

use std::collections::BTreeMap;

use crate::tidy::security;
use crate::tidy::table::quoted;
use crate::tree::Tree;

/// The tests of each row, as `path::name`, by the row's number.
pub(crate) fn rows(tree: &Tree) -> Result<BTreeMap<u32, Vec<String>>, String> {
    let text =
        tree.text(security::LIST).ok_or_else(|| format!("there is no {}", security::LIST))?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for row in security::rows(text) {
        let number = row.cells.first().map_or("", String::as_str);
        let parsed = number.parse();
        let number = parsed.map_err(|_| {
            format!("{}:{}: `{number}` is no row's number", security::LIST, row.line)
        })?;
        let tests = row.cells.get(2).into_iter().flat_map(|cell| quoted(cell).map(str::to_owned));
        rows.entry(number).or_default().extend(tests);
    }
    Ok(rows)
}

/// `count` of the `marked` rows: the turn's share, so that as many turns as it takes see all.
pub(super) fn pick(marked: &[u32], count: usize, turn: u64) -> Vec<u32> {
    let all = marked.len();
    let Some(turn) = turn.checked_rem(all as u64).and_then(|turn| usize::try_from(turn).ok())
    else {
        return Vec::new();
    };
    let count = count.min(all);
    let mut picked: Vec<u32> = (0..count).map(|at| marked[(turn * count + at) % all]).collect();
    picked.sort_unstable();
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_read_with_their_tests() {
        let text = "| Number | Check | Test |\n|---|---|---|\n| 7 | A | `a.rs::b` and `c.rs::d` |\n\
                    | 12 | B | `e.rs::f` |\n\n| Other |\n|---|\n| 9 |\n";
        let rows = rows(&Tree::of(&[("SECURITY-CHECKS.md", text)])).unwrap();
        let want = [(7, vec!["a.rs::b", "c.rs::d"]), (12, vec!["e.rs::f"])];
        let want =
            want.map(|(number, tests)| (number, tests.into_iter().map(str::to_owned).collect()));
        assert_eq!(rows, BTreeMap::from(want));
    }

    #[test]
    fn a_row_without_a_number_is_refused() {
        let text = "| Number | Check | Test |\n|---|---|---|\n| seven | A | `a.rs::b` |\n";
        let error = rows(&Tree::of(&[("SECURITY-CHECKS.md", text)])).unwrap_err();
        assert_eq!(error, "SECURITY-CHECKS.md:3: `seven` is no row's number");
    }

    #[test]
    fn turns_go_round_all_rows() {
        let marked = [1, 2, 4, 7, 9];
        assert_eq!(pick(&marked, 2, 0), [1, 2]);
        assert_eq!(pick(&marked, 2, 1), [4, 7]);
        assert_eq!(pick(&marked, 2, 2), [1, 9]);
        assert_eq!(pick(&marked, 2, 5), [1, 2]);
        assert_eq!(pick(&marked, 2, u64::MAX), pick(&marked, 2, u64::MAX % 5));
    }

    #[test]
    fn more_rows_than_there_are_is_all_of_them() {
        assert_eq!(pick(&[1, 2], 10, 3), [1, 2]);
        assert!(pick(&[], 10, 3).is_empty());
        assert!(pick(&[1, 2], 0, 3).is_empty());
    }
}
