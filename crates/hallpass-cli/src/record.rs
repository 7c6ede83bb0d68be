use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hallpass_core::Secret;
use hallpass_session::{Entry, Lease, TokenKey, Version};
use serde::{Deserialize, Serialize};

/// What is kept for one key, as JSON. Pure: who reads and writes it holds the lock meanwhile.
///
/// A member that is not known here makes it unreadable, since a rewrite would lose it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Held>,
    in_doubt: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(with = "text")]
    token: Secret,
    version: i64,
}

/// Who holds the lease: from the clock of the machine, since its holder may be another process.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    holder: i64,
    /// Since 1970.
    until_ms: u64,
    length_ms: u64,
}

impl Held {
    /// A clock that was put back makes a lease last twice its length at most, not until the clock
    /// has caught up.
    fn lasts(&self, now_ms: u64) -> bool {
        let left = self.until_ms.saturating_sub(now_ms);
        0 < left && left <= self.length_ms.saturating_mul(2)
    }
}

/// The number of digits is what a record's length depends on, besides its token.
#[cfg(feature = "keyring")]
const WIDEST: Held = Held { holder: i64::MAX, until_ms: u64::MAX, length_ms: u64::MAX };

/// Each change says `None` where it changes nothing.
impl Record {
    pub(crate) fn entry(&self) -> Option<Entry> {
        let kept = self.entry.as_ref()?;
        Some(Entry::new(kept.token.clone(), Version::from_stored(kept.version)))
    }

    /// Nothing that is worth a place.
    pub(crate) fn is_empty(&self) -> bool {
        self.entry.is_none() && self.lease.is_none() && !self.in_doubt
    }

    pub(crate) fn swap(
        &mut self,
        expected: Option<Version>,
        token: Secret,
        now_ms: u64,
    ) -> Option<Version> {
        let kept = self.entry.as_ref().map(|kept| Version::from_stored(kept.version));
        if kept != expected {
            return None;
        }
        let version = Version::random();
        self.entry = Some(Kept { token, version: version.get() });
        if !self.is_leased(now_ms) {
            (self.lease, self.in_doubt) = (None, false);
        }
        Some(version)
    }

    pub(crate) fn delete(&mut self) -> Option<()> {
        self.entry.take().map(drop)
    }

    pub(crate) fn lease(&mut self, key: &TokenKey, length: Duration, now_ms: u64) -> Option<Lease> {
        if self.is_leased(now_ms) {
            return None;
        }
        let holder = Version::random().get();
        // Whose lease is still here did not give it back.
        let was_interrupted = self.in_doubt || self.lease.is_some();
        let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let until_ms = now_ms.saturating_add(length_ms);
        self.lease = Some(Held { holder, until_ms, length_ms });
        Some(Lease::new(key.clone(), holder, was_interrupted))
    }

    pub(crate) fn release(&mut self, holder: i64, is_in_doubt: bool) -> Option<()> {
        self.lease.filter(|held| held.holder == holder)?;
        (self.lease, self.in_doubt) = (None, is_in_doubt);
        Some(())
    }

    /// How many bytes it may yet grow by, as JSON, whatever becomes of it but a longer token.
    #[cfg(feature = "keyring")]
    pub(crate) fn room(&self) -> serde_json::Result<usize> {
        let length = |version: Option<i64>, lease, in_doubt| {
            let entry = version.map(|version| Kept { token: Secret::new(""), version });
            serde_json::to_vec(&Self { entry, lease, in_doubt }).map(|json| json.len())
        };
        let version = self.entry.as_ref().map(|kept| kept.version);
        let widest = length(Some(i64::MAX), Some(WIDEST), false)?;
        Ok(widest.saturating_sub(length(version, self.lease, self.in_doubt)?))
    }

    fn is_leased(&self, now_ms: u64) -> bool {
        self.lease.is_some_and(|held| held.lasts(now_ms))
    }
}

/// The clock that all processes of the machine share.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

mod text {
    use hallpass_core::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(token: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(token.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;
    const MINUTE: Duration = Duration::from_secs(60);

    fn leased(length: Duration) -> Record {
        let mut record = Record::default();
        record.lease(&TokenKey::new("ada", "acme"), length, NOW_MS).unwrap();
        record
    }

    #[track_caller]
    fn check_lasts(length: Duration, now_ms: u64, lasts: bool) {
        let next = leased(length).lease(&TokenKey::new("ada", "acme"), length, now_ms);
        assert_eq!(next.is_none(), lasts, "{length:?} at {now_ms}");
        // Whoever had it before did not give it back.
        assert!(next.is_none_or(|next| next.was_interrupted()));
    }

    #[test]
    fn a_lease_lasts_its_length() {
        check_lasts(MINUTE, NOW_MS, true);
        check_lasts(MINUTE, NOW_MS + 59_999, true);
        check_lasts(MINUTE, NOW_MS + 60_000, false);
        check_lasts(Duration::ZERO, NOW_MS, false);
        check_lasts(Duration::MAX, NOW_MS + 60_000, true);
    }

    #[test]
    fn a_clock_that_is_put_back_holds_no_lease_for_long() {
        check_lasts(MINUTE, NOW_MS - 60_000, true);
        check_lasts(MINUTE, NOW_MS - 60_001, false);
        check_lasts(MINUTE, 0, false);
    }

    #[test]
    fn a_record_is_kept_as_long_as_it_says_something() {
        let mut record = leased(MINUTE);
        let holder = record.lease.unwrap().holder;
        assert!(!record.is_empty(), "a lease");
        record.release(holder, true).unwrap();
        assert!(!record.is_empty(), "a doubt");
        record.swap(None, Secret::new("a"), NOW_MS).unwrap();
        assert!(!record.is_empty(), "a token");
        record.delete().unwrap();
        assert!(record.is_empty(), "a login ends the doubt, a logout the token");
    }

    #[test]
    fn what_changes_nothing_says_so() {
        let mut record = leased(MINUTE);
        assert!(record.delete().is_none());
        assert!(record.release(record.lease.unwrap().holder ^ 1, false).is_none());
        assert!(record.swap(Some(Version::random()), Secret::new("a"), NOW_MS).is_none());
    }
}
