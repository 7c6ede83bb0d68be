use std::sync::{Arc, Mutex};

/// How values print, each under the name of its type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown(Arc<Mutex<Vec<(String, String)>>>);

impl Shown {
    /// `of` is a type as it is written: `Api<'_>`.
    pub(crate) fn push(&self, of: &str, text: String) {
        let name = of.split('<').next().unwrap().trim().to_owned();
        self.0.lock().unwrap().push((name, text));
    }

    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().clone()
    }
}

/// Keeps `{:?}` and `{:#?}` of a value, which the compiler holds to be of the type named.
macro_rules! show {
    ($shown:expr, $type:ty, $value:expr) => {{
        let value: &$type = $value;
        $shown.push(stringify!($type), format!("{value:?}\n{value:#?}"));
    }};
}

/// As `show!`, with `{}` too.
macro_rules! show_text {
    ($shown:expr, $type:ty, $value:expr) => {{
        let value: &$type = $value;
        $shown.push(stringify!($type), format!("{value}\n{value:?}\n{value:#?}"));
    }};
}

pub(crate) use {show, show_text};
