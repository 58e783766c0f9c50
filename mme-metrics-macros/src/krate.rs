//! Where the generated code finds `mme-metrics`.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Path, Result, parse_quote};

/// The path that is used unless the `crate` argument names another.
pub(crate) fn default() -> Path {
    parse_quote!(::mme_metrics)
}

/// Parses what follows `crate =`: a path, or a path in a string.
pub(crate) fn parse(input: ParseStream<'_>) -> Result<Path> {
    if input.peek(LitStr) {
        input.parse::<LitStr>()?.parse_with(Path::parse_mod_style)
    } else {
        Path::parse_mod_style(input)
    }
}

/// Parses the name of an argument, which may be the keyword `crate`.
pub(crate) fn argument(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(Ident::peek_any) { Ident::parse_any(input) } else { Err(input.error("an argument is a word")) }
}
