//! The front page's table of providers is what the descriptors say.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{env, fmt::Write as _, fs, path::PathBuf};

use hallpass::{CodeBinding, Descriptor, EmailSupport, Pkce, Revocation, Revoke};

const BEGIN: &str = "<!-- providers: generated from the descriptors by `cargo xtask readme` -->\n";
const END: &str = "<!-- /providers -->";

#[test]
fn the_provider_table_is_up_to_date() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the table's first line");
    let (_, after) = rest.split_once(END).expect("the table's last line");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", table());
    if env::var_os("HALLPASS_UPDATE").is_some() {
        fs::write(&path, wanted).unwrap();
        return;
    }
    assert!(readme == wanted, "README.md is out of date: run `cargo xtask readme`");
}

fn table() -> String {
    let mut out = String::from(
        "| Provider | Refresh | Revocation | A stolen code is stopped by | OpenID Connect | Email |\n",
    );
    out.push_str("|---|---|---|---|---|---|\n");
    for provider in hallpass::descriptors() {
        let cells = [
            format!("{} (`{}`)", provider.display_name(), provider.name()),
            if provider.offers_refresh() { "yes" } else { "no" }.into(),
            revocation(&provider),
            binding(&provider),
            if provider.asks_openid() { "verified" } else { "no" }.into(),
            email(&provider).into(),
        ];
        writeln!(out, "| {} |", cells.join(" | ")).unwrap();
    }
    out
}

fn revocation(provider: &Descriptor) -> String {
    let offered = [
        (Revoke::AccessToken, "access token"),
        (Revoke::RefreshToken, "refresh token"),
        (Revoke::Grant, "grant"),
    ];
    let offers = |what| provider.offers_revocation(what);
    match provider.revocation() {
        Revocation::None => "no".into(),
        _ => offered
            .iter()
            .filter(|(what, _)| offers(*what))
            .map(|(_, word)| *word)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn binding(provider: &Descriptor) -> String {
    let source = provider.code_binding_source().unwrap_or_default();
    match (provider.code_binding(), provider.pkce()) {
        (CodeBinding::Pkce, Pkce::Required) => "PKCE, required".into(),
        (CodeBinding::Pkce, Pkce::Plain) => "PKCE, plain".into(),
        (CodeBinding::Pkce, _) => "PKCE".into(),
        (CodeBinding::Nonce, _) => format!("nonce ([PKCE is not offered]({source}))"),
        _ => format!("`state` alone ([the provider offers no more]({source}))"),
    }
}

fn email(provider: &Descriptor) -> &'static str {
    match provider.email() {
        EmailSupport::Flagged => "with the provider's flag",
        EmailSupport::Never => "never given",
        _ => "without a flag: unknown",
    }
}
