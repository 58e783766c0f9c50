//! Where a call is: its function and module, as they stand in the source.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, Registry, open_label};

open_label! {
    /// The label `function`: the name of an instrumented function, admitted at its first call.
    pub registered FunctionName: "function", budget = 4096, fallback = "_other";
}

impl FunctionName {
    pub(super) fn admit(name: &str) -> Self {
        Self::register(name).unwrap_or(Self::FALLBACK)
    }
}

/// Modules that instrumented functions can stand in.
const MODULES: usize = 1024;

static PATHS: Registry = Registry::new(ModulePath::KEY, MODULES, "_other");

/// The label `module`: the path of the module a function stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModulePath(&'static str);

impl ModulePath {
    /// Admits `path`; a program with more modules than the budget has the rest under `_other`.
    pub fn admit(path: &str) -> Self {
        Self(PATHS.register(path).unwrap_or_else(|_| PATHS.find("")).as_str())
    }
}

impl LabelValue for ModulePath {
    const KEY: &'static str = "module";
    // The source bounds them, and a function stands in one: they do not multiply.
    const CARDINALITY: Cardinality = Cardinality::Bounded(MODULES + 1);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(self.0)
    }
}
