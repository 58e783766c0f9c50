//! `#[instrument_metrics]`.

mod args;
mod ends;
mod future;
mod model;
mod params;
mod render;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, ImplItem, ItemImpl, ItemTrait, Path, Result, TraitItem, Type};

use self::args::Args;
use self::model::Function;
use crate::{diagnostics, krate};

/// Expands the attribute; what cannot be measured stays as it is beside the error, so that it is the only one.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    syn::parse2(arguments).and_then(|args| measured(&args, item)).unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#error #item)
    })
}

fn measured(args: &Args, item: &TokenStream) -> Result<TokenStream> {
    if (|input: ParseStream<'_>| {
        let found = Function::peek(input);
        input.parse::<TokenStream>().map(|_| found)
    })
    .parse2(item.clone())?
    {
        return one(args, &syn::parse2(item.clone())?);
    }
    if let Ok(block) = syn::parse2::<ItemImpl>(item.clone()) {
        return of_impl(args, block);
    }
    match syn::parse2::<ItemTrait>(item.clone()) {
        Ok(declared) => of_trait(args, declared),
        Err(_) => Err(Error::new_spanned(item, diagnostics::NOT_A_FUNCTION)),
    }
}

fn one(args: &Args, function: &Function) -> Result<TokenStream> {
    if args.skip.is_some() {
        return Ok(function.to_token_stream());
    }
    if let Some(constant) = &function.signature.constness {
        return Err(Error::new_spanned(constant, diagnostics::CONST_FN));
    }
    Ok(render::function(function, args, &path(args), None))
}

/// Measures every method of an `impl` block that does not say `skip`.
fn of_impl(args: &Args, mut block: ItemImpl) -> Result<TokenStream> {
    let mut methods = Methods::new(args, owner(&block.self_ty))?;
    for item in &mut block.items {
        if let ImplItem::Fn(_) = item
            && let Some(tokens) = methods.measure(item.to_token_stream())
        {
            *item = ImplItem::Verbatim(tokens);
        }
    }
    methods.finish(block.into_token_stream())
}

/// Measures every method of a trait that has a default body and does not say `skip`.
fn of_trait(args: &Args, mut declared: ItemTrait) -> Result<TokenStream> {
    let mut methods = Methods::new(args, Some(declared.ident.to_string()))?;
    let mut has_body = false;
    for item in &mut declared.items {
        if !matches!(item, TraitItem::Fn(method) if method.default.is_some()) {
            continue;
        }
        has_body = true;
        if let Some(tokens) = methods.measure(item.to_token_stream()) {
            *item = TraitItem::Verbatim(tokens);
        }
    }
    if !has_body {
        return Err(Error::new(declared.ident.span(), diagnostics::NO_DEFAULT_BODY));
    }
    methods.finish(declared.into_token_stream())
}

/// The methods of one block, and what is wrong with some of them.
struct Methods<'a> {
    args: &'a Args,
    owner: Option<String>,
    errors: Option<Error>,
}

impl<'a> Methods<'a> {
    fn new(args: &'a Args, owner: Option<String>) -> Result<Self> {
        if let Some(name) = &args.name {
            return Err(Error::new(name.span(), diagnostics::NAME_ON_IMPL));
        }
        if let Some(skip) = &args.skip {
            return Err(Error::new(skip.span(), diagnostics::SKIP_IMPL));
        }
        Ok(Self { args, owner, errors: None })
    }

    /// Returns the measured method; nothing if something is wrong with it.
    fn measure(&mut self, method: TokenStream) -> Option<TokenStream> {
        let measured = syn::parse2(method).and_then(|method| one_of(self.args, method, self.owner.as_deref()));
        measured
            .map_err(|error| match &mut self.errors {
                Some(errors) => errors.combine(error),
                None => self.errors = Some(error),
            })
            .ok()
    }

    fn finish(self, block: TokenStream) -> Result<TokenStream> {
        self.errors.map_or(Ok(block), Err)
    }
}

/// Measures a method with the block's arguments, or with its own where it has some.
fn one_of(block: &Args, mut method: Function, owner: Option<&str>) -> Result<TokenStream> {
    let is_ours = |attribute: &Attribute| {
        attribute.path().segments.last().is_some_and(|segment| segment.ident == "instrument_metrics")
    };
    let own = method.attributes.iter().position(is_ours).map(|at| method.attributes.remove(at));
    let own = match &own {
        Some(attribute) if matches!(attribute.meta, syn::Meta::Path(_)) => Some(Args::default()),
        Some(attribute) => Some(attribute.parse_args::<Args>()?),
        None => None,
    };
    let args = own.as_ref().unwrap_or(block);
    if args.skip.is_some() {
        return Ok(method.into_token_stream());
    }
    if let Some(constant) = &method.signature.constness {
        return Err(Error::new_spanned(constant, diagnostics::CONST_METHOD));
    }
    let krate = args.krate.clone().unwrap_or_else(|| path(block));
    Ok(render::function(&method, args, &krate, owner))
}

fn path(args: &Args) -> Path {
    args.krate.clone().unwrap_or_else(krate::default)
}

/// Returns the name of the type an `impl` is for, without its path and parameters.
fn owner(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => owner(&reference.elem),
        Type::Group(group) => owner(&group.elem),
        Type::Paren(parenthesised) => owner(&parenthesised.elem),
        _ => None,
    }
}
