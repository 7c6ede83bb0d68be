//! What a marker marks: where the statement, arm, call or field ends that starts there.

use std::ops::Range;

use crate::tidy::source::{closing, ends_in_word, leading_word};

/// A marked part of a file.
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
    /// `const …: … = …;`
    Constant,
    /// `pattern => body,`
    Arm { body: Range<usize> },
    /// `name: …,` of a structure, or of a value of it.
    Field,
    /// `#[…]`, without what it belongs to.
    Attribute,
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
    if rest.starts_with("#[") {
        let range = start..step(code, start + 1)?;
        return Ok(Part { range, shape: Shape::Attribute });
    }
    let item = after_visibility(code, start)?;
    if is_constant(&code[item..]) {
        return binding(code, start, Shape::Constant);
    }
    if is_field(&code[item..]) {
        return field(code, start);
    }
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
    if word == "let" { binding(code, start, Shape::Let) } else { simple(code, start) }
}

/// Where what starts at `start` goes on after `pub`.
fn after_visibility(code: &str, start: usize) -> Result<usize, String> {
    if leading_word(&code[start..]) != "pub" {
        return Ok(start);
    }
    let at = skip_space(code, start + "pub".len());
    if code[at..].starts_with('(') { Ok(skip_space(code, step(code, at)?)) } else { Ok(at) }
}

/// Whether this is `const NAME: …` or `static NAME: …`, not a function or a block.
fn is_constant(item: &str) -> bool {
    let word = leading_word(item);
    let name = leading_word(item[word.len()..].trim_start());
    ["const", "static"].contains(&word) && !["", "async", "extern", "fn", "unsafe"].contains(&name)
}

/// Whether this is `name: …`, not a path.
fn is_field(item: &str) -> bool {
    let name = leading_word(item);
    let next = item[name.len()..].trim_start();
    !name.is_empty() && next.starts_with(':') && !next.starts_with("::")
}

/// `name: …` to its comma, or to where the last one ends.
fn field(code: &str, start: usize) -> Result<Part, String> {
    let mut at = start;
    loop {
        let rest = &code[at..];
        if rest.starts_with(',') {
            return Ok(Part { range: start..at + 1, shape: Shape::Field });
        }
        if rest.starts_with('}') {
            let end = start + code[start..at].trim_end().len();
            return Ok(Part { range: start..end, shape: Shape::Field });
        }
        if rest.starts_with([';', ')', ']']) || rest.starts_with("=>") {
            return Err("neither a comma nor a brace ends this field".to_owned());
        }
        // rustfmt has spaces around `<` where it compares.
        let is_generic = rest.starts_with('<') && ends_in_word(&code[..at]);
        at = if is_generic { angles(code, at)? } else { step(code, at)? };
    }
}

/// `let … = …;` and `const`: what can have a comma outside of brackets.
fn binding(code: &str, start: usize, shape: Shape) -> Result<Part, String> {
    let mut at = start;
    while !code[at..].starts_with(';') {
        if code[at..].starts_with([')', ']', '}']) {
            return Err("this `let` or `const` has no end".to_owned());
        }
        at = step(code, at)?;
    }
    Ok(Part { range: start..at + 1, shape })
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
    if rest.starts_with("::<") { angles(code, at) } else { Ok(at + first.len_utf8()) }
}

/// The end of the generics at `at`, from `<` or `::<`.
fn angles(code: &str, at: usize) -> Result<usize, String> {
    let rest = &code[at..];
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
    Err("`<` is not closed".to_owned())
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
mod tests;
