//! What is expected: `table.txt`, read.

use std::collections::HashMap;

use hallpass_core::ErrorKind;

use crate::{fault::FAULTS, operation::Operation};

/// What a call comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    /// "Not yet."
    Wait,
    Refused(ErrorKind),
}

impl Outcome {
    pub(crate) fn parse(word: &str) -> Self {
        Self::Refused(match word {
            "ok" => return Self::Good,
            "wait" => return Self::Wait,
            "T" => ErrorKind::Transport,
            "M" => ErrorKind::Malformed,
            "S" => ErrorKind::Security,
            "C" => ErrorKind::Config,
            "D" => ErrorKind::Denied,
            _ => panic!("the table says {word}"),
        })
    }
}

/// What is expected of a cell: the outcome, and how many requests leave for the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) outcome: Outcome,
    pub(crate) requests: usize,
    /// How many an API call makes besides, for another token.
    pub(crate) others: usize,
}

impl Cell {
    /// `ok`, `ok2` for two requests, or `D2+1` for two and another one.
    fn parse(word: &str) -> Self {
        let (word, others) = word.split_once('+').unwrap_or((word, "0"));
        let name = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let requests = word.strip_prefix(name).filter(|number| !number.is_empty());
        Self {
            outcome: Outcome::parse(name),
            requests: requests.map_or(1, |number| number.parse().unwrap()),
            others: others.parse().unwrap(),
        }
    }
}

/// Of each operation, by fault. `except` lines are of one provider.
#[derive(Debug)]
pub(crate) struct Table {
    cells: HashMap<(String, String), Cell>,
    except: HashMap<(String, String, String), Cell>,
}

impl Table {
    pub(crate) fn read() -> Self {
        Self::parse(include_str!("table.txt"))
    }

    fn parse(text: &str) -> Self {
        let (mut cells, mut except) = (HashMap::new(), HashMap::new());
        let mut head: Vec<&str> = Vec::new();
        for line in text.lines() {
            let line = line.split('#').next().unwrap();
            let words: Vec<_> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["fault", operations @ ..] => head = operations.to_vec(),
                ["except", provider, operation, fault, want] => {
                    let key = [provider, operation, fault].map(|word| (*word).to_owned());
                    let old = except.insert(key.into(), Cell::parse(want));
                    assert!(old.is_none(), "{line}: twice");
                }
                [fault, wants @ ..] => {
                    assert_eq!(wants.len(), head.len(), "{line}");
                    for (operation, want) in head.iter().zip(wants) {
                        let key = ((*operation).to_owned(), (*fault).to_owned());
                        let old = cells.insert(key, Cell::parse(want));
                        assert!(old.is_none(), "{line}: twice");
                    }
                }
            }
        }
        Self { cells, except }
    }

    pub(crate) fn want(&self, provider: &str, operation: Operation, fault: &str) -> Cell {
        let (operation, fault) = (operation.name().to_owned(), fault.to_owned());
        let special = (provider.to_owned(), operation.clone(), fault.clone());
        *self.except.get(&special).unwrap_or_else(|| &self.cells[&(operation, fault)])
    }
}

#[test]
fn the_table_has_a_cell_for_each_operation_and_each_fault() {
    let table = Table::read();
    for operation in Operation::ALL {
        for (fault, _) in FAULTS {
            table.want("", operation, fault);
        }
    }
    assert_eq!(table.cells.len(), Operation::ALL.len() * FAULTS.len());
}
