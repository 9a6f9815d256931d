//! The address a request comes from, and its number.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use records::sealing::random;

use crate::state::State;

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientAddress {
    /// The number of the request, as the answer and the log name it.
    pub(crate) request: String,
    /// The address of the client.
    pub(crate) address: IpAddr,
}

impl ClientAddress {
    /// What counts as one client, as text.
    pub(crate) fn counted(&self) -> String {
        block(self.address).to_string()
    }
}

impl Default for ClientAddress {
    fn default() -> Self {
        Self { request: String::new(), address: IpAddr::V4(Ipv4Addr::UNSPECIFIED) }
    }
}

/// What counts as one client: an address, and of IPv6 the network that one customer has.
pub(crate) fn block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Numbers a request and finds out its address; the answer carries the number.
pub(crate) async fn number(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let forwarded: Vec<_> = forwarded.map(|one| String::from_utf8_lossy(one.as_bytes())).collect();
    let forwarded: Vec<&str> = forwarded.iter().map(AsRef::as_ref).collect();
    let address = client(peer, &forwarded, &state.http.trusted_proxies);
    let mut number = [0; 8];
    // A request without a number is handled all the same.
    let number = random(&mut number).map(|()| hex::encode(number)).unwrap_or_default();
    request.extensions_mut().insert(ClientAddress { request: number.clone(), address });
    let mut response = next.run(request).await;
    if let Ok(number) = HeaderValue::from_str(&number) {
        response.headers_mut().insert("x-request-id", number);
    }
    response
}

/// The last address in the chain that is no proxy of ours: what stands before it, anybody can have written.
fn client(peer: Option<IpAddr>, forwarded: &[&str], trusted: &str) -> IpAddr {
    let trusted: Vec<IpNet> = trusted.split(',').filter_map(|range| range.trim().parse().ok()).collect();
    let ours = |address: &IpAddr| trusted.iter().any(|range| range.contains(address));
    let mut address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let hops = forwarded.iter().flat_map(|header| header.split(',')).map(str::trim);
    for hop in hops.collect::<Vec<_>>().into_iter().rev() {
        if !ours(&address) {
            break;
        }
        match hop.parse::<IpAddr>() {
            Ok(hop) => address = hop.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &[&str], trusted: &str, expected: &str) {
        let peer = Some(peer.parse().expect("an address"));
        assert_eq!(client(peer, forwarded, trusted).to_string(), expected);
    }

    #[test]
    fn what_a_stranger_forwards_is_not_believed() {
        check("192.0.2.7", &["10.1.1.1"], "", "192.0.2.7");
        check("192.0.2.7", &["10.1.1.1"], "127.0.0.0/8", "192.0.2.7");
    }

    #[test]
    fn behind_our_proxies_the_last_address_that_is_not_ours_counts() {
        check("127.0.0.1", &["1.2.3.4, 192.0.2.7"], "127.0.0.0/8", "192.0.2.7");
        check("127.0.0.1", &["1.2.3.4", "192.0.2.7, 10.0.0.2"], "127.0.0.0/8, 10.0.0.0/8", "192.0.2.7");
        check("127.0.0.1", &["nonsense"], "127.0.0.0/8", "127.0.0.1");
        check("127.0.0.1", &["\u{fffd}, 192.0.2.7"], "127.0.0.0/8", "192.0.2.7");
        check("::ffff:127.0.0.1", &["192.0.2.7"], "127.0.0.0/8", "192.0.2.7");
    }

    #[test]
    fn a_customer_of_ipv6_is_one_client() {
        let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(block(parse("2001:db8:1:2::7")), block(parse("2001:db8:1:2:ffff::")));
        assert_ne!(block(parse("2001:db8:1:2::7")), block(parse("2001:db8:1:3::7")));
        assert_eq!(block(parse("192.0.2.7")), parse("192.0.2.7"));
    }
}
