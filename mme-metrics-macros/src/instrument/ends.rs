//! Says whether a body can be left before its end, as far as can be seen.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprReturn, ExprTry, Item, Macro, Stmt};

/// Says whether `body` has a `return`, or a macro or unknown syntax that may hold one.
pub(crate) fn may_leave_early(body: &Block) -> bool {
    let mut search = Search::default();
    search.visit_block(body);
    search.found
}

/// Says whether `body` never comes to a value: it ends in a macro that panics, and nothing in front of that leaves it.
pub(crate) fn never_returns(body: &Block) -> bool {
    let Some((last, before)) = body.stmts.split_last() else { return false };
    let (Stmt::Macro(syn::StmtMacro { mac, .. }) | Stmt::Expr(Expr::Macro(syn::ExprMacro { mac, .. }), _)) = last
    else {
        return false;
    };
    let panics = ["panic", "todo", "unimplemented", "unreachable"];
    let mut search = Search { tries: true, ..Search::default() };
    before.iter().for_each(|statement| search.visit_stmt(statement));
    !search.found && mac.path.segments.last().is_some_and(|name| panics.iter().any(|panics| name.ident == panics))
}

#[derive(Default)]
struct Search {
    found: bool,
    /// Whether `?` counts.
    tries: bool,
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

    fn visit_expr_try(&mut self, expression: &ExprTry) {
        self.found |= self.tries;
        visit::visit_expr_try(self, expression);
    }

    // A `return` in any of these does not leave the function.
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_item(&mut self, _: &Item) {}
}
