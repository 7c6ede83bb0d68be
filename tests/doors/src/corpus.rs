//! The corpus of a door as text: an input a line, what is not printable written as in Rust.

/// The text of these inputs, sorted; the empty one is left out.
#[must_use]
pub fn pack(inputs: &[Vec<u8>]) -> String {
    let lines = inputs.iter().filter(|input| !input.is_empty());
    let mut lines: Vec<_> = lines.map(|input| input.escape_ascii().to_string()).collect();
    lines.sort();
    lines.dedup();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The inputs of a text.
///
/// # Errors
///
/// The line that [`pack`] did not write, and its number.
pub fn unpack(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let lines = text.lines().enumerate();
    let input = |(at, line): (usize, &str)| {
        unescaped(line).ok_or_else(|| format!("line {} is no input: {line}", at + 1))
    };
    lines.map(input).collect()
}

fn unescaped(line: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), line);
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, length) = match after.as_bytes().first()? {
            b't' => (b'\t', 1),
            b'r' => (b'\r', 1),
            b'n' => (b'\n', 1),
            b'x' => (u8::from_str_radix(after.get(1..3)?, 16).ok()?, 3),
            quoted @ (b'\\' | b'\'' | b'"') => (*quoted, 1),
            _ => return None,
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        let all: Vec<Vec<u8>> =
            vec![(0..=255).collect(), b"a \\x41 \"b\"".to_vec(), "é\n".into(), vec![0]];
        let mut got = unpack(&pack(&all)).unwrap();
        let mut want = all;
        got.sort();
        want.sort();
        assert_eq!(got, want);
        assert_eq!(pack(&[Vec::new(), vec![b'a'], vec![b'a']]), "a\n");
    }

    #[test]
    fn a_line_that_is_no_input_is_named() {
        for line in ["\\", "\\x4", "\\xg0", "\\q", "\\x\u{e9}0"] {
            let error = unpack(&format!("a\n{line}\n")).unwrap_err();
            assert!(error.starts_with("line 2"), "{error}");
        }
    }
}
