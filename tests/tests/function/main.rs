//! Measured functions without the attribute: what each end of a call emits, and what a call costs.

mod allocation;
mod family;
