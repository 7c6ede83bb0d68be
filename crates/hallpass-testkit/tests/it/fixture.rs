use hallpass_testkit::{Fixture, FixtureError};
use proptest::{prelude::*, sample::Index};

use crate::toy::FIXTURES;

const NAME: &str = "refresh.accepted.http";
const TEXT: &str = r#"# acme.test/docs "Refreshing", read 2026-01-15
> POST https://acme.test/token?a=b
> accept: application/json
> a=1&b=2
< 200
< x-request-id: 7
< {"a": 1,
<  "b": 2}
= Token { access_token: "TOKEN", extra: {"a":[1, "}"]}, expires_in: 60 }
"#;

fn parse(text: &str) -> Result<Fixture, FixtureError> {
    Fixture::parse(NAME, text)
}

#[test]
fn a_fixture_is_read_in_full() {
    let fixture = parse(TEXT).unwrap();
    assert_eq!(fixture.name(), NAME);
    assert_eq!((fixture.operation(), fixture.case()), ("refresh", "accepted"));
    assert_eq!(fixture.source(), "acme.test/docs \"Refreshing\", read 2026-01-15");
    let [exchange] = fixture.exchanges() else { panic!("one exchange") };
    let (request, response) = (exchange.request(), exchange.response());
    assert_eq!((request.method().as_str(), request.url()), ("POST", "https://acme.test/token?a=b"));
    assert_eq!(request.headers(), [("accept".to_owned(), "application/json".to_owned())]);
    assert_eq!(request.body(), Some("a=1&b=2"));
    assert_eq!((response.status(), response.body()), (200, "{\"a\": 1,\n \"b\": 2}"));
    assert_eq!(response.header("x-request-id"), Some("7"));
    assert_eq!(response.header("content-type"), Some("application/json; charset=utf-8"));
    let outcome = fixture.outcome();
    assert_eq!(outcome.name(), "Token");
    assert_eq!(outcome.fields()["extra"], serde_json::json!({ "a": [1, "}"] }));
    assert_eq!(outcome.fields().len(), 3);
    assert!(!outcome.is_refusal() && outcome.json().is_none());
}

#[test]
fn a_bare_mark_ends_the_headers() {
    let text = TEXT.replace("> accept: application/json\n", "> accept: *\n>\n> a: 1\n>\n");
    let fixture = parse(&text).unwrap();
    let request = fixture.exchanges()[0].request();
    assert_eq!(request.headers(), [("accept".to_owned(), "*".to_owned())]);
    assert_eq!(request.body(), Some("a: 1\n\na=1&b=2"));
}

#[test]
fn what_is_not_there_is_empty() {
    let text = "# a, recalled, not re-read\n> GET https://a.test\n>\n< 204\n<\n= Revoked";
    let fixture = parse(text).unwrap();
    let exchange = &fixture.exchanges()[0];
    assert_eq!((exchange.request().body(), exchange.response().body()), (None, ""));
    assert!(exchange.request().headers().is_empty() && exchange.response().headers().is_empty());
}

#[test]
fn a_content_type_that_is_given_is_kept() {
    let text = TEXT.replace("x-request-id: 7", "content-type: text/javascript");
    let fixture = parse(&text).unwrap();
    assert_eq!(fixture.exchanges()[0].response().header("content-type"), Some("text/javascript"));
    let text = TEXT.replace("< {\"a\": 1,\n<  \"b\": 2}", "< plain");
    assert_eq!(parse(&text).unwrap().exchanges()[0].response().header("content-type"), None);
}

