//! The command `mme-metrics`: what it prints, writes and refuses, and its exit codes.

mod backup;
mod blind;
mod check;
mod export;
mod keep;
mod manual;
mod output;
mod oven;
mod page;
mod secret;
mod skip;
mod stack;
mod stand_in;
mod verify;
