//! Chance that a seed repeats.

use std::time::Duration;

/// The generator SplitMix64: one number of state, and good enough to play with.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// For whoever has this number: everybody's is another, and repeats with the seed.
    pub(crate) fn of(seed: u64, whose: u64) -> Self {
        let mut chance = Self(seed ^ whose.wrapping_mul(0xd1b5_4a32_d192_ed03));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From zero to `end`, which is not among them.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        match self.below(others.len() as u64 + 1) {
            0 => first,
            at => others.get(at as usize - 1).copied().unwrap_or(first),
        }
    }

    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to.saturating_sub(from) + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, whose: u64) -> Vec<u64> {
        let mut chance = Chance::of(seed, whose);
        (0..8).map(|_| chance.below(1000)).collect()
    }

    #[test]
    fn a_seed_repeats_and_nobody_has_the_chance_of_another() {
        assert_eq!(first(7, 1), first(7, 1));
        assert_ne!(first(7, 1), first(7, 2));
        assert_ne!(first(7, 1), first(8, 1));
    }

    #[test]
    fn all_that_can_be_picked_is_picked() {
        let mut chance = Chance::of(1, 1);
        let mut picked: Vec<_> = (0..100).map(|_| chance.pick(1, &[2, 3])).collect();
        picked.sort_unstable();
        picked.dedup();
        assert_eq!(picked, [1, 2, 3]);
        assert!((0..100).all(|_| (5..=9).contains(&chance.millis(5, 9).as_millis())));
    }
}
