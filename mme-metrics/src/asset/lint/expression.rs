//! Lints expressions for common mistakes, which give other results than they seem to.

use std::time::Duration;

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::Expr;
use promql_parser::parser::token::{T_DIV, T_GTR};
use promql_parser::parser::value::ValueType;

use super::{FindingKind, Problem};

/// Shortest range: four scrapes of 15 s, so that two values remain to compare after a late or lost scrape.
const MIN_RANGE: Duration = Duration::from_mins(1);

/// Checks one node of an expression. The caller visits all nodes.
pub(super) fn check(part: &Expr, find: &mut impl FnMut(Problem)) {
    match part {
        Expr::Binary(binary) if binary.op.id() == T_DIV && !is_guarded(&binary.rhs) => {
            let message =
                format!("dividing by `{}` gives NaN or infinity where it is 0: divide by `(… > 0)`", binary.rhs);
            find(FindingKind::UnguardedDivision.says(message));
        }
        Expr::MatrixSelector(matrix) => {
            check_bounds(&matrix.vs.matchers, find);
            if matrix.range < MIN_RANGE {
                let message = format!("`{part}` reads less than four scrapes of 15 s: take at least [1m]");
                find(FindingKind::ShortRange.says(message));
            }
        }
        Expr::VectorSelector(selector) => check_bounds(&selector.matchers, find),
        _ => {}
    }
}

fn is_guarded(denominator: &Expr) -> bool {
    match denominator {
        Expr::Paren(paren) => is_guarded(&paren.expr),
        Expr::Binary(binary) => {
            binary.op.id() == T_GTR && matches!(&*binary.rhs, Expr::NumberLiteral(number) if number.val >= 0.0)
        }
        other => other.value_type() == ValueType::Scalar,
    }
}

fn check_bounds(matchers: &Matchers, find: &mut impl FnMut(Problem)) {
    for matcher in matchers.matchers.iter().filter(|matcher| matcher.name == "le") {
        let whole = matcher.value.parse::<f64>().is_ok_and(|bound| bound.fract() == 0.0);
        if whole && matches!(matcher.op, MatchOp::Equal | MatchOp::NotEqual) {
            find(FindingKind::WholeBound.says(format!(
                "`{matcher}` matches in Prometheus 2 or in 3, not in both, which write a whole bound as `1` and `1.0`: use a bound with a fraction"
            )));
        }
    }
}
