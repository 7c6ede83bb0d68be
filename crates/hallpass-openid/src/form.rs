//! What a browser or a provider sends to an endpoint of the application.

use hallpass_core::{Error, Result, url::form_urlencoded};

/// Longer ones than any sender has reason to send are refused unread.
const LONGEST_BYTES: usize = 128 << 10;
const MOST_PARAMETERS: usize = 64;

/// The parameters of a query or form, each once ([RFC 6749, section
/// 3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)).
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// From a query, with or without `?`.
    pub(crate) fn from_query(query: &str) -> Result<Self> {
        Self::parse(query.strip_prefix('?').unwrap_or(query).as_bytes())
    }

    /// From the body of a POST.
    pub(crate) fn parse(body: &[u8]) -> Result<Self> {
        if body.len() > LONGEST_BYTES {
            return Err(Error::security("too_long", "the request is longer than 128 KiB"));
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(Error::security("duplicate", "the request has a parameter twice"));
            }
            if pairs.len() == MOST_PARAMETERS {
                return Err(Error::security("too_long", "the request has too many parameters"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// A parameter; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_with_or_without_its_question_mark() {
        check("a=1&b=x%20y+z", "b", Some("x y z"));
        check("?a=1", "a", Some("1"));
        check("a=", "a", None);
        check("a", "a", None);
        check("", "a", None);
        check("A=1", "a", None);
    }

    #[track_caller]
    fn check(query: &str, name: &str, want: Option<&str>) {
        assert_eq!(Form::from_query(query).unwrap().get(name), want, "{query}");
    }

    #[test]
    fn a_parameter_stands_there_once_and_there_are_not_too_many() {
        let many = |count| (0..count).map(|n| format!("p{n}=1&")).collect::<String>();
        for (body, reason) in [
            (many(64), None),
            (many(65), Some("too_long")),
            ("a=1&b=2&a=1".to_owned(), Some("duplicate")),
            ("a=&a=".to_owned(), Some("duplicate")),
            ("a=1&%61=2".to_owned(), Some("duplicate")),
            (format!("a={}", "x".repeat(LONGEST_BYTES - 2)), None),
            (format!("a={}", "x".repeat(LONGEST_BYTES - 1)), Some("too_long")),
        ] {
            let got = Form::parse(body.as_bytes()).err();
            assert_eq!(got.and_then(|error| error.reason()), reason, "{body:.40}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let form = Form::parse(b"a=\xff%ff&b=1").unwrap();
        assert_eq!(form.get("b"), Some("1"));
    }
}
