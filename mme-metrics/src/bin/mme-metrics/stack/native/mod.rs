//! A stack of programs of this machine, on the loopback interface.

mod configuration;
mod disk_space;
mod launcher;
mod log;
mod look;
mod notification;
mod pager;
mod plan;
mod process;
mod ready;
mod start;
mod stop;

pub(super) use self::launcher::launch;
pub(super) use self::log::logs;
pub(super) use self::look::{endpoints, health, status};
pub(super) use self::pager::receive;
pub(super) use self::start::up;
pub(super) use self::stop::down;

/// Returns whether this system has native stacks.
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(super) fn check() -> Result<(), String> {
    Ok(())
}
