use std::panic::{AssertUnwindSafe, catch_unwind};

use hallpass_core::{ClientConfig, Descriptor, Json, OAuth2Client, OAuth2Token, Result};
use hallpass_testkit::Contract;

use crate::toy::{Acme, FIXTURES, Fault};

/// The toy's fixtures, to be spoilt.
struct Fixtures(Vec<(String, String)>);

impl Fixtures {
    fn new() -> Self {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Self(FIXTURES.iter().map(owned).collect())
    }

    fn without(mut self, name: &str) -> Self {
        let before = self.0.len();
        self.0.retain(|(known, _)| known != name);
        assert!(self.0.len() < before, "there is no {name}");
        self
    }

    fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), text.into()));
        self
    }

    #[track_caller]
    fn replace(mut self, name: &str, from: &str, to: &str) -> Self {
        let (_, text) = self.0.iter_mut().find(|(known, _)| known == name).unwrap();
        assert!(text.contains(from), "{name} does not say {from}");
        *text = text.replace(from, to);
        self
    }

    fn text(&self, name: &str) -> &str {
        &self.0.iter().find(|(known, _)| known == name).unwrap().1
    }

    fn failures_of(&self, new: impl Fn() -> Acme) -> Vec<String> {
        let fixtures: Vec<_> = self.0.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let contract = Contract::new(new, &fixtures);
        contract
            .operation("teams", async |acme, token| acme.provider().teams(acme.api(token)).await)
            .check()
    }

    /// Each of `want` must be in a failure of its own, in this order, and there must be no others.
    #[track_caller]
    fn check(&self, want: &[&str]) {
        compare(&self.failures_of(Acme::new), want);
    }
}

#[track_caller]
fn compare(got: &[String], want: &[&str]) {
    let fits = got.iter().zip(want).all(|(got, want)| got.contains(want));
    assert!(got.len() == want.len() && fits, "got:\n{}\nwant: {want:#?}", got.join("\n"));
}

#[test]
fn a_provider_that_does_as_its_fixtures_say_passes() {
    Fixtures::new().check(&[]);
    Contract::new(Acme::new, FIXTURES)
        .operation("teams", async |acme, token| acme.provider().teams(acme.api(token)).await)
        .run();
}

#[test]
fn an_operation_may_be_a_function() {
    async fn teams(acme: &OAuth2Client<Acme>, token: &OAuth2Token) -> Result<Json> {
        acme.provider().teams(acme.api(token)).await
    }
    Contract::new(Acme::new, FIXTURES).operation("teams", teams).run();
}

#[test]
fn another_authorization_url_is_found() {
    let name = "authorize.accepted.http";
    let fixtures = Fixtures::new().replace(name, "scope=profile%2Cemail", "scope=profile");
    let got = fixtures.failures_of(Acme::new);
    compare(&got, &["authorize.accepted.http: the authorization URL differs"]);
    assert!(got[0].contains("- query scope=profile\n"), "{}", got[0]);
    assert!(got[0].contains("+ query scope=profile,email\n"), "{}", got[0]);
    assert!(got[0].contains("state=STATE&code_challenge=CHALLENGE&"), "words shown: {}", got[0]);
    Fixtures::new()
        .replace(name, "https://acme.test/authorize", "https://acme.test/login")
        .check(&["- https://acme.test/login\n    + https://acme.test/authorize\n"]);
    Fixtures::new().replace(name, "state=STATE&v=2", "state=x&v=2").check(&["- query state=x\n"]);
    Fixtures::new()
        .replace("access_token.tenant.http", "v=2&", "")
        .check(&["access_token.tenant.http: the authorization URL differs"]);
}