#[test]
fn an_outcome_is_a_name_fields_or_json() {
    let outcome = |line: &str| {
        let start = TEXT.rfind('=').unwrap();
        parse(&format!("{}{line}", &TEXT[..start])).map(|fixture| fixture.outcome().clone())
    };
    for (line, want) in [
        ("= Revoked", "Revoked"),
        ("= Denied { code: \"a\" }", "Denied { code: \"a\" }"),
        ("= Denied {code:\"a\",reason:null}", "Denied { code: \"a\", reason: null }"),
        ("= Json [1, {\"a\": 2}]", "Json [1,{\"a\":2}]"),
        ("= Json {\"a\": 1}", "Json {\"a\":1}"),
        ("= Json null", "Json null"),
    ] {
        assert_eq!(outcome(line).unwrap().to_string(), want);
    }
    assert!(outcome("= Denied").unwrap().is_refusal());
    assert_eq!(outcome("= Json 1").unwrap().json(), Some(&serde_json::json!(1)));
    for line in [
        "= ",
        "=Revoked",
        "= revoked",
        "= Json",
        "= Json ",
        "= Json {",
        "= Denied { }",
        "= Denied {}",
        "= Denied{ code: 1 }",
        "= Denied { code }",
        "= Denied { Code: 1 }",
        "= Denied { code: }",
        "= Denied { code: 1",
        "= Denied { code: 1, }",
        "= Denied { code: a }",
        "= Denied { code: 1 } x",
        "= Denied { code: 1, code: 2 }",
        "= Denied { : 1 }",
        "= Denied { code: 1 reason: 2 }",
        "= Deniéd",
        "= Denied ",
    ] {
        assert_eq!(outcome(line).unwrap_err().line(), 9, "{line}");
    }
}

#[test]
fn what_is_not_of_the_format_is_refused_by_line() {
    check("# acme.test/docs \"Refreshing\", read 2026-01-15", "# acme.test/docs", 1);
    check("read 2026-01-15", "read 2026-13-15", 1);
    check("read 2026-01-15", "read 2026-01-32", 1);
    check("read 2026-01-15", "read 20260115", 1);
    check("# acme.test/docs \"Refreshing\", read", "# , read", 1);
    check("# acme", "acme", 1);
    check("> POST ", "> post ", 2);
    check("> POST https://acme.test/token?a=b", "> POST", 2);
    check("> POST https://acme.test/token?a=b", "> POST /token", 2);
    check("> POST https://acme.test/token?a=b", "> POST https://acme.test/#here", 2);
    check("> POST https://acme.test/token?a=b", "> POST https://acme.test/a b", 2);
    check("> POST https://acme.test/token?a=b", "> POST ftp://acme.test/", 2);
    check("> POST", ">POST", 2);
    check("> POST", "POST", 2);
    check("> accept: application/json", "> accept: a\u{7}", 3);
    check("> accept: application/json", "> accept:  a", 3);
    check("> a=1&b=2\n", "> a=1&b=2\n\n", 5);
    check("< 200", "< 200 OK", 5);
    check("< 200", "< 99", 5);
    check("< 200", "< 199", 5);
    check("< 200", "< 600", 5);
    check("< 200", "< +20", 5);
    check("< 200\n", "", 5);
    check("= Token", "? Token", 9);
    check("expires_in: 60 }\n", "expires_in: 60 }\n= Revoked", 10);
    check("expires_in: 60 }\n", "expires_in: 60 }\n\n", 10);
    let cut = TEXT.rfind('=').unwrap();
    assert_eq!(parse(&TEXT[..cut]).unwrap_err().line(), 9, "no outcome");
    assert_eq!(parse("").unwrap_err().line(), 1);
    assert_eq!(parse("# a, read 2026-01-15\n= Revoked").unwrap_err().line(), 2);
}

#[track_caller]
fn check(from: &str, to: &str, line: usize) {
    assert!(TEXT.contains(from), "{from}");
    let error = parse(&TEXT.replacen(from, to, 1)).unwrap_err();
    assert_eq!(error.line(), line, "{error}");
    assert_eq!(error.to_string(), format!("{NAME}:{line}: {}", error.message()));
}

#[test]
fn a_message_has_at_most_a_hundred_headers() {
    let with = |count| TEXT.replace("> a=1&b=2", "> a: 1\n".repeat(count).trim_end());
    assert!(parse(&with(99)).is_ok());
    assert_eq!(parse(&with(100)).unwrap_err().line(), 103);
}

