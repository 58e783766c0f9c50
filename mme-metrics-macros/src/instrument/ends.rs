//! The ways out of a body, as far as they can be seen.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprReturn, Item, Macro, Path};

/// Macros of the standard library that leave the function only where their arguments do, or by a panic.
const STAYING: [&str; 30] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include_str",
    "line",
    "matches",
    "module_path",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// What leaves a body before its end.
#[derive(Default)]
pub(crate) struct Ends {
    /// A `return` is written in it.
    pub(crate) returns: bool,
    /// A macro, or syntax that is not known, may leave it unseen.
    pub(crate) unseen: bool,
}

impl Ends {
    pub(crate) fn of(body: &Block) -> Self {
        let mut ends = Self::default();
        ends.visit_block(body);
        ends
    }
}

impl Visit<'_> for Ends {
    fn visit_expr(&mut self, expression: &Expr) {
        self.unseen |= matches!(expression, Expr::Verbatim(_));
        visit::visit_expr(self, expression);
    }

    fn visit_expr_return(&mut self, end: &ExprReturn) {
        self.returns = true;
        visit::visit_expr_return(self, end);
    }

    fn visit_macro(&mut self, call: &Macro) {
        self.unseen |= !is_staying(&call.path) || may_leave(call.tokens.clone());
    }

    // What leaves any of these does not leave the function; but a macro that is declared here may take a known name.
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_item(&mut self, item: &Item) {
        self.unseen |= matches!(item, Item::Macro(_) | Item::Verbatim(_));
    }
}

fn is_staying(path: &Path) -> bool {
    let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match &*segments {
        [name] => STAYING.contains(&name.as_str()),
        [owner, name] => matches!(owner.as_str(), "std" | "core" | "alloc") && STAYING.contains(&name.as_str()),
        _ => false,
    }
}

/// Says whether a macro's arguments hold a `?`, a `return`, or a `!` that may call another macro.
fn may_leave(arguments: TokenStream) -> bool {
    let mut tokens = arguments.into_iter().peekable();
    let mut after_word = false;
    while let Some(token) = tokens.next() {
        let leaves = match &token {
            TokenTree::Group(group) => may_leave(group.stream()),
            TokenTree::Ident(word) => word == "return",
            TokenTree::Punct(mark) => {
                mark.as_char() == '?'
                    || mark.as_char() == '!' && after_word && matches!(tokens.peek(), Some(TokenTree::Group(_)))
            }
            TokenTree::Literal(_) => false,
        };
        if leaves {
            return true;
        }
        after_word = matches!(token, TokenTree::Ident(_));
    }
    false
}
