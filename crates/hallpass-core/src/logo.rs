/// Behind the letter of a provider that names no colour of its own.
pub(crate) const PLAIN_COLOUR: &str = "#475569";

/// The first letter, for a provider without a monogram.
pub(crate) fn first_letter(name: &str) -> &str {
    name.chars().next().map_or("?", |first| &name[..first.len_utf8()])
}

/// One or two letters on a rounded square, titled for screen readers. All text is escaped: a
/// custom provider's name comes from a configuration.
pub(crate) fn svg(letters: &str, colour: &str, title: &str) -> String {
    let colour = if rgb(colour).is_some() { colour } else { PLAIN_COLOUR };
    let ink = if is_light(colour) { "#111827" } else { "#ffffff" };
    // Two letters must fit the same square: 20 px wide, they stay 9 px high.
    let size = if letters.chars().count() > 1 { 11 } else { 14 };
    let (letters, title) = (escaped(letters), escaped(title));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 20 20\" width=\"20\" height=\"20\" \
         role=\"img\" aria-label=\"{title}\"><title>{title}</title>\
         <rect width=\"20\" height=\"20\" rx=\"4\" fill=\"{colour}\"/>\
         <text x=\"10\" y=\"10\" fill=\"{ink}\" font-family=\"system-ui,sans-serif\" \
         font-size=\"{size}\" font-weight=\"700\" text-anchor=\"middle\" \
         dominant-baseline=\"central\">{letters}</text></svg>"
    )
}

fn rgb(colour: &str) -> Option<[u8; 3]> {
    let hex = colour.strip_prefix('#')?;
    if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// Whether dark letters are easier to read on it: relative luminance as in WCAG 2.2, where white
/// and near-black are equally far at about 0.18.
fn is_light(colour: &str) -> bool {
    let Some(channels) = rgb(colour) else { return false };
    let [r, g, b] = channels.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_configuration_cannot_leave_its_place() {
        let svg = svg("<", "\"/><script>", "\"><script>alert(1)</script>");
        assert!(!svg.contains("<script>"));
        assert!(svg.contains(PLAIN_COLOUR));
        assert_eq!(svg.matches('<').count(), 7, "svg, title, rect and text alone: {svg}");
    }

    #[test]
    fn letters_stand_out_from_their_ground() {
        assert!(svg("K", "#fee500", "Kakao").contains("#111827"));
        assert!(svg("GH", "#24292f", "GitHub").contains("#ffffff"));
    }

    #[test]
    fn a_name_without_letters_still_draws() {
        assert_eq!(first_letter(""), "?");
        assert_eq!(first_letter("éa"), "é");
    }
}
