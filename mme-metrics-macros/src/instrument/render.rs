//! Writes the measured function: its own head, and a body that is one call of a documented function.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprAsync, ExprClosure, Ident, Item, LitStr, Path, ReturnType, Type, parse_quote};

use super::args::Args;
use super::future::Future;
use super::model::{Function, Shape, Tail, tail};

/// Writes `function`, whose name in a label starts with `owner`.
pub(crate) fn function(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> TokenStream {
    let operation = operation(function, args, krate, owner);
    let choose = choose(krate);
    let body = &function.body;
    let output = output(&function.signature.output);
    let measured = match function.shape() {
        Shape::Closure => {
            // Written out also where it is `()`: a body that only panics has no type of its own.
            let output = output.unwrap_or_else(|| parse_quote!(()));
            quote!(#krate::private::measure(#operation, move || -> #output #body, #choose))
        }
        Shape::Async => {
            let hint = hint(&output.unwrap_or_else(|| parse_quote!(())), krate);
            quote!(#krate::private::measure_async(#operation, async move { #hint #body }, #choose).await)
        }
        Shape::Future(mut block, written) => {
            let hint =
                written.zip(output).and_then(|(future, returns)| hint(&comes_to(future, &returns, krate), krate));
            if let Some(Tail { future, .. }) = tail(&mut block) {
                if let (Expr::Async(written), Some(hint)) = (&mut *future, hint) {
                    written.block.stmts.insert(0, parse_quote!(#hint));
                }
                *future = parse_quote!(#krate::private::measure_async(#operation, #future, #choose));
            }
            let statements = block.stmts;
            quote!(#(#statements)*)
        }
        Shape::Made(future) => {
            let returns = output.unwrap_or_else(|| parse_quote!(_));
            let boxed = future.boxed;
            let output = comes_to(future, &returns, krate);
            let make = if boxed { quote!(move || -> #returns #body) } else { quote!(move || #body) };
            let measured = quote!(#krate::private::measure_made::<_, #output, _, _>(#operation, #make, #choose));
            if boxed { quote!(#krate::private::Box::pin(#measured)) } else { measured }
        }
        Shape::Inline(mut block) => {
            let guard = Ident::new("guard", Span::mixed_site());
            let output = output.unwrap_or_else(|| parse_quote!(()));
            Reports { krate, guard: &guard, output: &output, choose: &choose }.visit_block_mut(&mut block);
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
    quote!(#head { #measured })
}

/// Writes a statement that gives an asynchronous block its type, for which it has no place but a `return`.
fn hint(output: &Type, krate: &Path) -> Option<TokenStream> {
    (!matches!(output, Type::Never(_))).then(|| quote!(if false { return #krate::private::typed::<#output>(); }))
}

/// Returns what a future that a function returns as `returns` comes to.
fn comes_to(future: Future, returns: &Type, krate: &Path) -> Type {
    let projected = || parse_quote!(<#returns as #krate::private::Future>::Output);
    future.output.map_or_else(projected, |output| inferred(&output))
}

/// Writes the expression that makes the operation, with one pair around it for each objective.
fn operation(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> TokenStream {
    let recorded = recorded(function, args, krate, owner);
    args.objectives.iter().fold(recorded, |operation, (_, objective)| quote!((#operation, #objective)))
}

/// Writes the expression that makes what is recorded but for objectives.
fn recorded(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> TokenStream {
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

/// Returns the written return type, as a body can say it.
fn output(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, output) = output else { return None };
    Some(inferred(output))
}

/// Returns `written` with `_` for each `impl Trait` in it: only a signature may say that.
fn inferred(written: &Type) -> Type {
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

    let mut written = written.clone();
    Infer.visit_type_mut(&mut written);
    written
}

/// Reports the ends of a body that stays where it is: `return` and `?`.
struct Reports<'a> {
    krate: &'a Path,
    guard: &'a Ident,
    output: &'a Type,
    choose: &'a TokenStream,
}

impl VisitMut for Reports<'_> {
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
                *expression = Expr::Verbatim(quote!(#krate::private::stayed(#attempt, &mut #guard)));
            }
            _ => {}
        }
    }

    // A `return` in any of these does not leave the function.
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
