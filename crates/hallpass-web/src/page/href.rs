use hallpass_core::{Error, Result, url::form_urlencoded};

/// Where a link or a form of a page leads: a path of this site, with or without a query.
///
/// Only [`Href::new`] makes one, so that no page can hold `javascript:` or another site's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Href<'a>(&'a str);

impl<'a> Href<'a> {
    /// A path such as `/login/github?return_to=%2Fbasket`, encoded already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it does not begin with one `/`, or has
    /// something in it that no encoded path has: a backslash, a space, a control character, a
    /// letter beyond ASCII. Browsers read `//host`, `/\host` and `/<tab>/host` as another site
    /// ([URL Standard, section 4.4](https://url.spec.whatwg.org/#url-parsing)). Encode it, or do
    /// not take it from outside.
    pub fn new(path: &'a str) -> Result<Self> {
        let is_encoded = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        if is_encoded && path.starts_with('/') && !path.starts_with("//") {
            return Ok(Self(path));
        }
        Err(Error::config("a page links to paths of its own site alone"))
    }

    /// The path and the query, as given.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// For a form with method GET: its fields replace the query of its action, so those that stand
    /// there have to be fields too.
    pub(super) fn into_action(self) -> (&'a str, Vec<(String, String)>) {
        let without_fragment = self.0.split('#').next().unwrap_or(self.0);
        match without_fragment.split_once('?') {
            None => (without_fragment, Vec::new()),
            Some((path, query)) => {
                (path, form_urlencoded::parse(query.as_bytes()).into_owned().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::{ErrorKind, url::Url};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_leads_to_its_own_site_alone() {
        for path in ["/", "/login", "/login/github?return_to=%2F%2Fevil.test", "/a//b", "/a:b@c"] {
            assert_eq!(Href::new(path).map(Href::as_str).ok(), Some(path));
        }
        for path in [
            "",
            "login",
            "?a=b",
            "#top",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\/evil.test",
            "/\t/evil.test",
            "/\n/evil.test",
            " /login",
            "/a b",
            "/\u{0}",
            "/\u{2028}",
            "/ü",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "https://evil.test/",
        ] {
            let refusal = Href::new(path).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Config, "{path:?}");
        }
    }

    #[test]
    fn the_query_of_a_forms_address_is_kept_as_fields() {
        check("/login/shop", "/login/shop", &[]);
        check("/l?a=%26b&c=d+e#f", "/l", &[("a", "&b"), ("c", "d e")]);
    }

    #[track_caller]
    fn check(href: &str, path: &str, fields: &[(&str, &str)]) {
        let (got, got_fields) = Href::new(href).unwrap().into_action();
        assert_eq!(got, path);
        let got_fields: Vec<_> = got_fields.iter().map(|(n, v)| (&n[..], &v[..])).collect();
        assert_eq!(got_fields, fields);
    }

    proptest! {
        #[test]
        fn what_is_let_in_stays_on_the_site(path in "[/\\\\.:@a\t\n \u{0}?#%]{0,9}(//evil.test)?") {
            if let Ok(href) = Href::new(&path) {
                let base = Url::parse("https://app.test/callback/github").unwrap();
                let there = base.join(href.as_str()).unwrap();
                prop_assert_eq!(there.origin(), base.origin());
            }
        }
    }
}
