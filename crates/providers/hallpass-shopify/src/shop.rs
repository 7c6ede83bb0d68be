use std::{fmt, str::FromStr};

use hallpass_core::{Error, Result, url::Host};

/// The domain that a shop keeps for good: `example.myshopify.com`. Parsed before any URL is made of
/// it, so that the client's secret never goes to `evil.test/#`.
///
/// ```
/// use hallpass_shopify::{ShopDomain, Shopify};
///
/// let shopify = Shopify::new(&"example.myshopify.com".parse::<ShopDomain>()?);
/// assert!("evil.test/.myshopify.com".parse::<ShopDomain>().is_err());
/// # Ok::<(), hallpass_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShopDomain(String);

const SUFFIX: &str = ".myshopify.com";

impl ShopDomain {
    /// `example.myshopify.com`, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.0)
    }
}

impl FromStr for ShopDomain {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): not one label of letters, digits and
    /// hyphens before `.myshopify.com`. A shop's own domain (`shop.example.com`) does not do.
    fn from_str(text: &str) -> Result<Self> {
        let domain = text.to_ascii_lowercase();
        let fits = domain.strip_suffix(SUFFIX).is_some_and(|name| {
            let inner = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            (1..=63).contains(&name.len()) && inner && !name.starts_with('-')
        });
        if !fits || !is_host(&domain) {
            return Err(Error::config("no shop's domain, which ends in .myshopify.com"));
        }
        Ok(Self(domain))
    }
}

/// As it is in a URL.
impl fmt::Display for ShopDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A label that begins with `xn--` must be one that a URL parser takes, too.
fn is_host(name: &str) -> bool {
    matches!(Host::parse(name), Ok(Host::Domain(host)) if host == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_shop_is_one_label_before_shopifys_domain() {
        check("oak-trees.myshopify.com", Some("https://oak-trees.myshopify.com"));
        check("Oak-Trees.MyShopify.com", Some("https://oak-trees.myshopify.com"));
        check("1234.myshopify.com", Some("https://1234.myshopify.com"));
        for bad in [
            "xn--a.myshopify.com",
            "",
            "oak-trees",
            "myshopify.com",
            ".myshopify.com",
            "-oak.myshopify.com",
            "oak_trees.myshopify.com",
            "oak.trees.myshopify.com",
            "oak..myshopify.com",
            "oak.myshopify.com.",
            "oak.myshopify.com/",
            "oak.myshopify.com:443",
            "oak.myshopify.com.evil.test",
            "oak.myshopify.comevil.test",
            "oak.myshopify.io",
            "oak.shopify.com",
            "shop.example.com",
            "oakmyshopify.com",
            "https://oak.myshopify.com",
            "//oak.myshopify.com",
            "admin.shopify.com/store/oak",
            "evil.test/#.myshopify.com",
            "evil.test/.myshopify.com",
            "evil.test?.myshopify.com",
            "evil.test#.myshopify.com",
            "evil.test\\.myshopify.com",
            "evil.test%2f.myshopify.com",
            "user@evil.myshopify.com",
            "user:word@oak.myshopify.com",
            "a:b.myshopify.com",
            "oak trees.myshopify.com",
            " oak.myshopify.com",
            "oak.myshopify.com\n",
            "oak\0.myshopify.com",
            "chêne.myshopify.com",
            "oak。myshopify.com",
            "127.0.0.1",
            "[::1].myshopify.com",
            "[::1]",
        ] {
            check(bad, None);
        }
        check(
            &format!("{}{SUFFIX}", "a".repeat(63)),
            Some(&format!("https://{}{SUFFIX}", "a".repeat(63))),
        );
        check(&format!("{}{SUFFIX}", "a".repeat(64)), None);
    }

    #[track_caller]
    fn check(text: &str, url: Option<&str>) {
        let got = text.parse::<ShopDomain>();
        assert_eq!(got.as_ref().ok().map(ShopDomain::url).as_deref(), url, "{text:?}");
        assert!(got.err().is_none_or(|e| e.kind() == hallpass_core::ErrorKind::Config));
    }

    #[test]
    fn it_is_shown_and_counted_by_its_spelling_in_a_url() {
        let (one, same): (ShopDomain, ShopDomain) =
            ("Example.myshopify.com".parse().unwrap(), "example.myshopify.com".parse().unwrap());
        assert_eq!(one.to_string(), "example.myshopify.com");
        assert_eq!(HashSet::from([one, same]).len(), 1);
    }
}
