use hallpass_core::Json;

/// Which `iss` an ID token may have ([OpenID Connect Core, section
/// 3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation), step 2). Text
/// is compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerRule {
    /// This one.
    Exact(String),
    /// One of these: a provider with an alias. The first is its name, and what verified claims have
    /// as `iss` whichever of them the JWT said: accounts, sessions and logouts are compared by it.
    OneOf(Vec<String>),
    /// One for each tenant, as Microsoft Entra has them.
    PerTenant {
        /// The issuer with `{tenantid}` where the claim `tid` stands.
        template: String,
        /// The tenants whose users are let in; empty for all, which lets in anybody who makes a
        /// tenant of their own.
        allowed: Vec<String>,
    },
}

impl IssuerRule {
    /// Whether a token with these claims comes from an issuer that is let in.
    pub(crate) fn admits(&self, iss: &str, tid: Option<&Json>) -> bool {
        match self {
            // check: 63 => iss.starts_with(issuer.as_str())
            Self::Exact(issuer) => issuer == iss,
            Self::OneOf(issuers) => issuers.iter().any(|issuer| issuer == iss),
            Self::PerTenant { template, allowed } => {
                let Some(tid) = tid.and_then(Json::as_str) else { return false };
                // A tenant is a GUID; nothing else may reach into the URL around it.
                let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
                // check: 50 => let is_let_in = true;
                let is_let_in = allowed.is_empty() || allowed.iter().any(|known| known == tid);
                // check: 50 => is_let_in
                !tid.is_empty()
                    && tid.bytes().all(is_plain)
                    && is_let_in
                    && template.replace("{tenantid}", tid) == iss
            }
        }
    }

    /// The one name that callbacks and accounts go by; `None` where there is one for each tenant.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Exact(issuer) => Some(issuer),
            Self::OneOf(issuers) => issuers.first().map(String::as_str),
            Self::PerTenant { .. } => None,
        }
    }

    /// The name of an issuer that is let in by an alias; `None` where claims stay as they are.
    pub(crate) fn name_of_alias(&self, iss: &str) -> Option<&str> {
        match self {
            Self::OneOf(issuers) => {
                let (name, aliases) = issuers.split_first()?;
                aliases.iter().any(|alias| alias == iss).then_some(name)
            }
            Self::Exact(_) | Self::PerTenant { .. } => None,
        }
    }

    /// What the provider's own metadata calls itself: the name, or the template.
    pub(crate) fn in_metadata(&self) -> Option<&str> {
        match self {
            Self::PerTenant { template, .. } => Some(template),
            Self::Exact(_) | Self::OneOf(_) => self.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEMPLATE: &str = "https://login.test/{tenantid}/v2.0";

    #[test]
    fn an_issuer_is_compared_byte_for_byte() {
        let exact = IssuerRule::Exact("https://op.test".into());
        check(&exact, "https://op.test", None, true);
        check(&exact, "https://op.test/", None, false);
        check(&exact, "https://OP.test", None, false);
        check(&exact, "", None, false);
        let alias = IssuerRule::OneOf(vec!["https://op.test".into(), "op.test".into()]);
        check(&alias, "op.test", None, true);
        check(&alias, "https://op.test", None, true);
        check(&alias, "http://op.test", None, false);
    }

    #[test]
    fn an_alias_has_a_name_and_nobody_else_has() {
        let rule = IssuerRule::OneOf(vec!["https://op.test".into(), "op.test".into()]);
        assert_eq!(rule.name_of_alias("op.test"), Some("https://op.test"));
        for iss in ["https://op.test", "evil.test", ""] {
            assert_eq!(rule.name_of_alias(iss), None, "{iss}");
        }
        assert_eq!(IssuerRule::OneOf(Vec::new()).name_of_alias("op.test"), None);
        assert_eq!(IssuerRule::Exact("https://op.test".into()).name_of_alias("op.test"), None);
    }

    #[test]
    fn a_tenant_must_be_let_in_and_be_the_issuers_own() {
        let any = |allowed: &[&str]| IssuerRule::PerTenant {
            template: TEMPLATE.into(),
            allowed: allowed.iter().map(|id| (*id).to_owned()).collect(),
        };
        let ours = "https://login.test/a-1/v2.0";
        check(&any(&["a-1"]), ours, Some("a-1"), true);
        check(&any(&[]), ours, Some("a-1"), true);
        check(&any(&["b-2"]), ours, Some("a-1"), false);
        check(&any(&["a-1"]), ours, Some("b-2"), false);
        check(&any(&["b-2"]), ours, Some("b-2"), false);
        check(&any(&[]), ours, None, false);
        check(&any(&[]), "https://login.test//v2.0", Some(""), false);
        check(&any(&[]), "https://login.test/a/../b/v2.0", Some("a/../b"), false);
        check(&any(&[]), TEMPLATE, Some("{tenantid}"), false);
    }

    #[track_caller]
    fn check(rule: &IssuerRule, iss: &str, tid: Option<&str>, want: bool) {
        let tid = tid.map(|tid| json!(tid));
        assert_eq!(rule.admits(iss, tid.as_ref()), want, "{rule:?} {iss} {tid:?}");
    }
}
