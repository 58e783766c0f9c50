//! Alertmanager: the bundled configuration loads, routes each alert to its receivers and writes complete notifications.

mod cluster;
mod delivery;
mod end_to_end;
mod files;
mod first_page;
mod fleet;
mod inhibition;
mod newer;
mod page;
mod push;
mod routes;
mod silences;
mod starttls;
