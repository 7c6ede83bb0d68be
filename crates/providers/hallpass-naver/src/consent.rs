use hallpass_core::{Error, Json, Result};

/// What the user let the application have. The answer repeats the token, which is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NaverConsent {
    expire_date: Box<str>,
    items: Box<str>,
}

impl NaverConsent {
    pub(crate) fn new(response: &Json) -> Result<Self> {
        match (response["expire_date"].as_str(), response["allowed_profile"].as_str()) {
            (Some(expire_date), Some(items)) => {
                Ok(Self { expire_date: expire_date.into(), items: items.into() })
            }
            _ => Err(Error::malformed("the answer does not say what is allowed")),
        }
    }

    /// When the token ends, as Naver spells it.
    #[must_use]
    pub fn expire_date(&self) -> &str {
        &self.expire_date
    }

    /// The items of the profile that are allowed.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        // quirk: comma-items => Some(&*self.items).into_iter()
        self.items.split(',').map(str::trim).filter(|item| !item.is_empty())
    }

    /// Whether this item of the profile is allowed. Naver names them as the answer about the
    /// profile does, `email`, or with `profile/` before it.
    #[must_use]
    pub fn allows(&self, item: &str) -> bool {
        self.items().any(|known| known == item || known.strip_prefix("profile/") == Some(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_allowed_by_its_whole_name() {
        check("profile/nickname,profile/email", "email", true);
        check("nickname, email", "email", true);
        check("email_address", "email", false);
        check("", "", false);
        check("nickname,,", "", false);
    }

    #[track_caller]
    fn check(items: &str, item: &str, is_allowed: bool) {
        let consent = NaverConsent { expire_date: "".into(), items: items.into() };
        assert_eq!(consent.allows(item), is_allowed, "{items:?} {item:?}");
    }
}
