//! Rewrites an expression on classic buckets to one on native histograms, or on both.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, LabelModifier, MatrixSelector, VectorSelector};

use super::form::AssetHistograms;
use crate::asset::promql;

/// The label with the upper bound of a classic bucket.
const BOUND: &str = "le";

/// Functions of a range that return a histogram for a range of native histograms.
const KEEPING: [&str; 8] =
    ["avg_over_time", "delta", "first_over_time", "idelta", "increase", "irate", "last_over_time", "rate"];

/// Functions that return the same for a native histogram as for its count.
const INDIFFERENT: [&str; 7] =
    ["absent", "absent_over_time", "changes", "count_over_time", "present_over_time", "resets", "timestamp"];

/// The histograms that have native buckets, and the records of their classic ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Histograms {
    /// Names of histograms, without a suffix.
    pub(super) metrics: BTreeSet<String>,
    /// Records of classic buckets, each with the name of its native twin.
    pub(super) records: BTreeMap<String, String>,
}

/// Writes a selector with another name, in the function that it is read by.
type WithName<'f> = Box<dyn Fn(&str, &VectorSelector) -> String + 'f>;

/// What a selector reads of a histogram.
enum Part {
    /// The series of each bucket.
    Buckets(String),
    /// One bucket, by its upper bound.
    Bucket(String, f64),
    Count(String),
    Sum(String),
}

impl Histograms {
    /// Rewrites an expression in place, whose values are numbers.
    ///
    /// # Errors
    ///
    /// Returns what has no native form.
    pub(super) fn rewrite(&self, expression: &mut Expr, form: AssetHistograms) -> Result<(), String> {
        match expression {
            Expr::VectorSelector(selector) => {
                let (bare, range) = (selector.clone(), |name: &str, selector: &VectorSelector| renamed(selector, name));
                if let Some(text) = self.selected(&bare, form, &range)? {
                    *expression = parsed(&text)?;
                }
            }
            Expr::MatrixSelector(matrix) => {
                if self.part(&matrix.vs)?.is_some() {
                    return Err(format!("`{matrix}` is read by a function that has no native form"));
                }
            }
            Expr::Call(call) if call.func.name == "histogram_quantile" && self.has_buckets(expression)? => {
                *expression = parsed(&self.quantile(expression, form)?)?;
            }
            Expr::Call(call) if call.args.args.len() == 1 && self.reads(&call.args.args[0])? => {
                if let Some(text) = self.called(call.func.name, &call.args.args[0].clone(), form)? {
                    *expression = parsed(&text)?;
                } else {
                    self.rewrite(&mut call.args.args[0], form)?;
                }
            }
            Expr::Call(call) => {
                for argument in &mut call.args.args {
                    self.rewrite(argument, form)?;
                }
            }
            Expr::Aggregate(aggregate) => {
                self.rewrite(&mut aggregate.expr, form)?;
                if let Some(parameter) = &mut aggregate.param {
                    self.rewrite(parameter, form)?;
                }
            }
            Expr::Binary(binary) => {
                self.rewrite(&mut binary.lhs, form)?;
                self.rewrite(&mut binary.rhs, form)?;
            }
            Expr::Unary(unary) => self.rewrite(&mut unary.expr, form)?,
            Expr::Paren(paren) => self.rewrite(&mut paren.expr, form)?,
            Expr::Subquery(subquery) => self.rewrite(&mut subquery.expr, form)?,
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
        }
        Ok(())
    }

