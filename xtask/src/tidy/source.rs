//! Rust source with comments, literals or tests blanked, so that a search finds code only.

use std::ops::Range;

/// A Rust file in two readings. Both have the length and the lines of the file itself: what
/// is left out is blanked, so an offset into one is an offset into the other.
#[derive(Debug)]
pub(crate) struct Source {
    /// Without comments.
    pub(crate) uncommented: String,
    /// Without comments and without what string, byte and character literals say.
    pub(crate) code: String,
    /// Where comments are, with their slashes.
    pub(crate) comments: Vec<Range<usize>>,
}

impl Source {
    /// Reads a file.
    pub(crate) fn new(text: &str) -> Self {
        let (uncommented, code) = (text.to_owned(), text.to_owned());
        let mut source = Self { uncommented, code, comments: Vec::new() };
        for (kind, range) in pieces(text) {
            blank(&mut source.code, &range);
            if kind == Kind::Comment {
                blank(&mut source.uncommented, &range);
                source.comments.push(range);
            }
        }
        source
    }

    /// Blanks these parts.
    pub(crate) fn without(mut self, ranges: &[Range<usize>]) -> Self {
        for range in ranges {
            blank(&mut self.uncommented, range);
            blank(&mut self.code, range);
        }
        self
    }

    /// Where `word` stands in the code as a word of its own.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_alone = move |at: &usize| {
            let after = self.code[at + word.len()..].chars().next();
            !ends_in_word(&self.code[..*at]) && !after.is_some_and(is_word)
        };
        self.code.match_indices(word).map(|(at, _)| at).filter(is_alone)
    }
}

/// The line of `offset`, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Whether a name can contain `c`.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a name could go on at the end of `text`.
pub(crate) fn ends_in_word(text: &str) -> bool {
    text.ends_with(is_word)
}

/// The name at the start of `text`; empty if there is none.
pub(crate) fn leading_word(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// The position of the bracket that closes the one at the start of `code`.
pub(crate) fn closing(code: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    /// Of a literal, what stands between its quotes.
    Literal,
}

/// The parts of `text` that are no code.
fn pieces(text: &str) -> Vec<(Kind, Range<usize>)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            pieces.push((Kind::Comment, at..end));
            at = end;
        } else if rest.starts_with("/*") {
            let end = at + block_comment(rest);
            pieces.push((Kind::Comment, at..end));
            at = end;
        } else if c == '"' {
            let end = at + 1 + escaped(&rest[1..], '"');
            pieces.push((Kind::Literal, at + 1..end));
            at = (end + 1).min(text.len());
        } else if c == '\'' {
            at += 1;
            if let Some(length) = character(&rest[1..]) {
                pieces.push((Kind::Literal, at..at + length));
                at = (at + length + 1).min(text.len());
            } else {
                // A lifetime: its name is code.
                at += leading_word(&rest[1..]).len();
            }
        } else if is_word(c) {
            let word = leading_word(rest);
            at += word.len();
            if let Some((open, length, close)) = raw(word, &text[at..]) {
                pieces.push((Kind::Literal, at + open..at + open + length));
                at = (at + open + length + close).min(text.len());
            }
        } else {
            at += c.len_utf8();
        }
    }
    pieces
}

/// The length of the comment that `text` starts with; such comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else if let Some(c) = rest.chars().next() {
            at += c.len_utf8();
        } else {
            return at;
        }
        if depth == 0 {
            return at;
        }
    }
}

/// The length of a literal's inside, up to the first `quote` that no backslash precedes.
fn escaped(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return at;
        }
    }
    text.len()
}

/// The length of a character literal's inside; `None` if the quote before `text` starts a
/// lifetime.
fn character(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first == '\\' {
        return Some(escaped(text, '\''));
    }
    text[first.len_utf8()..].starts_with('\'').then(|| first.len_utf8())
}

/// If `prefix` and `text` are a raw string: the length of its opening, inside and closing.
fn raw(prefix: &str, text: &str) -> Option<(usize, usize, usize)> {
    if !matches!(prefix, "r" | "br" | "cr") {
        return None;
    }
    let hashes = text.len() - text.trim_start_matches('#').len();
    let inside = text[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", &text[..hashes]);
    Some((hashes + 1, inside.find(&close).unwrap_or(inside.len()), close.len()))
}

/// Puts a space in the place of each byte but line ends.
fn blank(text: &mut String, range: &Range<usize>) {
    let blanked: String =
        text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range.clone(), &blanked);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, uncommented: &str, code: &str) {
        let source = Source::new(text);
        assert_eq!(source.uncommented, uncommented);
        assert_eq!(source.code, code);
    }

    #[test]
    fn comments_are_in_neither_reading() {
        check("a // b\nc", "a     \nc", "a     \nc");
        check("/// a\n//! b\nc", "     \n     \nc", "     \n     \nc");
        check("a /* b /* c */ d */ e", "a                   e", "a                   e");
        check("a /* b", "a     ", "a     ");
    }

    #[test]
    fn what_a_literal_says_is_no_code() {
        check(r#"f("a")"#, r#"f("a")"#, r#"f(" ")"#);
        check(r#"f("a\"b") g"#, r#"f("a\"b") g"#, r#"f("    ") g"#);
        check(r#"b"a" c"b" d"#, r#"b"a" c"b" d"#, r#"b" " c" " d"#);
        check(r#""unclosed"#, r#""unclosed"#, r#""        "#);
    }

    #[test]
    fn a_comment_in_a_literal_is_no_comment_and_the_reverse() {
        check(r#"f("// a") b"#, r#"f("// a") b"#, r#"f("    ") b"#);
        check("// \" a\nb", "      \nb", "      \nb");
        check("'\"' /* a */", "'\"'        ", "' '        ");
    }

    #[test]
    fn a_raw_string_ends_at_its_own_hashes() {
        check(r##"r"a\" b"##, r##"r"a\" b"##, r##"r"  " b"##);
        check(r###"r#"a"b"# c"###, r###"r#"a"b"# c"###, r###"r#"   "# c"###);
        check(r###"br##"a"#"## c"###, r###"br##"a"#"## c"###, r###"br##"   "## c"###);
        check("r#type x", "r#type x", "r#type x");
    }

    #[test]
    fn a_lifetime_is_no_character() {
        check("<'a, 'b> 'c'", "<'a, 'b> 'c'", "<'a, 'b> ' '");
        check(r"'\'' a '\\' b", r"'\'' a '\\' b", r"'  ' a '  ' b");
        check("'ü' x", "'ü' x", "'  ' x");
        check("b'\"' x", "b'\"' x", "b' ' x");
        check("'static str", "'static str", "'static str");
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = "/* a\n b */ \"c\nd\" e";
        let source = Source::new(text);
        assert_eq!(line_of(&source.code, source.code.find('e').unwrap()), 3);
        assert_eq!(source.code.len(), text.len());
    }

    #[test]
    fn a_word_stands_alone() {
        let source = Source::new("todo todos my_todo // todo\ntodo!()");
        assert_eq!(source.words("todo").collect::<Vec<_>>(), [0, 27]);
    }

    #[test]
    fn brackets_close_where_they_balance() {
        assert_eq!(closing("(a[b]{c}) d"), Some(8));
        assert_eq!(closing("(a"), None);
    }
}
