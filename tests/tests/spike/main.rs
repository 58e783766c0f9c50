//! Spike traces: what is sampled, what is written to disk, and the daily report.

mod disk;
mod report;
mod sampling;
