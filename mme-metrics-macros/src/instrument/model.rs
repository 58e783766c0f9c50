//! A function as the attribute sees it, and what its shape asks for.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::visit::Visit;
use syn::{
    AttrStyle, Attribute, Block, Error, Expr, Result, ReturnType, Signature, Stmt, Token, TypeImplTrait, Visibility,
    braced,
};

use super::ends::{may_leave_early, never_returns};
use super::future::Future;
use crate::diagnostics;

mod keyword {
    syn::custom_keyword!(default);
}

/// A free function or a method with its body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    visibility: Visibility,
    default: Option<keyword::default>,
    pub(crate) signature: Signature,
    /// As it was written: what the attribute does not look into need not be syntax it knows.
    pub(crate) body: Group,
}

/// How a function is measured.
pub(crate) enum Shape {
    /// The body becomes a closure.
    Closure,
    /// The body becomes an asynchronous block.
    Async,
    /// The body ends in an asynchronous block and only there, possibly in `Box::pin`, as `async_trait` writes it.
    Future(Block, Option<Future>),
    /// The body becomes a closure that makes the future.
    Made(Future),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let default = input.parse()?;
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(Error::new(signature.ident.span(), diagnostics::NO_BODY));
        }
        let content;
        let braces = braced!(content in input);
        // They are the function's, which the body is not any more.
        let inner = content.call(Attribute::parse_inner)?;
        attributes.extend(inner.into_iter().map(|attribute| Attribute { style: AttrStyle::Outer, ..attribute }));
        // With the span of the written braces, so that the compiler names a variable that the body moves twice.
        let mut body = Group::new(Delimiter::Brace, content.parse()?);
        body.set_span(braces.span.join());
        Ok(Self { attributes, visibility, default, signature, body })
    }
}

impl Function {
    /// Says whether the item that `input` starts with is a function.
    pub(crate) fn peek(input: ParseStream<'_>) -> bool {
        let fork = input.fork();
        fork.call(Attribute::parse_outer).is_ok()
            && fork.parse::<Visibility>().is_ok()
            && fork.parse::<Option<keyword::default>>().is_ok()
            && fork.parse::<Signature>().is_ok()
    }

    pub(crate) fn shape(&self) -> Shape {
        if self.signature.asyncness.is_some() {
            return Shape::Async;
        }
        self.future().unwrap_or(Shape::Closure)
    }

    /// Returns the shape of a function whose return type, or whose body, says that it returns a future.
    fn future(&self) -> Option<Shape> {
        let ReturnType::Type(_, returns) = &self.signature.output else { return None };
        // A body in a syntax that is newer than the parser is measured as it stands.
        let mut block = syn::parse2::<Block>(self.body.to_token_stream()).ok();
        let leaves_early = block.as_ref().is_none_or(may_leave_early);
        let tail = block.as_mut().and_then(tail).map(|tail| tail.boxed);
        let written = Future::written(returns).or_else(|| (tail == Some(true)).then_some(Future::BOXED));
        match (tail, block) {
            (Some(_), Some(block)) if written.is_none() || !leaves_early => Some(Shape::Future(block, written)),
            _ => written.map(Shape::Made),
        }
    }

    /// Says whether the return type, or a part of it, is an `impl Trait`.
    pub(crate) fn returns_impl(&self) -> bool {
        struct Search(bool);

        impl Visit<'_> for Search {
            fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
                self.0 = true;
            }
        }

        let mut search = Search(false);
        search.visit_return_type(&self.signature.output);
        search.0
    }

    /// Says whether the body never comes to a value, as far as can be seen.
    pub(crate) fn never_returns(&self) -> bool {
        syn::parse2::<Block>(self.body.to_token_stream()).is_ok_and(|body| never_returns(&body))
    }

    /// Returns everything that stands before the body, with this signature.
    pub(crate) fn head(&self, signature: &Signature) -> TokenStream {
        let Self { attributes, visibility, default, .. } = self;
        quote::quote!(#(#attributes)* #visibility #default #signature)
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.head(&self.signature));
        self.body.to_tokens(tokens);
    }
}

/// The asynchronous block that a body returns.
pub(crate) struct Tail<'a> {
    pub(crate) future: &'a mut Expr,
    /// It stands in `Box::pin(…)`.
    pub(crate) boxed: bool,
}

/// Finds the asynchronous block that a body returns, bare or in `Box::pin(…)`.
pub(crate) fn tail(block: &mut Block) -> Option<Tail<'_>> {
    let Some(Stmt::Expr(expression, None)) = block.stmts.last_mut() else { return None };
    if matches!(expression, Expr::Async(_)) {
        return Some(Tail { future: expression, boxed: false });
    }
    let Expr::Call(call) = expression else { return None };
    let Expr::Path(callee) = &*call.func else { return None };
    let [.., owner, function] = &*callee.path.segments.iter().collect::<Vec<_>>() else { return None };
    if owner.ident != "Box" || function.ident != "pin" || call.args.len() != 1 {
        return None;
    }
    let future = call.args.first_mut().filter(|argument| matches!(argument, Expr::Async(_)))?;
    Some(Tail { future, boxed: true })
}