#[test]
fn another_request_is_found() {
    for (name, from, to, want) in [
        ("refresh.accepted.http", "POST", "PUT", "- PUT\n    + POST\n"),
        ("refresh.accepted.http", "/token", "/t", "- https://acme.test/t\n"),
        ("refresh.accepted.http", "REFRESH&c", "R&c", "- form refresh_token=R\n    + form"),
        ("refresh.accepted.http", "client_id=ID&", "", "    + form client_id=ID\n  sent was"),
        ("profile.accepted.http", "v=2", "v=3", "- query v=3\n    + query v=2\n"),
        ("profile.accepted.http", "Bearer TOKEN", "Bearer T", "- authorization: Bearer T\n"),
        (
            "profile.accepted.http",
            "user-agent",
            "x-missing",
            "- x-missing: *\n    + x-missing: (absent)",
        ),
        (
            "profile.accepted.http",
            "> authorization: Bearer TOKEN\n",
            "",
            "- authorization: (absent)",
        ),
        (
            "revoke_access_token.accepted.http",
            "ID:SECRET",
            "ID:S",
            "+ authorization: Basic ID:SECRET",
        ),
        ("teams.accepted.http", "false", "true", "- body {\"archived\": true"),
        ("access_token.accepted.http", "VERIFIER", "V", "+ form code_verifier=VERIFIER"),
    ] {
        let want = [&format!("{name}: request 1 differs"), want];
        let got = Fixtures::new().replace(name, from, to).failures_of(Acme::new);
        assert_eq!(got.len(), 1, "{name}, {from}: {got:#?}");
        assert!(want.iter().all(|want| got[0].contains(want)), "{want:?}: {}", got[0]);
    }
}

#[test]
fn a_body_where_none_is_due_is_found() {
    Fixtures::new()
        .replace("profile.refused.http", "< 401", "> a=1\n< 401")
        .check(&["- body a=1\n    + body (absent)"]);
    let form = "> token_type_hint=access_token&token=TOKEN\n";
    Fixtures::new()
        .replace("revoke_access_token.refused.http", form, "")
        .check(&["- body (absent)\n    + body token="]);
}

#[test]
fn a_body_of_another_media_type_is_found() {
    let name = "teams.refused.http";
    let json = r#"{"archived":false,"limit":10}"#;
    let want = "- media type application/x-www-form-urlencoded\n    + media type application/json";
    Fixtures::new().replace(name, json, "archived=false").check(&[want]);
}

#[test]
fn a_missing_case_is_found() {
    for name in ["accepted", "refused"].iter().flat_map(|case| {
        ["authorize", "access_token", "refresh", "revoke_refresh_token", "id_email", "teams"]
            .map(|operation| format!("{operation}.{case}.http"))
    }) {
        let want = format!("{name}: there is no such fixture");
        Fixtures::new().without(&name).check(&[&want]);
    }
}

#[test]
fn a_case_by_the_wrong_name_is_found() {
    let fixtures = Fixtures::new();
    let accepted = fixtures.text("refresh.accepted.http").to_owned();
    let refused = fixtures.text("refresh.refused.http").to_owned();
    fixtures
        .without("refresh.accepted.http")
        .without("refresh.refused.http")
        .with("refresh.accepted.http", refused)
        .with("refresh.refused.http", accepted)
        .check(&[
            "refresh.accepted.http: its outcome is a refusal: = Denied",
            "refresh.refused.http: its outcome is no refusal: = Token",
        ]);
}

#[test]
fn another_outcome_is_found_and_printed_to_be_pasted() {
    for (name, from, to) in [
        ("authorize.accepted.http", "= Code", "= Token"),
        ("authorize.other_state.http", "= Security { reason: \"state\" }", "= Code"),
        ("access_token.accepted.http", "expires_in: 3600", "expires_in: 3601"),
        ("access_token.refused.http", "{ code: \"invalid_grant\" }", "{ code: \"other\" }"),
        ("id_email.accepted.http", "\"unverified\"", "\"verified\""),
        ("profile.accepted.http", "name: \"Ann\", ", ""),
        ("profile.refused.http", " { reason: \"invalid_token\" }", ""),
        ("revoke_access_token.refused.http", "= Transport", "= Denied"),
        ("teams.accepted.http", "= Json [{\"id\":1}]", "= Json [{\"id\":\"1\"}]"),
    ] {
        let spoilt = Fixtures::new().replace(name, from, to);
        let got = spoilt.failures_of(Acme::new);
        compare(&got, &[&format!("{name}: the fixture says\n= ")]);
        let lines: Vec<&str> = got[0].lines().filter(|line| line.starts_with("= ")).collect();
        assert_eq!(lines.len(), 2, "{}", got[0]);
        let text = spoilt.text(name);
        let pasted = format!("{}{}\n", &text[..text.rfind("\n= ").unwrap() + 1], lines[1]);
        spoilt.without(name).with(name, pasted).check(&[]);
    }
}

#[test]
fn a_refusal_that_was_not_expected_says_why() {
    let name = "refresh.accepted.http";
    let reply = r#"{"access_token":"TOKEN2","expires_in":60}"#;
    let got = Fixtures::new().replace(name, reply, "{}").failures_of(Acme::new);
    compare(&got, &["= Malformed\n    because: acme refresh: a token reply without"]);
}

