//! The macros: `#[instrument_metrics]` on every kind of function, its arguments, and the compiler's messages.

mod diagnostics;
mod drops;
mod future_size;
mod panics;
mod record;
mod shapes;
