//! Says whether a body can be left before its end, as far as can be seen.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprReturn, Item, Macro};

/// Says whether `body` has a `return`, or a macro or unknown syntax that may hold one.
pub(crate) fn may_leave_early(body: &Block) -> bool {
    let mut search = Search::default();
    search.visit_block(body);
    search.found
}

#[derive(Default)]
struct Search {
    found: bool,
}

impl Visit<'_> for Search {
    fn visit_expr(&mut self, expression: &Expr) {
        self.found |= matches!(expression, Expr::Verbatim(_));
        visit::visit_expr(self, expression);
    }

    fn visit_expr_return(&mut self, _: &ExprReturn) {
        self.found = true;
    }

    fn visit_macro(&mut self, _: &Macro) {
        self.found = true;
    }

    // A `return` in any of these does not leave the function.
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_item(&mut self, _: &Item) {}
}
