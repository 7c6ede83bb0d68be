//! The faults, and what each does to the answer of a request.

use std::time::Duration;

use crate::{body::Body, server::Manner};

/// Below HTTP, in the head, or in the body of an answer that is good otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server does so; what it sends is the text.
    Socket(Manner, &'static str),
    /// As the first, but it is spoken to by TLS.
    Tls(Manner, &'static str),
    /// There is no such name.
    NoName,
    /// A status, with these headers and a body of HTML.
    Status(u16, &'static str),
    Body(Body),
}

const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const NO_TLS: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
const ELSEWHERE: &str = "location: /elsewhere\r\n";

/// By their names in the table, in its order.
pub(crate) const FAULTS: [(&str, Fault); 32] = [
    ("connection-refused", Fault::Socket(Manner::Nobody, "")),
    ("name-not-found", Fault::NoName),
    ("no-tls-there", Fault::Tls(Manner::Answer, NO_TLS)),
    ("self-signed", Fault::Tls(Manner::SelfSigned, "")),
    ("timeout-connecting", Fault::Socket(Manner::Full, "")),
    ("timeout-before-head", Fault::Socket(Manner::Silence, "")),
    ("timeout-in-body", Fault::Socket(Manner::Silence, HALF)),
    ("reset-before-head", Fault::Socket(Manner::Reset, "")),
    ("reset-in-body", Fault::Socket(Manner::Reset, HALF)),
    ("301", Fault::Status(301, ELSEWHERE)),
    ("307", Fault::Status(307, ELSEWHERE)),
    ("429-retry-after", Fault::Status(429, "retry-after: 1\r\n")),
    ("429-after-a-minute", Fault::Status(429, "retry-after: 60\r\n")),
    ("500", Fault::Status(500, "")),
    ("502", Fault::Status(502, "")),
    ("503", Fault::Status(503, "")),
    ("401-without-words", Fault::Status(401, "")),
    ("403-without-words", Fault::Status(403, "")),
    ("endless-chunks", Fault::Socket(Manner::Endless, CHUNKED)),
    ("body-over-limit", Fault::Body(Body::TooLong)),
    ("gzip-bomb", Fault::Body(Body::GzipBomb)),
    ("empty-body", Fault::Body(Body::Empty)),
    ("html", Fault::Body(Body::Html)),
    ("wrong-content-type", Fault::Body(Body::WrongType)),
    ("invalid-utf-8", Fault::Body(Body::InvalidUtf8)),
    ("byte-order-mark", Fault::Body(Body::ByteOrderMark)),
    ("nesting-10000", Fault::Body(Body::Nested)),
    ("duplicate-members", Fault::Body(Body::Duplicates)),
    ("null", Fault::Body(Body::Null)),
    ("array", Fault::Body(Body::InAnArray)),
    ("nan", Fault::Body(Body::NaN)),
    ("past-u64", Fault::Body(Body::PastU64)),
];

impl Fault {
    /// The server that it takes.
    pub(crate) fn manner(self) -> Manner {
        match self {
            Self::Socket(manner, _) | Self::Tls(manner, _) => manner,
            Self::NoName => Manner::Nobody,
            Self::Status(..) | Self::Body(_) => Manner::Answer,
        }
    }

    /// Whether only the client's own time limit ends it.
    pub(crate) fn is_waited_for(self) -> bool {
        matches!(self.manner(), Manner::Silence | Manner::Full)
    }

    /// Whether the server gets to hear the request.
    pub(crate) fn is_heard(self) -> bool {
        !matches!(self, Self::Tls(..) | Self::NoName)
            && !matches!(self.manner(), Manner::Nobody | Manner::Full)
    }

    /// What is at the bottom of it, in the words of those who found it.
    pub(crate) fn cause(self) -> Option<&'static str> {
        match self {
            Self::NoName => Some("failed to lookup address"),
            Self::Tls(Manner::SelfSigned, _) => Some("invalid peer certificate"),
            Self::Tls(..) => Some("corrupt message"),
            Self::Socket(Manner::Nobody, _) => Some("refused"),
            _ => None,
        }
    }

    /// How long the server has its client wait.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        let Self::Status(_, headers) = self else { return None };
        let seconds = headers.trim_end().strip_prefix("retry-after: ")?;
        Some(Duration::from_secs(seconds.parse().unwrap()))
    }

    /// The reason that the error has, whatever the operation.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::NoName | Self::Tls(..) => Some("connect"),
            Self::Socket(Manner::Nobody, _) => Some("connect"),
            Self::Socket(Manner::Silence | Manner::Full, _) => Some("timeout"),
            Self::Socket(Manner::Reset, _) => Some("interrupted"),
            Self::Socket(Manner::Endless, _) | Self::Body(Body::TooLong) => Some("body_limit"),
            _ => None,
        }
    }
}
