//! Names to addresses, with the guard in between: the connection goes to an address that was looked at here, so a name that
//! answers differently a moment later gains nothing (security.md S2).

use std::fmt;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::fed::guard;

/// Resolves, then drops every address that is not public.
#[derive(Debug)]
pub struct Guarded<R = DefaultResolver> {
    inner: R,
    allow_private: bool,
}

/// Why a name was not called: it has only addresses that strangers may not make us call.
#[derive(Debug)]
pub struct PrivateAddress;

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has no public address")
    }
}

impl std::error::Error for PrivateAddress {}

impl<R> Guarded<R> {
    /// A guard around a resolver.
    pub fn new(inner: R, allow_private: bool) -> Guarded<R> {
        Guarded {
            inner,
            allow_private,
        }
    }
}

impl<R: Resolver> Resolver for Guarded<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.allow_private {
            return Ok(found);
        }
        let mut allowed = self.empty();
        for address in found.iter().filter(|found| guard::is_public(found.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            return Err(Error::Other(Box::new(PrivateAddress)));
        }
        Ok(allowed)
    }
}
