//! The markers in the sources: `// check: 4` on a line of its own before what it marks.

use std::ops::Range;
use std::str::FromStr;

use crate::mutation::part::{Part, Shape, part};
use crate::tidy::source::{Source, line_of};
use crate::tree::Tree;

/// What one sort of markers names: `// WORD: NAME, NAME => text`.
pub(crate) trait Name: FromStr {
    /// The word before the colon.
    const WORD: &'static str;
    /// What a marker looks like, for whoever wrote it otherwise.
    const FORMS: &'static str;
}

/// A marker, and what becomes of the file when what it marks is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker<N> {
    pub(crate) path: String,
    pub(crate) line: usize,
    /// The rows that it belongs to.
    pub(crate) names: Vec<N>,
    /// What is marked.
    pub(crate) range: Range<usize>,
    /// What stands there instead.
    pub(crate) replacement: String,
}

/// A marker that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl<N> Marker<N> {
    /// The file at `path` without what is marked.
    pub(super) fn mutate(&self, text: &str) -> String {
        let Range { start, end } = self.range;
        [&text[..start], &self.replacement, &text[end..]].concat()
    }
}

/// The markers of one sort in the sources of all crates.
pub(crate) fn markers<N: Name>(tree: &Tree) -> (Vec<Marker<N>>, Vec<Fault>) {
    let (mut markers, mut faults) = (Vec::new(), Vec::new());
    let is_source = |path: &str| path.ends_with(".rs") && path.contains("/src/");
    for (path, text) in tree.under("crates").filter(|(path, _)| is_source(path)) {
        let source = Source::new(text);
        for comment in &source.comments {
            if !is_meant::<N>(&text[comment.clone()]) {
                continue;
            }
            let (path, line) = (path.to_owned(), line_of(text, comment.start));
            match read(text, &source.code, comment) {
                Ok((names, range, replacement)) => {
                    markers.push(Marker { path, line, names, range, replacement });
                }
                Err(message) => faults.push(Fault { path, line, message }),
            }
        }
    }
    (markers, faults)
}

/// Whether a comment is a marker, or almost one.
fn is_meant<N: Name>(comment: &str) -> bool {
    let inside = comment.trim_start_matches(['/', '!', '*']).trim_start();
    let Some((word, rest)) = inside.split_once(':') else { return false };
    let names = rest.split("=>").next().unwrap_or_default();
    let is_list = || names.split(',').all(|name| name.trim().parse::<N>().is_ok());
    let is_begun = || comment.strip_prefix("// ").is_some_and(|inside| inside.starts_with(N::WORD));
    word.eq_ignore_ascii_case(N::WORD) && (is_list() || is_begun())
}

/// Names, marked range and replacement of the marker in `comment`.
fn read<N: Name>(
    text: &str,
    code: &str,
    comment: &Range<usize>,
) -> Result<(Vec<N>, Range<usize>, String), String> {
    let form = || format!("a marker is {}", N::FORMS);
    let inside = text[comment.clone()].strip_prefix("// ").unwrap_or_default();
    let inside = inside.strip_prefix(N::WORD).and_then(|rest| rest.strip_prefix(": "));
    let inside = inside.ok_or_else(form)?;
    let line_start = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[line_start..comment.start].trim().is_empty() {
        return Err("a marker has a line of its own".to_owned());
    }
    let (names, replacement) = match inside.split_once("=>") {
        Some((names, replacement)) => (names, Some(replacement.trim())),
        None => (inside, None),
    };
    let name = |name: &str| name.trim().parse().map_err(|_| form());
    let names = names.split(',').map(name).collect::<Result<_, _>>()?;
    let start = code.len() - code[comment.end..].trim_start().len();
    let (range, replacement) = change(part(code, start)?, replacement)?;
    Ok((names, range, replacement))
}

