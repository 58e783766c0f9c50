//! Helpers that the tests share: servers, clients, parsers and test services.

pub mod alertmanager;
pub mod command;
pub mod desk;
mod environment;
pub mod exporter;
pub mod exposition;
pub mod figure;
pub mod future;
pub mod grafana;
pub mod grpc;
#[cfg(doctest)]
pub mod guide;
pub mod http;
pub mod http2;
pub mod isolated_process;
pub mod mariadb;
pub mod memory;
pub mod panel;
pub mod peer;
pub mod postgres;
pub mod program;
pub mod prometheus;
pub mod promtool;
pub mod protobuf;
pub mod python;
pub mod recorders;
pub mod redis;
pub mod rules;
pub mod schema;
pub mod scrape_target;
pub mod scraped;
pub mod service;
pub mod trail;
pub mod trust;
pub mod unprivileged_user;
pub mod watched;
pub mod x509;
