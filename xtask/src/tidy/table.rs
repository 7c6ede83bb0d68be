//! Markdown tables.

/// A table with its header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// A row, and the line that it is on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) cells: Vec<String>,
}

/// The tables in these lines of markdown.
pub(crate) fn tables<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut is_inside = false;
    for (index, line) in lines.enumerate() {
        let Some(cells) = cells(line) else {
            is_inside = false;
            continue;
        };
        match tables.last_mut().filter(|_| is_inside) {
            None => tables.push(Table { header: cells, rows: Vec::new() }),
            Some(_) if cells.iter().all(|cell| is_rule(cell)) => {}
            Some(table) => table.rows.push(Row { line: index + 1, cells }),
        }
        is_inside = true;
    }
    tables
}

/// What stands in backticks in a cell.
pub(crate) fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The cells of a table's line; `None` for another line.
fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.trim().strip_prefix('|')?;
    let inside = inside.strip_suffix('|').unwrap_or(inside);
    // `\|` is a bar in a cell; NUL stands for it while the others split.
    let inside = inside.replace("\\|", "\0");
    Some(inside.split('|').map(|cell| cell.trim().replace('\0', "|")).collect())
}

/// Whether a cell belongs to the line between header and rows.
fn is_rule(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_its_lines() {
        let text = "text\n| A | B |\n|---|:-:|\n| `x` and `y` | a \\| b |\n\n| C |\n|---|\n";
        let tables = tables(text.lines());
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].header, ["A", "B"]);
        let cells = vec!["`x` and `y`".to_owned(), "a | b".to_owned()];
        assert_eq!(tables[0].rows, [Row { line: 4, cells }]);
        assert_eq!(tables[1].rows, []);
    }

    #[test]
    fn quoted_words_are_those_in_backticks() {
        assert_eq!(quoted("`x` and `y`").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(quoted("none").count(), 0);
    }
}
