//! What is said to somebody who uses a macro wrongly: what is wrong and what to do, in one sentence.

pub(crate) const NOT_A_FUNCTION: &str =
    "`#[instrument_metrics]` measures functions: put it on a `fn` with a body or on an `impl` block";
pub(crate) const CONST_FN: &str = "a `const fn` may run while the program is compiled, where nothing can be measured: leave out `const` or the attribute";
pub(crate) const CONST_METHOD: &str = "a `const fn` may run while the program is compiled, where nothing can be measured: leave out `const`, or add `#[instrument_metrics(skip)]`";
pub(crate) const NO_BODY: &str =
    "a method without a body has nothing to measure: put the attribute on the methods of the `impl`";
pub(crate) const ARGUMENTS: &str = "the arguments are `name = \"…\"`, `labels(…)`, `record = …`, `objective = …`, `concurrent`, `skip` and `crate = …`";
pub(crate) const TWICE: &str = "this argument is given twice: leave one";
pub(crate) const NAME_TEXT: &str =
    "a function's name in a label has 1 to 128 bytes, no control characters and no leading underscore";
pub(crate) const NAME_ON_IMPL: &str =
    "one name for all methods would add them up: give it to a method, with `#[instrument_metrics(name = \"…\")]`";
pub(crate) const NO_LABELS: &str = "`labels()` is empty: name an expression for each label, or leave it out";
pub(crate) const RECORD_ALONE: &str = "`record` says all that is recorded: give the labels to the operation, or add a second `#[instrument_metrics(…)]` for the function's own metrics";
pub(crate) const SKIP_ALONE: &str = "`skip` leaves the function as it is: leave out the other arguments";
pub(crate) const SKIP_IMPL: &str = "`skip` is for one method of an instrumented `impl`: leave out the attribute here";

pub(crate) const NOT_AN_ENUM: &str =
    "only an enum is a closed label: declare an open value with `labels!`, which asks for its budget";
pub(crate) const GENERIC_LABEL: &str = "a label has no parameters: its values are all known beforehand";
pub(crate) const NO_VARIANTS: &str = "a label without values cannot be told: add a variant";
pub(crate) const LABEL_ARGUMENTS: &str = "the arguments of `#[label]` on an enum are `key = \"…\"` and `crate = …`";
pub(crate) const KEY_MISSING: &str = "the label's key is missing: add `#[label(key = \"…\")]`";
pub(crate) const VARIANT_FIELDS: &str =
    "a variant with fields has no end of values: leave the fields out, or declare an open value with `labels!`";
pub(crate) const VALUE_TEXT: &str = "a label value has at most 128 bytes and no control characters";
pub(crate) const VARIANT_ARGUMENTS: &str = "a variant's text is one string: `#[label(\"…\")]`";

/// Two variants that cannot be told apart.
pub(crate) fn same_value(value: &str) -> String {
    format!("two variants read `{value}`: give one another text with `#[label(\"…\")]`")
}
