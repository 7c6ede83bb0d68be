//! The one style sheet of all pages, and its hash: the policy lets in nothing else.

/// What stands between `<style>` and `</style>`, byte for byte.
pub(super) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1f2937; --quiet: #57606a; --ground: #f3f4f6;
  --card: #ffffff; --tint: #e6f4f1; --line: #d0d7de; --edge: #7d8590; --accent: #0f766e;
  --on-accent: #ffffff; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --quiet: #a3adb8; --ground: #0d1117;
  --card: #161b22; --tint: #12302f; --line: #3b434d; --edge: #768390; --accent: #5eead4;
  --on-accent: #042f2e; --bad: #ff9b8f; } }
*, ::before, ::after { box-sizing: border-box; }
html { text-size-adjust: 100%; -webkit-text-size-adjust: 100%; }
body { margin: 0; padding-bottom: 2rem; min-height: 100vh; min-height: 100svh; display: grid;
  grid-template-rows: auto 1fr; grid-template-columns: minmax(0, 1fr); background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { padding: .5rem 1.25rem; min-height: 3.75rem; font-weight: 600; }
header p { margin: 0; padding: .625rem .25rem; }
header a { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 .25rem;
  color: inherit; text-decoration: none; }
header a:hover { text-decoration: underline; }
main { width: min(100% - 2rem, 27rem); margin: auto; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .875rem; }
main.wide { width: min(100% - 2rem, 65rem); }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: .5rem 0; text-wrap: pretty; }
.quiet { color: var(--quiet); }
.sign { display: block; width: 2.75rem; height: 2.75rem; margin-bottom: 1rem; color: var(--accent); }
.sign.bad { color: var(--bad); }
.notice { margin: 0 0 1.25rem; padding: .75rem 1rem; background: var(--tint);
  border: 1px solid var(--line); border-radius: .5rem; }
