//! Where a call is: its function and module, as they stand in the source.

use crate::label::labels;

/// Modules that instrumented functions can stand in.
const MODULES: usize = 1024;

labels! {
    /// The label `function`: the name of an instrumented function, registered at its first call.
    pub admitted FunctionName: "function", budget = 4096, fallback = "_other";
    /// The label `module`: the path of the module a function stands in.
    pub admitted ModulePath: "module", budget = MODULES, fallback = "_other", limit = MODULES + 1;
}
