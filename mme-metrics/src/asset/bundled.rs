//! The bundled files of the crate: rules, alerts, dashboards and runbooks.

use super::{AssetFile, AssetKind};

/// Every bundled file. Its path is relative to the directory that [`write_to`](super::write_to) gets.
///
/// The build script lists the directory `assets`, so a new file in it is bundled automatically.
pub const FILES: &[AssetFile] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
