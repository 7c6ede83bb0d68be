//! The transport for hosts that a user typed: public addresses alone, over https.

use super::*;

async fn refusal(url: &str, reason: &str) {
    let url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let request = Request::new(Method::GET, url, Purpose::Metadata);
    let got = in_time(ReqwestClient::public_only().send(request)).await;
    refused(got, ErrorKind::Security, Some(reason));
}

#[tokio::test]
async fn this_machine_is_refused_in_every_spelling() {
    let here = Untouched::bind();
    let address = here.host();
    let (_, port) = address.rsplit_once(':').unwrap();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "LocalHost",
        "localhost.",
        "l%6fcalhost",
        "ｌocalhost",
        "a.localhost",
        "user:password@localhost",
    ] {
        for scheme in ["https", "http"] {
            refusal(&format!("{scheme}://{host}:{port}/"), "private_address").await;
        }
    }
    here.assert_untouched();
}

#[tokio::test]
async fn private_networks_and_metadata_of_clouds_are_refused() {
    for host in [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.100.100.200",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        refusal(&format!("https://{host}/"), "private_address").await;
    }
}

#[tokio::test]
async fn nothing_but_https_is_spoken() {
    for url in ["http://issuer.test/", "http://8.8.8.8/", "ftp://issuer.test/", "data:,x"] {
        refusal(url, "plain_http").await;
    }
}

/// No exception that the application makes for a client reaches past the transport.
#[tokio::test]
async fn a_client_with_this_transport_exchanges_no_code_with_loopback() {
    let here = Untouched::bind();
    let at = |path: &str| format!("http://{}{path}", here.host());
    let provider = Acme::of(Descriptor::new("acme", at("/authorize"), at("/token")));
    let client = OAuth2Client::new(provider, config()).unwrap();
    let client = client.with_http_client(Arc::new(ReqwestClient::public_only()));
    refused(exchange(&client).await, ErrorKind::Security, Some("private_address"));
    here.assert_untouched();
}
