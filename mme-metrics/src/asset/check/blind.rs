//! Finds the expressions that read what an operator has disabled, or buckets that a recorder no longer has.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::token::{T_LOR, T_LUNLESS};
use promql_parser::parser::{Expr, VectorSelector};

use super::exporter::{self, MetricType};
use super::shape::{Labels, Values};
use super::vocabulary::Vocabulary;
use super::{AssetCheck, emitted, selector, usage, value};
use crate::asset::finding::{AssetFinding, FindingKind, Problem};
use crate::asset::promql::{self, holds_variable};
use crate::asset::{AssetFile, AssetKind};
use crate::catalog::OTHER;
use crate::metric::{HistogramForm, Kind};
use crate::settings::{ANY, Names, Settings, SettingsError};

/// Functions that are true when there are no series.
const ABSENT: [&str; 2] = ["absent", "absent_over_time"];

impl AssetCheck {
    /// Adds the name of a family whose metrics are among the `files`, such as one of a saved catalogue, so that settings can name it.
    pub fn named_family(mut self, family: impl Into<String>, metrics: &[&str]) -> Self {
        self.named.push((family.into(), metrics.iter().map(|&metric| metric.to_owned()).collect()));
        self
    }

    /// Lists the rules, alerts and panels among `files` that read a metric which `settings` disable, or buckets which the
    /// histogram no longer has: a bound, or all of a form. It follows the names that the rules record, but for bounds, which it looks for at the histogram itself.
    ///
    /// The metrics of the service are those of the families, and of each list among `files` whose `exporter` is `service`.
    ///
    /// An expression that returns nothing any more is [blind](FindingKind::Blind). One that has another part is
    /// [partly blind](FindingKind::PartlyBlind).
    ///
    /// ```
    /// use mme_metrics::asset::{AssetCheck, FILES};
    /// use mme_metrics::catalog::FAMILIES;
    /// use mme_metrics::settings::Settings;
    ///
    /// let settings = Settings::from_toml("disabled_families = [\"grpc\"]")?;
    /// let findings = AssetCheck::new(FAMILIES).blind(&settings, FILES)?;
    /// assert!(findings.iter().any(|finding| finding.place == "alert MmeGrpcErrorRateHigh"));
    /// # Ok::<(), mme_metrics::settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the settings name a family or metric that the service does not have.
    pub fn blind(&self, settings: &Settings, files: &[AssetFile]) -> Result<Vec<AssetFinding>, SettingsError> {
        let names = self.names(files);
        settings.check(&names)?;
        let disabled = self.disabled(settings, &names);
        // A file that cannot be read is a finding of `run`.
        let mut unread = Vec::new();
        let (rules, vocabulary) = self.read(files, &mut unread);
        let histograms = names.metrics.into_iter().filter_map(|(name, is_histogram)| is_histogram.then_some(name));
        let mut sight = Sight {
            vocabulary: &vocabulary,
            settings,
            disabled,
            histograms: histograms.collect(),
            empty: BTreeMap::new(),
        };
        let mut recorded: BTreeMap<&str, Vec<Expr>> = BTreeMap::new();
        for (_, rule) in &rules {
            if let (Some(name), Ok(expression)) = (&rule.record, promql::parse(rule.expr())) {
                recorded.entry(name).or_default().push(expression);
            }
        }
        sight.follow(&recorded);
        let mut findings = Vec::new();
        for (site, text, expression) in emitted::expressions(files, &rules) {
            if site.file.kind() != AssetKind::Runbook
                && let Some(problem) = sight.problem(&expression)
            {
                findings.push(site.finding(&text, problem));
            }
        }
        Ok(findings)
    }

    /// Returns what settings can name.
    fn names(&self, files: &[AssetFile]) -> Names {
        let mut names = Names::default();
        names.families.extend(self.families.iter().map(|family| family.name().to_owned()));
        names.families.extend(self.named.iter().map(|(family, _)| family.clone()));
        names.families.push(OTHER.to_owned());
        // A catalogue has the built-in families too.
        names.families.sort();
        names.families.dedup();
        let specs = self.families.iter().flat_map(|family| family.specs());
        names.metrics.extend(specs.map(|spec| (spec.name.to_owned(), spec.kind == Kind::Histogram)));
        names.metrics.extend(self.metrics.iter().map(|(metric, _)| (metric.clone(), true)));
        let lists = files.iter().filter(|file| file.kind() == AssetKind::Exporter);
        let lists = lists.filter_map(|list| exporter::parse(list.text()).ok());
        for exporter in lists.filter(exporter::Exporter::is_service) {
            let kinds = exporter.metrics.iter();
            names
                .metrics
                .extend(kinds.map(|(name, metric)| (name.clone(), matches!(metric.kind, MetricType::Histogram))));
        }
        names
    }

