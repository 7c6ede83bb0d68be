use hallpass_core::{ClientConfig, Error, Json, Result};

/// A redirect that Google no longer serves, and that is still in old files.
const RETIRED: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Reads the file of [the format that Google's libraries
/// share](https://googleapis.github.io/google-api-python-client/docs/client-secrets.html).
pub(crate) fn read(json: &str) -> Result<ClientConfig> {
    // Into any JSON first: the errors of a typed reader quote what they find.
    let file: Json = serde_json::from_str(json)
        .map_err(|error| Error::config("the client secrets file is not JSON").with_source(error))?;
    if file["type"] == "service_account" {
        return Err(Error::config("a service account's key, where users need an OAuth client"));
    }
    let (client, is_web) = match (file.get("web"), file.get("installed")) {
        (Some(client), None) => (client, true),
        (None, Some(client)) => (client, false),
        _ => return Err(Error::config("the client secrets file has not one client")),
    };
    let id = text(client, "client_id")?
        .ok_or_else(|| Error::config("the client secrets file has no client_id"))?;
    let config = ClientConfig::new(id);
    let config = match text(client, "client_secret")? {
        Some(secret) => config.with_secret(secret),
        None if is_web => {
            return Err(Error::config("the client secrets file has no client_secret"));
        }
        None => config,
    };
    match redirect_uri(client)? {
        Some(redirect_uri) => config.with_redirect_uri(redirect_uri),
        None => Ok(config),
    }
}

/// A member that is text, if it is there and not empty.
fn text<'a>(client: &'a Json, name: &str) -> Result<Option<&'a str>> {
    match &client[name] {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        _ => Err(Error::config(format!("the client secrets file's {name} is not text"))),
    }
}

fn redirect_uri(client: &Json) -> Result<Option<&str>> {
    let broken = || Error::config("the client secrets file's redirect_uris is no list of text");
    let list = match &client["redirect_uris"] {
        Json::Null => return Ok(None),
        Json::Array(list) => list,
        _ => return Err(broken()),
    };
    let uris = list.iter().map(|uri| uri.as_str().ok_or_else(broken));
    Ok(uris.collect::<Result<Vec<_>>>()?.into_iter().find(|uri| *uri != RETIRED))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use hallpass_core::ErrorKind;

    use super::*;

    /// Nobody may see it, least of all in an error.
    const PLANTED: &str = "plantedsecret";

    #[test]
    fn a_web_client_is_read() {
        check(
            r#"{"web":{"client_id":"ID","project_id":"p","auth_uri":"https://evil.test/auth",
                "client_secret":"plantedsecret",
                "redirect_uris":["https://app.test/cb","https://app.test/other"]}}"#,
            Ok(("ID", true, Some("https://app.test/cb"))),
        );
        check(r#"{"web":{"client_id":"ID","client_secret":"s"}}"#, Ok(("ID", true, None)));
    }

    #[test]
    fn an_installed_client_is_read_without_the_retired_redirect() {
        check(
            r#"{"installed":{"client_id":"ID","client_secret":"plantedsecret",
                "redirect_uris":["urn:ietf:wg:oauth:2.0:oob","http://localhost"]}}"#,
            Ok(("ID", true, Some("http://localhost"))),
        );
        check(
            r#"{"installed":{"client_id":"ID","redirect_uris":["urn:ietf:wg:oauth:2.0:oob"]}}"#,
            Ok(("ID", false, None)),
        );
    }

    #[test]
    fn what_is_no_such_file_says_what_is_missing() {
        let client =
            |members: &str| format!(r#"{{"web":{{"client_secret":"{PLANTED}",{members}}}}}"#);
        check("", Err("not JSON"));
        check(PLANTED, Err("not JSON"));
        check(&format!(r#"{{"web":{{"client_secret":"{PLANTED}"#), Err("not JSON"));
        check("[]", Err("has not one client"));
        check("{}", Err("has not one client"));
        check(r#"{"web":{},"installed":{}}"#, Err("has not one client"));
        check(
            r#"{"type":"service_account","private_key":"plantedsecret"}"#,
            Err("service account"),
        );
        check(r#"{"web":"plantedsecret"}"#, Err("no client_id"));
        check(&client(r#""client_id":"""#), Err("no client_id"));
        check(&client(r#""client_id":7"#), Err("client_id is not text"));
        check(r#"{"web":{"client_id":"ID"}}"#, Err("no client_secret"));
        check(r#"{"web":{"client_id":"ID","client_secret":["plantedsecret"]}}"#, Err("not text"));
        let id = |uris: &str| client(&format!(r#""client_id":"ID","redirect_uris":{uris}"#));
        check(&id(r#""https://app.test/cb""#), Err("no list"));
        check(&id("[7]"), Err("no list"));
        check(&id(r#"["plantedsecret"]"#), Err("not a URL"));
        check(&id(r#"["http://app.test/plantedsecret"]"#), Err("neither https"));
    }

    /// Id, whether there is a secret, and the redirect URI; or a part of what the error says.
    #[track_caller]
    fn check(json: &str, want: Result<(&str, bool, Option<&str>), &str>) {
        match (read(json), want) {
            (Ok(config), Ok((id, has_secret, redirect_uri))) => {
                let shown = format!("{config:?}");
                let redirect_uri = redirect_uri.map(str::to_owned);
                assert!(shown.contains(&format!("client_id: {id:?}")), "{shown}");
                assert!(shown.contains(&format!("redirect_uri: {redirect_uri:?}")), "{shown}");
                assert_eq!(shown.contains("Secret"), has_secret, "{shown}");
                assert!(!shown.contains(PLANTED), "{shown}");
            }
            (Err(error), Err(want)) => {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains(want), "{error}");
                let source = error.source().map(ToString::to_string);
                assert!(!format!("{error} {error:?} {source:?}").contains(PLANTED), "{error:?}");
            }
            (got, want) => panic!("{got:?} where {want:?} was due: {json}"),
        }
    }
}
