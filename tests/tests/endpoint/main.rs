//! The admin endpoints: the gate that all of them share, and metrics on a port of their own and under load.

mod gate;
mod listener;
mod load;