    /// Lists the metrics that are disabled, alone or with their family.
    fn disabled(&self, settings: &Settings, names: &Names) -> BTreeSet<String> {
        let mut metrics: BTreeSet<_> = settings.disabled_metrics.iter().map(|metric| metric.value.clone()).collect();
        let is_off = |name: &str| settings.disabled_families.iter().any(|family| family.value == name);
        for family in self.families.iter().filter(|family| is_off(family.name())) {
            metrics.extend(family.specs().iter().map(|spec| spec.name.to_owned()));
        }
        for (_, own) in self.named.iter().filter(|(family, _)| is_off(family)) {
            metrics.extend(own.iter().cloned());
        }
        if is_off(OTHER) {
            let declared = self.families.iter().flat_map(|family| family.specs()).map(|spec| spec.name);
            let own = self.named.iter().flat_map(|(_, own)| own).map(String::as_str);
            let of_families: BTreeSet<_> = declared.chain(own).collect();
            let others = names.metrics.iter().filter(|(metric, _)| !of_families.contains(metric.as_str()));
            metrics.extend(others.map(|(metric, _)| metric.clone()));
        }
        metrics
    }
}

/// What can still be seen.
struct Sight<'a> {
    vocabulary: &'a Vocabulary,
    settings: &'a Settings,
    disabled: BTreeSet<String>,
    /// The histograms that a form for all is for.
    histograms: BTreeSet<String>,
    /// Names whose rules return nothing any more, with the reason.
    empty: BTreeMap<String, Loss>,
}

/// What a selector has lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Loss {
    reason: String,
    /// Whether it returns nothing any more.
    is_whole: bool,
    /// Whether the histogram is there in another form.
    is_of_form: bool,
}

