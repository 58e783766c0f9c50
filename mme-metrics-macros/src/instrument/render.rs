//! Writes the measured function: its own head, and a body that is one call of a documented function.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprAsync, ExprClosure, Ident, Item, LitStr, Path, Result, ReturnType, Type, parse_quote};

use super::args::Args;
use super::model::{Function, Shape, tail};

/// Writes `function`, whose name in a label starts with `owner`.
pub(crate) fn function(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> Result<TokenStream> {
    let operation = operation(function, args, krate, owner);
    let choose = choose(krate);
    let body = &function.body;
    let output = output(&function.signature.output);
    let measured = match function.shape()? {
        Shape::Closure => {
            let returns = output.as_ref().map(|output| quote!(-> #output));
            quote!(#krate::private::measure(#operation, move || #returns #body, #choose))
        }
        Shape::Async => {
            // An asynchronous block has no place for its type but a `return`.
            let output = output.unwrap_or_else(|| parse_quote!(()));
            let hint = (!matches!(output, Type::Never(_)))
                .then(|| quote!(if false { return #krate::private::typed::<#output>(); }));
            quote!(#krate::private::measure_async(#operation, async move { #hint #body }, #choose).await)
        }
        Shape::Future(mut block) => {
            if let Some(future) = tail(&mut block) {
                *future = parse_quote!(#krate::private::measure_async(#operation, #future, #choose));
            }
            let statements = block.stmts;
            quote!(#(#statements)*)
        }
        Shape::Inline(mut block) => {
            let guard = Ident::new("guard", Span::mixed_site());
            let output = output.unwrap_or_else(|| parse_quote!(()));
            Ends { krate, guard: &guard, output: &output, choose: &choose }.visit_block_mut(&mut block);
            quote! {
                let mut #guard = #krate::private::guard(#operation);
                #krate::private::returned::<_, #output, _>(#block, &mut #guard, #choose)
            }
        }
        Shape::Never => {
            let guard = Ident::new("guard", Span::mixed_site());
            quote!(let #guard = #krate::private::guard(#operation); #body)
        }
    };
    let head = function.head();
    Ok(quote!(#head { #measured }))
}

/// Writes the expression that makes the operation.
fn operation(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> TokenStream {
    if let Some((_, record)) = &args.record {
        return quote!(#record);
    }
    let ident = &function.signature.ident;
    let name = args.name.clone().unwrap_or_else(|| {
        let own = ident.unraw();
        LitStr::new(&owner.map_or_else(|| own.to_string(), |owner| format!("{owner}::{own}")), ident.span())
    });
    // In a block of its own, so that neither the body nor a label's expression sees the name.
    let site = quote! {{
        static SITE: #krate::private::CallSite = #krate::private::CallSite::new(#name, #krate::private::module_path!());
        &SITE
    }};
    let call = if let Some((_, labels)) = &args.labels {
        let checked = labels.iter().map(|label| quote_spanned!(label.span()=> #krate::private::label(#label)));
        quote!(#krate::private::CallSite::call_with(#site, (#(#checked,)*)))
    } else {
        quote!(#krate::private::CallSite::call(#site))
    };
    if args.concurrent.is_some() { quote!(#krate::private::Call::concurrent(#call)) } else { call }
}

/// Writes the closure that finds the judge for what the function returns.
fn choose(krate: &Path) -> TokenStream {
    let returns = Ident::new("returns", Span::mixed_site());
    quote! {
        |#returns| {
            use #krate::private::{Anything as _, HasErrorType as _, IsResult as _, OperationJudges as _};
            (&&&&#returns).mme_metrics_judge()
        }
    }
}

/// Returns the written return type, with `_` for each `impl Trait` in it: only a signature may say that.
fn output(output: &ReturnType) -> Option<Type> {
    struct Infer;

    impl VisitMut for Infer {
        fn visit_type_mut(&mut self, part: &mut Type) {
            if matches!(part, Type::ImplTrait(_)) {
                *part = parse_quote!(_);
            } else {
                visit_mut::visit_type_mut(self, part);
            }
        }
    }

    let ReturnType::Type(_, output) = output else { return None };
    let mut output = (**output).clone();
    Infer.visit_type_mut(&mut output);
    Some(output)
}

/// Reports the ends of a body that stays where it is: `return` and `?`.
struct Ends<'a> {
    krate: &'a Path,
    guard: &'a Ident,
    output: &'a Type,
    choose: &'a TokenStream,
}

impl VisitMut for Ends<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let Self { krate, guard, output, choose } = self;
        match expression {
            Expr::Return(end) => {
                let span = end.return_token.span;
                let value = end.expr.take().map_or_else(|| quote!(()), |value| quote!(#value));
                end.expr = Some(Box::new(Expr::Verbatim(
                    quote_spanned!(span=> #krate::private::returned::<_, #output, _>(#value, &mut #guard, #choose)),
                )));
            }
            Expr::Try(attempt) => {
                let value = &attempt.expr;
                *attempt.expr = Expr::Verbatim(quote!(#krate::private::passed(#value, &mut #guard, #choose)));
            }
            _ => {}
        }
    }

    // A `return` in any of these does not leave the function.
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
