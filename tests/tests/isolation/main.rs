//! The isolation sentinel: its verdicts, its pace, its audit trail, and PostgreSQL's policies.

mod audit;
mod pace;
mod postgres;
mod truth;
