//! Deployment files match the other bundled files, and are safe as they stand.

mod apply;
mod bundle;
mod compose;
mod generated;
mod kubernetes;
mod overlays;
mod prometheus;
mod safety;
mod start;
