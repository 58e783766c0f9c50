//! Exporters: their real expositions have what the bundled lists say, and the bundled configuration and rules work on them.

mod configuration;
mod deployment;
mod lists;
mod panels;
mod room;
mod scraped;
