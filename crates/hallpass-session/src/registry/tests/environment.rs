//! What is read of the environment.

use std::{cell::RefCell, collections::BTreeSet};

use hallpass_core::CustomClientAuth;

use super::*;

/// Variables of a process that does not exist.
fn env<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<'a> {
    let known = |name: &str| variables.iter().find(|(known, _)| *known == name);
    move |name| known(name).map(|(_, value)| (*value).to_owned())
}

#[test]
fn every_variable_is_a_setting() {
    let settings = ClientSettings::from_env(
        "my-corp",
        env(&[
            ("MY_CORP_CLIENT_ID", "id"),
            ("MY_CORP_CLIENT_SECRET", "secret"),
            ("MY_CORP_CLIENT_AUTH", "basic"),
            ("MY_CORP_PROVIDER", "corp"),
            ("MY_CORP_SCOPES", "openid, email profile"),
            ("MY_CORP_REDIRECT_URI", "https://app.test/callback"),
            ("MY_CORP_HOST", "oak.test"),
            ("MY_CORP_ISSUER", "https://id.test"),
            ("MY_CORP_METADATA_URL", "https://id.test/metadata"),
            ("MY_CORP_API_BASE_URL", "https://api.test"),
            ("MY_CORP_USER_AGENT", "app/1"),
            ("MY_CORP_AUTHORIZATION_PARAMS", "access_type=offline&hint=a%26b+c"),
            ("MY_CORP_TOKEN_PARAMS", "audience=https%3A%2F%2Fapi.test"),
            ("MY_CORP_PRIVATE_KEY", r"BEGIN\nKEY\nEND"),
            ("MY_CORP_KEY_ID", "key"),
            ("MY_CORP_TEAM_ID", "team"),
        ]),
    );
    let settings = settings.unwrap().unwrap();
    let shown = |params: settings::Shown<'_>| {
        params.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect::<Vec<_>>()
    };
    assert_eq!(settings.client_id, "id");
    assert_eq!(settings.client_secret.as_ref().unwrap().expose(), "secret");
    assert_eq!(settings.client_auth, Some(CustomClientAuth::Basic));
    assert_eq!(settings.provider.as_deref(), Some("corp"));
    assert_eq!(settings.scopes.as_deref().unwrap(), ["openid", "email", "profile"]);
    assert_eq!(settings.redirect_uri.as_deref(), Some("https://app.test/callback"));
    assert_eq!(settings.host.as_deref(), Some("oak.test"));
    assert_eq!(settings.issuer.as_deref(), Some("https://id.test"));
    assert_eq!(settings.metadata_url.as_deref(), Some("https://id.test/metadata"));
    assert_eq!(settings.api_base_url.as_deref(), Some("https://api.test"));
    assert_eq!(settings.user_agent.as_deref(), Some("app/1"));
    assert_eq!(shown(&settings.authorization_params.0), ["access_type=offline", "hint=a&b c"]);
    assert_eq!(shown(&settings.token_params.0), ["audience=https://api.test"]);
    assert_eq!(settings.private_key.as_ref().unwrap().expose(), "BEGIN\nKEY\nEND");
    assert_eq!(settings.key_id.as_deref(), Some("key"));
    assert_eq!(settings.team_id.as_deref(), Some("team"));
}

#[test]
fn a_half_an_empty_variable_and_a_value_that_is_none_are_refused_by_name() {
    const ID: (&str, &str) = ("CORP_CLIENT_ID", "id");
    check(&[("CORP_CLIENT_SECRET", "Qsecretq")], "CORP_CLIENT_ID is not set");
    check(&[("CORP_PRIVATE_KEY", "Qsecretq")], "CORP_CLIENT_ID is not set");
    check(&[("CORP_CLIENT_ID", "")], "CORP_CLIENT_ID is empty");
    check(&[("CORP_CLIENT_ID", " \n")], "CORP_CLIENT_ID is empty");
    check(&[ID, ("CORP_CLIENT_SECRET", "")], "CORP_CLIENT_SECRET is empty");
    check(&[ID, ("CORP_HOST", "")], "CORP_HOST is empty");
    check(&[ID, ("CORP_SCOPES", ", ,")], "CORP_SCOPES names no scope");
    check(&[ID, ("CORP_CLIENT_AUTH", "Qsecretq")], "CORP_CLIENT_AUTH is no way");
    for bad in ["Qsecretq", "=Qsecretq", "a=b&", "a=b&Qsecretq"] {
        check(&[ID, ("CORP_AUTHORIZATION_PARAMS", bad)], "CORP_AUTHORIZATION_PARAMS is no query");
        check(&[ID, ("CORP_TOKEN_PARAMS", bad)], "CORP_TOKEN_PARAMS is no query");
    }
}

