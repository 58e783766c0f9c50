//! Tells how a file is rendered.

use crate::asset::{AssetFile, AssetKind};

/// Returns the kind by which a file is rendered. Opt-in rules of older names are rules and rule tests here, although no
/// configuration loads them. Those of `federation` stay as they are: they add up what others keep apart.
pub(super) fn kind(file: &AssetFile) -> AssetKind {
    match file.path().strip_prefix("prometheus/compat/") {
        Some(name) if name.ends_with("_test.yml") => AssetKind::RuleTests,
        Some(_) => AssetKind::Rules,
        None => file.kind(),
    }
}
