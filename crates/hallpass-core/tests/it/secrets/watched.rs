//! What `cargo xtask secrets` must find: a secret in each place where it looks, and in each form.

use std::{panic, thread};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{Random as _, Secret, ThreadRandom, url::form_urlencoded};

/// A secret of this run, whose end says where it is to be found.
fn planted(place: &str) -> String {
    let mut bytes = [0; 12];
    ThreadRandom.fill(&mut bytes);
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Secret::new(format!("\"{random}\" {place}")).expose().to_owned()
}

#[test]
fn a_secret_in_a_trace_is_heard() {
    let value = planted("an event of tracing");
    tracing::trace!(target: "somewhere", value, "in the clear");

    let value = planted("a span of tracing");
    let later = planted("a later field of tracing");
    let span = tracing::trace_span!("operation", value, later = tracing::field::Empty);
    span.record("later", later);

    let value = planted("a debugged field of tracing");
    tracing::trace!(?value, "in the clear");
}

#[test]
fn a_secret_in_a_record_of_log_is_heard() {
    // Before the record, since the first secret of a process begins the listening.
    let value = planted("a record of log");
    log::trace!("in the clear: {value}");
}

#[test]
fn a_secret_that_is_printed_is_read() {
    println!("in the clear: {}", planted("a printed line"));
    let value = planted("a printed URL");
    let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    println!("https://acme.test/?value={encoded}");
    let value = planted("a printed header");
    println!("Authorization: Basic {}", STANDARD.encode(format!("id:{value}")));
    eprintln!("{:?}", planted("printed bytes").as_bytes());
}

#[test]
fn a_secret_in_a_panic_is_read() {
    let value = planted("a panic");
    let panicked = thread::spawn(move || panic!("in the clear: {value}")).join();
    assert!(panicked.is_err());
}
