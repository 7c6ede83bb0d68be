//! What is planted to be found: a search that misses it says nothing of the rest.

use crate::secrets::forms::Form;
use crate::secrets::report::{Found, Report};

/// Where the tests are that plant.
pub(super) const FILE: &str = "/secrets/watched.rs";

/// What runs them alone.
pub(super) const ALONE: &str = "--test it -- --nocapture secrets::watched";

/// What a planted value ends in, in which form it must be found, and in which kind of file.
const PLANTED: [(&str, Form, &str); 10] = [
    ("an event of tracing", Form::Plain, "log"),
    ("a span of tracing", Form::Plain, "log"),
    ("a later field of tracing", Form::Plain, "log"),
    ("a debugged field of tracing", Form::Escaped, "log"),
    ("a record of log", Form::Plain, "log"),
    ("a printed line", Form::Plain, "stdout"),
    ("a printed URL", Form::Percent, "stdout"),
    ("a printed header", Form::Base64, "stdout"),
    ("printed bytes", Form::Bytes, "stderr"),
    ("a panic", Form::Plain, "stderr"),
];

/// Fails unless each is found.
pub(super) fn all_found(report: &Report) -> Result<(), String> {
    for (name, form, kind) in PLANTED {
        let is_it = |found: &&Found| {
            found.secret.value.ends_with(name) && found.form == form && found.file.ends_with(kind)
        };
        if report.controls().find(is_it).is_none() {
            return Err(format!("the control `{name}` was not found: the search says nothing"));
        }
    }
    println!("{} planted secrets found where they were planted", PLANTED.len());
    Ok(())
}
