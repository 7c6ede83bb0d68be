//! What no fixture has.

use super::{
    arrivals::{RECEIVER, SESSION_RECORD},
    exchanges::{OAUTH1, REPLIES, TOKEN_FILE},
};

/// For each door, inputs as it reads them.
pub(super) fn seeds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let own = |inputs: &[&str]| -> Vec<Vec<u8>> {
        inputs.iter().map(|input| input.as_bytes().to_vec()).collect()
    };
    let mut jwks = own(JWKS);
    jwks.extend(JWKS_SETS.iter().flat_map(|set| {
        HEADERS.iter().enumerate().map(move |(at, header)| format!("{at}{set}\0{header}").into())
    }));
    let mut jwt = own(JWT);
    jwt.extend(["0", "1", "2", "3"].iter().flat_map(|kind| {
        let signed = ["0", "1", "2"].into_iter().zip(HEADERS);
        signed.flat_map(move |(key, header)| {
            CLAIMS.iter().map(move |claims| format!("{kind}{key}{header}\0{claims}").into())
        })
    }));
    jwt.extend(
        WRONG_CLAIMS
            .iter()
            .flat_map(|(right, wrong)| {
                let all = CLAIMS.iter().filter(move |claims| claims.contains(right));
                let changed = all.map(move |claims| claims.replacen(right, wrong, 1));
                changed.flat_map(|claims| {
                    ["00", "10"].map(|to| [to, HEADERS[0], "\0", &claims].concat())
                })
            })
            .map(String::into_bytes),
    );
    let mut discovery = own(DISCOVERY);
    discovery.extend(
        WRONG_DOCUMENTS
            .iter()
            .map(|(right, wrong)| DISCOVERY[1].replacen(right, wrong, 1).into_bytes()),
    );
    vec![
        ("callback", own(CALLBACK)),
        ("discovery", discovery),
        ("hosts", own(HOSTS)),
        ("jwks", jwks),
        ("jwt", jwt),
        ("oauth1", own(OAUTH1)),
        ("providers", Vec::new()),
        ("receiver", own(RECEIVER)),
        ("replies", own(REPLIES)),
        ("session_record", own(SESSION_RECORD)),
        ("stored", own(STORED)),
        ("token_file", own(TOKEN_FILE)),
        ("token_response", own(TOKEN_RESPONSE)),
        ("web", own(WEB)),
    ]
}

const CALLBACK: &[&str] = &[
    "bcode=c&state=s",
    "ahttps://app.test/cb?code=c&state=s&iss=https%3A%2F%2Fid.test#_=_",
    "`?code=c&state=s&iss=https://id.test&a=%C3%A9+b",
    "`error=access_denied&error_description=no+planted-code&state=s&error_uri=https://a.test\
     &code=planted-code",
    "`error=planted-verifier&state=s",
    "`code=a&code=b&state=s",
    "`state=s&error=",
    "ciss=https%3A%2F%2Fid.test&target_link_uri=https%3A%2F%2Fapp.test%2Fa&login_hint=ada",
    "ciss=https://id.test&target_link_uri=http://127.0.0.1:3000/x?y#z",
    "ciss=https://id.test&target_link_uri=https://app.test@evil.test",
    "diss=https://id.test&sid=1",
    "diss=https://id.test&iss=https://id.test&sid=1",
    "diss=&sid=",
    "estate=s",
    "estate=s&state=x",
    "e?a=b",
];

const DISCOVERY: &[&str] = &[
    concat!(
        r#"<{"issuer":"https://id.test","authorization_endpoint":"https://id.test/a","#,
        r#""token_endpoint":"https://id.test/t","jwks_uri":"https://id.test/k"}"#,
    ),
    r#"<{"issuer":"https://id.test","authorization_endpoint":"https://id.test/a?b=c","token_endpoint":"https://id.test/t","jwks_uri":"https://id.test/k","userinfo_endpoint":"https://id.test/u","revocation_endpoint":"https://id.test/r","introspection_endpoint":"https://id.test/i","end_session_endpoint":"https://id.test/e","device_authorization_endpoint":"https://id.test/d","pushed_authorization_request_endpoint":"https://id.test/p","backchannel_authentication_endpoint":"https://id.test/b","require_pushed_authorization_requests":true,"authorization_response_iss_parameter_supported":true,"token_endpoint_auth_methods_supported":["client_secret_post","none","private_key_jwt"],"revocation_endpoint_auth_methods_supported":["client_secret_basic"],"introspection_endpoint_auth_methods_supported":[],"id_token_signing_alg_values_supported":["RS256","none"],"userinfo_signing_alg_values_supported":["ES256"]}"#,
    r#"<{"issuer":"https://id.test","authorization_endpoint":"http://id.test/a","token_endpoint":"https://u:p@id.test/t"}"#,
    r#"<{"issuer":"https://id.test/","authorization_endpoint":null,"token_endpoint":""}"#,
    r#"C{"error":"not_found"}"#,
];