    /// Returns whether an expression returns a series for each bucket.
    ///
    /// # Errors
    ///
    /// Returns a matcher of buckets that has no native form.
    pub(super) fn has_buckets(&self, expression: &Expr) -> Result<bool, String> {
        for selector in promql::selectors(expression) {
            if matches!(self.part(selector)?, Some(Part::Buckets(_))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the native form of an expression that returns a series for each bucket.
    pub(super) fn native(&self, expression: &Expr) -> Result<Expr, String> {
        let mut native = expression.clone();
        let mut failed = None;
        promql::walk_mut(&mut native, &mut |part| {
            let selector = match part {
                Expr::VectorSelector(selector) => selector,
                Expr::MatrixSelector(matrix) => &mut matrix.vs,
                Expr::Aggregate(aggregate) => return aggregate.modifier.iter_mut().for_each(without_bound),
                Expr::Binary(binary) => {
                    let matching = binary.modifier.as_mut().and_then(|modifier| modifier.matching.as_mut());
                    return matching.into_iter().for_each(without_bound);
                }
                _ => return,
            };
            match self.part(selector) {
                Ok(Some(Part::Buckets(name))) => selector.name = Some(name),
                Ok(None) => {}
                Ok(Some(_)) => failed = Some(format!("`{selector}` stands among buckets")),
                Err(error) => failed = Some(error),
            }
        });
        failed.map_or(Ok(native), Err)
    }

    /// Returns `{native} or {classic}` for buckets that stand for themselves, as in a heat map.
    pub(super) fn heat(&self, expression: &mut Expr, form: AssetHistograms) -> Result<(), String> {
        let native = self.native(expression)?;
        let text = match form {
            AssetHistograms::Both => format!("{native} or ignoring ({BOUND}) {expression}"),
            AssetHistograms::Native | AssetHistograms::Classic => native.to_string(),
        };
        *expression = parsed(&text)?;
        Ok(())
    }

    fn quantile(&self, expression: &Expr, form: AssetHistograms) -> Result<String, String> {
        let native = self.native(expression)?;
        Ok(match form {
            // A native histogram without observations has the quantile NaN, which the comparison drops.
            AssetHistograms::Both => format!("({native} > -Inf or {expression})"),
            AssetHistograms::Native | AssetHistograms::Classic => native.to_string(),
        })
    }

    /// Returns whether an expression is a selector of a histogram.
    fn reads(&self, argument: &Expr) -> Result<bool, String> {
        match argument {
            Expr::MatrixSelector(matrix) => Ok(self.part(&matrix.vs)?.is_some()),
            Expr::VectorSelector(selector) => Ok(self.part(selector)?.is_some()),
            _ => Ok(false),
        }
    }

    /// Returns the form of a function of a selector, or nothing if its argument is rewritten by itself.
    fn called(&self, function: &str, argument: &Expr, form: AssetHistograms) -> Result<Option<String>, String> {
        let of = |text: String| format!("{function}({text})");
        let (selector, range): (_, WithName<'_>) = match argument {
            Expr::MatrixSelector(MatrixSelector { vs, range }) => {
                let range = *range;
                let ranged = move |name: &str, vs: &VectorSelector| {
                    let mut vs = vs.clone();
                    vs.name = Some(name.to_owned());
                    Expr::MatrixSelector(MatrixSelector { vs, range }).to_string()
                };
                (vs, Box::new(move |name: &str, vs: &VectorSelector| of(ranged(name, vs))))
            }
            Expr::VectorSelector(selector) if INDIFFERENT.contains(&function) => {
                (selector, Box::new(move |name: &str, vs: &VectorSelector| of(renamed(vs, name))))
            }
            _ => return Ok(None),
        };
        if INDIFFERENT.contains(&function) {
            let Some(Part::Count(name) | Part::Sum(name)) = self.part(selector)? else {
                return Err(format!("`{function}` of `{selector}` has no native form"));
            };
            let (native, classic) =
                (range(&name, selector), range(selector.name.as_deref().unwrap_or_default(), selector));
            let join = if function.starts_with("absent") { "and" } else { "or" };
            return Ok(Some(match form {
                AssetHistograms::Both => format!("({native} {join} {classic})"),
                AssetHistograms::Native | AssetHistograms::Classic => native,
            }));
        }
        if !KEEPING.contains(&function) {
            return Err(format!("`{function}` of `{selector}` has no native form"));
        }
        self.selected(selector, form, &*range)
    }

    /// Returns the form of what a selector reads of a histogram. `of` puts a name into the selector, and this into its function.
    fn selected(
        &self,
        selector: &VectorSelector,
        form: AssetHistograms,
        of: &dyn Fn(&str, &VectorSelector) -> String,
    ) -> Result<Option<String>, String> {
        let classic = of(selector.name.as_deref().unwrap_or_default(), selector);
        // A record joins series of both forms. Any other series has one form, or the same in both.
        let is_joined = selector.name.as_ref().is_some_and(|name| self.records.contains_key(name));
        let unbound = unbound(selector);
        let (native, matching) = match self.part(selector)? {
            None => return Ok(None),
            Some(Part::Buckets(_)) => {
                return Err(format!("`{selector}` is read without its bounds: take a quantile, or select a bound"));
            }
            Some(Part::Count(name)) => (format!("histogram_count({})", of(&name, &unbound)), ""),
            Some(Part::Sum(name)) => (format!("histogram_sum({})", of(&name, &unbound)), ""),
            Some(Part::Bucket(name, bound)) if bound.is_infinite() => {
                // Native histograms without observations may stand beside classic buckets with some.
                let observed = if is_joined && form == AssetHistograms::Both { " > 0" } else { "" };
                (format!("histogram_count({}){observed}", of(&name, &unbound)), "ignoring (le) ")
            }
            Some(Part::Bucket(name, bound)) => {
                let of = of(&name, &unbound);
                // The share of nothing is NaN, which the comparison drops.
                (format!("(histogram_fraction(-Inf, {bound}, {of}) * histogram_count({of}) > -Inf)"), "ignoring (le) ")
            }
        };
        Ok(Some(match form {
            AssetHistograms::Both => format!("({native} or {matching}{classic})"),
            AssetHistograms::Native | AssetHistograms::Classic => native,
        }))
    }

    /// Returns what a selector reads of a histogram, with the name to read it from natively.
    fn part(&self, selector: &VectorSelector) -> Result<Option<Part>, String> {
        let Some(name) = selector.name.as_deref() else { return Ok(None) };
        let stem = |suffix| name.strip_suffix(suffix).filter(|stem| self.metrics.contains(*stem)).map(str::to_owned);
        if let Some(stem) = stem("_count") {
            return Ok(Some(Part::Count(stem)));
        }
        if let Some(stem) = stem("_sum") {
            return Ok(Some(Part::Sum(stem)));
        }
        let Some(native) = stem("_bucket").or_else(|| self.records.get(name).cloned()) else { return Ok(None) };
        let bounds: Vec<_> = selector.matchers.matchers.iter().filter(|matcher| matcher.name == BOUND).collect();
        Ok(Some(match bounds[..] {
            [] => Part::Buckets(native),
            [Matcher { op: MatchOp::Equal, value, .. }] if value.parse::<f64>().is_ok() => {
                Part::Bucket(native, value.parse().unwrap_or(f64::INFINITY))
            }
            _ => return Err(format!("`{selector}` has no native form: select one bound, as `le=\"0.5\"`")),
        }))
    }
}

/// Returns a selector without a bound.
fn unbound(selector: &VectorSelector) -> VectorSelector {
    let mut selector = selector.clone();
    selector.matchers.matchers.retain(|matcher| matcher.name != BOUND);
    selector
}

fn renamed(selector: &VectorSelector, name: &str) -> String {
    let mut selector = selector.clone();
    selector.name = Some(name.to_owned());
    selector.to_string()
}

fn without_bound(modifier: &mut LabelModifier) {
    let (LabelModifier::Include(keys) | LabelModifier::Exclude(keys)) = modifier;
    keys.labels.retain(|key| key != BOUND);
}

fn parsed(text: &str) -> Result<Expr, String> {
    promql_parser::parser::parse(text).map_err(|error| format!("{text}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str, form: AssetHistograms) -> Result<String, String> {
        let histograms = Histograms {
            metrics: ["a_seconds".to_owned()].into(),
            records: [("job_le:a_seconds_bucket:rate5m".to_owned(), "job:a_seconds:rate5m".to_owned())].into(),
        };
        let mut expression = promql::parse(text).expect("an expression");
        histograms.rewrite(&mut expression, form)?;
        Ok(expression.to_string())
    }

    #[test]
    fn each_part_of_a_histogram_has_a_native_form() {
        for (text, native, both) in [
            (
                "histogram_quantile(0.9, sum by (job, le) (rate(a_seconds_bucket{x=\"1\"}[5m])))",
                "histogram_quantile(0.9, sum by (job) (rate(a_seconds{x=\"1\"}[5m])))",
                "(histogram_quantile(0.9, sum by (job) (rate(a_seconds{x=\"1\"}[5m]))) > -Inf \
                 or histogram_quantile(0.9, sum by (job, le) (rate(a_seconds_bucket{x=\"1\"}[5m]))))",
            ),
            (
                "sum(rate(a_seconds_sum[5m])) / (sum(rate(a_seconds_count[5m])) > 0)",
                "sum(histogram_sum(rate(a_seconds[5m]))) / (sum(histogram_count(rate(a_seconds[5m]))) > 0)",
                "sum((histogram_sum(rate(a_seconds[5m])) or rate(a_seconds_sum[5m]))) \
                 / (sum((histogram_count(rate(a_seconds[5m])) or rate(a_seconds_count[5m]))) > 0)",
            ),
            (
                "a_seconds_count unless a_seconds_count offset 5m",
                "histogram_count(a_seconds) unless histogram_count(a_seconds offset 5m)",
                "(histogram_count(a_seconds) or a_seconds_count) \
                 unless (histogram_count(a_seconds offset 5m) or a_seconds_count offset 5m)",
            ),
            (
                "sum(increase(a_seconds_bucket{le=\"0.5\"}[5m]))",
                "sum((histogram_fraction(-Inf, 0.5, increase(a_seconds[5m])) * histogram_count(increase(a_seconds[5m])) > -Inf))",
                "sum(((histogram_fraction(-Inf, 0.5, increase(a_seconds[5m])) * histogram_count(increase(a_seconds[5m])) > -Inf) \
                 or ignoring (le) increase(a_seconds_bucket{le=\"0.5\"}[5m])))",
            ),
            (
                "job_le:a_seconds_bucket:rate5m{le=\"+Inf\"} > 0",
                "histogram_count(job:a_seconds:rate5m) > 0",
                "(histogram_count(job:a_seconds:rate5m) > 0 or ignoring (le) job_le:a_seconds_bucket:rate5m{le=\"+Inf\"}) > 0",
            ),
            ("absent(a_seconds_count)", "absent(a_seconds)", "(absent(a_seconds) and absent(a_seconds_count))"),
            ("b_seconds_count + a_seconds", "b_seconds_count + a_seconds", "b_seconds_count + a_seconds"),
        ] {
            assert_eq!(rewritten(text, AssetHistograms::Native).as_deref(), Ok(native));
            assert_eq!(rewritten(text, AssetHistograms::Both).as_deref(), Ok(both));
        }
    }

    #[test]
    fn what_has_no_native_form_is_refused() {
        for text in [
            "max(a_seconds_bucket)",
            "max_over_time(a_seconds_count[5m])",
            "sum(rate(a_seconds_bucket{le=~\"0.5|1\"}[5m]))",
            "count(job_le:a_seconds_bucket:rate5m)",
            "quantile_over_time(0.5, a_seconds_count[5m])",
        ] {
            assert!(rewritten(text, AssetHistograms::Both).is_err(), "{text}");
        }
    }
}
