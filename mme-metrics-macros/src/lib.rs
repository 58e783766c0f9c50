//! The macros of `mme-metrics`; use them through that crate, which documents them.

mod diagnostics;
mod instrument;
mod krate;
mod label_value;

use proc_macro::TokenStream;

/// Makes an enum a closed label: its variants are all the values there are.
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
/// Variants read in `snake_case` unless told otherwise. If `mme-metrics` was renamed, say where it is:
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
/// #[instrument_metrics]
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
/// | `name = "…"` | what `function` reads; the function's own name otherwise, `Type::method` in an instrumented `impl` |
/// | `labels(a, b)` | labels of your own: expressions of `LabelValue` types, evaluated when the call begins |
/// | `concurrent` | shows the calls that are running in `function_calls_concurrent` |
/// | `record = …` | records with an `Operation` of another family, or your own, instead of the function family |
/// | `objective = …` | counts each call for an objective beside what is recorded; may be given more than once |
/// | `skip` | leaves out one method of an instrumented `impl` |
/// | `crate = …` | where `mme-metrics` is, if it was renamed |
///
/// Functions of one name in one module add up: give methods of two types different names, or instrument their `impl`s.
///
/// # How the end is read
///
/// A `Result` is found by its type, whatever its alias is called; nothing else is an error. The word in `error_type` is what
/// the error's `ErrorType` says, `other` without one, `panic` for a panic. A future that is dropped after its first poll was
/// cancelled; before it, nothing began. Where the type is a parameter of the function, it is no `Result` to the attribute.
///
/// # What it puts on
///
/// Functions, methods and `impl` blocks, asynchronous or not, with `async_trait` above or below. A `const fn` and a method
/// without a body are refused.
///
/// A function that is not `async` is measured while its future runs if its return type names one (`impl Future<Output = …>`,
/// `Pin<Box<dyn Future<Output = …>>>`, `BoxFuture`), or if it ends in `async` or `Box::pin(async …)`. A boxed future that
/// the body does not write so, or that it returns early, is boxed once more. A future behind any other name is not seen:
/// what is measured is the call that makes it.
///
/// A `#[track_caller]` function keeps its body in place, unless a macro in it may return: anything but the macros of the
/// standard library, and those with a `?`, a `return` or another macro in their arguments. Its body is a closure then, and
/// a panic in it names its own line instead of the caller's.
#[proc_macro_attribute]
pub fn instrument_metrics(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(arguments.into(), &item.into()).into()
}