const HOSTS: &[&str] = &[
    "Zexample.eu.auth0.com",
    "[example.okta.com",
    "[our-admin.example.com",
    "\\oak-trees.myshopify.com",
    "]github.example.com:8443",
    "]octocorp.ghe.com",
    "^gitlab.example.com:8443/group/git_lab",
    "_default",
    "`common",
    "`0A0A7E57-1111-4222-8333-0123456789AB",
    "`oak.onmicrosoft.com",
    "`oak.test/a",
    "`oak.test?a=b",
    "_default/a",
    "av26.0",
    "av26.0/a",
    "bweb:example:v1 (by /u/robin_oak)",
    "chttps://app.test/app",
    "chttp://[::1]:3000/a?b",
    "Zxn--bcher-kva.example",
    "Zxn--a.test",
    "[xn--a.test",
    "\\xn--a.myshopify.com",
    "]xn--a.test",
    "^xn--a.test",
    "]evil.test:+1",
    "]evil.test:0443",
    "^evil.test:443",
];

const JWKS: &[&str] = &[
    r#"0{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-521","x":"AA","y":"AA"},{"kty":"oct","k":"AA"},{"kty":"OKP","crv":"X25519","x":"AA"}]}"#,
    r#"0{"keys":[{$ED,"kid":"a"},{$ED,"kid":"a"},{$ED,"kid":"b"}]}"#,
];

const JWKS_SETS: [&str; 3] = [
    r#"{"keys":[{$ED,"kid":"1","use":"sig"},{$EC,"kid":"1","alg":"ES256"},{$RS,"kid":"1","key_ops":["verify"]}]}"#,
    r#"{"keys":[{$ED},{$EC,"issuer":"https://id.test"},{$RS}]}"#,
    r#"{"keys":[{$RS,"use":"enc"},{$EC,"key_ops":["sign"]},{$ED,"alg":"RS256"}]}"#,
];

const HEADERS: [&str; 6] = [
    r#"{"alg":"EdDSA","kid":"ed"}"#,
    r#"{"alg":"ES256","typ":"JWT"}"#,
    r#"{"alg":"HS256"}"#,
    r#"{"alg":"RS256","kid":"1"}"#,
    r#"{"alg":"PS256","kid":"1","typ":"logout+jwt"}"#,
    r#"{"alg":"none","crit":["exp"],"b64":false}"#,
];

const CLAIMS: [&str; 4] = [
    r#"{"iss":"https://id.test","sub":"42","aud":"ID","iat":1767225600,"exp":1767229200,"nbf":1767225600,"email":"ada@oak.test"}"#,
    r#"{"iss":"https://id.test","sub":"42","aud":["ID","other"],"azp":"ID","iat":1767225600.5,"exp":1767229200,"at_hash":"x","nonce":"n","auth_time":1}"#,
    r#"{"iss":"https://id.test","aud":"ID","iat":1767225600,"exp":1767229200,"jti":"1","sid":"s","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#,
    r#"{"iss":"https://id.test","aud":"ID","iat":1767225600,"token_introspection":{"active":true,"sub":"42"}}"#,
];

