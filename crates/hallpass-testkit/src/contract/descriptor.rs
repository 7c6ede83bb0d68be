//! What can be seen of a descriptor without a request. That its endpoints are URLs, and that a weak
//! code binding names its source, was checked when the client was made.

use hallpass_core::{Descriptor, url::Url};

pub(super) fn failures(descriptor: &Descriptor) -> Vec<String> {
    let mut failures = Vec::new();
    let page = descriptor.registration_url().map(Url::parse);
    if page.is_some_and(|page| !page.is_ok_and(|url| url.scheme() == "https")) {
        failures.push("descriptor: the registration URL is no https URL".to_owned());
    }
    failures.extend(logo_failure(&descriptor.logo_svg(), descriptor.display_name()));
    failures
}

fn logo_failure(svg: &str, name: &str) -> Option<String> {
    let what = if !svg.starts_with("<svg ") || !svg.ends_with("</svg>") {
        "is no <svg>"
    } else if svg.matches('<').count() != svg.matches('>').count() {
        "has a tag that is not closed"
    } else if !svg.contains(&format!("<title>{}</title>", escaped(name))) {
        "is not titled with the display name"
    } else {
        return None;
    };
    Some(format!("descriptor: the logo {what}: {svg}"))
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Descriptor {
        Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t")
    }

    #[test]
    fn a_registration_page_is_https() {
        check(&plain().with_registration_url("https://acme.test/apps"), None);
        check(&plain().with_registration_url("http://acme.test/apps"), Some("registration"));
        check(&plain().with_registration_url("acme.test/apps"), Some("registration"));
    }

    #[track_caller]
    fn check(descriptor: &Descriptor, want: Option<&str>) {
        let got = failures(descriptor);
        assert_eq!(got.len(), usize::from(want.is_some()), "{got:?}");
        assert!(want.is_none_or(|want| got[0].contains(want)), "{got:?}");
    }

    #[test]
    fn a_logo_is_an_svg_with_the_escaped_name() {
        let name = "A & <B>";
        assert_eq!(logo_failure(&plain().with_display_name(name).logo_svg(), name), None);
        for (svg, want) in [
            ("<img>", "no <svg>"),
            ("<svg ><title>A</title>", "no <svg>"),
            ("<svg ><title>A & <B></title></svg>", "not titled"),
            ("<svg ><title></svg>", "not titled"),
            ("<svg <title>A</title></svg>", "not closed"),
        ] {
            let got = logo_failure(svg, name).unwrap();
            assert!(got.contains(want), "{svg}: {got}");
        }
    }
}
