use std::fmt;

use hallpass_core::Json;
use serde::{Deserialize, Serialize};

/// What the user wants to be called, as Apple asked at the first login. `Debug` shows nothing of
/// it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppleName {
    #[serde(rename = "firstName", skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(rename = "lastName", skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

/// The callback's `user`. The address in it is not read: only the one in the ID token is signed.
#[derive(Deserialize)]
struct User {
    name: AppleName,
}

impl AppleName {
    /// The given name.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    /// The family name.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Both, the given name first; `None` if there is neither.
    #[must_use]
    pub fn full(&self) -> Option<String> {
        let parts: Vec<_> = [self.first(), self.last()].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// From the callback. What is no such JSON is no name, and no reason to refuse a login.
    pub(crate) fn read(user: &str) -> Option<Self> {
        let User { name } = serde_json::from_str(user).ok()?;
        name.clean()
    }

    pub(crate) fn from_json(user: &Json) -> Option<Self> {
        let User { name } = User::deserialize(user).ok()?;
        name.clean()
    }

    pub(crate) fn to_json(&self) -> Json {
        serde_json::json!({ "name": self })
    }

    /// Without parts that are empty; `None` if nothing is left.
    fn clean(self) -> Option<Self> {
        let text = |part: Option<String>| part.filter(|part| !part.is_empty());
        let name = Self { first: text(self.first), last: text(self.last) };
        (name.first.is_some() || name.last.is_some()).then_some(name)
    }
}

impl fmt::Debug for AppleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppleName").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_the_callbacks_user() {
        check(r#"{"name":{"firstName":"Robin","lastName":"Oak"}}"#, Some("Robin Oak"));
        check(r#"{"name":{"firstName":"Robin"},"email":"robin@oak.test"}"#, Some("Robin"));
        check(r#"{"name":{"lastName":"Oak","middleName":"B."}}"#, Some("Oak"));
        check(r#"{"name":{"firstName":null,"lastName":"Oak"}}"#, Some("Oak"));
        check(r#"{"name":{"firstName":"","lastName":""}}"#, None);
        check(r#"{"name":{}}"#, None);
        check(r#"{"name":"Robin Oak"}"#, None);
        check(r#"{"name":{"firstName":1}}"#, None);
        check(r#"{"email":"robin@oak.test"}"#, None);
        check("Robin Oak", None);
        check("[]", None);
        check("", None);
    }

    #[track_caller]
    fn check(user: &str, want: Option<&str>) {
        let name = AppleName::read(user);
        assert_eq!(name.as_ref().and_then(AppleName::full).as_deref(), want, "{user}");
        let kept = name.as_ref().map(AppleName::to_json);
        assert_eq!(kept.as_ref().and_then(AppleName::from_json), name, "{user}");
        assert!(!format!("{kept:?}").contains("oak.test"), "the address is not kept: {user}");
        assert!(!format!("{name:?}").contains("Oak"), "{name:?}");
    }
}
