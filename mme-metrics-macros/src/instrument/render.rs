//! Writes the measured function: its own head, and a body that is one call of a documented function.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Ident, LitStr, Path, ReturnType, Type, parse_quote};

use super::args::Args;
use super::future::Future;
use super::model::{Function, Shape, Tail, tail};

/// Writes `function`, whose name in a label starts with `owner`.
pub(crate) fn function(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> TokenStream {
    let operation = operation(function, args, krate, owner);
    let choose = choose(krate);
    let body = &function.body;
    // Spanned like the body: the compiler does not name the variables that a closure of another macro captures.
    let (closure, block) = (quote_spanned!(body.span()=> move ||), quote_spanned!(body.span()=> async move));
    let output = output(&function.signature.output);
    let measured = match function.shape() {
        Shape::Closure => {
            // Written out also where it is `()`: a body that only panics has no type of its own.
            let output = output.unwrap_or_else(|| parse_quote!(()));
            quote!(#krate::private::measure(#operation, #closure -> #output #body, #choose))
        }
        Shape::Async => {
            let hint = hint(&output.unwrap_or_else(|| parse_quote!(())), krate);
            let statements = body.stream();
            let mut body = Group::new(Delimiter::Brace, quote!(#hint #statements));
            body.set_span(function.body.span());
            quote!(#krate::private::measure_async(#operation, #block #body, #choose).await)
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
            let make = if boxed { quote!(#closure -> #returns #body) } else { quote!(#closure #body) };
            let measured = quote!(#krate::private::measure_made::<_, #output, _, _>(#operation, #make, #choose));
            if boxed { quote!(#krate::private::Box::pin(#measured)) } else { measured }
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
        let checked = labels.iter().map(|expression| label(expression, krate));
        quote!(#krate::private::CallSite::call_with(#site, (#(#checked,)*)))
    } else {
        quote!(#krate::private::CallSite::call(#site))
    };
    if args.concurrent.is_some() { quote!(#krate::private::FunctionCall::concurrent(#call)) } else { call }
}

/// Writes one label, with what is wrong with it at its own expression.
///
/// A variable or field is cloned, because the body may use it too; any other expression is evaluated for the label alone.
fn label(expression: &Expr, krate: &Path) -> TokenStream {
    let probe = Ident::new("probe", Span::mixed_site());
    // Not at the expression: there the compiler would say that one of the imports is not used.
    let check = quote! {
        |#probe| {
            use #krate::private::{FreeKey as _, MaybeTakenKey as _};
            (&&#probe).mme_metrics_key()
        }
    };
    if matches!(expression, Expr::Path(_) | Expr::Field(_)) {
        quote_spanned!(expression.span()=> #krate::private::cloned_label(&#expression, #check))
    } else {
        quote_spanned!(expression.span()=> #krate::private::label(#expression, #check))
    }
}

/// Writes the closure that finds the classifier for what the function returns.
fn choose(krate: &Path) -> TokenStream {
    let returns = Ident::new("returns", Span::mixed_site());
    quote! {
        |#returns| {
            use #krate::private::{Anything as _, HasErrorType as _, IsResult as _, HasClassifier as _};
            (&&&&#returns).mme_metrics_classifier()
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
