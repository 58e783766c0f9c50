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
/// Variants read in `snake_case` unless told otherwise. `#[label(key = "…", crate = path)]` names this library where the
/// dependency has another name.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn derive_label_value(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    label_value::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Measures every call of a function.
#[proc_macro_attribute]
pub fn instrument_metrics(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(arguments.into(), item.into()).into()
}
