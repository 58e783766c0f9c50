//! Checks a binary operator between two expressions.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::token::T_LOR;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::expression::Reader;
use super::shape::{Labels, Sample, Shape, Values};
use crate::asset::finding::FindingKind;

impl Reader<'_> {
    pub(super) fn binary(&mut self, binary: &BinaryExpr) -> Shape {
        let (left, right) = (self.shape(&binary.lhs), self.shape(&binary.rhs));
        let scalar = |side: &promql_parser::parser::Expr| side.value_type() == ValueType::Scalar;
        if binary.op.is_comparison_operator() && [&left, &right].iter().any(|side| side.sample == Sample::Histogram) {
            self.find_histogram(&binary.op.to_string());
        }
        // A comparison keeps the values of its left side. Every other operator computes new values.
        let keep = |shape: Shape| {
            let labels = shape.labels.clone();
            if binary.op.is_comparison_operator() { shape } else { Shape::computed_of(&shape, labels) }
        };
        match (scalar(&binary.lhs), scalar(&binary.rhs)) {
            (true, true) => return Shape::bare(),
            (true, false) => return keep(right),
            (false, true) => return keep(left),
            (false, false) => {}
        }
        if binary.op.id() == T_LOR {
            return Shape { labels: left.labels.union(right.labels), ..left };
        }
        let matching = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
        self.matched(&left, &right, matching);
        if binary.op.is_set_operator() {
            return left;
        }
        keep(self.joined(left, right, binary, matching))
    }

    /// Reports why no series of one side can match a series of the other.
    fn matched(&mut self, left: &Shape, right: &Shape, matching: Option<&LabelModifier>) {
        let (Labels::Known(ours), Labels::Known(theirs)) = (&left.labels, &right.labels) else { return };
        let ignored: BTreeSet<_> = match matching {
            Some(LabelModifier::Include(on)) => {
                self.need(left, &on.labels);
                self.need(right, &on.labels);
                return;
            }
            Some(LabelModifier::Exclude(ignoring)) => ignoring.labels.iter().collect(),
            None => BTreeSet::new(),
        };
        let odd = |keys: &BTreeMap<String, Values>, others: &BTreeMap<String, Values>| {
            keys.keys().any(|key| !others.contains_key(key) && !ignored.contains(key))
        };
        if odd(ours, theirs) || odd(theirs, ours) {
            self.find(FindingKind::NeverMatches.says(format!(
                "the two sides never match: the left has the labels {}, the right {}; aggregate both by the same labels, or say `on (…)`",
                left.labels.list(),
                right.labels.list()
            )));
        }
    }

    /// Returns the shape of the result of an arithmetic operator or comparison.
    fn joined(&mut self, left: Shape, right: Shape, binary: &BinaryExpr, matching: Option<&LabelModifier>) -> Shape {
        let card = binary.modifier.as_ref().map(|modifier| &modifier.card);
        let (mut many, one, extra) = match card {
            Some(VectorMatchCardinality::ManyToOne(extra)) => (left, right, extra),
            Some(VectorMatchCardinality::OneToMany(extra)) => (right, left, extra),
            _ => return one_to_one(left, matching),
        };
        self.need(&one, &extra.labels);
        extra.labels.iter().for_each(|key| many.labels.set(key, one.labels.values(key).clone()));
        many
    }
}

fn one_to_one(mut left: Shape, matching: Option<&LabelModifier>) -> Shape {
    match matching {
        Some(LabelModifier::Include(on)) => left.labels = left.labels.only(&on.labels),
        Some(LabelModifier::Exclude(ignoring)) => ignoring.labels.iter().for_each(|key| left.labels.remove(key)),
        None => {}
    }
    left
}
