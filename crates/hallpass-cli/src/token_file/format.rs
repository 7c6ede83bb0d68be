use std::{collections::HashSet, path::Path};

use hallpass_core::{Error, Result, Secret};
use hallpass_session::TokenKey;
use serde::{Deserialize, Serialize};

use crate::record::Record;

const FORMAT: &str = "hallpass tokens";
/// Higher with each change that an older version would not understand, or would undo.
const FORMAT_VERSION: u32 = 1;

/// What every version of the file has.
#[derive(Deserialize)]
struct Header {
    format: String,
    format_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    format: String,
    format_version: u32,
    tokens: Vec<Line>,
}

/// One user's at one client.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    user: String,
    provider: String,
    pub(super) record: Record,
}

impl Line {
    pub(super) fn new(key: &TokenKey) -> Self {
        let (user, provider) = (key.user().to_owned(), key.provider().to_owned());
        Self { user, provider, record: Record::default() }
    }

    pub(super) fn is_of(&self, key: &TokenKey) -> bool {
        self.user == key.user() && self.provider == key.provider()
    }
}

/// The parser's own words quote what it read, which may be a token: only the place goes on.
pub(super) fn parse(path: &Path, text: &Secret) -> Result<Vec<Line>> {
    let unreadable = |error: serde_json::Error| {
        broken(path, &format!("line {}, column {}", error.line(), error.column()))
    };
    let header: Header = serde_json::from_str(text.expose()).map_err(unreadable)?;
    if header.format != FORMAT || header.format_version == 0 {
        return Err(broken(path, "another format"));
    }
    if header.format_version > FORMAT_VERSION {
        let path = path.display();
        let message = format!("{path} was written by a later version: update this program");
        return Err(Error::config(message).with_reason("newer_store"));
    }
    let contents: Contents = serde_json::from_str(text.expose()).map_err(unreadable)?;
    let mut keys = HashSet::new();
    // Of two, a logout would forget one, and the next look find the other.
    if !contents.tokens.iter().all(|line| keys.insert((&line.user, &line.provider))) {
        return Err(broken(path, "a token twice"));
    }
    Ok(contents.tokens)
}

pub(super) fn text(tokens: Vec<Line>) -> Result<Secret> {
    let contents = Contents { format: FORMAT.to_owned(), format_version: FORMAT_VERSION, tokens };
    serde_json::to_string(&contents)
        .map(Secret::new)
        .map_err(|_| Error::config("a token cannot be written as JSON").with_reason("broken_store"))
}

pub(super) fn broken(path: &Path, why: &str) -> Error {
    let path = path.display();
    let message = format!(
        "{path} is no token file, or cut short ({why}), and is left as it is: move it away and \
         sign in again"
    );
    Error::config(message).with_reason("broken_store")
}
