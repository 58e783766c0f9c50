//! Writes the measured function: its own head, and a body that is one call of a documented function.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Ident, LitStr, Path, ReturnType, Type, parse_quote};

use super::args::Args;
use super::future::Future;
use super::model::{Function, Shape, Tail, tail};
use super::params;

/// Writes `function`, whose name in a label starts with `owner`.
pub(crate) fn function(function: &Function, args: &Args, krate: &Path, owner: Option<&str>) -> TokenStream {
    let operation = operation(function, args, krate, owner);
    let (signature, taken) = params::take(&function.signature, krate);
    let body = &function.body;
    // Spanned like the body: the compiler does not name the variables that a closure of another macro captures.
    let (closure, block) = (quote_spanned!(body.span()=> move ||), quote_spanned!(body.span()=> async move));
    let output = output(&function.signature.output);
    // Nothing says what type an `impl Trait` is if no value of it is made.
    let is_unknown = function.returns_impl() && function.never_returns();
    let choose = if is_unknown { quote!(|_| #krate::private::AlwaysOk) } else { choose(krate) };
    let (head, measured) = match function.shape() {
        Shape::Closure => {
            // Written out also where it is `()`: a body that only panics has no type of its own.
            let output = output.unwrap_or_else(|| parse_quote!(()));
            let body = with(&taken, body);
            (signature, quote!(#krate::private::measure(#operation, #closure -> #output #body, #choose)))
        }
        Shape::Async => {
            let output = output.unwrap_or_else(|| parse_quote!(()));
            let is_never = matches!(output, Type::Never(_));
            let output = if is_never { parse_quote!(#krate::private::Infallible) } else { output };
            let hint = if is_unknown { TokenStream::new() } else { hint(&output, krate) };
            let body = with(&quote!(#hint #taken), body);
            let measured = quote!(#krate::private::measure_async(#operation, #block #body, #choose).await);
            (signature, if is_never { quote!(match #measured {}) } else { measured })
        }
        Shape::Future(mut block, written) => {
            let hint = written
                .zip(output)
                .map(|(future, returns)| comes_to(future, &returns, krate))
                .filter(|output| !matches!(output, Type::Never(_)))
                .map(|output| hint(&output, krate));
            if let Some(Tail { future, .. }) = tail(&mut block) {
                if let (Expr::Async(written), Some(hint)) = (&mut *future, hint) {
                    written.block.stmts.insert(0, parse_quote!(#hint));
                }
                *future = parse_quote!(#krate::private::measure_async(#operation, #future, #choose));
            }
            let statements = block.stmts;
            (function.signature.clone(), quote!(#(#statements)*))
        }
        Shape::Made(future) => {
            let returns = output.unwrap_or_else(|| parse_quote!(_));
            let boxed = future.boxed;
            let output = comes_to(future, &returns, krate);
            let body = with(&taken, body);
            let make = if boxed { quote!(#closure -> #returns #body) } else { quote!(#closure #body) };
            let measured = quote!(#krate::private::measure_made::<_, #output, _, _>(#operation, #make, #choose));
            (signature, if boxed { quote!(#krate::private::Box::pin(#measured)) } else { measured })
        }
    };
    let head = function.head(&head);
    quote!(#head { #measured })
}

/// Returns the body with statements in front, in the span of the written braces.
fn with(statements: &TokenStream, body: &Group) -> Group {
    let written = body.stream();
    let mut group = Group::new(Delimiter::Brace, quote!(#statements #written));
    group.set_span(body.span());
    group
}

/// Writes a statement that gives an asynchronous block its type, for which it has no place but a `return`.
fn hint(output: &Type, krate: &Path) -> TokenStream {
    quote!(if false { return #krate::private::typed::<#output>(); })
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
    } else if leaves(expression.to_token_stream()) {
        quote_spanned!(expression.span()=> #krate::private::label(#expression, #check))
    } else {
        quote_spanned!(expression.span()=> #krate::private::caught_label(|| #expression, #check))
    }
}

/// Says whether an expression may leave the function or wait in it, which a closure in its place could not.
fn leaves(expression: TokenStream) -> bool {
    let words = ["return", "await", "break", "continue", "yield"];
    expression.into_iter().any(|token| match token {
        TokenTree::Group(group) => leaves(group.stream()),
        TokenTree::Ident(ident) => words.iter().any(|word| ident == word),
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Literal(_) => false,
    })
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
