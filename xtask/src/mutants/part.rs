//! What a marker guards: where the statement, arm or call ends that starts there.

use std::ops::Range;

use crate::tidy::source::{closing, leading_word};

/// A guarded part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// `if … { … } else { … }` and its like.
    Block,
    /// The same where it may be what its block is worth.
    LastBlock,
    /// An expression and its semicolon.
    Statement,
    /// `let … = …;`
    Let,
    /// `pattern => body,`
    Arm { body: Range<usize> },
    /// `.name(…)?` in a chain of calls.
    Call,
    /// The expression that a block is worth.
    Value,
}

/// How a part starts that is no part of its own, or that has more ends than one.
const REFUSED: [&str; 22] = [
    "async",
    "const",
    "else",
    "enum",
    "extern",
    "fn",
    "impl",
    "in",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
    "where",
    "as",
    "dyn",
    "mut",
];

const BLOCKS: [&str; 5] = ["for", "if", "loop", "match", "while"];

/// The part that starts at `start` of `code`, which has neither comments nor what literals say.
pub(super) fn part(code: &str, start: usize) -> Result<Part, String> {
    let rest = &code[start..];
    let word = leading_word(rest);
    if REFUSED.contains(&word) {
        return Err(format!("`{word}` starts nothing that can be taken out"));
    }
    if BLOCKS.contains(&word) {
        return block(code, start);
    }
    if rest.starts_with('.') && !rest.starts_with("..") {
        return call(code, start);
    }
    let is_label = rest.starts_with('\'') && !rest.starts_with("' ");
    if is_label || rest.starts_with(['#', '{', '}', ')', ']', '|', '?', '=', ',', ';', '<']) {
        return Err("no statement, match arm or call starts here".to_owned());
    }
    if rest.starts_with("&&") || is_macro_block(rest) {
        return Err("only a whole statement can be taken out".to_owned());
    }
    if word == "let" { binding(code, start) } else { simple(code, start) }
}

/// `let … = …;`: the one statement that can have a comma outside of brackets.
fn binding(code: &str, start: usize) -> Result<Part, String> {
    let mut at = start;
    while !code[at..].starts_with(';') {
        if code[at..].starts_with([')', ']', '}']) {
            return Err("this `let` has no end".to_owned());
        }
        at = step(code, at)?;
    }
    Ok(Part { range: start..at + 1, shape: Shape::Let })
}

/// What ends with a semicolon, an arm's comma or its block.
fn simple(code: &str, start: usize) -> Result<Part, String> {
    let end = boundary(code, start)?;
    let stop = &code[end..];
    if stop.starts_with(';') {
        return Ok(Part { range: start..end + 1, shape: Shape::Statement });
    }
    if stop.starts_with("=>") {
        return arm(code, start, end + "=>".len());
    }
    if stop.starts_with('}') {
        let end = start + code[start..end].trim_end().len();
        return Ok(Part { range: start..end, shape: Shape::Value });
    }
    Err("an element of a list cannot be taken out".to_owned())
}

/// The arm whose pattern starts at `start`, and whose `=>` ends at `arrow`.
fn arm(code: &str, start: usize, arrow: usize) -> Result<Part, String> {
    let from = skip_space(code, arrow);
    let (body, end) = if code[from..].starts_with('{') {
        let end = step(code, from)?;
        (from..end, end)
    } else {
        let end = boundary(code, from)?;
        if code[end..].starts_with([';', '=', ')', ']']) {
            return Err("the arm has no end that could be told".to_owned());
        }
        (from..from + code[from..end].trim_end().len(), end)
    };
    let after = skip_space(code, end);
    let end = if code[after..].starts_with(',') { after + 1 } else { body.end };
    Ok(Part { range: start..end, shape: Shape::Arm { body } })
}

/// A call in a chain, from its dot, with the question mark after it.
fn call(code: &str, start: usize) -> Result<Part, String> {
    let mut at = start + 1 + leading_word(&code[start + 1..]).len();
    if code[at..].starts_with("::<") {
        at = step(code, at)?;
    }
    if at == start + 1 || !code[at..].starts_with('(') {
        return Err("only a call can be taken out of a chain".to_owned());
    }
    at = step(code, at)?;
    let end = if code[at..].starts_with('?') { at + 1 } else { at };
    Ok(Part { range: start..end, shape: Shape::Call })
}

