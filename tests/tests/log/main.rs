//! Log events and panics: each is counted once, and what else looks at them still sees it.

mod allocation;
mod panics;