impl Sight<'_> {
    /// Finds the recorded names that have no samples any more. A rule may read a record of a later file, so this repeats until
    /// nothing changes.
    fn follow(&mut self, recorded: &BTreeMap<&str, Vec<Expr>>) {
        loop {
            let is_new = |name: &str| !self.empty.contains_key(name);
            let found: Vec<_> = recorded
                .iter()
                // Another rule may still record the name.
                .filter(|(name, rules)| is_new(name) && rules.iter().all(|rule| self.is_empty(rule)))
                .map(|(name, rules)| {
                    let losses: BTreeSet<_> = rules.iter().flat_map(|rule| self.losses(rule)).collect();
                    let is_of_form = losses.iter().all(|loss| loss.is_of_form);
                    let reason = losses.into_iter().next().map(|loss| loss.reason).unwrap_or_default();
                    ((*name).to_owned(), Loss { reason, is_whole: true, is_of_form })
                })
                .collect();
            if found.is_empty() {
                return;
            }
            self.empty.extend(found);
        }
    }

    /// Returns what an expression has lost.
    fn problem(&self, expression: &Expr) -> Option<Problem> {
        let reasons = self.reasons(expression);
        if reasons.is_empty() {
            return None;
        }
        let because = reasons.into_iter().collect::<Vec<_>>().join(", and ");
        if self.is_empty(expression) {
            return Some(FindingKind::Blind.says(format!("it returns nothing, because {because}")));
        }
        let mut is_constant = false;
        promql::walk(expression, &mut |part| {
            let Expr::Call(call) = part else { return };
            is_constant |= ABSENT.contains(&call.func.name) && call.args.args.iter().all(|it| self.is_empty(it));
        });
        let loss = if is_constant { "its `absent` is true for good" } else { "a part of it returns nothing" };
        Some(FindingKind::PartlyBlind.says(format!("{loss}, because {because}")))
    }

    /// Lists why selectors of an expression select nothing any more, each once.
    fn reasons(&self, expression: &Expr) -> BTreeSet<String> {
        self.losses(expression).into_iter().map(|loss| loss.reason).collect()
    }

    /// Lists what the selectors of an expression have lost. Nothing is lost if it reads a histogram in two forms, and one is there.
    fn losses(&self, expression: &Expr) -> Vec<Loss> {
        match expression {
            Expr::VectorSelector(selector) => self.loss(selector).into_iter().collect(),
            Expr::MatrixSelector(matrix) => self.loss(&matrix.vs).into_iter().collect(),
            Expr::Paren(paren) => self.losses(&paren.expr),
            Expr::Unary(unary) => self.losses(&unary.expr),
            Expr::Subquery(subquery) => self.losses(&subquery.expr),
            Expr::Aggregate(aggregate) => {
                let parameter = aggregate.param.iter().flat_map(|parameter| self.losses(parameter));
                self.losses(&aggregate.expr).into_iter().chain(parameter).collect()
            }
            Expr::Binary(binary) => {
                let (mut left, mut right) = (self.losses(&binary.lhs), self.losses(&binary.rhs));
                if binary.op.id() == T_LOR {
                    let (no_left, no_right) = (self.is_empty(&binary.lhs), self.is_empty(&binary.rhs));
                    let of_form = |losses: &[Loss]| losses.iter().all(|loss| loss.is_of_form);
                    if no_left && !no_right && of_form(&left) {
                        left.clear();
                    } else if no_right && !no_left && of_form(&right) {
                        right.clear();
                    }
                }
                left.extend(right);
                left
            }
            Expr::Call(call) => call.args.args.iter().flat_map(|argument| self.losses(argument)).collect(),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Vec::new(),
        }
    }

    /// Returns whether an expression returns nothing any more.
    fn is_empty(&self, expression: &Expr) -> bool {
        let is_lost = |selector| self.loss(selector).is_some_and(|loss| loss.is_whole);
        match expression {
            Expr::VectorSelector(selector) => is_lost(selector),
            Expr::MatrixSelector(matrix) => is_lost(&matrix.vs),
            Expr::Paren(paren) => self.is_empty(&paren.expr),
            Expr::Unary(unary) => self.is_empty(&unary.expr),
            Expr::Subquery(subquery) => self.is_empty(&subquery.expr),
            Expr::Aggregate(aggregate) => self.is_empty(&aggregate.expr),
            Expr::Binary(binary) => match binary.op.id() {
                T_LOR => self.is_empty(&binary.lhs) && self.is_empty(&binary.rhs),
                T_LUNLESS => self.is_empty(&binary.lhs),
                _ => self.is_empty(&binary.lhs) || self.is_empty(&binary.rhs),
            },
            // `scalar` of nothing is NaN.
            Expr::Call(call) if ABSENT.contains(&call.func.name) || call.func.name == "scalar" => false,
            Expr::Call(call) => call.args.args.iter().any(|argument| self.is_empty(argument)),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => false,
        }
    }

    /// Returns why a selector has lost series, and whether it has lost all.
    fn loss(&self, selector: &VectorSelector) -> Option<Loss> {
        let whole = |reason, is_of_form| Some(Loss { reason, is_whole: true, is_of_form });
        let names = usage::names(selector, self.vocabulary);
        let lost: Vec<_> = names.iter().filter_map(|name| self.name_loss(name)).collect();
        if let Some(first) = lost.first() {
            return Some(Loss { is_whole: lost.len() == names.len(), ..first.clone() });
        }
        let series = selector::name(selector)?;
        let form = self.form(&series);
        if self.vocabulary.find_native(&series).is_some() && form.is_some_and(|form| form.resolution().is_none()) {
            return whole(format!("`{series}` has classic buckets only"), true);
        }
        let metric = series.strip_suffix("_bucket")?;
        let mut matchers =
            selector.matchers.matchers.iter().filter(|matcher| matcher.name == "le" && !holds_variable(&matcher.value));
        let with = |bounds: &[f64]| {
            let mut labels = Labels::known(["le"]);
            labels.set("le", Values::Bounds(bounds.to_vec()));
            labels
        };
        if self.form(metric).is_some_and(|form| !form.has_classic()) {
            let labels = with(&[]);
            let reads_total =
                matchers.clone().next().is_some() && matchers.clone().all(|it| value::possible(it, &labels));
            return if reads_total { None } else { whole(format!("`{metric}` has native buckets only"), true) };
        }
        let bounds = &self.settings.buckets.get(metric)?.value;
        let labels = with(bounds);
        let missing = matchers.find(|matcher| !value::possible(matcher, &labels))?;
        let has: Vec<_> = bounds.iter().map(ToString::to_string).collect();
        whole(format!("`{metric}` has no bucket {missing}: it has {}", has.join(" ")), false)
    }

    /// Returns why there are no series of this name.
    fn name_loss(&self, series: &str) -> Option<Loss> {
        if let Some(loss) = self.empty.get(series) {
            return Some(loss.clone());
        }
        let mut stems = ["", "_bucket", "_sum", "_count"].iter().filter_map(|suffix| series.strip_suffix(suffix));
        let metric = stems.find(|stem| self.disabled.contains(*stem))?;
        Some(Loss { reason: format!("`{metric}` is disabled"), is_whole: true, is_of_form: false })
    }

    /// Returns which buckets the settings give a histogram of the service, if they do.
    fn form(&self, metric: &str) -> Option<HistogramForm> {
        let forms = &self.settings.histogram_forms;
        let own = forms.get(metric).or_else(|| forms.get(ANY).filter(|_| self.histograms.contains(metric)));
        own.map(|form| form.value)
    }
}
