//! The command `mme-metrics`: what it prints, writes and refuses, and its exit codes.

mod backup;
mod check;
mod export;
mod keep;
mod manual;
mod oven;
mod page;
mod stand_in;
mod verify;
