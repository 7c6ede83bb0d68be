//! The parameters of the protocol, wherever they stand, and who a request is proven to be from.

use hallpass_core::{http::header, url::form_urlencoded};

use super::{super::wire::Asked, problem::Problem};

/// Names and values, decoded.
pub(super) type Pairs = Vec<(String, String)>;

/// What a request says by RFC 5849 section 3.1.
#[derive(Debug)]
pub(super) struct Said(Pairs);

impl Said {
    /// From the one place where a request has them: section 3.5.
    pub(super) fn by(asked: &Asked) -> Result<Self, Problem> {
        let in_query = form_pairs(asked.url.query().unwrap_or_default().as_bytes());
        let in_form = if asked.is_form() { form_pairs(&asked.body) } else { Vec::new() };
        let places = [in_header(asked)?, in_query, in_form].map(of_protocol);
        let mut places = places.into_iter().filter(|pairs| !pairs.is_empty());
        let missing = Problem::malformed("parameter_absent", "there is no oauth_ parameter");
        let said = places.next().ok_or(missing)?;
        if places.next().is_some() {
            let why = "oauth_ parameters are in two places (RFC 5849 section 3.5)";
            return Err(Problem::malformed("parameter_rejected", why));
        }
        let mut names: Vec<_> = said.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) {
            let why = "an oauth_ parameter comes twice (RFC 5849 section 3.2)";
            return Err(Problem::malformed("parameter_rejected", why));
        }
        let said = Self(said);
        if said.get("oauth_version").is_some_and(|version| version != "1.0") {
            return Err(Problem::malformed("version_rejected", "oauth_version is 1.0"));
        }
        Ok(said)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn needs(&self, name: &'static str) -> Result<&str, Problem> {
        let missing = Problem::malformed("parameter_absent", name);
        self.get(name).filter(|value| !value.is_empty()).ok_or(missing)
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

pub(super) fn form_pairs(form: &[u8]) -> Pairs {
    form_urlencoded::parse(form).into_owned().collect()
}

fn of_protocol(mut pairs: Pairs) -> Pairs {
    pairs.retain(|(name, _)| name.starts_with("oauth_"));
    pairs
}

/// RFC 5849 section 3.5.1, without the realm.
fn in_header(asked: &Asked) -> Result<Pairs, Problem> {
    let Some(header) = asked.authorization("OAuth") else {
        return match asked.headers.contains_key(header::AUTHORIZATION) {
            true => {
                Err(Problem::malformed("parameter_rejected", "Authorization is of another scheme"))
            }
            false => Ok(Vec::new()),
        };
    };
    let malformed =
        Problem::malformed("parameter_rejected", "the Authorization header is malformed");
    let pair = |part: &str| {
        let (name, value) = part.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        Some((decoded(name)?, decoded(value)?))
    };
    let pairs = header.split(',').map(pair).collect::<Option<Pairs>>().ok_or(malformed)?;
    Ok(pairs.into_iter().filter(|(name, _)| name != "realm").collect())
}

/// RFC 5849 section 3.6: a `+` is one, not a space.
fn decoded(text: &str) -> Option<String> {
    let as_form = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = form_urlencoded::parse(as_form.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned())
}
