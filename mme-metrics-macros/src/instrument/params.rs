//! The parameters, which a measured body takes along and drops in the order in which the bare function drops them.
//!
//! A function drops its parameters from the last to the first, after the variables of its body. A closure drops what it captures in
//! the order in which it is first mentioned. So the closure mentions the parameters from the last to the first.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, FnArg, Pat, PatIdent, Path, Receiver, Signature, parse_quote};

/// Returns the signature with a name for each parameter, and the statements that take the parameters into the body.
pub(crate) fn take(signature: &Signature, krate: &Path) -> (Signature, TokenStream) {
    let mut signature = signature.clone();
    let (mut mentioned, mut bound) = (Vec::new(), TokenStream::new());
    // Behind a pattern the parameters are variables of the body, like those that the pattern binds.
    let mut binds = false;
    for (at, input) in signature.inputs.iter_mut().enumerate() {
        let input = match input {
            FnArg::Typed(input) => input,
            FnArg::Receiver(Receiver { self_token, .. }) => {
                mentioned.push(quote!(#krate::private::mention(&#self_token);));
                continue;
            }
        };
        let conditions: Vec<&Attribute> =
            input.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
        let name = match &mut *input.pat {
            Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, mutability, .. }) => {
                if binds {
                    let mutability = mutability.take();
                    bound.extend(quote!(#(#conditions)* let #mutability #ident = #ident;));
                }
                ident.clone()
            }
            pattern => {
                let name = fresh(at);
                let written = std::mem::replace(pattern, parse_quote!(#name));
                if matches!(written, Pat::Wild(_)) && !binds {
                    // It is dropped in its place, and has no name in the body.
                } else {
                    binds = true;
                    // First as a whole: what the pattern does not bind is dropped right after what it binds.
                    bound.extend(quote!(#(#conditions)* let #name = #name;));
                    if !matches!(written, Pat::Wild(_)) {
                        bound.extend(quote!(#(#conditions)* let #written = #name;));
                    }
                }
                name
            }
        };
        // A name with an underscore says that nothing uses it, and the function's own code does not.
        mentioned.push(quote! {
            #(#conditions)* #[allow(clippy::used_underscore_binding)] { #krate::private::mention(&#name); }
        });
    }
    mentioned.reverse();
    (signature, quote!(#(#mentioned)* #bound))
}

fn fresh(at: usize) -> Ident {
    format_ident!("__mme_parameter_{}", at, span = Span::mixed_site())
}
