//! What `cargo xtask secrets` reads: all that this process traces, and every secret that it had.
//!
//! Compiled for that command alone, which gives the cfg and the folder; a published package does
//! not have this file.

use std::{
    collections::HashSet,
    env,
    fmt::{self, Write as _},
    fs::{File, OpenOptions},
    io::Write as _,
    panic::Location,
    path::Path,
    process,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};

/// Where the files go; without it nothing is watched.
const FOLDER: &str = "HALLPASS_WATCH_DIR";

/// Its model runs a hundred thousand schedules and says each step of them; it sees no value.
const LEFT_OUT: &str = "loom";

/// Writes the value down, once in a process, and listens from the first one on.
pub(super) fn seen(value: &str, at: &Location<'_>) {
    static WATCH: OnceLock<Option<Watch>> = OnceLock::new();
    if let Some(watch) = WATCH.get_or_init(Watch::start) {
        watch.write(value, at);
    }
}

struct Watch {
    /// What was written already, and where the next one goes.
    secrets: Mutex<(HashSet<Box<str>>, File)>,
}

impl Watch {
    #[allow(clippy::expect_used, reason = "who watches and cannot must not go on")]
    fn start() -> Option<Self> {
        let folder = env::var_os(FOLDER)?;
        let file = |kind: &str| {
            let path = Path::new(&folder).join(format!("{}.{kind}", process::id()));
            OpenOptions::new().create(true).append(true).open(path).expect("a file to write to")
        };
        let secrets = Mutex::new((HashSet::new(), file("secrets")));
        static HEARD: OnceLock<Heard> = OnceLock::new();
        let heard = HEARD.get_or_init(|| Heard { log: file("log"), spans: AtomicU64::new(0) });
        tracing::subscriber::set_global_default(heard).expect("no other subscriber for all");
        log::set_logger(heard).expect("no other logger");
        log::set_max_level(log::LevelFilter::Trace);
        Some(Self { secrets })
    }

    /// One line of JSON, by one call: what is killed meanwhile leaves whole lines.
    fn write(&self, value: &str, at: &Location<'_>) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, file) = &mut *secrets;
        if seen.contains(value) {
            return;
        }
        seen.insert(value.into());
        let thread = thread::current();
        let line = serde_json::json!({
            "value": value,
            "at": at.to_string(),
            "thread": thread.name().unwrap_or_default(),
        });
        // A full disk shows in the report: a secret that is missing from it is in no file either.
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

/// Writes each span and event with all its fields, and each record of `log`.
struct Heard {
    log: File,
    spans: AtomicU64,
}

impl Heard {
    fn line(&self, head: fmt::Arguments<'_>, record: impl FnOnce(&mut Fields)) {
        let mut fields = Fields(head.to_string());
        record(&mut fields);
        fields.0.push('\n');
        let _ = (&self.log).write_all(fields.0.as_bytes());
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let _ = write!(self.0, " {field}={value} {value:?}");
        let mut source = value.source();
        while let Some(error) = source {
            let _ = write!(self.0, ": {error} {error:?}");
            source = error.source();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for &'static Heard {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let is_heard = self.enabled(metadata);
        if is_heard { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.target().starts_with(LEFT_OUT)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(Level::TRACE))
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = self.spans.fetch_add(1, Ordering::Relaxed) + 1;
        let of = attributes.metadata();
        let head = format_args!("span {id} {} {} {}:", of.level(), of.target(), of.name());
        self.line(head, |fields| attributes.record(fields));
        span::Id::from_u64(id)
    }

    fn record(&self, span: &span::Id, values: &span::Record<'_>) {
        self.line(format_args!("later {}:", span.into_u64()), |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let of = event.metadata();
        let head = format_args!("event {} {} {}:", of.level(), of.target(), of.name());
        self.line(head, |fields| event.record(fields));
    }

    // Nothing is said then that was not said before.
    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl log::Log for Heard {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        !metadata.target().starts_with(LEFT_OUT)
    }

    fn log(&self, record: &log::Record<'_>) {
        if log::Log::enabled(self, record.metadata()) {
            let (level, target) = (record.level(), record.target());
            self.line(format_args!("log {level} {target}: {}", record.args()), |_| {});
        }
    }

    fn flush(&self) {}
}
