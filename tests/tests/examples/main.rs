//! The examples as a user runs them: the quickstart and the trust service.

mod end_to_end;
mod quickstart;
mod trust_service;
