//! What a function that is not asynchronous says of the future it returns.

use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, PathSegment, Token, Type, TypeParamBound};

/// A written return type that is a future.
pub(crate) struct Future {
    /// What the future comes to, where the return type says it.
    pub(crate) output: Option<Type>,
    /// It is a `Pin<Box<…>>`.
    pub(crate) boxed: bool,
}

impl Future {
    /// Another name of a `Pin<Box<dyn Future>>`.
    pub(crate) const BOXED: Self = Self { output: None, boxed: true };

    /// Reads `impl Future<Output = …>`, `Pin<Box<dyn Future<Output = …>>>` and the `BoxFuture` of the `futures` crates.
    pub(crate) fn written(returns: &Type) -> Option<Self> {
        match returns {
            Type::ImplTrait(bare) => Some(Self { output: Some(output(&bare.bounds)?), boxed: false }),
            Type::Group(group) => Self::written(&group.elem),
            Type::Paren(parenthesised) => Self::written(&parenthesised.elem),
            Type::Path(path) => {
                let last = path.path.segments.last()?;
                if is_box_future(last) {
                    return Some(Self::BOXED);
                }
                let Type::Path(pointer) = argument(last, "Pin")? else { return None };
                let output = pointee(argument(pointer.path.segments.last()?, "Box")?)?;
                Some(Self { output: Some(output), boxed: true })
            }
            _ => None,
        }
    }
}

/// Returns the only argument of a type called `name`.
fn argument<'a>(segment: &'a PathSegment, name: &str) -> Option<&'a Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(argument)) if segment.ident == name && arguments.args.len() == 1 => Some(argument),
        _ => None,
    }
}

fn pointee(of: &Type) -> Option<Type> {
    match of {
        Type::TraitObject(object) => output(&object.bounds),
        Type::ImplTrait(bare) => output(&bare.bounds),
        Type::Group(group) => pointee(&group.elem),
        Type::Paren(parenthesised) => pointee(&parenthesised.elem),
        _ => None,
    }
}

/// Returns what a future of these bounds comes to; nothing if a measured future would not keep one of them.
fn output(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    let mut output = None;
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else { continue };
        let last = bound.path.segments.last()?;
        if ["Send", "Sync", "Unpin"].iter().any(|kept| last.ident == kept) {
            continue;
        }
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        output = arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(named) if last.ident == "Future" && named.ident == "Output" => {
                Some(named.ty.clone())
            }
            _ => None,
        });
        output.as_ref()?;
    }
    output
}

/// Says whether this is `BoxFuture<'a, T>` or its sibling that is not `Send`.
fn is_box_future(segment: &PathSegment) -> bool {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return false };
    let mut arguments = arguments.args.iter();
    (segment.ident == "BoxFuture" || segment.ident == "LocalBoxFuture")
        && matches!(
            (arguments.next(), arguments.next(), arguments.next()),
            (Some(GenericArgument::Lifetime(_)), Some(GenericArgument::Type(_)), None)
        )
}
