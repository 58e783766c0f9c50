//! The macros of `mme-metrics`; use them through that crate, which documents them.

mod diagnostics;
mod instrument;
mod krate;
mod label_value;

use proc_macro::TokenStream;

/// Makes an enum a closed label: its variants are all the values that the label can have.
///
/// ```ignore
/// #[derive(Clone, Copy, LabelValue)]
/// #[label(key = "result")]
/// pub enum Outcome {
///     Success,          // "success"
///     #[label("denied")]
///     NotAllowed,       // "denied"
/// }
/// ```
///
/// A variant is exported in `snake_case` unless `#[label("…")]` gives it another text. If `mme-metrics` was renamed, name its path:
/// `#[label(key = "result", crate = ::observed)]`.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn derive_label_value(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    label_value::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Measures every call of a function: how often, how it ended, how long it took.
///
/// ```ignore
/// #[instrument_metrics]
/// async fn load(id: u64) -> Result<Document, StoreError> { /* … */ }
///
/// #[instrument_metrics(name = "parse_upload", labels(format), concurrent)]
/// fn parse(format: Format, text: &str) -> Result<Document, ParseError> { /* … */ }
///
/// #[instrument_metrics] // a `trait` with default methods, too
/// impl Store {
///     fn open(path: &Path) -> io::Result<Self> { /* … */ } // `Store::open`
///
///     #[instrument_metrics(skip)]
///     fn path(&self) -> &Path { /* … */ }
/// }
/// ```
///
/// | argument | meaning |
/// |---|---|
/// | `name = "…"` | the value of the label `function`; without it, the function's own name, or `Type::method` in an instrumented `impl` or `trait` |
/// | `labels(a, b)` | labels of your own: expressions of `LabelValue` types, evaluated when the call begins; variables and fields are cloned, so the body can use them too |
/// | `concurrent` | shows the calls that are running in `function_calls_concurrent` |
/// | `record = …` | records with an `Operation` of another family, or your own, instead of the function family |
/// | `objective = …` | counts each call for an objective beside what is recorded; may be given more than once |
/// | `skip` | leaves out one method of an instrumented `impl` or `trait` |
/// | `crate = …` | the path of `mme-metrics`, if it was renamed |
///
/// Functions of the same name in the same module share their series: give methods of two types different names, or instrument
/// their `impl` blocks.
///
/// # How the end is read
///
/// A `Result` is found by its type, whatever its alias is called; any other return value is a success. The label `error_type` is the
/// word that the error's `ErrorType` gives, `other` for an error type without one, and `panic` for a panic. A future that is
/// dropped after its first poll counts as cancelled; dropped before, it is not counted. A return type that is a type parameter of
/// the function is not recognised as a `Result`.
///
/// # What it measures
///
/// Functions, methods, `impl` blocks and the default methods of a `trait`, asynchronous or not, with `async_trait` above or
/// below. A `const fn` and a method without a body are refused.
///
/// A default method of a trait reads `Trait::method`, whichever type it is called on; a type that overrides it is measured only
/// where its own `impl` says so.
///
/// A function that is not `async` is measured while its future runs if its return type names one (`impl Future<Output = …>`,
/// `Pin<Box<dyn Future<Output = …>>>`, `BoxFuture`), or if it ends in `async` or `Box::pin(async …)`. A boxed future that
/// the body does not write so is boxed once more, and so is one whose body may return early: by a `return` or in a macro. A
/// future behind any other name is not seen: the call that makes it is measured.
///
/// The body of a measured function is a closure, which cannot be `#[track_caller]`: in a function with that attribute,
/// `Location::caller()` and the message of a panic name a line of the function, not of its caller. Measure the function that it
/// calls instead where that matters.
#[proc_macro_attribute]
pub fn instrument_metrics(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(arguments.into(), &item.into()).into()
}
