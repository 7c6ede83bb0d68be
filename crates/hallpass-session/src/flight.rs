//! Single flight: one renewal for all who wait.

mod machine;
#[cfg(test)]
mod model;
mod sync;
#[cfg(test)]
mod tests;

pub(crate) use self::machine::Flight;
