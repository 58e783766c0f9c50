//! The labels of a call: the names of its function and module.

use crate::label::labels;

/// The most modules of instrumented functions that have a label value of their own.
const MODULES: usize = 1024;

labels! {
    /// The label `function`: the name of an instrumented function, registered at its first call.
    pub admitted FunctionName: "function", budget = 4096, fallback = "_other";
    /// The label `module`: the path of the module that contains the function.
    pub admitted ModulePath: "module", budget = MODULES, fallback = "_other", limit = MODULES + 1;
}