/// What is replaced, and by what.
fn change(part: Part, with: Option<&str>) -> Result<(Range<usize>, String), String> {
    if with.is_some_and(str::is_empty) {
        return Err("there is nothing after `=>`".to_owned());
    }
    let ends = |ends: &[char]| with.is_none_or(|text| text.ends_with(ends));
    let needed = |what| format!("{what} cannot be taken out: write `=>` and what stands instead");
    let fits = match &part.shape {
        Shape::Let if with.is_none() => return Err(needed("a `let`")),
        Shape::Constant if with.is_none() => return Err(needed("a constant")),
        Shape::Value if with.is_none() => return Err(needed("the value of a block")),
        Shape::LastBlock if with.is_none() => return Err(needed("the value of a block")),
        Shape::Let | Shape::Constant => ends(&[';']),
        Shape::Attribute => with.is_none_or(|text| text.starts_with("#[") && text.ends_with(']')),
        Shape::Statement => ends(&[';', '}']),
        Shape::Value | Shape::Field | Shape::Arm { .. } => with.is_none() || !ends(&[';', ',']),
        Shape::Call => with.is_none_or(|text| text.starts_with('.') && !text.ends_with(';')),
        Shape::Block | Shape::LastBlock => true,
    };
    if !fits {
        return Err("the replacement has another ending than what it replaces".to_owned());
    }
    Ok(match (part.shape, with) {
        // Its comma is new: a block has none.
        (Shape::Arm { body }, Some(text)) => (body.start..part.range.end, format!("{text},")),
        (Shape::Field, Some(text)) => (part.range, format!("{text},")),
        (_, with) => (part.range, with.unwrap_or_default().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "crates/a/src/lib.rs";

    /// A row of some list.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Row(u32);

    impl FromStr for Row {
        type Err = std::num::ParseIntError;

        fn from_str(text: &str) -> Result<Self, Self::Err> {
            text.parse().map(Self)
        }
    }

    impl Name for Row {
        const WORD: &'static str = "check";
        const FORMS: &'static str = "`// check: 4`";
    }

    fn read_all(text: &str) -> (Vec<Marker<Row>>, Vec<Fault>) {
        markers(&Tree::of(&[(PATH, text)]))
    }

    /// What `text` becomes, for each of its markers.
    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let (markers, faults) = read_all(text);
        assert_eq!(faults, []);
        let got: Vec<String> = markers.iter().map(|marker| marker.mutate(text)).collect();
        assert_eq!(got, want);
    }

    #[track_caller]
    fn check_fault(text: &str, want: &str) {
        let (markers, faults) = read_all(text);
        assert_eq!(markers, []);
        let [fault] = faults.as_slice() else { panic!("{text}: {faults:?}") };
        assert!(fault.message.contains(want), "{text}: {fault:?}");
    }

    #[test]
    fn a_marker_takes_out_what_follows_it() {
        check("// check: 1\nif a { b }\nc();", &["// check: 1\n\nc();"]);
        check("// check: 1\n// why\na()?;\nb();", &["// check: 1\n// why\n\nb();"]);
        check("m {\n// check: 1\nA => b,\n_ => c }", &["m {\n// check: 1\n\n_ => c }"]);
        check("a\n// check: 1\n.b()\n.c()", &["a\n// check: 1\n\n.c()"]);
    }

    #[test]
    fn a_marker_can_say_what_stands_instead() {
        check("{\n// check: 1 => true\na == b }", &["{\n// check: 1 => true\ntrue }"]);
        check("// check: 1 => let a = c;\nlet a = b;", &["// check: 1 => let a = c;\nlet a = c;"]);
        let arms = |body: &str| format!("m {{\n// check: 1 => c\nA => {body}\nB => d }}");
        check(&arms("{ b }"), &[&arms("c,")]);
        check(&arms("b,"), &[&arms("c,")]);
        check(
            "// check: 1 => Ok(())\nif a { b } else { c } }",
            &["// check: 1 => Ok(())\nOk(()) }"],
        );
    }

    #[test]
    fn several_markers_and_numbers_share_a_statement() {
        let text = "// check: 1, 20\n// check: 3 => b();\na();";
        let (first, second) = ("// check: 1, 20\n", "// check: 3 => b();\n");
        check(text, &[&format!("{first}{second}"), &format!("{first}{second}b();")]);
        let (markers, _) = read_all(text);
        assert_eq!(markers[0].names, [Row(1), Row(20)]);
        assert_eq!((markers[1].names.as_slice(), markers[1].line), ([Row(3)].as_slice(), 2));
    }

    #[test]
    fn constants_fields_and_attributes_can_be_marked() {
        check(
            "// check: 1 => const A: &str = \"\";\nconst A: &str = \"b\";\nc",
            &["// check: 1 => const A: &str = \"\";\nconst A: &str = \"\";\nc"],
        );
        check("A {\n// check: 1\nb: c,\nd }", &["A {\n// check: 1\n\nd }"]);
        check("A {\n// check: 1 => b: d\nb: c }", &["A {\n// check: 1 => b: d\nb: d, }"]);
        let last = "b: C<D, E>,\n}";
        check(&format!("// check: 1 => b: F\n{last}"), &["// check: 1 => b: F\nb: F,\n}"]);
        check("// check: 1\n#[a(b)]\nc: D,", &["// check: 1\n\nc: D,"]);
        check("// check: 1 => #[e]\n#[a(b)]\nc: D,", &["// check: 1 => #[e]\n#[e]\nc: D,"]);
    }

    #[test]
    fn what_is_almost_a_marker_is_found() {
        check_fault("//check: 1\na();", "a marker is");
        check_fault("// Check: 1\na();", "a marker is");
        check_fault("/// check: 1\nfn a() {}", "a marker is");
        check_fault("// check:1\na();", "a marker is");
        check_fault("// check: all\na();", "a marker is");
        check_fault("// check: 1 2\na();", "a marker is");
        check_fault("a(); // check: 1\nb();", "a line of its own");
    }

    #[test]
    fn a_comment_about_a_check_is_no_marker() {
        let text = "// a check: 1\n/// Check: it is so.\nlet a = \"\n// check: 1\n\";";
        assert_eq!(read_all(text), (vec![], vec![]));
        let tests = Tree::of(&[("crates/a/tests/b.rs", "// check: 1\n;")]);
        assert_eq!(markers::<Row>(&tests).1, []);
    }

    #[test]
    fn a_marker_that_cannot_be_followed_is_found() {
        check_fault("// check: 1\nlet a = b;", "a `let` cannot");
        check_fault("{\n// check: 1\na }", "the value of a block");
        check_fault("{\n// check: 1\nif a { b } else { c } }", "the value of a block");
        check_fault("// check: 1\nfn a() {}", "`fn` starts nothing");
        check_fault("// check: 1 =>\na();", "nothing after");
        check_fault("// check: 1 => b\na();", "another ending");
        check_fault("// check: 1 => b\nlet a = c;", "another ending");
        check_fault("{\n// check: 1 => b;\na }", "another ending");
        check_fault("// check: 1 => b,\nA => c,", "another ending");
        check_fault("// check: 1 => b()\n.a()", "another ending");
        check_fault("// check: 1\nconst A: B = c;", "a constant cannot");
        check_fault("// check: 1 => const A: B = d\nconst A: B = c;", "another ending");
        check_fault("{\n// check: 1 => a: c,\na: b }", "another ending");
        check_fault("// check: 1 => a: b\n#[c]\na: b,", "another ending");
    }
}
