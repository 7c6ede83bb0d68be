use hallpass_core::{
    http::{HeaderMap, HeaderValue, header},
    url::Url,
};

/// Cookies, as [RFC 6265](https://www.rfc-editor.org/rfc/rfc6265) has them for one host: by name
/// and path, on whatever port.
#[derive(Default)]
pub(super) struct Jar(Vec<Cookie>);

struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
}

impl Jar {
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        for header in headers.get_all(header::SET_COOKIE) {
            let Some((cookie, ends)) = header.to_str().ok().and_then(|text| read(url, text)) else {
                continue;
            };
            let Cookie { host, path, name, .. } = &cookie;
            self.0.retain(|known| (&known.host, &known.path, &known.name) != (host, path, name));
            if !ends {
                self.0.push(cookie);
            }
        }
    }

    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let host = url.host_str()?;
        let fitting =
            self.0.iter().filter(|cookie| cookie.host == host && covers(&cookie.path, url));
        let pairs: Vec<_> =
            fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if pairs.is_empty() {
            return None;
        }
        HeaderValue::try_from(pairs.join("; ")).ok()
    }
}

impl std::fmt::Debug for Jar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|cookie| &cookie.name)).finish()
    }
}

/// A cookie, and whether it ends one. `Max-Age` alone is looked at: who removes a cookie sends it.
fn read(url: &Url, text: &str) -> Option<(Cookie, bool)> {
    let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
    let (name, value) = pair.split_once('=')?;
    let attribute = |wanted: &str| {
        let mut attributes =
            attributes.split(';').filter_map(|attribute| attribute.split_once('='));
        let found = attributes.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    let ends =
        attribute("Max-Age").and_then(|age| age.parse::<i64>().ok()).is_some_and(|age| age <= 0);
    let path = attribute("Path").filter(|path| path.starts_with('/'));
    let cookie = Cookie {
        host: url.host_str()?.to_owned(),
        path: path.map_or_else(|| default_path(url), str::to_owned),
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
    };
    Some((cookie, ends))
}

/// RFC 6265 section 5.1.4.
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
    }
}

fn covers(path: &str, url: &Url) -> bool {
    url.path()
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(at: &str, cookies: &[&'static str]) -> Jar {
        let headers =
            cookies.iter().map(|text| (header::SET_COOKIE, HeaderValue::from_static(text)));
        let mut jar = Jar::default();
        for (name, value) in headers {
            jar.keep(&Url::parse(at).unwrap(), &HeaderMap::from_iter([(name, value)]));
        }
        jar
    }

    #[test]
    fn a_cookie_goes_to_its_host_and_path() {
        let cookies = ["a=1; Path=/; HttpOnly", "b=2; path=/auth; Secure; SameSite=Lax", "c=3"];
        let jar = jar("http://127.0.0.1:1/auth/login", &cookies);
        for (url, want) in [
            ("http://127.0.0.1:2/auth/callback?x", Some("a=1; b=2; c=3")),
            ("http://127.0.0.1:1/auth", Some("a=1; b=2; c=3")),
            ("http://127.0.0.1:1/author", Some("a=1")),
            ("http://127.0.0.1:1/", Some("a=1")),
            ("http://localhost:1/", None),
        ] {
            let got = jar.header(&Url::parse(url).unwrap());
            assert_eq!(got.as_ref().map(|value| value.to_str().unwrap()), want, "{url}");
        }
    }

    #[test]
    fn a_cookie_is_replaced_and_removed() {
        let jar = jar("http://127.0.0.1/", &["a=1", "a=2", "b=1", "b=; Max-Age=0"]);
        let got = jar.header(&Url::parse("http://127.0.0.1/").unwrap()).unwrap();
        assert_eq!(got, "a=2");
        assert_eq!(format!("{jar:?}"), "{\"a\"}");
    }
}
