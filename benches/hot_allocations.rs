//! `hot_allocations PATH` prints how often one call of a hot path allocates, and how many bytes: a
//! program beside `hot`, since the allocator that counts costs instructions of its own.
//!
//! That allocator makes a block larger by a new one, so a string that grows counts again.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints")]

use std::{env, process};

use hallpass_benches::hot_paths::HotPath;

/// Calls before the one that is counted: what is made once per process or thread is there by then.
const WARM_UP: usize = 10;

fn main() {
    let name = env::args().nth(1).unwrap_or_default();
    let Some(path) = HotPath::named(&name) else {
        eprintln!("how to call it: hot_allocations PATH, of those that hot --list prints");
        process::exit(2);
    };
    let mut call = path.prepare();
    (0..WARM_UP).for_each(|_| call());
    let info = allocation_counter::measure(call);
    println!("{} {}", info.count_total, info.bytes_total);
}