#[track_caller]
fn check(variables: &[(&str, &str)], want: &str) {
    let said = refused(ClientSettings::from_env("corp", env(variables)), Some("environment"));
    assert!(said.starts_with(want), "{said}");
    assert!(!said.contains("Qsecretq"), "{said}");
}

#[test]
fn what_belongs_to_others_is_no_client() {
    let others = [("CORP_HOST", "x"), ("CORP_SCOPES", ""), ("CORP_CLIENT_IDS", "x")];
    assert!(ClientSettings::from_env("corp", env(&others)).unwrap().is_none());
    let said = refused(registry().register_from_env("corp", env(&others)), Some("environment"));
    assert!(said.contains("CORP_CLIENT_ID is not set"), "{said}");
}

#[test]
fn a_registry_has_those_that_the_environment_knows_and_others_by_name() {
    let variables = [
        ("CORP_CLIENT_ID", "one"),
        ("CORP_CLIENT_SECRET", "secret"),
        ("WORK_PROVIDER", "corp"),
        ("WORK_CLIENT_ID", "two"),
    ];
    let mut clients = Registry::from_env(constructors(), env(&variables)).unwrap();
    assert_eq!(clients.names().collect::<Vec<_>>(), ["corp"], "and no shops");
    clients.register_from_env("work", env(&variables)).unwrap();
    clients.register_all_from_env(env(&variables)).unwrap();
    assert_eq!(clients.names().collect::<Vec<_>>(), ["corp", "work"], "corp was there already");
    assert_eq!(clients.get("work").unwrap().client_id(), "two");

    let half = Registry::from_env(constructors(), env(&[("SHOPS_CLIENT_SECRET", "s")]));
    refused(half, Some("environment"));
    let no_host = env(&[("SHOPS_CLIENT_ID", "id"), ("SHOPS_CLIENT_SECRET", "s")]);
    refused(Registry::from_env(constructors(), no_host), Some("setting"));
}

#[test]
fn an_application_at_many_hosts_is_registered_before_the_others_of_the_environment() {
    let variables =
        [("SHOPS_CLIENT_ID", "many"), ("SHOPS_CLIENT_SECRET", "secret"), ("CORP_CLIENT_ID", "one")];
    let mut clients = registry();
    clients.register_per_host_from_env("shops", env(&variables)).unwrap();
    clients.register_all_from_env(env(&variables)).unwrap();
    assert_eq!(clients.names().collect::<Vec<_>>(), ["shops", "corp"]);
    let oak = clients.at_host("shops", "oak.shops.test").unwrap();
    assert_eq!(oak.client_id(), "many");
    refused(clients.register_per_host_from_env("shops", env(&variables)), Some("client_name"));

    let more = |setting: (&'static str, &'static str)| {
        let shops = ("MORE_PROVIDER", "shops");
        let variables = [("MORE_CLIENT_ID", "id"), shops, setting];
        registry().register_per_host_from_env("more", env(&variables))
    };
    more(("MORE_SCOPES", "a")).unwrap();
    let said = refused(more(("MORE_HOST", "oak.shops.test")), Some("setting"));
    assert!(said.contains("host"), "{said}");
    let said = refused(more(("MORE_API_BASE_URL", "https://oak.shops.test")), Some("setting"));
    assert!(said.contains("api_base_url"), "{said}");
    let nobody = registry().register_per_host_from_env("shops", env(&[]));
    assert!(refused(nobody, Some("environment")).contains("SHOPS_CLIENT_ID is not set"));
}

#[test]
fn nothing_is_read_of_what_is_registered_already() {
    let mut clients = registry();
    clients.register("corp", settings()).unwrap();
    clients.register_all_from_env(env(&[("CORP_CLIENT_ID", " ")])).unwrap();
    let refused_alone = registry().register_all_from_env(env(&[("CORP_CLIENT_ID", " ")]));
    refused(refused_alone, Some("environment"));
    assert_eq!(clients.get("corp").unwrap().client_id(), "id");
}

#[test]
fn no_clients_variable_is_anothers() {
    let asked = RefCell::new(Vec::new());
    let env = |name: &str| {
        asked.borrow_mut().push(name.to_owned());
        (name == "A_CLIENT_ID").then(|| "id".to_owned())
    };
    ClientSettings::from_env("a", env).unwrap();
    let asked = asked.into_inner();
    let suffixes: BTreeSet<_> = asked.iter().map(|name| &name["A_".len()..]).collect();
    assert_eq!(suffixes.len(), asked.len(), "each is read once");
    // `A_B_HOST` would be both the `HOST` of `a-b` and the `B_HOST` of `a`.
    for suffix in &suffixes {
        let tail = |other: &&&str| suffix.ends_with(&format!("_{other}"));
        assert_eq!(suffixes.iter().find(tail), None, "{suffix}");
    }
}

#[test]
fn the_process_has_an_environment() {
    assert!(process_env("PATH").is_some());
    assert_eq!(process_env("HALLPASS_THAT_NOBODY_SETS"), None);
}