/// What makes a good token bad: each is one thing alone.
const WRONG_CLAIMS: [(&str, &str); 14] = [
    (r#""aud":"ID""#, r#""aud":"other""#),
    (r#""aud":"ID""#, r#""aud":[]"#),
    (r#""aud":["ID","other"]"#, r#""aud":["ID","else"]"#),
    (r#""azp":"ID","#, ""),
    (r#""azp":"ID""#, r#""azp":"else""#),
    (r#"https://id.test"#, r#"https://id.test/"#),
    (r#""exp":1767229200"#, r#""exp":1767225540"#),
    (r#""nbf":1767225600"#, r#""nbf":1767225661"#),
    (r#""iat":1767225600"#, r#""iat":1767225661"#),
    (r#""sub":"42""#, r#""sub":"""#),
    (r#""jti":"1""#, r#""jti":"""#),
    (r#""sid":"s","#, ""),
    (r#""jti":"1""#, r#""jti":"1","nonce":"n""#),
    (r#""aud":"ID""#, r#""aud":"ID","aud":"ID""#),
];

/// The same for a discovery document.
const WRONG_DOCUMENTS: [(&str, &str); 7] = [
    ("https://id.test", "https://id.test/"),
    ("https://id.test/a", "http://id.test/a"),
    ("https://id.test/t", "https://u:p@id.test/t"),
    ("https://id.test/e", "http://127.0.0.1/e"),
    ("https://id.test/u", "javascript:alert(1)"),
    ("https://id.test/d", "https://id.test/d#a"),
    ("https://id.test/p", "https:/\\t/p"),
];

const JWT: &[&str] = &[
    "03eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.AAAA",
    "03eyJhbGciOiJub25lIn0.e30.",
    "13a.b.c.d",
    "03e30.e30.e30",
    r#"34{"alg":"EdDSA","typ":"token-introspection+jwt"}"#,
];

const STORED: &[&str] = &[
    r#"s{"access_token":"a","token_type":"Bearer","refresh_token":"r","id_token":"i","scope":"a b","issued_at":1,"expires_at":2,"claims":{"sub":"42"},"extra":{"team":{"id":7}}}"#,
    r#"s{"access_token":"a","token_type":"DPoP"}"#,
    r#"t{"v":2,"bound":{"provider":"acme","client_id":"ID","token_endpoint":"https://id.test/t","issuer":"https://id.test","iss_promised":true,"form_post":false},"redirect_uri":"https://app.test/cb","correlator_name":"state","correlator":"s","code_name":"code","proof":"v","nonce":"n","scope":"openid","max_age":60,"acr_values":"1","token_params":[["a","b"]],"data":"/return","created_at":1767225600}"#,
    r#"t{"v":1}"#,
    r#"p{"state":"s"}"#,
    r#"p{"state":null}"#,
    "qhps1.AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "qplain",
    "r\0\x05\x01",
    "r\0\x7f\x20\0\x20\0",
    "r",
];

const TOKEN_RESPONSE: &[&str] = &[
    "c<>access_token=a&token_type=bearer&expires_in=3600&scope=a%20b",
    "d@<{\"error\":\"invalid_grant\",\"error_description\":\"planted-refresh-token planted-client-secret\"}",
    "c@<{\"error\":{\"type\":\"OAuthException\",\"message\":\"planted-code\",\"code\":100}}",
    "e<<{\"access_token\":\"a\",\"token_type\":\"N_A\",\"expires_in\":\"9e99\",\"scope\":[\"a\",\"b\"]}",
    "e<<\u{feff}{\"access_token\":\"a\",\"expires_at\":1767225600,\"error\":0}",
    "c<<{\"access_token\":\"a\",\"token_type\":\"DPoP\"}",
    "c<?<html>",
];

const WEB: &[&str] = &[
    "p/inbox?page=2#top",
    "p/app/a%2fb",
    "p//evil.test",
    "p/\\evil.test",
    "p/%2e%2e/a",
    "p/app/..;/x",
    "p/app/a%2f..%2f..%2fb",
    "p/a%5c..%5c..%5cb",
    "p/apples",
    "p/a b",
    "p/%2f%2fevil.test",
    "qhttps://app.test/app/a?b#c",
    "qhttp://127.0.0.1:3000/a",
    "qhttps://app.test@evil.test/",
    "r$C",
    "ra=b; $C; __Host-hallpass.login.1.a=hps1.x; __Host-hallpass.login.2.b=",
    "r__Host-hallpass.login.1=a; __Host-hallpass.login.2=b; __Host-hallpass.login.3=c; __Host-hallpass.login.4=d; __Host-hallpass.login.5=e",
    "r__Host-hallpass.login.1\r\na=1; __Host-hallpass.login.2\n=2; __Host-hallpass.login.3 =3; __Host-hallpass.login.4,=4; __Host-hallpass.login.5;=5; __Host-hallpass.login.6=6",
    "s\0\x30\x01",
    "s\x01\x30\0",
    "s",
];
