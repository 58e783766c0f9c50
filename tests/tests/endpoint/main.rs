//! The admin endpoints: the gate that all of them share, probes, the drain, the live page, and metrics on a port of their own, under load and read
//! by Prometheus.

mod drain;
mod gate;
mod listener;
mod live;
mod live_browser;
mod load;
mod probes;
mod prometheus;
mod protocol;