#[test]
fn a_name_is_an_operation_and_a_case() {
    for name in ["a.b.http", "a_1.b_2.http"] {
        assert!(Fixture::parse(name, TEXT).is_ok(), "{name}");
    }
    for name in ["a.http", "a.b", ".b.http", "a..http", "a.b.c.http", "A.b.http", "x/a.b.http", ""]
    {
        let error = Fixture::parse(name, TEXT).unwrap_err();
        assert_eq!(error.line(), 0, "{name}");
    }
    let error = Fixture::parse("a\n.b.http", TEXT).unwrap_err();
    assert!(error.to_string().starts_with("a\\n.b.http:0: "), "{error}");
}

/// One change to the lines of a fixture.
#[derive(Debug, Clone)]
enum Change {
    Cut(Index),
    Drop(Index),
    Insert(Index, String),
    Mark(Index, char),
    Repeat(Index),
    Swap(Index, Index),
}

impl Change {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<Index>;
        let mark = prop::sample::select(vec!['>', '<', '=', '#', ' ', '\r']);
        prop_oneof![
            at().prop_map(Self::Cut),
            at().prop_map(Self::Drop),
            (at(), "(> |< |= |# |)[ -~é\t]{0,12}").prop_map(|(at, line)| Self::Insert(at, line)),
            (at(), mark).prop_map(|(at, mark)| Self::Mark(at, mark)),
            at().prop_map(Self::Repeat),
            (at(), at()).prop_map(|(a, b)| Self::Swap(a, b)),
        ]
    }

    fn apply(self, lines: &mut Vec<String>) {
        let count = lines.len();
        let pick = |at: Index| at.index(count);
        match self {
            _ if count == 0 => {}
            Self::Cut(at) => {
                let line = &mut lines[pick(at)];
                *line = line.chars().take(at.index(line.len() + 1)).collect();
            }
            Self::Drop(at) => drop(lines.remove(pick(at))),
            Self::Insert(at, line) => lines.insert(pick(at), line),
            Self::Mark(at, mark) => lines[pick(at)].insert(0, mark),
            Self::Repeat(at) => lines.insert(pick(at), lines[pick(at)].clone()),
            Self::Swap(a, b) => lines.swap(pick(a), pick(b)),
        }
    }
}

/// What was read can be used; what was not has a line.
fn use_it(fixture: Result<Fixture, FixtureError>, text: &str) {
    match fixture {
        Ok(fixture) => {
            assert!(!fixture.exchanges().is_empty());
            crate::replay::play(&fixture);
        }
        Err(error) => assert!(error.line() <= text.lines().count() + 1, "{error}"),
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        use_it(Fixture::parse(NAME, &text), &text);
        prop_assert!(Fixture::parse(&text, TEXT).is_err());
    }

    #[test]
    fn a_spoilt_fixture_does_no_harm(
        which in any::<Index>(),
        changes in prop::collection::vec(Change::any(), 1..4),
    ) {
        let (name, text) = which.get(FIXTURES);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for change in changes {
            change.apply(&mut lines);
        }
        let text = lines.join("\n");
        use_it(Fixture::parse(name, &text), &text);
    }

    #[test]
    fn an_outcome_is_read_as_it_is_written(
        fields in prop::collection::btree_map("[a-z_]{1,6}", ("\\PC{0,8}", any::<i64>()), 0..4),
    ) {
        let fields = fields.iter().map(|(key, (text, number))| {
            format!("{key}: {}", serde_json::json!([text, { "n": number }]))
        });
        let fields = fields.collect::<Vec<_>>().join(", ");
        let fields = if fields.is_empty() { fields } else { format!(" {{ {fields} }}") };
        let line = format!("Name{fields}");
        let start = TEXT.rfind('=').unwrap();
        let read = |line: &str| parse(&format!("{}= {line}", &TEXT[..start])).unwrap();
        let outcome = read(&line).outcome().clone();
        prop_assert_eq!(&read(&outcome.to_string()).outcome().clone(), &outcome);
        prop_assert_eq!(outcome.to_string(), line);
    }
}
