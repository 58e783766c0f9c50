//! The country of an address.

use std::net::IpAddr;

use crate::label::CountryCode;

/// Resolves an address to a country, for instance by a lookup in a database.
///
/// It is called once for each attempt, so it should be quick. Closures are resolvers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know the country of an address",
    label = "not a resolver",
    note = "pass a closure `|address: std::net::IpAddr| Some(CountryCode::find(…))`"
)]
pub trait CountryResolver: Send + Sync + 'static {
    /// Returns the country of an address, if it is known.
    fn country(&self, address: IpAddr) -> Option<CountryCode>;
}

impl<F: Fn(IpAddr) -> Option<CountryCode> + Send + Sync + 'static> CountryResolver for F {
    fn country(&self, address: IpAddr) -> Option<CountryCode> {
        self(address)
    }
}
