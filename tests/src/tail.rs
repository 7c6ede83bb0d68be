//! The end of what a process says.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The last 4 KiB of a stream that a thread reads to its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    kept: Vec<u8>,
    is_ended: bool,
}

const LIMIT_BYTES: usize = 4096;

impl Tail {
    /// Starts to read.
    pub(crate) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let tail = Self::default();
        let writer = tail.clone();
        thread::spawn(move || {
            let mut chunk = [0; LIMIT_BYTES];
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                writer.change(|state| {
                    state.kept.extend_from_slice(&chunk[..length]);
                    state.kept.drain(..state.kept.len().saturating_sub(LIMIT_BYTES));
                });
            }
            writer.change(|state| state.is_ended = true);
        });
        tail
    }

    /// What there is now.
    pub(crate) fn text(&self) -> String {
        self.text_within(Duration::ZERO)
    }

    /// What there is at the end of the stream, or after `limit`.
    pub(crate) fn text_within(&self, limit: Duration) -> String {
        let (state, changed) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _) = changed
            .wait_timeout_while(state, limit, |state| !state.is_ended)
            .unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&state.kept).into_owned()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let (state, changed) = &*self.0;
        change(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn a_short_stream_is_kept_whole() {
        assert_eq!(Tail::of(&b"two\nlines"[..]).text_within(LIMIT), "two\nlines");
    }

    #[test]
    fn of_a_long_stream_the_last_4_kib_are_kept() {
        let stream = format!("lost{}kept", "-".repeat(LIMIT_BYTES - 4));
        let kept = Tail::of(io::Cursor::new(stream)).text_within(LIMIT);
        assert_eq!(kept, format!("{}kept", "-".repeat(LIMIT_BYTES - 4)));
    }

    #[test]
    fn a_stream_without_an_end_is_not_waited_for() {
        let (_sender, receiver) = mpsc::channel();
        assert_eq!(Tail::of(Endless(receiver)).text(), "");
    }

    /// A stream that says nothing for as long as there is a sender.
    struct Endless(mpsc::Receiver<()>);

    impl Read for Endless {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(self.0.recv().map_or(0, |()| 0))
        }
    }
}
