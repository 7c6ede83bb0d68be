//! RFC 8628 section 3.2, and what providers make of it.

use std::time::Duration;

use hallpass_core::{Error, Json, Result, Secret, is_loopback, url::Url};

/// Where the reply does not say.
const INTERVAL: Duration = Duration::from_secs(5);
/// Where the reply does not say, though it must: what most give.
const LIFETIME: Duration = Duration::from_secs(900);
/// Whatever the reply says.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// Nobody types more.
const LONGEST_USER_CODE: usize = 128;

pub(super) struct Reply {
    pub(super) device_code: Secret,
    pub(super) user_code: String,
    pub(super) verification_uri: Url,
    pub(super) verification_uri_complete: Option<Url>,
    pub(super) lifetime: Duration,
    pub(super) interval: Duration,
}

impl Reply {
    pub(super) fn read(reply: &Json, endpoint: &Url) -> Result<Self> {
        let text = |name: &str| reply.get(name).and_then(Json::as_str).filter(|it| !it.is_empty());
        let device_code = text("device_code").ok_or_else(|| malformed("device_code"))?;
        let user_code = text("user_code").ok_or_else(|| malformed("user_code"))?;
        // It goes to a terminal, where a control character is a command.
        let is_printable = user_code.len() <= LONGEST_USER_CODE
            && user_code.chars().all(|char| !char.is_control());
        if !is_printable {
            return Err(malformed("user_code"));
        }
        // Google's name for it is older than the RFC.
        let verification_uri = text("verification_uri").or_else(|| text("verification_url"));
        let verification_uri = verification_uri.and_then(|uri| to_be_shown(uri, endpoint));
        let complete = text("verification_uri_complete");
        let complete = match complete {
            None => None,
            Some(uri) => Some(
                to_be_shown(uri, endpoint).ok_or_else(|| malformed("verification_uri_complete"))?,
            ),
        };
        let lifetime = seconds(reply, "expires_in")?.unwrap_or(LIFETIME);
        let interval = seconds(reply, "interval")?.unwrap_or(INTERVAL);
        Ok(Self {
            device_code: Secret::new(device_code),
            user_code: user_code.to_owned(),
            verification_uri: verification_uri.ok_or_else(|| malformed("verification_uri"))?,
            verification_uri_complete: complete,
            lifetime,
            interval: interval.max(SHORTEST_INTERVAL),
        })
    }
}

fn malformed(what: &str) -> Error {
    Error::malformed(format!("a device authorization without a usable {what}"))
}

/// https; http where the endpoint itself is reached so, on loopback or at the very same host.
fn to_be_shown(uri: &str, endpoint: &Url) -> Option<Url> {
    let uri = Url::parse(uri).ok()?;
    let may_be_plain =
        is_loopback(&uri) || (endpoint.scheme() == "http" && uri.host() == endpoint.host());
    let is_shown = uri.scheme() == "https" || (uri.scheme() == "http" && may_be_plain);
    (is_shown && uri.username().is_empty() && uri.password().is_none()).then_some(uri)
}

/// A number, or one that is written as text, as `expires_in` of some.
fn seconds(reply: &Json, name: &str) -> Result<Option<Duration>> {
    let number = match reply.get(name) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(text)) => text.parse().ok(),
        Some(value) => value.as_f64(),
    };
    let duration = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
    duration.map(Some).ok_or_else(|| malformed(name))
}

#[cfg(test)]
mod tests {
    use hallpass_core::ErrorKind;
    use serde_json::json;

    use super::*;

    /// The example of RFC 8628 section 3.2.
    fn example() -> Json {
        json!({
            "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
            "user_code": "WDJB-MJHT",
            "verification_uri": "https://example.com/device",
            "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
            "expires_in": 1800,
            "interval": 5
        })
    }

    fn read(reply: &Json) -> Result<Reply> {
        Reply::read(reply, &Url::parse("https://example.com/code").unwrap())
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let reply = read(&example()).unwrap();
        assert_eq!(reply.user_code, "WDJB-MJHT");
        assert_eq!(reply.verification_uri.as_str(), "https://example.com/device");
        let complete = reply.verification_uri_complete.unwrap();
        assert_eq!(complete.query(), Some("user_code=WDJB-MJHT"));
        assert_eq!((reply.lifetime.as_secs(), reply.interval.as_secs()), (1800, 5));
        assert!(reply.device_code.matches("GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"));
    }

    #[test]
    fn what_a_reply_leaves_out_has_a_usual_value() {
        let url = "https://www.google.com/device";
        let reply = json!({"device_code": "d", "user_code": "u", "verification_url": url});
        let reply = read(&reply).unwrap();
        assert_eq!(reply.verification_uri.as_str(), url);
        assert!(reply.verification_uri_complete.is_none());
        assert_eq!((reply.lifetime, reply.interval), (LIFETIME, INTERVAL));
        check_interval(json!(0), Some(1));
        check_interval(json!("7"), Some(7));
        check_interval(json!(null), Some(5));
        check_interval(json!(-1), None);
        check_interval(json!("soon"), None);
        check_interval(json!(1e300), None);
        check_interval(json!([5]), None);
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value)]
    fn check_interval(interval: Json, want: Option<u64>) {
        let mut reply = example();
        reply["interval"] = interval;
        assert_eq!(read(&reply).ok().map(|reply| reply.interval.as_secs()), want);
    }

    #[test]
    fn what_would_spoil_a_screen_is_refused() {
        for (name, value) in [
            ("device_code", json!("")),
            ("device_code", json!(7)),
            ("device_code", json!(null)),
            ("user_code", json!("")),
            ("user_code", json!("A\u{1b}[2J")),
            ("user_code", json!("A\nB")),
            ("user_code", json!("A".repeat(129))),
            ("verification_uri", json!("javascript:alert(1)")),
            ("verification_uri", json!("http://example.com/device")),
            ("verification_uri", json!("https://user@example.com/device")),
            ("verification_uri", json!("/device")),
            ("verification_uri_complete", json!("file:///etc/passwd")),
            ("expires_in", json!("NaN")),
        ] {
            let mut reply = example();
            reply[name] = value.clone();
            let error = read(&reply).map(|reply| reply.user_code).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{name}: {value}");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn an_address_without_tls_is_for_loopback_or_the_endpoint_s_own_host() {
        let check = |uri: &str, endpoint: &str, want: bool| {
            let endpoint = Url::parse(endpoint).unwrap();
            assert_eq!(to_be_shown(uri, &endpoint).is_some(), want, "{uri} of {endpoint}");
        };
        check("http://127.0.0.1:9/device", "http://127.0.0.1:9/code", true);
        check("http://localhost/device", "https://sso.test/code", true);
        check("http://sso.test/device", "http://sso.test/code", true);
        check("http://sso.test/device", "https://sso.test/code", false);
        check("http://evil.test/device", "http://sso.test/code", false);
    }
}
