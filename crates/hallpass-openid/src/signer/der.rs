//! Published private keys, which the standards write as JWKs, in the forms that files have.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::Json;

const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const ED25519: &[u8] = b"\x2b\x65\x70";
const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x2b\x81\x04\x00\x22";

/// RFC 5208 section 5, RFC 8410 section 7.
pub(crate) fn pkcs8(jwk: &str) -> String {
    let jwk: Json = jwk.parse().unwrap();
    let (algorithm, key) = match jwk["kty"].as_str().unwrap() {
        "RSA" => (sequence(&[&object(RSA), &tlv(5, &[])]), rsa_key(&jwk)),
        "EC" => (sequence(&[&object(EC), &object(curve(&jwk))]), ec_key(&jwk, false)),
        _ => (sequence(&[&object(ED25519)]), tlv(4, &member(&jwk, "d"))),
    };
    pem("PRIVATE KEY", &sequence(&[&integer(&[0]), &algorithm, &tlv(4, &key)]))
}

/// RFC 8017 appendix A.1.2.
pub(crate) fn pkcs1(jwk: &str) -> String {
    pem("RSA PRIVATE KEY", &rsa_key(&jwk.parse().unwrap()))
}

/// RFC 5915 section 3.
pub(crate) fn sec1(jwk: &str) -> String {
    pem("EC PRIVATE KEY", &ec_key(&jwk.parse().unwrap(), true))
}

/// RFC 3279 section 2.2.3: what an ECDSA signature is outside of JWTs.
pub(crate) fn ecdsa_signature(fixed: &[u8]) -> Vec<u8> {
    let (r, s) = fixed.split_at(fixed.len() / 2);
    sequence(&[&integer(r), &integer(s)])
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn rsa_key(jwk: &Json) -> Vec<u8> {
    let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| member(jwk, name));
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| integer(number)).collect();
    sequence(&[&integer(&[0]), &numbers])
}

fn ec_key(jwk: &Json, with_curve: bool) -> Vec<u8> {
    let point = [&[0, 4][..], &member(jwk, "x"), &member(jwk, "y")].concat();
    let curve = if with_curve { tlv(0xa0, &object(curve(jwk))) } else { Vec::new() };
    let public = tlv(0xa1, &tlv(3, &point));
    sequence(&[&integer(&[1]), &tlv(4, &member(jwk, "d")), &curve, &public])
}

fn curve(jwk: &Json) -> &'static [u8] {
    if jwk["crv"] == "P-256" { P256 } else { P384 }
}

fn member(jwk: &Json, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn object(id: &[u8]) -> Vec<u8> {
    tlv(6, id)
}

/// Not negative: a leading zero where the first bit is set, no other one.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let number = &number[zeros.min(number.len() - 1)..];
    let zero: &[u8] = if number[0] < 0x80 { &[] } else { &[0] };
    tlv(2, &[zero, number].concat())
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    let length: &[u8] = match length {
        [0, short] if short < 0x80 => &[short],
        [0, long] => &[0x81, long],
        [high, low] => &[0x82, high, low],
    };
    [&[tag], length, value].concat()
}
