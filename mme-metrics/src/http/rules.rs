//! The rules of a server layer: its route function, skipped paths, extra labels, listeners and notes.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::http::{Extensions, HeaderMap, Method, Request, Response, StatusCode, Uri};
use metrics::{Label, SharedString};

use super::metrics::HTTP;
use super::series::{Outcome, RouteSeries};
use crate::event::{Listener, Listeners, Notes};
use crate::label::{MAX_VALUE_BYTES, OVERFLOW};
use crate::metric::{AppendMap, CappedMap, HistogramHandle};

/// The head of a request, as route functions and label functions see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target; inside a nested router, without the outer prefix.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions that outer layers and the server added.
    pub extensions: &'a Extensions,
}

impl<'a> RequestHead<'a> {
    pub(super) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

/// The head of a response, as label functions see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions that the service added.
    pub extensions: &'a Extensions,
}

impl<'a> ResponseHead<'a> {
    pub(super) fn of<B>(response: &'a Response<B>) -> Self {
        Self { status: response.status(), headers: response.headers(), extensions: response.extensions() }
    }
}

pub(super) type RouteFn = dyn Fn(RequestHead<'_>) -> Option<&'static str> + Send + Sync;
pub(super) type RequestText = dyn for<'a> Fn(RequestHead<'a>) -> Option<Cow<'a, str>> + Send + Sync;
pub(super) type ResponseText = dyn for<'a> Fn(ResponseHead<'a>) -> Option<Cow<'a, str>> + Send + Sync;

/// The source of the value of an extra label.
#[derive(Clone)]
pub(super) enum Source {
    Request(Arc<RequestText>),
    Response(Arc<ResponseText>),
}

/// A label beside those of the catalogue. Each of its values is kept once and shared.
#[derive(Clone)]
struct ExtraLabel {
    key: SharedString,
    source: Source,
    texts: Arc<CappedMap<SharedString>>,
}

/// The values of the extra labels of one request, in the order of the labels. They share the texts of the labels.
pub(super) type ExtraValues = Vec<Option<SharedString>>;

#[derive(Clone, Default)]
pub(super) struct Rules {
    pub(super) route: Option<Arc<RouteFn>>,
    skipped: Vec<Box<str>>,
    labels: Vec<ExtraLabel>,
    series: Arc<ExtraSeries>,
    pub(super) listeners: Listeners,
    notes: Vec<(&'static str, Arc<RequestText>)>,
}

/// The most handles with extra labels that one layer keeps: the number of series that a recorder allows one metric.
const MAX_KEPT: usize = 10_000;

/// The kept handles of series with extra labels. Budgets bound each label, but their product is too large to keep.
#[derive(Default)]
struct ExtraSeries {
    table: AppendMap<ExtraKey, HistogramHandle>,
    kept: AtomicUsize,
}

type ExtraKey = (&'static str, Outcome, ExtraValues);

impl ExtraSeries {
    /// Runs `use_it` with the handle of `key`. Past the bound, the handle is made for this event alone.
    fn with(&self, key: &ExtraKey, make: impl Fn() -> HistogramHandle, use_it: impl FnOnce(&HistogramHandle)) {
        if let Some(handle) = self.table.get(key) {
            return use_it(handle);
        }
        let free = |kept| (kept < MAX_KEPT).then_some(kept + 1);
        // Relaxed: a count that orders nothing. Threads that race for one key take two places, which errs on the safe side.
        if self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).is_err() {
            return use_it(&make());
        }
        use_it(self.table.get_or_insert_with(key, || (key.clone(), make())));
    }
}

impl Rules {
    pub(super) fn skip(&mut self, path: &str) {
        self.skipped.push(path.into());
    }

    /// Returns whether a rule skips this target or this route.
    pub(super) fn skips(&self, target: &Uri, route: Option<&str>) -> bool {
        let fits = |rule: &str, text: &str| match rule.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => rule == text,
        };
        self.skipped.iter().any(|rule| fits(rule, target.path()) || route.is_some_and(|route| fits(rule, route)))
    }

    pub(super) fn label(&mut self, key: SharedString, budget: usize, source: Source) {
        let taken = HTTP.server_duration.spec().labels.iter().any(|label| *label.key == *key);
        assert!(!taken, "the label key `{key}` is one of the metric's own: give the label another key");
        let given = self.labels.iter().any(|label| label.key == key);
        assert!(!given, "the layer has a label `{key}` already: give each label its own key");
        let texts = Arc::new(CappedMap::new(budget, SharedString::const_str(OVERFLOW)));
        self.labels.push(ExtraLabel { key, source, texts });
        // Handles that were kept for fewer labels are invalid.
        self.series = Arc::default();
    }