.ways { display: grid; gap: .625rem; margin: 1.25rem 0 0; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.ways li { display: grid; min-width: 0; }
.ways li:has([open]) { grid-row: span 4; align-content: start; }
.go, button, summary { display: flex; align-items: center; gap: .625rem; width: 100%;
  min-height: 3rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .5rem;
  background: var(--card); color: var(--ink); font: inherit; text-align: start;
  text-decoration: none; cursor: pointer; }
.go > span, summary > span { min-width: 0; }
.go:hover, button:hover, summary:hover { border-color: var(--accent); background: var(--tint); }
.mark { flex: none; display: flex; }
.mark svg { width: 1.75rem; height: 1.75rem; border-radius: 20%;
  box-shadow: 0 0 0 1px var(--line); }
.mark svg text { forced-color-adjust: none; }
.go strong, summary strong { display: inline-block; }
.go small, summary small { display: block; color: var(--quiet); }
summary { list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: ''; flex: none; width: .5rem; height: .5rem; margin-inline: auto .25rem;
  border: solid currentColor; border-width: 0 2px 2px 0; transform: translateY(-25%) rotate(45deg); }
[open] > summary::after { transform: translateY(25%) rotate(225deg); }
details form { padding: .875rem; margin-top: .375rem; border: 1px solid var(--line);
  border-radius: .5rem; }
label { display: block; font-weight: 600; }
input { width: 100%; min-height: 2.75rem; margin: .375rem 0; padding: .5rem .75rem;
  border: 1px solid var(--edge); border-radius: .5rem; background: var(--card); color: var(--ink);
  font: inherit; }
input[aria-invalid] { border-color: var(--bad); border-width: 2px; }
form p { margin: 0; font-size: .875rem; }
.problem { color: var(--bad); font-weight: 600; }
form button { margin-top: .75rem; }
.acts { display: grid; gap: .625rem; margin-top: 1.5rem; }
.acts form button { margin-top: 0; }
.acts .go, .acts button, details button { justify-content: center; font-weight: 600;
  text-align: center; }
.go.first, button.first { border-color: var(--accent); background: var(--accent);
  color: var(--on-accent); }
.go.first:hover, button.first:hover { text-decoration: underline; text-underline-offset: .2em; }
.who { display: flex; align-items: center; gap: .875rem; }
.who .mark svg { width: 2.75rem; height: 2.75rem; }
.who h1, .who p { margin: 0; }
.who div { min-width: 0; }
dl { margin: 1.25rem 0 0; border-top: 1px solid var(--line); }
dl div { padding: .625rem 0; border-bottom: 1px solid var(--line); }
dt { font-size: .875rem; color: var(--quiet); }
dd { margin: 0; }
code { font: .9rem/1.5 ui-monospace, monospace; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 30rem) { main { padding: 1.5rem 1.125rem; } .sign { margin-bottom: .75rem; } }
";

/// SHA-256 of [`STYLE`], as a policy names it ([Content Security Policy Level 3, section
/// 2.3.1](https://www.w3.org/TR/CSP3/#framework-directive-source-list)). The test below says what
/// it has to be.
pub(super) const STYLE_HASH: &str = "sha256-crUcpknH6gndf3ZXOTBNPtuCelQ/TThcMAy7SeALiT8=";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_the_hash_of_this_very_style() {
        assert_eq!(STYLE_HASH, format!("sha256-{}", STANDARD.encode(Sha256::digest(STYLE))));
    }

    #[test]
    fn the_style_fetches_nothing_and_ends_where_it_ends() {
        for word in ["url(", "@import", "@font-face", "</", "<!--", "\r"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }

    /// [WCAG 2.2, success criterion 1.4.3](https://www.w3.org/TR/WCAG22/#contrast-minimum).
    #[test]
    fn text_stands_out_from_its_ground_light_and_dark() {
        for scheme in schemes() {
            for (ink, ground) in [
                ("ink", "ground"),
                ("ink", "card"),
                ("ink", "tint"),
                ("quiet", "card"),
                ("quiet", "tint"),
                ("on-accent", "accent"),
                ("bad", "card"),
            ] {
                check(&scheme, ink, ground, 4.5);
            }
        }
    }

    /// [WCAG 2.2, success criterion 1.4.11](https://www.w3.org/TR/WCAG22/#non-text-contrast).
    #[test]
    fn the_edge_of_a_control_and_of_the_focus_can_be_seen_light_and_dark() {
        for scheme in schemes() {
            for (edge, ground) in [
                ("edge", "card"),
                ("accent", "card"),
                ("accent", "ground"),
                ("accent", "tint"),
                ("bad", "card"),
            ] {
                check(&scheme, edge, ground, 3.0);
            }
        }
    }

    #[test]
    fn contrast_is_counted_as_the_standard_counts_it() {
        assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 1e-9);
        assert!((contrast([255, 255, 255], [0x77, 0x77, 0x77]) - 4.478).abs() < 1e-3);
    }

    #[track_caller]
    fn check(scheme: &BTreeMap<&str, [u8; 3]>, ink: &str, ground: &str, least: f64) {
        let got = contrast(scheme[ink], scheme[ground]);
        assert!(got >= least, "{ink} on {ground}: {got:.2} in {scheme:?}");
    }

    /// The colours by name: light, then dark.
    fn schemes() -> Vec<BTreeMap<&'static str, [u8; 3]>> {
        let blocks = STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap());
        let schemes: Vec<BTreeMap<_, _>> = blocks.map(|block| colours(block).collect()).collect();
        let [light, dark] = &schemes[..] else { panic!("{} schemes", schemes.len()) };
        assert!(light.keys().eq(dark.keys()), "each colour has two faces");
        let used = STYLE.split("var(--").skip(1).map(|rest| rest.split(')').next().unwrap());
        used.for_each(|name| assert!(light.contains_key(name), "{name}"));
        schemes
    }

    fn colours(block: &str) -> impl Iterator<Item = (&str, [u8; 3])> {
        block.split(';').filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
            assert_eq!(value.len(), 6, "{name}");
            let channel = |at: usize| u8::from_str_radix(&value[at..at + 2], 16).unwrap();
            Some((name, [channel(0), channel(2), channel(4)]))
        })
    }

    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(colour: [u8; 3]) -> f64 {
        let [r, g, b] = colour.map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}
