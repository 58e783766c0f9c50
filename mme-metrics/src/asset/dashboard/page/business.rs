//! The business dashboard: operations, money, satisfaction and tiers.

use super::{certificate, requests, security, state};
use crate::asset::dashboard::{Audience, Dashboard, DisplayUnit, Panel, Promql, Row, Series, Variable, View};
use crate::business::BUSINESS;

/// Returns the dashboard of operations, money, satisfaction and tiers.
pub fn business() -> Dashboard {
    let currency = Variable::label("currency", "Currency", BUSINESS.currency_minor_units.spec(), "currency");
    Dashboard::new(
        "mme-business",
        "Business",
        "Operations for customers, money, satisfaction, and how requests were answered.",
    )
    .audience(Audience::Business)
    .variable(currency)
    .row(state::state_of("business"))
    .row(figures())
    .row(work())
    .row(money())
    .row(tiers())
}

const HOUR: u32 = 60 * 60;

fn figures() -> Row {
    let done = Series::of(BUSINESS.operations.spec()).matching("result=\"ok\"");
    let satisfaction = Series::of(BUSINESS.score.spec()).matching("kind=\"satisfaction\"").value();
    Row::new("Key figures")
        .panel(
            Panel::new(
                "Completed operations",
                DisplayUnit::Short,
                "Business operations that succeeded in the time shown.",
            )
            .view(View::Stat)
            .sum(&done.growth(), &["operation"]),
        )
        .panel(requests::availability())
        .panel(
            Panel::new(
                "Customer satisfaction",
                DisplayUnit::Share,
                "The score that the service reports, from 0 to 100 %.",
            )
            .view(View::Gauge)
            .query(satisfaction.avg_by(&["kind"]), "{{kind}}"),
        )
        .panel(security::countries())
}

fn work() -> Row {
    let operations = Series::of(BUSINESS.operations.spec());
    let (by, legend) = (["operation", "type"], "{{operation}} {{type}}");
    Row::new("Work")
        .panel(
            Panel::new("Volume", DisplayUnit::Short, "Business operations per hour, whatever their result.")
                .query(operations.rate().sum_by(&by).times(HOUR), legend),
        )
        .panel(
            Panel::new("Types", DisplayUnit::Short, "Business operations in the time shown, by type.")
                .view(View::Pie)
                .sum(&operations.growth(), &["type"]),
        )
        .panel(
            Panel::new("Processing time", DisplayUnit::Seconds, "The 95th percentile of each operation and type.")
                .p95(&Series::buckets(BUSINESS.operation_duration.spec()), &by),
        )
        .panel(
            Panel::new("Failed business operations", DisplayUnit::Share, "Share of operations that failed.")
                .judged(
                    &Series::recorded("job_operation:business_operation_errors_per_operation:ratio_rate5m"),
                    &["operation"],
                )
                .warning("MmeBusinessErrorRateHigh", 0.1),
        )
        .panel(
            Panel::new(
                "Queues",
                DisplayUnit::Short,
                "Items that wait. A line that only rises means that nothing works them off.",
            )
            .sum(&Series::of(BUSINESS.queue_items.spec()).value(), &["queue"]),
        )
        .panel(certificate::issuance())
}

/// Selects the money of one kind in the chosen currencies.
fn value(kind: &str) -> Series {
    Series::of(BUSINESS.value.spec()).matching(&format!("kind=~\"{kind}\"")).matching("currency=~\"$currency\"")
}

/// Converts minor units, such as cents, to the main unit of the currency.
fn major(minor: &Promql) -> Promql {
    let units = Series::of(BUSINESS.currency_minor_units.spec()).value().max_of(&["currency"]);
    minor.over(&units, &["currency"])
}

fn money() -> Row {
    let (revenue, cost) = (value("revenue"), value("cost"));
    let by_country = major(&revenue.growth().sum_by(&["currency", "geo_country_iso_code"]));
    let by_client = major(&revenue.growth().sum_by(&["currency", "client"]));
    let moved = major(&value("revenue|fee|refund|cost").rate().sum_by(&["kind", "currency"]).times(HOUR));
    let forecast = Series::recorded("job_currency:business_revenue:increase1d").matching("currency=~\"$currency\"");
    let done = Series::of(BUSINESS.operations.spec()).growth().sum_of(&[]);
    let spent = major(&cost.growth().sum_by(&["currency"])).over(&done, &[]);
    Row::new("Money")
        .panel(
            Panel::new("Money", DisplayUnit::Amount, "Revenue, fees, refunds and costs per hour.")
                .query(moved, "{{kind}} {{currency}}"),
        )
        .panel(
            Panel::new(
                "Revenue by country",
                DisplayUnit::Amount,
                "Revenue in the time shown. An empty country is revenue without one.",
            )
            .view(View::Bars)
            .query(by_country, "{{geo_country_iso_code}} {{currency}}"),
        )
        .panel(
            Panel::new("Revenue by client", DisplayUnit::Amount, "The ten largest clients in the time shown.")
                .view(View::Bars)
                .query(format!("topk(10, {by_client})").as_str().into(), "{{client}} {{currency}}"),
        )
        .panel(
            Panel::new(
                "Revenue per day, with forecast",
                DisplayUnit::Amount,
                "Revenue of the last day, and that of a day a week from now if the trend of the last seven days goes on. The forecast needs a day of data.",
            )
            .query(format!("sum by (currency) ({forecast})").as_str().into(), "now {{currency}}")
            .query(
                format!("sum by (currency) (predict_linear({forecast}[7d], 7 * 86400) and {forecast} offset 1d)").as_str().into(),
                "in a week {{currency}}",
            ),
        )
        .panel(
            Panel::new("Cost per operation", DisplayUnit::Amount, "All costs divided by all business operations.")
                .view(View::Stat)
                .query(spent, "{{currency}}"),
        )
}

fn tiers() -> Row {
    let requests = Series::of(BUSINESS.tier_requests.spec());
    Row::new("Tiers")
        .panel(
            Panel::new(
                "Answers by tier",
                DisplayUnit::RequestsPerSecond,
                "Requests by the tier that answered and the result.",
            )
            .sum(&requests.rate(), &["tier", "result"]),
        )
        .panel(
            Panel::new("Fallback", DisplayUnit::Share, "Share of requests that the direct tier could not answer.")
                .judged(&Series::recorded("job:tier_fallback_per_request:ratio_rate1h"), &["job"])
                .warning("MmeTierFallbackHigh", 0.2),
        )
        .panel(
            Panel::new(
                "Duration by tier",
                DisplayUnit::Seconds,
                "The 95th percentile of requests by the tier that answered.",
            )
            .p95(&Series::buckets(BUSINESS.tier_request_duration.spec()), &["tier"]),
        )
}
