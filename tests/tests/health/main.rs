//! Health: probes of dependencies, backups and checks of data.

mod backup;
mod cost;
mod probes;
mod servers;