/// `if`, with its chain of `else`, or another statement that ends with a block.
fn block(code: &str, start: usize) -> Result<Part, String> {
    let mut end = body(code, start)?;
    let word = leading_word(&code[start..]);
    let mut is_value = matches!(word, "loop" | "match");
    loop {
        let next = skip_space(code, end);
        if leading_word(&code[next..]) != "else" {
            break;
        }
        is_value = true;
        end = body(code, next + "else".len())?;
    }
    let next = &code[skip_space(code, end)..];
    if !next.starts_with("..") && next.starts_with(['.', '?', ',', ')', ']', '{']) {
        return Err("this block is a part of an expression".to_owned());
    }
    let is_last = is_value && next.starts_with('}');
    let shape = if is_last { Shape::LastBlock } else { Shape::Block };
    Ok(Part { range: start..end, shape })
}

/// The end of the first block after `at` that is no pattern: `if let Some(A { b }) = c { … }`.
fn body(code: &str, mut at: usize) -> Result<usize, String> {
    loop {
        let rest = &code[at..];
        if rest.is_empty() || rest.starts_with([';', ',', ')', ']', '}']) {
            return Err("there is no block here".to_owned());
        }
        let is_brace = rest.starts_with('{');
        at = step(code, at)?;
        if is_brace {
            let next = &code[skip_space(code, at)..];
            let is_pattern = next.starts_with('=') && !next.starts_with("==");
            if !is_pattern && leading_word(next) != "in" {
                return Ok(at);
            }
        }
    }
}

/// Where the expression at `at` ends: at a semicolon, comma, `=>` or bracket that it does not
/// open.
fn boundary(code: &str, mut at: usize) -> Result<usize, String> {
    loop {
        let rest = &code[at..];
        if rest.starts_with([';', ',', ')', ']', '}']) || rest.starts_with("=>") {
            return Ok(at);
        }
        at = step(code, at)?;
    }
}

/// The end of what stands at `at`: a group in brackets, generics after `::`, or a character.
fn step(code: &str, at: usize) -> Result<usize, String> {
    let rest = &code[at..];
    let Some(first) = rest.chars().next() else { return Err("the file ends in it".to_owned()) };
    if matches!(first, '(' | '[' | '{') {
        let unclosed = || "a bracket is not closed".to_owned();
        return closing(rest).map(|length| at + length + 1).ok_or_else(unclosed);
    }
    if !rest.starts_with("::<") {
        return Ok(at + first.len_utf8());
    }
    let mut depth = 0usize;
    let mut before = ' ';
    for (offset, c) in rest.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if c == '>' && depth == 0 {
            return Ok(at + offset + 1);
        }
        before = c;
    }
    Err("`::<` is not closed".to_owned())
}

/// Whether this is a macro call in braces, which ends without a semicolon.
fn is_macro_block(rest: &str) -> bool {
    let path = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    path.strip_prefix('!').is_some_and(|inside| inside.trim_start().starts_with('{'))
}

fn skip_space(code: &str, at: usize) -> usize {
    code.len() - code[at..].trim_start().len()
}

#[cfg(test)]
mod tests {
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
        check(
            "let Some(a) = b else { return; }; c",
            "let Some(a) = b else { return; };",
            &Shape::Let,
        );
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
        check_refused("#[allow(a)] b();", "no statement");
        check_refused("'a: loop {}", "no statement");
        check_refused("}", "no statement");
        check_refused("", "the file ends");
        check_refused("|| a", "no statement");
        check_refused("&& a", "only a whole statement");
        check_refused("select! { a } b();", "only a whole statement");
        check_refused("a: b, c: d }", "an element");
        check_refused("a)", "an element");
        check_refused("if a;", "no block");
        check_refused("let a = b }", "no end");
        check_refused("if a { b } { c }", "a part of an expression");
        check_refused("match a { b => c }.d();", "a part of an expression");
        check_refused("a(b; c", "not closed");
        check_refused("a => |b| c => d", "no end that could be told");
    }
}
