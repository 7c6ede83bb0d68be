//! What must not be written down by accident has no way to be.

use std::fmt::Display;

use hallpass_core::{OAuth2Token, PendingAuthorization, Secret};

/// A trait that a type implements in one way alone if it has neither `Display` nor `Serialize`:
/// naming the function below would be ambiguous for any other.
trait Unwritten<How> {
    fn is_unwritten() {}
}

struct ByDisplay;
struct BySerialize;

impl<T: ?Sized> Unwritten<()> for T {}
impl<T: ?Sized + Display> Unwritten<ByDisplay> for T {}
impl<T: ?Sized + serde::Serialize> Unwritten<BySerialize> for T {}

#[test]
fn a_login_a_token_and_a_secret_are_written_out_by_calls_of_their_own_alone() {
    <PendingAuthorization as Unwritten<_>>::is_unwritten();
    <OAuth2Token as Unwritten<_>>::is_unwritten();
    <Secret as Unwritten<_>>::is_unwritten();
}