#[test]
fn an_exchange_that_nobody_asked_for_is_found() {
    let more = "> GET https://api.acme.test/more\n< 200\n= ";
    Fixtures::new().replace("profile.accepted.http", "= ", more).check(&[
        "profile.accepted.http: request 2 was never sent:\n    > GET https://api.acme.test/more",
    ]);
    let got = Fixtures::new().failures_of(|| Acme::with_fault(Fault::NeverAsks));
    let unused = got.iter().filter(|failure| failure.contains("request 1 was never sent"));
    assert_eq!(unused.count(), 4, "profile and id_email: {got:#?}");
}

#[test]
fn a_request_too_many_is_found() {
    let got = Fixtures::new().failures_of(|| Acme::with_fault(Fault::AsksTwice));
    compare(
        &got,
        &[
            "id_email.accepted.http: a request too many, the fixture has no more:\n    > GET",
            "profile.accepted.http: a request too many, the fixture has no more:\n    > GET",
        ],
    );
}

#[test]
fn a_fixture_that_cannot_be_read_is_found() {
    let spoilt = Fixtures::new().replace("authorize.other_state.http", "< 302", "< three");
    spoilt.check(&["authorize.other_state.http:3: expected `< STATUS`"]);
    let text = FIXTURES[0].1;
    Fixtures::new().with("profile.http", text).check(&["profile.http:0: the file is not named"]);
}

#[test]
fn what_a_provider_refuses_to_others_is_read_and_not_played() {
    let text =
        "# page, recalled, not re-read\n> GET https://acme.test/me\n> accept: WRONG\n< 406\n";
    let name = "refuses.no_accept.http";
    Fixtures::new().with(name, format!("{text}= Denied")).check(&[]);
    let of_query = text.replace("/me\n", "/me?a=WRONG\n").replace("accept: WRONG", "accept: *");
    Fixtures::new().with(name, format!("{of_query}= Denied")).check(&[]);
    Fixtures::new()
        .with(name, format!("{text}= Denied").replace("WRONG", "*"))
        .check(&["refuses.no_accept.http: no header or parameter of its request is WRONG"]);
    Fixtures::new()
        .with(name, format!("{text}> GET https://acme.test/me\n< 200\n= Denied"))
        .check(&["refuses.no_accept.http: it has more than one exchange"]);
    Fixtures::new().with(name, text).check(&["refuses.no_accept.http:5: expected a line with"]);
}

#[test]
fn a_fixture_of_no_use_is_found() {
    let text = Fixtures::new().text("refresh.refused.http").to_owned();
    Fixtures::new()
        .with("refersh.refused.http", text.as_str())
        .check(&["refersh.refused.http: there is no operation refersh"]);
    Fixtures::new()
        .with("refresh.refused.http", text.as_str())
        .check(&["refresh.refused.http: two fixtures have this name"]);

    let never = || Acme::described(Descriptor::without_refresh);
    let got = Fixtures::new()
        .without("refresh.accepted.http")
        .without("revoke_refresh_token.accepted.http")
        .without("revoke_refresh_token.refused.http")
        .failures_of(never);
    compare(
        &got,
        &[
            "refresh.refused.http: the descriptor does not offer refresh",
            "refresh.refused.http: request 1 was never sent",
            "refresh.refused.http: the fixture says\n= Denied",
        ],
    );
}

#[test]
fn two_operations_of_one_name_are_found() {
    let got = Contract::new(Acme::new, FIXTURES)
        .operation("teams", async |acme, token| acme.provider().teams(acme.api(token)).await)
        .operation("profile", async |_, _| Ok(serde_json::Value::Null))
        .check();
    assert_eq!(got[0], "profile: two operations have this name");
}

#[test]
fn an_authorization_needs_the_browsers_exchange() {
    let name = "authorize.accepted.http";
    let location = "location: https://app.test/cb?";
    let elsewhere = "location: https://app.test/elsewhere?";
    for spoilt in [
        Fixtures::new().replace(name, location, elsewhere),
        Fixtures::new().replace(name, "< 302", "< 200"),
        Fixtures::new().replace(name, "> GET", "> POST"),
    ] {
        spoilt.check(&[
            "authorize.accepted.http: request 1 was never sent",
            "authorize.accepted.http: there is no exchange of the browser",
        ]);
    }
    let another = "> GET https://acme.test\n> cookie: a\n< 303\n< location: \
                   https://app.test/cb?code=CODE&state=STATE\n";
    Fixtures::new().replace(name, "> GET", &format!("{another}> GET")).check(&[
        "request 2 was never sent",
        "headers and body of the browser",
        "the authorization URL differs",
    ]);
}

