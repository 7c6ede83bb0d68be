//! What the programs cost beside each other, and whether the targets are met, as Markdown.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::size::contenders::{Contender, Role};

/// What one program costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Normal dependencies.
    pub(super) crates: usize,
    /// With those of build scripts.
    pub(super) with_build: usize,
    /// Of a cold debug build; `None` where the system does not say.
    pub(super) processor_time: Option<Duration>,
    /// Of the stripped release program.
    pub(super) bytes: u64,
}

impl Cost {
    fn seconds(&self) -> String {
        let time = self.processor_time.map(|time| format!("{:.1} s", time.as_secs_f64()));
        time.unwrap_or_else(|| "not measured".to_owned())
    }

    fn megabytes(&self) -> String {
        format!("{:.2} MB", self.bytes as f64 / 1e6)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} crates, {}, {}", self.crates, self.seconds(), self.megabytes())
    }
}

/// Core and one provider bring at most so many crates.
const CRATES: f64 = 108.0;
/// OpenID adds at most so many to them.
const OPENID_ADDS: f64 = 3.0;
/// A build takes at most so much of the processor time that reqwest alone takes.
const PROCESSOR_TIME: f64 = 1.15;
/// A program weighs at most so much of what reqwest alone weighs.
const SIZE: f64 = 1.06;

/// The programs in their order, then the targets.
pub(super) fn table(costs: &[(Contender, Cost)]) -> String {
    let mut text = String::from(
        "| Program | TLS | crates | with build scripts' | processor time, debug | of reqwest \
         | size, release | of reqwest |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (contender, cost) in costs {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            contender.title,
            contender.tls.title(),
            cost.crates,
            cost.with_build,
            cost.seconds(),
            ratio(time_of_limit(costs, contender, cost)),
            cost.megabytes(),
            ratio(size_of_limit(costs, contender, cost)),
        );
    }
    text.push_str(
        "\nNot the same program: reqwest's posts a form and reads JSON, without state, PKCE or \
         randomness; oauth2's ends at the token.\n",
    );
    text.push_str("\n| Target | measured | at most | |\n|---|---|---|---|\n");
    for (contender, cost) in costs {
        text.push_str(&targets(costs, contender, cost));
    }
    text
}

/// The lines of one program of ours.
fn targets(costs: &[(Contender, Cost)], contender: &Contender, cost: &Cost) -> String {
    let mut text = String::new();
    let title = format!("{}, TLS: {}", contender.title, contender.tls.title());
    let mut line = |what: &str, measured: Option<f64>, at_most: f64| {
        let verdict = match measured {
            Some(measured) if measured <= at_most => "met",
            Some(_) => "**missed**",
            None => "not measured",
        };
        // Crates are counted, ratios are not whole.
        let places = if at_most == at_most.trunc() { 0 } else { 2 };
        let measured = measured.map_or("–".to_owned(), |it| format!("{it:.places$}"));
        let _ = writeln!(text, "| {title}: {what} | {measured} | {at_most:.places$} | {verdict} |");
    };
    match contender.role {
        Role::Provider => line("crates", Some(cost.crates as f64), CRATES),
        Role::OpenId => {
            let same = |(other, _): &&(Contender, Cost)| {
                other.role == Role::Provider && other.tls == contender.tls
            };
            let provider = costs.iter().find(same);
            let adds = provider.map(|(_, other)| cost.crates as f64 - other.crates as f64);
            line("crates beside those of one provider", adds, OPENID_ADDS);
        }
        Role::Limit | Role::Everything | Role::Peer => return text,
    }
    line("processor time, of reqwest alone", time_of_limit(costs, contender, cost), PROCESSOR_TIME);
    line("size, of reqwest alone", size_of_limit(costs, contender, cost), SIZE);
    text
}

/// A program's processor time as a multiple of reqwest's with the same TLS.
fn time_of_limit(costs: &[(Contender, Cost)], own: &Contender, cost: &Cost) -> Option<f64> {
    let limit = limit(costs, own)?.processor_time?.as_secs_f64();
    let time = cost.processor_time?.as_secs_f64();
    (limit > 0.0).then_some(time / limit)
}

/// A program's size as a multiple of reqwest's with the same TLS.
fn size_of_limit(costs: &[(Contender, Cost)], own: &Contender, cost: &Cost) -> Option<f64> {
    let limit = limit(costs, own)?.bytes;
    (limit > 0).then_some(cost.bytes as f64 / limit as f64)
}

/// reqwest alone, with the same TLS.
fn limit<'a>(costs: &'a [(Contender, Cost)], own: &Contender) -> Option<&'a Cost> {
    let is_limit =
        |(other, _): &&(Contender, Cost)| other.role == Role::Limit && other.tls == own.tls;
    costs.iter().find(is_limit).map(|(_, cost)| cost)
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::contenders::{CONTENDERS, Tls};

    fn of(role: Role, crates: usize, seconds: Option<u64>, bytes: u64) -> (Contender, Cost) {
        let contender = CONTENDERS.iter().find(|own| own.role == role && own.tls == Tls::AwsLc);
        let processor_time = seconds.map(Duration::from_secs);
        (*contender.unwrap(), Cost { crates, with_build: crates + 9, processor_time, bytes })
    }

    #[test]
    fn a_program_stands_beside_reqwest_with_the_same_tls() {
        let mut other = of(Role::Limit, 1, Some(1), 1);
        other.0.tls = Tls::Ring;
        let costs = [
            other,
            of(Role::Limit, 90, Some(100), 4_000_000),
            of(Role::Peer, 176, Some(250), 8_000_000),
        ];
        let text = table(&costs);
        let want = "| huskarl, huskarl-reqwest | aws-lc | 176 | 185 | 250.0 s | 2.50 | 8.00 MB \
                    | 2.00 |\n";
        assert!(text.contains(want), "{text}");
        assert!(text.ends_with("|---|---|---|---|\n"), "a peer has no target: {text}");
    }

    #[test]
    fn a_target_is_met_up_to_its_number() {
        let limit = of(Role::Limit, 90, Some(100), 100);
        let text = table(&[limit, of(Role::Provider, 108, Some(115), 106)]);
        assert_eq!(text.matches("| met |").count(), 3, "{text}");
        let text = table(&[limit, of(Role::Provider, 109, Some(116), 107)]);
        assert!(text.contains("crates | 109 | 108 | **missed** |"), "{text}");
        assert!(text.contains("| 1.16 | 1.15 | **missed** |"), "{text}");
        assert!(text.contains("| 1.07 | 1.06 | **missed** |"), "{text}");
    }

    #[test]
    fn what_openid_adds_is_counted_beside_a_provider() {
        let provider = of(Role::Provider, 105, Some(1), 1);
        let text = table(&[provider, of(Role::OpenId, 108, Some(1), 1)]);
        assert!(text.contains("one provider | 3 | 3 | met |"), "{text}");
        let text = table(&[provider, of(Role::OpenId, 109, Some(1), 1)]);
        assert!(text.contains("one provider | 4 | 3 | **missed** |"), "{text}");
    }

    #[test]
    fn what_is_not_measured_is_neither_met_nor_missed() {
        let text = table(&[of(Role::Limit, 90, None, 4), of(Role::Provider, 90, None, 4)]);
        assert!(text.contains("| not measured | – | 0.00 MB | 1.00 |"), "{text}");
        assert!(text.contains("reqwest alone | – | 1.15 | not measured |"), "{text}");
    }
}
