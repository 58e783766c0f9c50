//! Alertmanager: its bundled configuration is sound, sends each alert to the right people, and says what they need.

mod cluster;
mod delivery;
mod end_to_end;
mod files;
mod inhibition;
mod newer;
mod page;
mod push;
mod routes;
mod starttls;
