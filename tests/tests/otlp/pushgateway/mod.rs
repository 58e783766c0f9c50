//! Pushes to a Pushgateway: to one of Debian, and to a server that does everything a server may do.

mod failure;
mod group;
mod run;
mod stub;
