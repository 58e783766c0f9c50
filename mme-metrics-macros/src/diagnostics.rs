//! The error messages of the macros: what is wrong and what to do, in one sentence each.

pub(crate) const NOT_A_FUNCTION: &str =
    "`#[instrument_metrics]` measures functions: put it on a `fn` with a body, an `impl` block or a `trait`";
pub(crate) const CONST_FN: &str =
    "a `const fn` can run at compile time, where nothing can be measured: remove `const` or the attribute";
pub(crate) const CONST_METHOD: &str = "a `const fn` can run at compile time, where nothing can be measured: remove `const`, or add `#[instrument_metrics(skip)]`";
pub(crate) const NO_BODY: &str =
    "a method without a body cannot be measured: put the attribute on the methods of the `impl`";
pub(crate) const NO_DEFAULT_BODY: &str =
    "no method of this trait has a default body to measure: put the attribute on the `impl` blocks";
pub(crate) const ARGUMENTS: &str = "unknown argument: the arguments are `name = \"…\"`, `labels(…)`, `record = …`, `objective = …`, `concurrent`, `skip` and `crate = …`";
pub(crate) const TWICE: &str = "this argument is given twice: remove one";
pub(crate) const NAME_TEXT: &str =
    "a function's name in a label has 1 to 128 bytes, no control characters and no leading underscore";
pub(crate) const NAME_ON_IMPL: &str =
    "one name for all methods would add up their calls: name a method, with `#[instrument_metrics(name = \"…\")]`";
pub(crate) const NO_LABELS: &str = "`labels()` is empty: give an expression for each label, or remove it";
pub(crate) const RECORD_ALONE: &str = "`record` replaces the function's own metrics: give the labels to its operation, or add a second `#[instrument_metrics(…)]`";
pub(crate) const SKIP_ALONE: &str = "`skip` leaves the function unmeasured: remove the other arguments";
pub(crate) const SKIP_IMPL: &str =
    "`skip` is for one method of an instrumented `impl` or `trait`: remove the attribute here";

pub(crate) const NOT_AN_ENUM: &str =
    "only an enum is a closed label: declare a label with open values with `labels!`, which asks for its budget";
pub(crate) const GENERIC_LABEL: &str = "a label enum cannot be generic: its values must all be known at compile time";
pub(crate) const NO_VARIANTS: &str = "a label enum needs at least one variant";
pub(crate) const LABEL_ARGUMENTS: &str =
    "unknown argument: the arguments of `#[label]` on an enum are `key = \"…\"` and `crate = …`";
pub(crate) const KEY_MISSING: &str = "the label's key is missing: add `#[label(key = \"…\")]`";
pub(crate) const VARIANT_FIELDS: &str =
    "a variant with fields has unbounded values: remove the fields, or declare a label with open values with `labels!`";
pub(crate) const VALUE_TEXT: &str = "a label value has at most 128 bytes and no control characters";
pub(crate) const VARIANT_ARGUMENTS: &str = "a variant's text is one string: `#[label(\"…\")]`";

/// Two variants with the same text.
pub(crate) fn same_value(value: &str) -> String {
    format!("two variants read `{value}`: give one another text with `#[label(\"…\")]`")
}
