//! Parses PromQL expressions, after filling in the variables of dashboards.

mod floor;
mod variable;

use promql_parser::parser::{self, Expr, VectorSelector};

pub(super) use self::floor::newer_syntax;
pub(super) use self::variable::{Query, first_variable, holds_variable, string_length};
use super::finding::{FindingKind, Problem};

/// Parses an expression of a rule, in which variables are not allowed.
pub(super) fn parse(text: &str) -> Result<Expr, Problem> {
    if let Some(variable) = variable::in_code(text) {
        return Err(FindingKind::DashboardVariable.says(not_filled_in(&variable)));
    }
    parser::parse(text).map_err(|error| invalid(&error))
}

/// Parses a query of a dashboard.
pub(super) fn parse_query(text: &str) -> Result<Query, Problem> {
    Query::parse(text).map_err(|error| invalid(&error))
}

/// Returns the message that a dashboard variable is used where Prometheus does not fill it in.
pub(super) fn not_filled_in(variable: &str) -> String {
    format!("`{variable}` is a dashboard variable, which Prometheus does not fill in: write the value itself")
}

fn invalid(error: &str) -> Problem {
    FindingKind::InvalidExpression.says(format!("not valid PromQL: {error}"))
}

/// Calls `visit` for `expression` and every expression inside it.
pub(super) fn walk<'e>(expression: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expression);
    match expression {
        Expr::Aggregate(aggregate) => {
            walk(&aggregate.expr, visit);
            if let Some(parameter) = &aggregate.param {
                walk(parameter, visit);
            }
        }
        Expr::Unary(unary) => walk(&unary.expr, visit),
        Expr::Binary(binary) => {
            walk(&binary.lhs, visit);
            walk(&binary.rhs, visit);
        }
        Expr::Paren(paren) => walk(&paren.expr, visit),
        Expr::Subquery(subquery) => walk(&subquery.expr, visit),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| walk(argument, visit)),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => {}
    }
}

/// Calls `visit` for `expression` and every expression inside it. What `visit` puts in the place of one is visited too.
pub(super) fn walk_mut(expression: &mut Expr, visit: &mut impl FnMut(&mut Expr)) {
    visit(expression);
    match expression {
        Expr::Aggregate(aggregate) => {
            walk_mut(&mut aggregate.expr, visit);
            if let Some(parameter) = &mut aggregate.param {
                walk_mut(parameter, visit);
            }
        }
        Expr::Unary(unary) => walk_mut(&mut unary.expr, visit),
        Expr::Binary(binary) => {
            walk_mut(&mut binary.lhs, visit);
            walk_mut(&mut binary.rhs, visit);
        }
        Expr::Paren(paren) => walk_mut(&mut paren.expr, visit),
        Expr::Subquery(subquery) => walk_mut(&mut subquery.expr, visit),
        Expr::Call(call) => call.args.args.iter_mut().for_each(|argument| walk_mut(argument, visit)),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => {}
    }
}

/// Lists the selectors in an expression.
pub(super) fn selectors(expression: &Expr) -> Vec<&VectorSelector> {
    let mut found = Vec::new();
    walk(expression, &mut |part| match part {
        Expr::VectorSelector(selector) => found.push(selector),
        Expr::MatrixSelector(matrix) => found.push(&matrix.vs),
        _ => {}
    });
    found
}
