//! How many connections are open, in total and by address.
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use super::Settings;
use super::shared::lock;

/// Counts open connections against the limits.
pub(super) struct Caps {
    total_limit: usize,
    address_limit: Option<usize>,
    exempt: Vec<IpAddr>,
    held: Mutex<Held>,
    emptied: Condvar,
}

#[derive(Default)]
struct Held {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The place of one open connection; dropping it frees the place.
pub(super) struct Slot {
    caps: Arc<Caps>,
    counted_as: Option<IpAddr>,
}

impl Caps {
    pub fn new(settings: &Settings) -> Caps {
        Caps {
            total_limit: settings.max_connections,
            address_limit: settings.max_per_address,
            exempt: settings.exempt.clone(),
            held: Mutex::default(),
            emptied: Condvar::new(),
        }
    }

    /// A place for a connection from `address`, or `None` when a limit is reached.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let address = address.to_canonical();
        let counted = match self.address_limit {
            Some(limit) if !self.exempt.contains(&address) => Some((network(address), limit)),
            _ => None,
        };
        let mut held = lock(&self.held);
        if held.total >= self.total_limit {
            return None;
        }
        if let Some((network, limit)) = counted {
            let count = held.by_address.entry(network).or_default();
            if *count >= limit {
                return None;
            }
            *count += 1;
        }
        held.total += 1;
        Some(Slot {
            caps: Arc::clone(self),
            counted_as: counted.map(|(network, _)| network),
        })
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        lock(&self.held).total == 0
    }

    /// Returns when the last connection is gone, or at `deadline`.
    pub fn wait_until_empty(&self, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        let held = lock(&self.held);
        // A poisoned lock ends the wait early, which only makes the shutdown less patient.
        let _ = self
            .emptied
            .wait_timeout_while(held, left, |held| held.total > 0);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = lock(&self.caps.held);
        held.total -= 1;
        if let Some(network) = self.counted_as
            && let Some(count) = held.by_address.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                held.by_address.remove(&network);
            }
        }
        if held.total == 0 {
            self.caps.emptied.notify_all();
        }
    }
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer gets.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(total: usize, per_address: usize) -> Arc<Caps> {
        let mut settings = Settings::new("/nowhere".into());
        settings.max_connections = total;
        settings.max_per_address = Some(per_address);
        Arc::new(Caps::new(&settings))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("the test's own address")
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_cap() {
        let caps = caps(10, 1);
        let first = caps.admit(ip("2001:db8::1"));
        assert!(first.is_some());
        assert!(caps.admit(ip("2001:db8::2")).is_none());
        assert!(caps.admit(ip("2001:db8:0:1::1")).is_some());
        drop(first);
        assert!(caps.admit(ip("2001:db8::2")).is_some());
    }

    #[test]
    fn a_mapped_address_counts_as_its_ipv4_address() {
        let caps = caps(10, 1);
        let _first = caps.admit(ip("192.0.2.1"));
        assert!(caps.admit(ip("::ffff:192.0.2.1")).is_none());
    }

    #[test]
    fn exempt_addresses_meet_only_the_total_cap() {
        let caps = caps(3, 1);
        let slots: Vec<_> = (0..4).map(|_| caps.admit(ip("127.0.0.1"))).collect();
        assert_eq!(slots.iter().flatten().count(), 3);
    }
}
