use url::{Host, Url};

/// Whether a URL leads back to this machine, so that plain http, or a port that nobody registered,
/// does no harm there: its host is one of [`is_loopback_host`]. The scheme is the caller's to
/// check.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback_host(&host))
}

/// Whether a host is this machine: an address of 127.0.0.0/8, the address `::1` ([RFC 8252, section
/// 7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)), or the very name `localhost`.
///
/// The name is the weaker of the two: it leads where the system's resolver says ([RFC 8252, section
/// 8.3](https://www.rfc-editor.org/rfc/rfc8252#section-8.3) advises against it in a redirect URI).
/// It counts because providers, tools and frameworks print it.
///
/// What is allowed here goes on unencrypted, so that whatever is in doubt is not this machine:
///
/// - names below `localhost`, and `localhost.` with its root: [RFC 6761, section
///   6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3) gives them to loopback, but resolvers
///   that ask the network for them exist;
/// - addresses of IPv4 within IPv6 (`::ffff:127.0.0.1`), and the unspecified ones (`0.0.0.0`,
///   `::`), which reach this machine on some systems alone.
///
/// [`ReqwestClient::public_only`](crate::ReqwestClient::public_only) has the opposite question, and
/// refuses all of these.
#[must_use]
pub fn is_loopback_host<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name.as_ref() == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_its_addresses_and_one_name() {
        check("http://127.0.0.1:3000/", true);
        check("http://127.255.255.254/", true);
        check("http://[::1]:3000/", true);
        check("http://localhost/", true);
        check("https://localhost/", true);
    }

    #[test]
    fn other_spellings_are_what_the_parser_makes_of_them() {
        check("http://LOCALHOST/", true);
        check("http://2130706433/", true);
        check("http://0x7f.1/", true);
        check("http://127.1/", true);
        check("http://[0:0:0:0:0:0:0:1]/", true);
        check("app://LOCALHOST/", false);
    }

    #[test]
    fn what_is_in_doubt_is_somewhere_else() {
        check("http://localhost./", false);
        check("http://app.localhost/", false);
        check("http://localhost.evil.test/", false);
        check("http://127.0.0.1.evil.test/", false);
        check("http://localhost@evil.test/", false);
        check("http://[::ffff:127.0.0.1]/", false);
        check("http://[::ffff:7f00:1]/", false);
        check("http://[::127.0.0.1]/", false);
        check("http://[::]/", false);
        check("http://0.0.0.0/", false);
        check("http://128.0.0.1/", false);
        check("app.example:/localhost", false);
    }

    #[track_caller]
    fn check(url: &str, want: bool) {
        assert_eq!(is_loopback(&Url::parse(url).unwrap()), want, "{url}");
    }

    #[test]
    fn a_host_without_a_url_is_judged_alike() {
        for (host, want) in [("127.0.0.1", true), ("[::1]", true), ("oak.test", false)] {
            assert_eq!(is_loopback_host(&Host::parse(host).unwrap()), want, "{host}");
        }
    }
}
