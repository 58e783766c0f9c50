//! Benchmarks of mme-metrics beside its peers.
