//! Chance that can be repeated.

/// A small generator (xorshift), so that a failing seed can be run again.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    /// Returns a number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
