//! The values of series in a rule test, and the native histograms that they make together.

/// One sample of a series: a value, nothing, or the marker that the series has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    Value(f64),
    Missing,
    Stale,
}

/// The series of one histogram of a rule test.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The samples of each bucket, with its upper bound.
    pub(super) buckets: Vec<(f64, Vec<Sample>)>,
    pub(super) count: Option<Vec<Sample>>,
    pub(super) sum: Option<Vec<Sample>>,
    /// The share of observations up to each bound, if only the count is known.
    pub(super) shape: Vec<(f64, f64)>,
}

/// Reads values in promtool's notation. Returns nothing if it has a form that is not known.
pub(super) fn parse(values: &str) -> Option<Vec<Sample>> {
    let mut samples = Vec::new();
    for token in values.split_whitespace() {
        let (value, times) = match token.split_once('x') {
            Some((value, times)) => (value, Some(times.parse::<u32>().ok()?)),
            None => (token, None),
        };
        if value == "_" {
            samples.extend((0..times.unwrap_or(1)).map(|_| Sample::Missing));
            continue;
        }
        if value == "stale" {
            samples.push(Sample::Stale);
            continue;
        }
        let sign = value[1..].find(['+', '-']).map(|at| at + 1);
        let (first, step) = value.split_at(sign.unwrap_or(value.len()));
        let first: f64 = first.parse().ok()?;
        let step: f64 = if step.is_empty() { 0.0 } else { step.parse().ok()? };
        // `1+2x3` is 1, 3, 5, 7.
        samples.extend((0..=times.unwrap_or(0)).map(|at| Sample::Value(first + step * f64::from(at))));
    }
    Some(samples)
}

impl Parts {
    /// Returns the values of the native histogram with the same buckets, or nothing if the parts do not fit together.
    pub(super) fn native(&self, bounds: &[f64]) -> Option<String> {
        let all = self.buckets.iter().map(|(_, samples)| samples).chain(&self.count).chain(&self.sum);
        let length = all.clone().map(Vec::len).max()?;
        let mut samples = Vec::with_capacity(length);
        for at in 0..length {
            let mut own = all.clone().map(|samples| samples.get(at).copied().unwrap_or(Sample::Missing));
            let first = own.next()?;
            let alike = |other: Sample| std::mem::discriminant(&other) == std::mem::discriminant(&first);
            if !own.all(alike) {
                return None;
            }
            samples.push(match first {
                Sample::Value(_) => Some(Ok(self.at(at, bounds)?)),
                Sample::Missing => None,
                Sample::Stale => Some(Err(())),
            });
        }
        Some(written(&samples, bounds))
    }

    /// Returns the share of observations up to each bound at the end, if there are any.
    pub(super) fn shares(&self) -> Option<Vec<(f64, f64)>> {
        if !self.shape.is_empty() {
            return Some(self.shape.clone());
        }
        let last = |samples: &Vec<Sample>| {
            samples.iter().rev().find_map(|sample| if let Sample::Value(value) = sample { Some(*value) } else { None })
        };
        let (_, all) = self.buckets.iter().find(|(bound, _)| bound.is_infinite())?;
        let all = last(all).filter(|all| *all > 0.0)?;
        let shares = self.buckets.iter().map(|(bound, samples)| Some((*bound, last(samples)? / all)));
        shares.collect()
    }

    /// Returns the count, the sum and the number in each bucket of one sample.
    fn at(&self, at: usize, bounds: &[f64]) -> Option<Vec<f64>> {
        let value = |samples: &Vec<Sample>| match samples.get(at) {
            Some(Sample::Value(value)) => Some(*value),
            _ => None,
        };
        let is = |own: f64, other: f64| own.total_cmp(&other).is_eq();
        let in_bucket = |bound: f64| self.buckets.iter().find(|(own, _)| is(*own, bound)).and_then(|(_, it)| value(it));
        let total = self.count.as_ref().and_then(value).or_else(|| in_bucket(f64::INFINITY))?;
        let of_shape = |bound: f64| self.shape.iter().find(|(own, _)| is(*own, bound)).map(|(_, share)| share * total);
        let of_bound = |bound: f64| in_bucket(bound).or_else(|| of_shape(bound));
        if of_bound(f64::INFINITY).is_some_and(|last| !is(last, total)) {
            return None;
        }
        let mut numbers = vec![total, self.sum.as_ref().and_then(value).unwrap_or(0.0)];
        let mut below = 0.0;
        for bound in bounds {
            let so_far = of_bound(*bound).unwrap_or(below);
            numbers.push(so_far - below);
            below = so_far;
        }
        numbers.push(total - below);
        Some(numbers)
    }
}

