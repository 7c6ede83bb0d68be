use hallpass_core::ErrorKind;

use super::*;

const SECRET: &str = "plantedsecret-of-the-hub";
const SPACE: [(&str, &str); 6] = [
    ("SPACE_ID", "robin/demo"),
    ("SPACE_HOST", "robin-demo.hf.space,demo.oak.test"),
    ("OAUTH_CLIENT_ID", "ID"),
    ("OAUTH_CLIENT_SECRET", SECRET),
    ("OAUTH_SCOPES", "openid profile"),
    ("OPENID_PROVIDER_URL", "https://huggingface.co"),
];

fn among<'a>(known: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |asked| known.iter().find(|(name, _)| *name == asked).map(|(_, value)| (*value).to_owned())
}

#[test]
fn a_space_is_where_its_first_host_is() {
    let setting = Setting::read(&among(&SPACE)).unwrap();
    assert_eq!(setting.base_url().as_deref(), Some("https://robin-demo.hf.space"));
    assert_eq!(setting.hosts(), ["https://robin-demo.hf.space", "https://demo.oak.test"]);
    assert!(!format!("{setting:?}").contains(SECRET));
}

#[test]
fn a_space_that_lacks_a_variable_is_told_which() {
    for missing in 1..SPACE.len() {
        let mut known = SPACE.to_vec();
        let (name, _) = known.remove(missing);
        let error = Setting::read(&among(&known)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name}");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    }
}

#[test]
fn elsewhere_credentials_are_enough_and_a_secret_is_missed() {
    let known = [("OAUTH_CLIENT_ID", "ID"), ("OAUTH_CLIENT_SECRET", SECRET), ("OAUTH_SCOPES", " ")];
    let setting = Setting::read(&among(&known)).unwrap();
    assert!(matches!(setting, Setting::Elsewhere(_)), "{setting:?}");
    assert_eq!((setting.base_url(), setting.hosts()), (None, Vec::new()));
    let error = Setting::read(&among(&known[..1])).unwrap_err();
    assert!(error.to_string().contains("OAUTH_CLIENT_SECRET"), "{error}");
    assert!(matches!(Setting::read(&among(&[])).unwrap(), Setting::Nowhere));
}

/// Whether what the keys of one environment seal opens with those of the other.
#[track_caller]
fn check(one: &[(&str, &str)], other: &[(&str, &str)], opens: bool) {
    let sealed = keys(&among(one)).unwrap().seal(&Secret::new("text"), &[]).unwrap();
    assert_eq!(keys(&among(other)).unwrap().open(sealed.expose(), &[]).is_ok(), opens);
}

#[test]
fn no_key_is_known_to_another_space() {
    let secret = [("OAUTH_CLIENT_SECRET", SECRET)];
    check(&secret, &secret, true);
    check(&secret, &[("OAUTH_CLIENT_SECRET", "another-secret-of-the-hub")], false);
    // Where there is no secret there is no constant either.
    check(&[], &[], false);
}

#[test]
fn a_key_of_ones_own_wins_and_rotates() {
    let (old, new) = (SealingKeys::generate_key(), SealingKeys::generate_key());
    let both = format!("{}, {}", new.expose(), old.expose());
    let secret = ("OAUTH_CLIENT_SECRET", SECRET);
    let of_old = [("HALLPASS_KEY", old.expose()), secret];
    check(&of_old, &[("HALLPASS_KEY", both.as_str())], true);
    check(&[("HALLPASS_KEY", both.as_str())], &of_old, false);
    check(&of_old, &[secret], false);
}

#[test]
fn what_is_no_key_is_refused_by_name_and_not_repeated() {
    for (name, value) in [
        ("HALLPASS_KEY", "plantedword"),
        ("HALLPASS_KEY", "plantedword,plantedword"),
        ("HALLPASS_KEY", ","),
        ("OAUTH_CLIENT_SECRET", "plantedword"),
    ] {
        let error = keys(&among(&[(name, value)])).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("sealing_key")));
        assert!(error.to_string().contains(name), "{error}");
        assert!(!format!("{error} {error:?}").contains("plantedword"), "{error:?}");
    }
}