#[test]
fn a_callback_that_cannot_be_one_is_a_refusal() {
    Fixtures::new()
        .replace("authorize.other_state.http", "state=OTHER", "state=STATE&state=STATE")
        .check(&["= Security { reason: \"duplicate\" }\n    because"]);
}

#[test]
fn a_client_that_cannot_be_made_is_found() {
    let broken = || Acme::described(|_| Descriptor::new("acme", "acme", "t"));
    let got = Fixtures::new().failures_of(broken);
    compare(&got, &["there is no client: not a URL: acme"]);
}

#[test]
fn a_client_that_can_be_made_only_once_is_found() {
    let made = std::cell::Cell::new(0);
    let new = || {
        made.set(made.get() + 1);
        let broken = |_| Descriptor::new("acme", "acme", "t");
        if made.get() == 1 { Acme::new() } else { Acme::described(broken) }
    };
    let got = Contract::new(new, FIXTURES).check();
    assert_eq!(got[0], "a client cannot be given a name: not a URL: acme; fix the configuration");
    let name = "access_token.accepted.http";
    assert!(
        got.iter().any(|got| got.starts_with(&format!("{name}: there is no client"))),
        "{got:?}"
    );
}

#[test]
fn a_descriptor_that_hides_its_source_is_found() {
    let hidden = || Acme::described(|descriptor| descriptor.with_pkce_ignored(""));
    compare(
        &Fixtures::new().failures_of(hidden),
        &["there is no client: a code is bound weakly, and no page is named that says so"],
    );
}

#[test]
fn another_client_and_another_token_are_used() {
    let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb").unwrap();
    let spoilt = Fixtures::new();
    let fixtures: Vec<_> = spoilt.0.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let got = Contract::new(Acme::new, &fixtures)
        .config(config.with_scopes(["profile"]))
        .token(OAuth2Token::from_access_token("TOKEN3"))
        .check()
        .join("\n");
    for want in ["- form client_secret=SECRET\n", "+ query scope=profile\n", "Bearer TOKEN3"] {
        assert!(got.contains(want), "{want}: {got}");
    }
    assert!(got.contains("= Denied { reason: \"no_refresh_token\" }"), "{got}");
}

#[test]
fn discovery_comes_before_the_browser() {
    let metadata = r#"# acme.test/docs "Metadata", read 2026-01-15
> GET https://acme.test/metadata
< 200
< {"authorize":"https://acme.test/authorize","token":"https://acme.test/token"}
"#;
    let fixtures = Fixtures::new();
    let browser = fixtures.text("authorize.accepted.http").replace("&v=2", "");
    let browser = browser.trim_end_matches("= Code\n").split_once('\n').unwrap().1;
    // The toy keeps nothing: it asks before the login, and once after it.
    let again = metadata.split_once('\n').unwrap().1;
    let text = format!("{metadata}{browser}{again}= Code\n");
    let fixtures = [("authorize.accepted.http", text.as_str())];
    let got = Contract::new(Acme::discovered, &fixtures).check();
    assert!(got.iter().all(|failure| failure.ends_with("there is no such fixture")), "{got:#?}");
}

#[test]
fn a_run_reports_all_that_is_wrong() {
    let run = || hallpass_testkit::contract(Acme::new, FIXTURES);
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    let report = panic.downcast_ref::<String>().unwrap();
    assert!(report.starts_with("the contract is broken (2):"), "{report}");
    for name in ["teams.accepted.http", "teams.refused.http"] {
        assert!(report.contains(&format!("{name}: there is no operation teams")), "{report}");
    }
}

#[test]
fn a_provider_that_trusts_its_answers_is_found() {
    for (fault, wrong) in
        [(Fault::Careless, "it panics"), (Fault::Haughty, "it blames the program")]
    {
        let failures = Fixtures::new().failures_of(|| Acme::with_fault(fault));
        let found = failures.iter().filter(|failure| failure.contains(wrong)).count();
        assert!(found > 0, "{fault:?}: {failures:?}");
        assert_eq!(found, failures.len(), "{fault:?}: nothing else is wrong");
        assert!(failures[0].contains("answer 1 spoiled to"), "{}", failures[0]);
    }
}
