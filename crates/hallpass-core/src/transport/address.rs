//! Which addresses are of the Internet, and which of somebody's own network or machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a server of the Internet can be at `address`: what IANA's registries of
/// special-purpose addresses ([IPv4], [IPv6]) do not call globally reachable is not public, nor is
/// multicast.
///
/// Where the registries leave a choice, the answer is no: for blocks of protocols whose few
/// reachable addresses serve no documents (192.0.0.0/24, 2001::/23), for those that carry an IPv4
/// address elsewhere than it says (6to4, Teredo, mapped and compatible addresses), and for IPv6
/// that nobody assigns yet. What NAT64's well-known prefix carries is judged itself, since on a
/// network without IPv4 all of it is reached that way ([RFC 6052, section 3.1]).
///
/// [IPv4]: https://www.iana.org/assignments/iana-ipv4-special-registry
/// [IPv6]: https://www.iana.org/assignments/iana-ipv6-special-registry
/// [RFC 6052, section 3.1]: https://www.rfc-editor.org/rfc/rfc6052#section-3.1
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    let is_in = |(block, length): &(Ipv4Addr, u32)| {
        let rest = 32 - length;
        bits >> rest == u32::from(*block) >> rest
    };
    !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if is_in_v6(address, &NAT64) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    is_in_v6(address, &GLOBAL_UNICAST) && !SPECIAL_V6.iter().any(|block| is_in_v6(address, block))
}

fn is_in_v6(address: Ipv6Addr, (block, length): &(Ipv6Addr, u32)) -> bool {
    let rest = 128 - length;
    u128::from(address) >> rest == u128::from(*block) >> rest
}

const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8), // this network; 0.0.0.0 is loopback to many systems
    (Ipv4Addr::new(10, 0, 0, 0), 8), // private use
    (Ipv4Addr::new(100, 64, 0, 0), 10), // shared by the customers of a carrier
    (Ipv4Addr::new(127, 0, 0, 0), 8), // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // not in the registry: what Azure tells its machines
    (Ipv4Addr::new(169, 254, 0, 0), 16), // link-local, the metadata of most clouds among it
    (Ipv4Addr::new(172, 16, 0, 0), 12), // private use
    (Ipv4Addr::new(192, 0, 0, 0), 24), // protocol assignments, another cloud's metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24), // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24), // relays of 6to4 and 6a44, given up
    (Ipv4Addr::new(192, 168, 0, 0), 16), // private use
    (Ipv4Addr::new(198, 18, 0, 0), 15), // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24), // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4), // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4), // reserved, broadcast
];

/// All that IANA assigns to hosts ([RFC 4291, section
/// 2.4](https://www.rfc-editor.org/rfc/rfc4291#section-2.4)). Outside are loopback, mapped and
/// compatible addresses, NAT64 of a local prefix, 100::/64, segment routing (5f00::/16), unique
/// local, link-local and site-local addresses, multicast.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Within what IANA assigns.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, ORCHID …
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_special_block_is_refused_from_its_first_address_to_its_last() {
        check("0.0.0.0", "0.255.255.255");
        check("10.0.0.0", "10.255.255.255");
        check("100.64.0.0", "100.127.255.255");
        check("127.0.0.0", "127.255.255.255");
        check("168.63.129.16", "168.63.129.16");
        check("169.254.0.0", "169.254.255.255");
        check("172.16.0.0", "172.31.255.255");
        check("192.0.0.0", "192.0.0.255");
        check("192.0.2.0", "192.0.2.255");
        check("192.88.99.0", "192.88.99.255");
        check("192.168.0.0", "192.168.255.255");
        check("198.18.0.0", "198.19.255.255");
        check("198.51.100.0", "198.51.100.255");
        check("203.0.113.0", "203.0.113.255");
        check("224.0.0.0", "255.255.255.255");
        check("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff");
        check("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
        check("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    }

    /// Both ends and the middle are refused, and the neighbours are not.
    #[track_caller]
    fn check(first: &str, last: &str) {
        let (from, to): (IpAddr, IpAddr) = (first.parse().unwrap(), last.parse().unwrap());
        let (from, to, make): (u128, u128, fn(u128) -> IpAddr) = match (from, to) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u32::from(a).into(), u32::from(b).into(), |bits| {
                Ipv4Addr::from(u32::try_from(bits).unwrap()).into()
            }),
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                (a.into(), b.into(), |bits| Ipv6Addr::from(bits).into())
            }
            _ => unreachable!("of one kind"),
        };
        for bits in [from, from + (to - from) / 2, to] {
            assert!(!is_public(make(bits)), "{}", make(bits));
        }
        let edges = ["0.0.0.0", "255.255.255.255"];
        if !edges.contains(&first) {
            assert!(is_public(make(from - 1)), "before {first}");
        }
        if !edges.contains(&last) {
            assert!(is_public(make(to + 1)), "after {last}");
        }
    }

    #[test]
    fn ipv6_that_is_not_of_the_internet_is_refused() {
        for refused in [
            "::",
            "::1",
            "::7f00:1",
            "::808:808",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
            "64:ff9b::1:808:808",
            "64:ff9b:1::",
            "64:ff9b:1::808:808",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "100::",
            "100::1",
            "100:0:0:1::1",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "4000::",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fe80::1",
            "febf:ffff::1",
            "fec0::1",
            "feff:ffff::1",
            "ff02::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(!is_public(refused.parse().unwrap()), "{refused}");
        }
    }

    #[test]
    fn nat64_is_as_public_as_what_it_carries() {
        for (carried, want) in [
            ("8.8.8.8", true),
            ("223.255.255.255", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
        ] {
            let address = format!("64:ff9b::{carried}");
            assert_eq!(is_public(address.parse().unwrap()), want, "{address}");
        }
    }

    #[test]
    fn servers_of_the_internet_are_reached() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "140.82.121.4",
            "192.0.1.0",
            "2000::",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81c::200e",
            "3fff:1000::",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