/// Writes samples in promtool's notation: runs of equal steps as one.
fn written(samples: &[Option<Result<Vec<f64>, ()>>], bounds: &[f64]) -> String {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < samples.len() {
        match &samples[at] {
            None => {
                let run = samples[at..].iter().take_while(|sample| sample.is_none()).count();
                tokens.push(format!("_x{run}"));
                at += run;
            }
            Some(Err(())) => {
                tokens.push("stale".to_owned());
                at += 1;
            }
            Some(Ok(first)) => {
                let step = |at: usize| match (samples.get(at), samples.get(at + 1)) {
                    (Some(Some(Ok(one))), Some(Some(Ok(next)))) => Some(difference(one, next)),
                    _ => None,
                };
                let steps = step(at);
                let run = (at..samples.len()).take_while(|at| steps.is_some() && step(*at) == steps).count();
                match steps {
                    Some(steps) if steps.iter().any(|step| *step != 0.0) && steps.iter().all(|step| *step >= 0.0) => {
                        tokens.push(format!("{}+{}x{run}", histogram(first, bounds), histogram(&steps, bounds)));
                        at += run + 1;
                    }
                    Some(steps) if steps.iter().all(|step| *step == 0.0) => {
                        tokens.push(format!("{}x{run}", histogram(first, bounds)));
                        at += run + 1;
                    }
                    _ => {
                        tokens.push(histogram(first, bounds));
                        at += 1;
                    }
                }
            }
        }
    }
    tokens.join(" ")
}

fn difference(one: &[f64], next: &[f64]) -> Vec<f64> {
    // Rounded, so that steps of fractions are equal.
    let rounded = |value: f64| (value * 1e9).round() / 1e9;
    next.iter().zip(one).map(|(next, one)| rounded(next - one)).collect()
}

/// Writes a native histogram with custom bounds, of which promtool makes the same quantiles as of classic buckets.
fn histogram(numbers: &[f64], bounds: &[f64]) -> String {
    let list = |values: &[f64]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    format!(
        "{{{{schema:-53 sum:{} count:{} custom_values:[{}] buckets:[{}]}}}}",
        numbers[1],
        numbers[0],
        list(bounds),
        list(&numbers[2..])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_promtool_reads_them() {
        let of = |values: &[f64]| values.iter().map(|value| Sample::Value(*value)).collect::<Vec<_>>();
        assert_eq!(parse("1+2x3 7x1 5 -1-1x1"), Some(of(&[1.0, 3.0, 5.0, 7.0, 7.0, 7.0, 5.0, -1.0, -2.0])));
        assert_eq!(parse("_x2 _ stale"), Some(vec![Sample::Missing, Sample::Missing, Sample::Missing, Sample::Stale]));
        assert_eq!(parse("{{count:1}}x3"), None);
    }

    #[test]
    fn buckets_become_one_histogram() {
        let part = |bound: f64, values: &str| (bound, parse(values).unwrap());
        let buckets = vec![part(0.5, "0+1x3 stale"), part(f64::INFINITY, "0+3x3 stale")];
        let parts = Parts { buckets, count: parse("0+3x3 stale"), sum: parse("0+2x3 stale"), ..Parts::default() };
        let expected = "{{schema:-53 sum:0 count:0 custom_values:[0.5] buckets:[0 0]}}+\
                        {{schema:-53 sum:2 count:3 custom_values:[0.5] buckets:[1 2]}}x3 stale";
        assert_eq!(parts.native(&[0.5]).as_deref(), Some(expected));
        assert_eq!(parts.shares(), Some(vec![(0.5, 1.0 / 3.0), (f64::INFINITY, 1.0)]));
        let other = Parts { count: parse("0+4x3 stale"), ..parts };
        assert_eq!(other.native(&[0.5]), None, "the count is not that of the last bucket");
    }
}
