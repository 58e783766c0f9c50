//! The native stack on systems that are not Linux, where there is none.

use std::ffi::OsString;

use super::lock::Lock;
use super::options::NativeOptions;
use super::place::Place;
use super::server::Server;
use crate::outcome::Outcome;

const REFUSAL: &str =
    "a native stack needs Linux, whose /proc tells processes apart: leave --native out, and use containers";

pub(super) fn check() -> Result<(), String> {
    Err(REFUSAL.to_owned())
}

pub(super) fn up(_: &Place, _: &Lock, _: NativeOptions, _: Option<&NativeOptions>) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}

/// Nothing native can run.
pub(super) fn down(_: &Place) -> Result<Outcome, String> {
    Ok(Outcome::success("nothing was running"))
}

pub(super) fn status(_: &Place, _: &[Server]) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}

pub(super) fn health(_: &Place, _: &[Server]) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}

pub(super) fn endpoints(_: &Place, _: &[Server]) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}

pub(super) fn logs(_: &Place, _: Option<&str>, _: bool) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}

pub(super) fn launch(_: &Place, _: &str, _: &[OsString]) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}

pub(super) fn receive(_: u16) -> Result<Outcome, String> {
    Err(REFUSAL.to_owned())
}
