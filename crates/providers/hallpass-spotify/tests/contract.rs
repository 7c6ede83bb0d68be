//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_spotify::{FIXTURES, Spotify};

#[test]
fn spotify_keeps_its_contract() {
    hallpass_testkit::contract(Spotify::new, FIXTURES);
}
