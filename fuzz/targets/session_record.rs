#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hallpass_doors::session_record(input));
