//! METRICS.md is the catalogue as a page. A family of a user can be part of a catalogue.

use std::{env, fs};

use mme_metrics::metric::{Family as _, Kind};
use mme_metrics::{Cardinality, Counter, Gauge, LabelValue, Unit, catalog, family, labels};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mme-metrics/METRICS.md");

const HEAD: &str = "# Metrics\n\n\
    Every metric of this crate, in the order of its families. Written by a test from the catalogue: run\n\
    `MME_BLESS=1 cargo test --all-features --test docs catalogue` after a change.\n\n";

#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "colour")]
enum Colour {
    DarkRed,
    #[label("bleu")]
    Blue,
    #[label("")]
    None,
}

labels! {
    /// Who paints.
    pub registered Painter: "painter", budget = 5, fallback = "_other";
}

family! {
    /// What the painters do.
    static PAINT: PaintMetrics {
        /// Walls that were painted.
        /// Counted when dry.
        walls: Counter<(Colour, Painter)> = Counter::new("paint_walls_total", Unit::None);
        /// Share of the paint that is left.
        left: Gauge<()> = Gauge::new("paint_left_ratio", Unit::Ratio).optional();
    }
}

#[test]
fn metrics_md_is_the_catalogue() {
    let page = format!("{HEAD}{}\n", catalog::table(catalog::FAMILIES).trim_end());
    if env::var_os("MME_BLESS").is_some() {
        fs::write(PAGE, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "METRICS.md is not the catalogue: MME_BLESS=1 cargo test --all-features --test docs catalogue"
    );
}

#[test]
fn the_catalogue_is_clean() {
    assert_eq!(catalog::lint(catalog::FAMILIES), []);
}

#[test]
fn a_family_of_the_users_own_is_tabled_like_ours() {
    let table = catalog::table(&[&PAINT]);
    assert!(table.starts_with("## paint\n\nWhat the painters do.\n"), "{table}");
    let row = "| `paint_walls_total` | counter | `colour`: dark_red, bleu, (none)<br>`painter`: registered, at most 5, else \
               `_other` | Walls that were painted. Counted when dry. |";
    assert!(table.contains(row), "{table}");
    assert!(table.contains("| `paint_left_ratio` | gauge, opt |  | Share of the paint that is left. |"), "{table}");
}

#[test]
fn a_family_of_the_users_own_is_linted_with_ours() {
    let mut families = catalog::FAMILIES.to_vec();
    families.push(&PAINT);
    assert_eq!(catalog::lint(&families), []);
    families.push(&PAINT);
    assert!(catalog::lint(&families).iter().any(|finding| finding.metric == "paint_walls_total"));
}

#[test]
fn variants_read_in_snake_case_or_as_told() {
    let texts = [Colour::DarkRed, Colour::Blue, Colour::None].map(|colour| colour.label_value().into_owned());
    assert_eq!(texts, ["dark_red", "bleu", ""]);
}

#[test]
fn a_spec_says_what_the_metric_declares() {
    let spec = PAINT.walls.spec();
    assert_eq!(
        (spec.name, spec.family, spec.kind, spec.optional),
        ("paint_walls_total", "paint", Kind::Counter, false)
    );
    assert_eq!(spec.label("colour").map(|label| label.values), Some(Cardinality::Closed(&["dark_red", "bleu", ""])));
    assert_eq!(PAINT.specs().len(), 2);
    assert!(PAINT.left.spec().optional);
}

/// The same name under another path, as in a crate that renamed its dependency.
mod renamed {
    pub(crate) use mme_metrics as measured;
}

#[test]
fn a_label_may_be_derived_under_another_name_of_the_crate() {
    #[derive(Clone, Copy, LabelValue)]
    #[label(key = "shape", crate = renamed::measured)]
    enum Shape {
        Round,
    }
    assert_eq!(&*Shape::Round.label_value(), "round");
}
