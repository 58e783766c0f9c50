//! The files that come with the crate.

use super::{AssetFile, AssetKind};

/// Every file that comes with the crate. A path is relative to the directory that the file is written to.
///
/// The build script lists the directory `assets`, so a new file there is bundled.
pub const FILES: &[AssetFile] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
