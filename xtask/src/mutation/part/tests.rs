use super::*;
use crate::tidy::source::Source;

/// The part at the start of `text`, its shape given by `shape`.
#[track_caller]
fn check(text: &str, want: &str, shape: &Shape) {
    let got = part(&Source::new(text).code, 0).unwrap();
    assert_eq!((&text[got.range], &got.shape), (want, shape));
}

#[track_caller]
fn check_refused(text: &str, want: &str) {
    let error = part(&Source::new(text).code, 0).unwrap_err();
    assert!(error.contains(want), "{text}: {error}");
}

#[test]
fn an_if_ends_with_its_last_else() {
    check("if a { return b; }\nc();", "if a { return b; }", &Shape::Block);
    check("if a { b }", "if a { b }", &Shape::Block);
    let chain = "if a { b } else if c { d } /* e */ else { f }";
    check(&format!("{chain} g();"), chain, &Shape::Block);
    check(&format!("{chain} }}"), chain, &Shape::LastBlock);
}

#[test]
fn the_body_of_an_if_is_no_pattern_closure_or_literal() {
    let pattern = "if let A { b, .. } = c && d == e { f }";
    check(&format!("{pattern} g();"), pattern, &Shape::Block);
    let closure = "if a.any(|b| { c }) { if d { e } f }";
    check(&format!("{closure} g();"), closure, &Shape::Block);
    let literal = "if a == \"}{\" || b == '{' { c(\"}\") }";
    check(&format!("{literal} g();"), literal, &Shape::Block);
    let comment = "if a /* { */ { b // }\n }";
    check(&format!("{comment} c();"), comment, &Shape::Block);
}

#[test]
fn loops_and_matches_end_with_their_block() {
    check("for A { b } in c { d } e();", "for A { b } in c { d }", &Shape::Block);
    check("while let Some(a) = b { c } d();", "while let Some(a) = b { c }", &Shape::Block);
    check("match a { b => {} } c();", "match a { b => {} }", &Shape::Block);
    check("match a { b => {} } }", "match a { b => {} }", &Shape::LastBlock);
}

#[test]
fn a_statement_ends_with_its_semicolon() {
    check("a.b(c)?; d();", "a.b(c)?;", &Shape::Statement);
    check("a(|b| { c; d }, [e; 2])?; f();", "a(|b| { c; d }, [e; 2])?;", &Shape::Statement);
    check("a::<B, C>(\";\", ';')?; d();", "a::<B, C>(\";\", ';')?;", &Shape::Statement);
    check("return Err(a); }", "return Err(a);", &Shape::Statement);
    check("*a = b; }", "*a = b;", &Shape::Statement);
    check("let a = if b { c } else { d }; e", "let a = if b { c } else { d };", &Shape::Let);
    check("let Some(a) = b else { return; }; c", "let Some(a) = b else { return; };", &Shape::Let);
    let closure = "let a: B<C, D> = |e, f| e;";
    check(&format!("{closure} g"), closure, &Shape::Let);
}

#[test]
fn an_arm_ends_with_its_comma_or_block() {
    #[track_caller]
    fn check_arm(text: &str, arm: &str, body: &str) {
        let got = part(&Source::new(text).code, 0).unwrap();
        let Shape::Arm { body: range } = got.shape else { panic!("{:?}", got.shape) };
        assert_eq!((&text[got.range], &text[range]), (arm, body));
    }
    check_arm("Some(a) if a >= b => c(d),\n_ => e }", "Some(a) if a >= b => c(d),", "c(d)");
    check_arm("\"a,b\" => { c, } d => e }", "\"a,b\" => { c, }", "{ c, }");
    check_arm("A { b } | C => d::<E, F>() }", "A { b } | C => d::<E, F>()", "d::<E, F>()");
    check_arm("' ' => { a }, _ => b }", "' ' => { a },", "{ a }");
    check_arm(
        "a => match b { c => d }, _ => e }",
        "a => match b { c => d },",
        "match b { c => d }",
    );
}

#[test]
fn a_constant_ends_with_its_semicolon() {
    let array = "const A: [B; 2] = [c, \";\"];";
    check(&format!("{array} d"), array, &Shape::Constant);
    check("pub(crate) static A: B = c; d", "pub(crate) static A: B = c;", &Shape::Constant);
    check("pub const A: B<C, D> = e; f", "pub const A: B<C, D> = e;", &Shape::Constant);
}

#[test]
fn a_field_ends_with_its_comma_or_the_brace_after_it() {
    check("a: B<C, fn() -> D<E>>,\nf: G }", "a: B<C, fn() -> D<E>>,", &Shape::Field);
    check("pub(crate) a: B }", "pub(crate) a: B", &Shape::Field);
    check("a: b < c, d: e > f }", "a: b < c,", &Shape::Field);
    check("a: match b { c => d, e => f },\n}", "a: match b { c => d, e => f },", &Shape::Field);
    check("a: b::<C, D>(e, f)\n}", "a: b::<C, D>(e, f)", &Shape::Field);
}

#[test]
fn an_attribute_is_a_part_of_its_own() {
    check("#[serde(default, a = \"]\")]\nb: C,", "#[serde(default, a = \"]\")]", &Shape::Attribute);
}

#[test]
fn a_call_ends_with_its_question_mark() {
    check(".a(b { c })\n.d()", ".a(b { c })", &Shape::Call);
    check(".a::<Vec<B>>(c)?.d()", ".a::<Vec<B>>(c)?", &Shape::Call);
    check_refused(".a.b()", "only a call");
    check_refused("..a, b", "an element");
}

#[test]
fn a_value_ends_where_its_block_does() {
    check("a.is_some_and(|b| { c }) \n}", "a.is_some_and(|b| { c })", &Shape::Value);
}

#[test]
fn what_has_no_clear_end_is_refused() {
    check_refused("fn a() {}", "`fn` starts nothing");
    check_refused("#![allow(a)] b();", "no statement");
    check_refused("'a: loop {}", "no statement");
    check_refused("}", "no statement");
    check_refused("", "the file ends");
    check_refused("|| a", "no statement");
    check_refused("&& a", "only a whole statement");
    check_refused("select! { a } b();", "only a whole statement");
    check_refused("a, c: d }", "an element");
    check_refused("a: b, c: d)".split_at(6).1, "neither a comma");
    check_refused("pub A<B, C>,", "`pub` starts nothing");
    check_refused("pub(crate) const fn a() {}", "`pub` starts nothing");
    check_refused("const fn a() {}", "`const` starts nothing");
    check_refused("const { a };", "`const` starts nothing");
    check_refused("const A: B = c }", "no end");
    check_refused("a)", "an element");
    check_refused("if a;", "no block");
    check_refused("let a = b }", "no end");
    check_refused("if a { b } { c }", "a part of an expression");
    check_refused("match a { b => c }.d();", "a part of an expression");
    check_refused("a(b; c", "not closed");
    check_refused("a => |b| c => d", "no end that could be told");
}
