//! What a value keeps: for the program `memory`, and for the tests that fail where it is too much.

/// A client that shares its transport, less than: 4 KiB.
pub(crate) const CLIENT_BYTES: u64 = 4096;
/// A pending authorization, less than.
pub(crate) const PENDING_BYTES: u64 = 512;

/// The value, and the bytes that it keeps: its own size, and what was allocated for it by this
/// thread and is still there. What it shares with others that live is not in it.
pub(crate) fn kept<T>(make: impl FnOnce() -> T) -> (T, u64) {
    let mut made = None;
    let info = allocation_counter::measure(|| made = Some(make()));
    let heap = u64::try_from(info.bytes_current).expect("it freed less than it allocated");
    (made.expect("it was made"), heap + size_of::<T>() as u64)
}
