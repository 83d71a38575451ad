//! Any bytes, put to the property of the same name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corslint_fuzz::properties::settings::check(data));