    /// Adds a listener to the requests on `route`, of one method or of all.
    pub(super) fn listen(
        &mut self,
        route: &RouteSeries,
        method: Option<super::label::HttpMethod>,
        listener: Arc<dyn Listener>,
    ) {
        let method = method.map(|method| Cow::Borrowed(method.as_str()));
        self.listeners.add_to(Cow::Borrowed(route.route.as_str()), method, listener);
    }

    pub(super) fn note(&mut self, key: &'static str, text: Arc<RequestText>) {
        self.notes.push((key, text));
    }

    /// Reads the attributes for listeners from a request.
    pub(super) fn request_notes(&self, head: RequestHead<'_>) -> Notes {
        // A panic in the service's function loses the attribute and nothing else.
        let read = |text: &RequestText| catch_unwind(AssertUnwindSafe(|| text(head))).ok().flatten();
        self.notes.iter().fold(Notes::new(), |notes, (key, text)| match read(&**text) {
            Some(value) => notes.attribute(key, &value),
            None => notes,
        })
    }

    /// Reads the labels of the request; `None` if the layer has no extra labels.
    pub(super) fn request_labels(&self, head: RequestHead<'_>) -> Option<ExtraValues> {
        let read = |label: &ExtraLabel| match &label.source {
            Source::Request(text) => label.read(|| text(head)),
            Source::Response(_) => None,
        };
        (!self.labels.is_empty()).then(|| self.labels.iter().map(read).collect())
    }

    /// Reads the labels of the response.
    pub(super) fn response_labels(&self, head: ResponseHead<'_>, extra: &mut ExtraValues) {
        for (label, value) in self.labels.iter().zip(extra) {
            if let Source::Response(text) = &label.source {
                *value = label.read(|| text(head));
            }
        }
    }

    /// Records a duration on a route with these extra labels.
    pub(super) fn record(&self, route: &RouteSeries, outcome: Outcome, extra: ExtraValues, seconds: f64) {
        let key = (route.route.as_str(), outcome, extra);
        let make = || {
            let pairs = self.labels.iter().zip(&key.2);
            let labels = pairs.filter_map(|(label, value)| Some(Label::new(label.key.clone(), value.clone()?)));
            outcome.duration_with(route.route, labels)
        };
        self.series.with(&key, make, |handle| handle.record(seconds));
    }
}

impl ExtraLabel {
    /// Runs the service's function; a panic in it loses the label and nothing else.
    fn read<'a>(&self, text: impl FnOnce() -> Option<Cow<'a, str>>) -> Option<SharedString> {
        let text = catch_unwind(AssertUnwindSafe(text)).ok()??;
        let value = if text.len() > MAX_VALUE_BYTES {
            // A text of this length is no label value, and it would be kept for ever.
            self.texts.overflow()
        } else {
            self.texts.get_or_insert_with(&text, |text| SharedString::from_shared(text.into()))
        };
        Some(value.clone())
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = self.labels.iter().map(|label| &*label.key).collect();
        f.debug_struct("Rules").field("skipped", &self.skipped).field("labels", &labels).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::End;
    use crate::http::{HttpMethod, HttpStatus, Scheme};

    #[test]
    fn handles_with_extra_labels_are_kept_up_to_a_bound() {
        let mut rules = Rules::default();
        rules.label("tenant".into(), 1, Source::Request(Arc::new(|_| None)));
        let (method, scheme, status) = (HttpMethod::Get, Scheme::Http, HttpStatus::new(200));
        let outcome = Outcome { method, scheme, status, end: End::Complete };
        let tenant = |number: usize| vec![Some(SharedString::from(number.to_string()))];
        let route = RouteSeries::unmatched();
        for number in 0..=MAX_KEPT {
            rules.record(route, outcome, tenant(number), 1.0);
        }
        let is_kept = |number| rules.series.table.get(&(route.route.as_str(), outcome, tenant(number))).is_some();
        assert!(is_kept(0) && is_kept(MAX_KEPT - 1) && !is_kept(MAX_KEPT));
    }

    #[test]
    fn a_rule_names_a_path_a_route_or_what_starts_alike() {
        let mut rules = Rules::default();
        rules.skip("/health");
        rules.skip("/internal/*");
        rules.skip("/live/{probe}");
        let skips = |path: &'static str, route| rules.skips(&Uri::from_static(path), route);
        assert!(skips("/health", None) && skips("/internal/a/b", None));
        assert!(skips("/live/x", Some("/live/{probe}")));
        assert!(!skips("/healthy", None) && !skips("/users", Some("/users")));
    }
}
