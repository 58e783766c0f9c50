//! What the service is for, for those who answer for that.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::variable::Variable;
use super::{Dashboard, Row, certificate, security};
use crate::business::BUSINESS;
use crate::http::HTTP;

/// Returns the dashboard of operations, money, satisfaction and tiers.
pub fn business() -> Dashboard {
    let currency = Variable::label("currency", "Currency", BUSINESS.currency_minor_units.spec(), "currency");
    Dashboard::new(
        "mme-business",
        "Business",
        "What was done for customers, what money moved, and how content they are.",
    )
    .variable(currency)
    .row(figures())
    .row(work())
    .row(money())
    .row(tiers())
}

const HOUR: u32 = 60 * 60;

fn figures() -> Row {
    let done = Series::of(BUSINESS.operations.spec()).matching("result=\"ok\"");
    let requests = Series::of(HTTP.server_duration.spec());
    let all = requests.growth().sum_by(&["job"]);
    let answered = format!(
        "1 - {}",
        requests
            .matching("http_response_status_code=~\"5..\"")
            .growth()
            .sum_by(&["job"])
            .or_zero_of(&all)
            .share_of(&all)
    );
    let satisfaction = Series::of(BUSINESS.score.spec()).matching("kind=\"satisfaction\"").value();
    Row::new("Key figures")
        .panel(
            Panel::new("Done", DisplayUnit::Short, "Business operations that went well, in the time that is shown.")
                .view(View::Stat)
                .query(done.growth().sum_by(&["operation"]), "{{operation}}"),
        )
        .panel(
            Panel::new("Service level", DisplayUnit::Share, "Share of requests that the service could answer.")
                .view(View::Gauge)
                .query(answered.as_str().into(), "{{job}}"),
        )
        .panel(
            Panel::new(
                "Customer satisfaction",
                DisplayUnit::Share,
                "What customers think of it, between none and all.",
            )
            .view(View::Gauge)
            .query(satisfaction.avg_by(&["kind"]), "{{kind}}"),
        )
        .panel(security::countries())
}

fn work() -> Row {
    let operations = Series::of(BUSINESS.operations.spec());
    let (by, legend) = (["operation", "type"], "{{operation}} {{type}}");
    let all = operations.rate().sum_by(&["operation"]);
    let failed = operations.clone().matching("result=\"error\"").rate().sum_by(&["operation"]);
    Row::new("Work")
        .panel(
            Panel::new("Volume", DisplayUnit::Short, "Business operations in an hour, whatever their end.")
                .query(operations.rate().sum_by(&by).times(HOUR), legend),
        )
        .panel(
            Panel::new("Types", DisplayUnit::Short, "What the operations were done with, in the time that is shown.")
                .view(View::Pie)
                .query(operations.growth().sum_by(&["type"]), "{{type}}"),
        )
        .panel(
            Panel::new("Processing time", DisplayUnit::Seconds, "The 95th percentile of each operation and type.")
                .query(Series::buckets(BUSINESS.operation_duration.spec()).quantile(0.95, &by), legend),
        )
        .panel(
            Panel::new("Failed operations", DisplayUnit::Share, "Share of operations that failed.")
                .query(failed.or_zero_of(&all).share_of(&all), "{{operation}}")
                .limits(0.05, 0.1),
        )
        .panel(
            Panel::new(
                "Queues",
                DisplayUnit::Short,
                "Items that wait; a line that only rises is work that nobody does.",
            )
            .query(Series::of(BUSINESS.queue_items.spec()).value().sum_by(&["queue"]), "{{queue}}"),
        )
        .panel(certificate::issuance())
}

/// Selects money of one kind in the chosen currencies.
fn value(kind: &str) -> Series {
    Series::of(BUSINESS.value.spec()).matching(&format!("kind=~\"{kind}\"")).matching("currency=~\"$currency\"")
}

/// Turns minor units into the currency's own.
fn major(minor: &Promql) -> Promql {
    let units = Series::of(BUSINESS.currency_minor_units.spec()).value().max_by(&["currency"]);
    minor.over(&units, &["currency"])
}

fn money() -> Row {
    let (revenue, cost) = (value("revenue"), value("cost"));
    let by_country = major(&revenue.growth().sum_by(&["currency", "geo_country_iso_code"]));
    let by_client = major(&revenue.growth().sum_by(&["currency", "client"]));
    let moved = major(&value("revenue|fee|refund|cost").rate().sum_by(&["kind", "currency"]).times(HOUR));
    let forecast = Series::recorded("job_currency:business_revenue:increase1d").matching("currency=~\"$currency\"");
    let done = Series::of(BUSINESS.operations.spec()).growth().sum_by(&[]);
    Row::new("Money")
        .panel(
            Panel::new("Money", DisplayUnit::Amount, "Revenue, fees, refunds and costs in an hour.")
                .query(moved, "{{kind}} {{currency}}"),
        )
        .panel(
            Panel::new(
                "Revenue by country",
                DisplayUnit::Amount,
                "In the time that is shown; empty is not told apart.",
            )
            .view(View::Bars)
            .query(by_country, "{{geo_country_iso_code}} {{currency}}"),
        )
        .panel(
            Panel::new("Revenue by client", DisplayUnit::Amount, "The ten largest in the time that is shown.")
                .view(View::Bars)
                .query(format!("topk(10, {by_client})").as_str().into(), "{{client}} {{currency}}"),
        )
        .panel(
            Panel::new(
                "Revenue of a day, in a week",
                DisplayUnit::Amount,
                "What a day brings now, and what it will bring in seven days if the last seven go on.",
            )
            .query(forecast.value().sum_by(&["currency"]), "now {{currency}}")
            .query(
                format!("sum by (currency) (predict_linear({forecast}[7d], 7 * 86400))").as_str().into(),
                "in a week {{currency}}",
            ),
        )
        .panel(
            Panel::new("Cost of an operation", DisplayUnit::Amount, "All costs over all business operations.")
                .view(View::Stat)
                .query(
                    format!("{} / on () group_left () ({done} > 0)", major(&cost.growth().sum_by(&["currency"])))
                        .as_str()
                        .into(),
                    "{{currency}}",
                ),
        )
}

fn tiers() -> Row {
    let requests = Series::of(BUSINESS.tier_requests.spec());
    let all = requests.rate().sum_by(&["job"]);
    let fallback = requests.clone().matching("tier=~\"neighbors|recent\"").rate().sum_by(&["job"]);
    Row::new("Tiers")
        .panel(
            Panel::new("Answers by tier", DisplayUnit::RequestsPerSecond, "Which tier answered, and how that ended.")
                .query(requests.rate().sum_by(&["tier", "result"]), "{{tier}} {{result}}"),
        )
        .panel(
            Panel::new("Fallback", DisplayUnit::Share, "Share of requests that no direct answer was found for.")
                .query(fallback.or_zero_of(&all).share_of(&all), "{{job}}")
                .limits(0.2, 0.5),
        )
        .panel(
            Panel::new(
                "Duration by tier",
                DisplayUnit::Seconds,
                "The 95th percentile of requests that ended in a tier.",
            )
            .query(Series::buckets(BUSINESS.tier_request_duration.spec()).quantile(0.95, &["tier"]), "{{tier}}"),
        )
}
