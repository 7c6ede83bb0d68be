/// What came back, as a browser reads it.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// All that the receiver may say, and hyper.
const HEADERS: [&str; 9] = [
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "referrer-policy",
    "x-content-type-options",
];

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The answers of a connection, one after another.
///
/// # Errors
///
/// What is wrong with their form.
pub(super) fn answers(bytes: &[u8]) -> Result<Vec<Answer>, &'static str> {
    let (mut found, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(CONTINUE) {
            rest = after;
            continue;
        }
        let (answer, length) = first(rest)?;
        found.push(answer);
        rest = &rest[length..];
    }
    Ok(found)
}

fn first(bytes: &[u8]) -> Result<(Answer, usize), &'static str> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("a head without end")?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "a head that is no text")?;
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let line = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let status = line.and_then(|line| line.get(..3)?.parse().ok()).ok_or("no status")?;
    let header = |line: &str| {
        let (name, value) =
            line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, "")))?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let headers: Option<Vec<_>> = lines.map(header).collect();
    let headers = headers.ok_or("a header that is none")?;
    let rest = &bytes[end + 4..];
    let said = headers.iter().find(|(name, _)| name == "content-length");
    let length = said.map_or(Ok(0), |(_, value)| value.parse()).map_err(|_| "no length")?;
    // To HEAD there is no body.
    let length = if rest.is_empty() { 0 } else { length };
    let body = rest.get(..length).ok_or("a body that is shorter than it should be")?;
    let body = String::from_utf8(body.to_vec()).map_err(|_| "a body that is no text")?;
    Ok((Answer { status, headers, body }, end + 4 + length))
}

impl Answer {
    /// Nobody can add one.
    pub(super) fn check_headers(&self) {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.iter().all(|name| HEADERS.contains(name)), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), self.headers.len(), "a header twice: {names:?}");
    }

    /// One line of plain text that the receiver has, or the nothing that hyper says by itself.
    pub(super) fn check_refusal(&self) {
        let Self { status, body, headers } = self;
        let is_short = body.len() < 100 && body.lines().count() <= 1;
        assert!(is_short, "a refusal of so many words: {status} {body}");
        let is = |name: &str, value: &str| headers.iter().any(|it| it.0 == name && it.1 == value);
        let is_text = is("content-type", "text/plain; charset=utf-8");
        let is_kept_by_nobody =
            is("cache-control", "no-store") && is("referrer-policy", "no-referrer");
        assert!(body.is_empty() || (is_text && is_kept_by_nobody), "{headers:?}");
    }
}
