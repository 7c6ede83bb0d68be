//! Many patterns in one pass over a text.

use std::collections::HashMap;

use crate::secrets::forms::SHORTEST_BYTES;

/// Finds patterns by their first eight bytes.
#[derive(Debug)]
pub(super) struct Finder {
    patterns: Vec<Vec<u8>>,
    by_start: HashMap<u64, Vec<usize>>,
    /// One bit for each hash of a start: most places of a text end here.
    filter: Vec<u64>,
}

/// The filter has two to the power of this many bits, and stays in the processor's cache.
const FILTER_BITS: u32 = 24;

impl Finder {
    /// For patterns of at least eight bytes; a shorter one is never found.
    pub(super) fn new(patterns: Vec<Vec<u8>>) -> Self {
        let mut by_start: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut filter = vec![0_u64; 1 << (FILTER_BITS - 6)];
        for (index, pattern) in patterns.iter().enumerate() {
            if let Some(start) = pattern.first_chunk::<SHORTEST_BYTES>() {
                let start = u64::from_be_bytes(*start);
                by_start.entry(start).or_default().push(index);
                let hash = hash(start);
                filter[hash >> 6] |= 1 << (hash & 63);
            }
        }
        Self { patterns, by_start, filter }
    }

    /// Calls `found` with place and pattern, for each pattern at each place.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut window = 0_u64;
        for (at, byte) in text.iter().enumerate() {
            window = (window << 8) | u64::from(*byte);
            let hash = hash(window);
            if at + 1 < SHORTEST_BYTES || self.filter[hash >> 6] >> (hash & 63) & 1 == 0 {
                continue;
            }
            let start = at + 1 - SHORTEST_BYTES;
            for &index in self.by_start.get(&window).into_iter().flatten() {
                if text[start..].starts_with(&self.patterns[index]) {
                    found(start, index);
                }
            }
        }
    }
}

/// The upper bits of a product, which depend on all of the lower ones.
fn hash(start: u64) -> usize {
    (start.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patterns: &[&str], text: &str, want: &[(usize, usize)]) {
        let finder = Finder::new(patterns.iter().map(|it| it.as_bytes().to_vec()).collect());
        let mut found = Vec::new();
        finder.find(text.as_bytes(), |at, index| found.push((at, index)));
        assert_eq!(found, want);
    }

    #[test]
    fn every_pattern_is_found_at_every_place() {
        check(&["abcdefgh"], "abcdefgh", &[(0, 0)]);
        check(&["abcdefgh"], "xabcdefghabcdefgh", &[(1, 0), (9, 0)]);
        check(&["abcdefgh", "abcdefghij", "cdefghij"], "abcdefghij", &[(0, 0), (0, 1), (2, 2)]);
        check(&["aaaaaaaa"], "aaaaaaaaa", &[(0, 0), (1, 0)]);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        check(&["abcdefgh"], "abcdefg", &[]);
        check(&["abcdefghi"], "abcdefgh", &[]);
        check(&["abcdefgh"], "abcdefgxabcdefg", &[]);
        check(&["short"], "short short", &[]);
        check(&["\0\0\0\0\0\0\0\0"], "", &[]);
    }
}
