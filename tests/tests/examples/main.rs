//! The examples as a user runs them: the quickstart and the trust service.

mod demo_hour;
mod end_to_end;
mod quickstart;
mod trust_service;
