//! The admin endpoints: the gate that all of them share, metrics on a port of their own, under load and read by Prometheus.

mod gate;
mod listener;
mod load;
mod prometheus;
