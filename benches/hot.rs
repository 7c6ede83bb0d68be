//! `hot PATH COUNT` runs one hot path COUNT times, and nothing else: for a profiler, and for
//! callgrind under `cargo xtask bench --instructions`. `hot --list` prints the paths.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints")]

use std::{env, process};

use hallpass_benches::hot_paths::{HOT_PATHS, HotPath, MOST_CALLS};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => HOT_PATHS.iter().for_each(|path| println!("{}", path.name)),
        [name, count] => run(name, count),
        _ => stop("how to call it: hot --list, or hot PATH COUNT"),
    }
}

fn run(name: &str, count: &str) {
    let Some(path) = HotPath::named(name) else { stop("there is no such path: see hot --list") };
    let count = match count.parse() {
        Ok(count) if count <= MOST_CALLS => count,
        _ => stop(&format!("COUNT is a number up to {MOST_CALLS}")),
    };
    let mut call = path.prepare();
    for _ in 0..count {
        call();
    }
    // What was made for calls that did not come is not dropped: the count would depend on it.
    process::exit(0);
}

fn stop(message: &str) -> ! {
    eprintln!("{message}");
    process::exit(2);
}
