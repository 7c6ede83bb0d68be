//! For the doors behind which sockets are: a browser's requests, and what a store hands back.

/// Of the receiver: what is waited for, the order, and the connections.
pub(super) const RECEIVER: &[&str] = &[
    "000GET /callback?code=planted-code&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "002GET /callback?code=c&state=$S HTTP/1.1\r\nHost: localhost:$P\r\nAccept: */*\r\n\r\n",
    "000GET /call\x01back?code=c&sta\x01te=$S HTTP/1.1\r\x01\nHost: LOCALHOST:$P\r\n\x01\r\n",
    "001GET /callback?error=access_denied&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET /callback?code=c&state=x HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n\
     \x000GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n\
     \x001GET /callback?code=c&code=d&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n\
     \x000GET /callback?code=c&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "010GET /callback?code=c&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n\
     \x000GET /callback?code=d&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n\x000\x001\x002GET /",
    "000GET /callback?state=$S HTTP/1.1\r\nHost: evil.test:$P\r\n\r\n",
    "000GET http://evil.test/callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET http://127.0.0.1:$P/callback?code=c&state=$S#a HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET /callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000HEAD /callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET /callback?state=$S HTTP/1.1\nHost: 127.0.0.1:$P\n\n",
    "000GET /callback?state=$S HTTP/1.0\r\nHost: 127.0.0.1:$P\r\nConnection: keep-alive\r\n\r\n",
    "000GET /callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n\
     GET /callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET /callback?state=%0d%0aA:%20b&code=$0 HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET /callback?code=$L$L$L$L$L$L$L$L$L$L&state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000GET / HTTP/1.1\r\nA: $L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L$L\r\n",
    "000CONNECT 127.0.0.1:$P HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "000PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "000\x16\x03\x01",
    "000GET /callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nUpgrade: h2c\r\n\
     Connection: Upgrade\r\n\r\n",
    "100POST /callback HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: \
     application/x-www-form-urlencoded\r\nContent-Length: 1055\r\n\r\ncode=$L&state=$S",
    "100POST /callback HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: \
     application/x-www-form-urlencoded\r\nContent-Length: 49\t\n\r\nstate=$S",
    "101POST /callback HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: \
     application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 49\r\n\r\nstate=\x01$S",
    "100POST /callback HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: \
     application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n\
     7\r\ncode=c&\r\n31\x01\r\nstate=$S\r\n0\r\n\r\n",
    "100POST /callback?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: text/plain\r\n\
     Content-Length: 6\r\n\r\ncode=c",
    "100POST /callback HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: \
     application/x-www-form-urlencoded\r\nContent-Length: 65537\r\n\r\n",
    "100POST /callback HTTP/1.1\r\nHost: 127.0.0.1:$P\r\nContent-Type: \
     application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n\
     \x01code=c",
    "200GET /a%20b/c?state=$S&code=c HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
    "200GET /a b/c?state=$S HTTP/1.1\r\nHost: 127.0.0.1:$P\r\n\r\n",
];

/// Of a session: its text, or what is merged into the one of a login; and what is beside it.
pub(super) const SESSION_RECORD: &[&str] = &[
    "m{}",
    r#"m{"new":1,"data":{"app.cart":[1],"hallpass.identity":{"new":"x"},"hallpass.began":{"new":[]}}}"#,
    r#"m{"data":{"hallpass.seen":20453}}"#,
    r#"m{"data":{"hallpass.seen":"yesterday"}}"#,
    r#"m{"data":{"hallpass.seen":null}}"#,
    r#"m{"data":{"hallpass.identity":null}}"#,
    r#"m{"data":{"hallpass.identity":"planted-word"}}"#,
    r#"m{"data":{"hallpass.identity":["acme",null,"42",null,null,null,null,null,null,null,null]}}"#,
    r#"m{"data":{"hallpass.identity":{"id":42}}}"#,
    r#"m{"data":{"hallpass.identity":{"id":""}}}"#,
    r#"m{"data":{"hallpass.identity":{"id":null}}}"#,
    r#"m{"data":{"hallpass.identity":{"issuer":null}}}"#,
    r#"m{"data":{"hallpass.identity":{"issuer":{}}}}"#,
    r#"m{"data":{"hallpass.identity":{"provider_session":null}}}"#,
    r#"m{"data":{"hallpass.identity":{"is_email_verified":"planted-flag"}}}"#,
    r#"m{"data":{"hallpass.identity":{"host":"oak.test"}}}"#,
    r#"m{"data":{"hallpass.identity":{"host":"oak.test","realm":"acme@oak.test|https://id.test"}}}"#,
    r#"m{"data":{"hallpass.identity":{"host":"oak.test","realm":"acme@elm.test"}}}"#,
    r#"m{"data":{"hallpass.identity":{"host":"id.test"}}}"#,
    r#"m{"data":{"hallpass.identity":{"realm":"acme@oak.test"}}}"#,
    r#"m{"data":{"hallpass.began":null}}"#,
    r#"m{"data":{"hallpass.began":{"at":"planted-time"}}}"#,
    r#"m{"data":{"hallpass.began":{"at":1767225600.5}}}"#,
    r#"m{"data":{"hallpass.began":{"at":1759449600}}}"#,
    r#"m{"data":{"hallpass.began":{"at":1e999}}}"#,
    r#"m{"data":{"hallpass.began":{"at":18446744073709551615}}}"#,
    r#"m{"data":{"hallpass.began":{"login":null}}}"#,
    r#"m{"data":{"hallpass.began":{"login":{}}}}"#,
    r#"m{"data":{"hallpass.began":{"login":{"at":-1}}}}"#,
    r#"m{"data":{"hallpass.csrf":null}}"#,
    r#"m{"data":{"hallpass.csrf":7}}"#,
    r#"m{"data":{"hallpass.csrf":"\"><b>0123456789abcdef0123456789a"}}"#,
    r#"m{"data":{"hallpass.mark":1767225600}}"#,
    r#"m{"data":[]}"#,
    r#"m{"data":null}"#,
    r#"m{"expires_at":null}"#,
    r#"m{"expires_at":-9223372036854775808}"#,
    r#"m{"expires_at":9223372036854775807}"#,
    r#"m{"expires_at":253402300799999}"#,
    r#"m{"expires_at":0}"#,
    "m{}\0{\"data\":{\"hallpass.mark\":1767225600},\"expires_at\":1767225600000}",
    "m{}\0{\"data\":{\"hallpass.mark\":1767225599},\"expires_at\":1767225600000}",
    "m{\"data\":{\"hallpass.seen\":1}}\0{\"data\":{\"hallpass.mark\":1},\"expires_at\":1}",
    "m{}\0{\"data\":{\"hallpass.mark\":\"planted-mark\"},\"expires_at\":1767225600000}",
    "m{}\0{\"data\":{},\"expires_at\":1767225600000}",
    "m{}\0planted",
    "tplanted",
    "t",
    r#"t{"data":{},"expires_at":1767225600000}"#,
    r#"t[{},1767225600000]"#,
    r#"t{"data":{"hallpass.identity":{"provider":"acme","issuer":null,"id":"7","email":null,"is_email_verified":null,"name":null,"username":null,"picture":null,"provider_session":null},"hallpass.began":{"at":1767225600,"login":null},"hallpass.csrf":"0123456789abcdef0123456789abcdef"},"expires_at":1767225600000}"#,
    "r\0\x05\x01",
    "r\0\x20\0",
    "r",
    "s\0\x05\x01",
    "s",
];
