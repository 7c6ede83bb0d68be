use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::form_urlencoded::byte_serialize;

use crate::{Error, Result};

/// The pairs of a query or form, strictly: `url` turns bytes that are no UTF-8 into replacement
/// characters, and two different values would become one.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Result<String> {
    let text = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { text.into() };
    let decoded = percent_decode_str(&text).decode_utf8();
    Ok(decoded.map_err(|_| Error::malformed("parameters that are no UTF-8"))?.into_owned())
}

/// Appends `name=value`, form-encoded, after `?` or `&` as the place wants.
pub(crate) fn append(out: &mut String, separator: char, name: &str, value: &str) {
    out.push(separator);
    out.extend(byte_serialize(name.as_bytes()));
    out.push('=');
    out.extend(byte_serialize(value.as_bytes()));
}

/// A whole form.
pub(crate) fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = String::with_capacity(256);
    for (name, value) in pairs {
        append(&mut out, '&', name, value);
    }
    if !out.is_empty() {
        out.remove(0);
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_bad_bytes_refused() {
        let got = pairs("a=1+2&b=%C3%A9&c&&d=x=y").unwrap();
        let want = [("a", "1 2"), ("b", "é"), ("c", ""), ("d", "x=y")];
        assert_eq!(got, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(pairs("a=%ff").is_err());
        assert!(pairs("%ff=a").is_err());
    }

    #[test]
    fn a_form_comes_back_as_it_went() {
        let sent = [("a b", "1&2"), ("é", "+%")];
        let form = String::from_utf8(form(sent)).unwrap();
        assert_eq!(form, "a+b=1%262&%C3%A9=%2B%25");
        assert_eq!(pairs(&form).unwrap(), sent.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(super::form([]).is_empty());
    }
}
