//! Turns the corpus of a door into files and back, for the fuzzers: `corpus unpack TEXT FOLDER`,
//! `corpus pack FOLDER TEXT`, `corpus seeds DOOR FOLDER`, `corpus doors`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints")]

use std::{env, error::Error, fs, path::Path, process::ExitCode};

use hallpass_doors::{DOORS, corpus, seeds};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match arguments {
        ["doors"] => {
            DOORS.iter().for_each(|(name, _)| println!("{name}"));
            Ok(())
        }
        ["unpack", text, folder] => {
            write(&corpus::unpack(&fs::read_to_string(text)?)?, "corpus", folder.as_ref())
        }
        ["seeds", door, folder] => {
            let seeds = seeds::seeds();
            let (_, inputs) =
                seeds.iter().find(|(name, _)| name == door).ok_or("there is no such door")?;
            write(inputs, "seed", folder.as_ref())
        }
        ["pack", folder, text] => {
            let mut inputs = Vec::new();
            for entry in fs::read_dir(folder)? {
                inputs.push(fs::read(entry?.path())?);
            }
            fs::write(text, corpus::pack(&inputs))?;
            println!("{} inputs", inputs.len());
            Ok(())
        }
        _ => Err("unpack TEXT FOLDER, pack FOLDER TEXT, seeds DOOR FOLDER, or doors".into()),
    }
}

fn write(inputs: &[Vec<u8>], name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("{name}-{number}")), input)?;
    }
    Ok(())
}
