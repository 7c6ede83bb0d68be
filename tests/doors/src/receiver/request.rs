//! What a request asks for, read by other means than the receiver's.

use std::str;

use hallpass::{Callback, PendingAuthorization};

/// What ends the wait.
pub(super) struct Wanted<'a> {
    pub(super) port: u16,
    pub(super) path: &'a str,
    pub(super) pending: &'a PendingAuthorization,
}

/// What the bytes of a connection must lead to.
pub(super) enum Expected {
    /// A request about which there are no two opinions: this status, and with 200 this end of the
    /// wait.
    Is { status: u16, outcome: Option<String> },
    /// Anything else may be refused, and may end the wait in these ways alone.
    MayBe(Vec<String>),
}

impl Expected {
    /// How it can end the wait.
    pub(super) fn outcomes(&self) -> impl Iterator<Item = &String> {
        let (one, many) = match self {
            Self::Is { outcome, .. } => (outcome.as_ref(), &[][..]),
            Self::MayBe(outcomes) => (None, outcomes.as_slice()),
        };
        one.into_iter().chain(many)
    }
}

/// Of a callback what comes of it.
type Outcome<'a> = &'a dyn Fn(Callback) -> String;

pub(super) fn expected(bytes: &[u8], wanted: &Wanted<'_>, outcome: Outcome<'_>) -> Expected {
    let right = |callback: hallpass::Result<Callback>| {
        callback.ok().filter(|it| it.belongs_to(wanted.pending)).map(outcome)
    };
    match plain(bytes).and_then(|request| request.status(wanted)) {
        Some(Verdict::Refused(status)) => Expected::Is { status, outcome: None },
        Some(Verdict::Read(callback)) => {
            let outcome = right(callback);
            Expected::Is { status: if outcome.is_some() { 200 } else { 400 }, outcome }
        }
        None => Expected::MayBe(lenient(bytes, wanted).into_iter().filter_map(right).collect()),
    }
}

/// A request without anything that could be read in two ways.
struct Plain<'a> {
    method: &'a str,
    target: &'a str,
    headers: Vec<(String, &'a str)>,
    body: &'a [u8],
}

enum Verdict {
    Refused(u16),
    Read(hallpass::Result<Callback>),
}

/// What changes how a request is read.
const ODD: [&str; 6] = ["connection", "expect", "te", "trailer", "transfer-encoding", "upgrade"];

fn plain(bytes: &[u8]) -> Option<Plain<'_>> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").filter(|end| *end < 4000)?;
    let head = str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let is_line = |line: &str| line.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let [method, target, "HTTP/1.1"] = lines.next()?.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_method = (1..16).contains(&method.len())
        && method != "CONNECT"
        && method.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_target = |byte: u8| byte.is_ascii_alphanumeric() || b"/?&=%._~-+".contains(&byte);
    if !is_method || !target.starts_with('/') || !target.bytes().all(is_target) {
        return None;
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let is_name = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_name) || !is_line(value) {
            return None;
        }
        headers.push((name.to_ascii_lowercase(), value.trim()));
    }
    let is_odd = |(name, _): &(String, &str)| ODD.contains(&name.as_str());
    if headers.len() > 50 || headers.iter().any(is_odd) {
        return None;
    }
    let mut request = Plain { method, target, headers, body: &[] };
    let length = match request.header("content-length")? {
        None => 0,
        Some(text) => text.parse().ok().filter(|length: &usize| length.to_string() == text)?,
    };
    request.body = bytes[end + 4..].get(..length)?;
    Some(request)
}

impl<'a> Plain<'a> {
    /// The one header of this name, if it is there; `None` of it all if it is there twice.
    fn header(&self, name: &str) -> Option<Option<&'a str>> {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        let first = all.next().map(|(_, value)| *value);
        all.next().is_none().then_some(first)
    }

    fn status(&self, wanted: &Wanted<'_>) -> Option<Verdict> {
        let is_ours = match self.header("host") {
            Some(Some(host)) => is_ours(host, wanted.port)?,
            _ => false,
        };
        if !is_ours {
            return Some(Verdict::Refused(421));
        }
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        if path != wanted.path {
            return Some(Verdict::Refused(404));
        }
        match self.method {
            "GET" => Some(Verdict::Read(Callback::from_query(query))),
            "POST" if wanted.pending.is_form_post() => {
                let label = self.header("content-type")?.unwrap_or_default();
                let label = label.split(';').next().unwrap_or_default().trim();
                Some(match self.body.len() {
                    _ if !label.eq_ignore_ascii_case("application/x-www-form-urlencoded") => {
                        Verdict::Refused(415)
                    }
                    ..=65_536 => Verdict::Read(Callback::from_form(self.body)),
                    _ => Verdict::Refused(413),
                })
            }
            _ => Some(Verdict::Refused(405)),
        }
    }
}

/// `None` where the port is written as nobody writes it.
fn is_ours(authority: &str, port: u16) -> Option<bool> {
    let (host, said) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let is_here = host == "127.0.0.1" || host.eq_ignore_ascii_case("localhost");
    match said.parse::<u16>() {
        Ok(number) if number == port => (said == port.to_string()).then_some(is_here),
        _ => Some(false),
    }
}

/// The callbacks that whoever is not strict could find.
fn lenient(bytes: &[u8], wanted: &Wanted<'_>) -> Vec<hallpass::Result<Callback>> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let line = lines.by_ref().find(|line| !line.is_empty()).unwrap_or_default();
    let words: Vec<_> = line.split_ascii_whitespace().collect();
    let [method, target, ..] = words[..] else { return Vec::new() };
    let mut hosts = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.trim().eq_ignore_ascii_case("host") {
            hosts += 1;
            if is_ours(value.trim(), wanted.port) == Some(false) {
                return Vec::new();
            }
        }
    }
    let target = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            if is_ours(&rest[..end], wanted.port) == Some(false) {
                return Vec::new();
            }
            &rest[end..]
        }
        _ => target,
    };
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match method {
        _ if hosts != 1 || path != wanted.path => Vec::new(),
        "GET" => vec![Callback::from_query(query)],
        "POST" if wanted.pending.is_form_post() => bodies(bytes),
        _ => Vec::new(),
    }
}

/// A form behind any empty line, of whatever length, or in chunks.
fn bodies(bytes: &[u8]) -> Vec<hallpass::Result<Callback>> {
    let all = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let lengths = all.split('\n').filter_map(|line| line.strip_prefix("content-length:"));
    let lengths = lengths.flat_map(|line| line.split(',').filter_map(|it| it.trim().parse().ok()));
    let mut lengths: Vec<usize> = lengths.collect();
    lengths.dedup();
    let ends = bytes.iter().enumerate().filter_map(|(at, byte)| match (byte, &bytes[at + 1..]) {
        (b'\n', [b'\r', b'\n', body @ ..] | [b'\n', body @ ..]) => Some(body),
        _ => None,
    });
    let forms = ends.take(16).flat_map(|body| {
        let said = lengths.iter().filter_map(|length| body.get(..*length));
        said.map(<[u8]>::to_vec).chain(chunked(body)).collect::<Vec<_>>()
    });
    forms.map(|form| Callback::from_form(&form)).collect()
}

fn chunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = str::from_utf8(&rest[..end]).ok()?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[end + 1..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest[size..].trim_ascii_start();
    }
}
