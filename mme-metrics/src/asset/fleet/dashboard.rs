//! Renders dashboards with a variable for each grouping label.

use serde_json::Value;

use super::grouping::{Grouping, Reader};
use crate::asset::check::variable_expression;
use crate::asset::promql;

pub(super) fn render(text: &str, grouping: &Grouping) -> Result<String, String> {
    let mut dashboard: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    panels(&mut dashboard["panels"], grouping)?;
    if let Some(list) = dashboard["templating"]["list"].as_array_mut() {
        variables(list, grouping)?;
    }
    let annotations = dashboard["annotations"]["list"].as_array_mut().into_iter().flatten();
    for query in annotations.filter_map(|annotation| annotation.get_mut("expr")) {
        rewrite(query, grouping)?;
    }
    // Cannot fail: a value that was read from JSON can be written as JSON.
    let text = serde_json::to_string_pretty(&dashboard).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn panels(list: &mut Value, grouping: &Grouping) -> Result<(), String> {
    for panel in list.as_array_mut().into_iter().flatten() {
        let prometheus = panel["datasource"]["type"].as_str().is_none_or(|kind| kind == "prometheus");
        for target in panel["targets"].as_array_mut().into_iter().flatten().filter(|_| prometheus) {
            let carries = rewrite(&mut target["expr"], grouping)?;
            let legend = target["legendFormat"].as_str().filter(|legend| !matches!(*legend, "" | "__auto"));
            if let (true, Some(legend)) = (carries, legend) {
                let labels: Vec<_> = grouping.labels.iter().map(|label| format!("{{{{{label}}}}}")).collect();
                target["legendFormat"] = format!("{legend} {}", labels.join(" ")).into();
            }
        }
        panels(&mut panel["panels"], grouping)?;
    }
    Ok(())
}

/// Rewrites a query in place. Returns whether its series have the labels.
fn rewrite(query: &mut Value, grouping: &Grouping) -> Result<bool, String> {
    let Some(text) = query.as_str() else { return Ok(false) };
    let (rewritten, carries) = expression(text, grouping)?;
    *query = rewritten.into();
    Ok(carries)
}

fn expression(text: &str, grouping: &Grouping) -> Result<(String, bool), String> {
    let parsed = promql::parse_query(text).map_err(|problem| format!("{text}: {}", problem.message))?;
    let mut grouped = parsed.expression.clone();
    let carries = grouping.rewrite(&mut grouped, Reader::Panel);
    let rewritten = if grouped == parsed.expression { text.to_owned() } else { parsed.restore(&grouped) };
    Ok((rewritten, carries))
}

/// Inserts a variable for each label before `job`. Each offers the values that remain after the choices before it.
fn variables(list: &mut Vec<Value>, grouping: &Grouping) -> Result<(), String> {
    let at = list.iter().position(|variable| variable["name"] == "job").unwrap_or(list.len());
    let model = list.get(at).cloned();
    for variable in list.iter_mut().filter(|variable| variable["type"] == "query") {
        let text = query_of(variable).to_owned();
        if let Some((inner, Some(label))) = variable_expression(&text) {
            let (inner, _) = expression(inner, grouping)?;
            set_query(variable, &format!("label_values({inner}, {label})"));
        }
    }
    let Some(model) = model else { return Ok(()) };
    let Some((series, _)) = variable_expression(query_of(&model)) else { return Ok(()) };
    for (number, label) in grouping.labels.iter().enumerate() {
        if list.iter().any(|variable| variable["name"] == **label) {
            continue;
        }
        let before = Grouping::of_labels(&grouping.labels[..number]);
        let (series, _) = expression(series, &before)?;
        let mut variable = model.clone();
        variable["name"] = label.as_str().into();
        variable["label"] = title(label).into();
        set_query(&mut variable, &format!("label_values({series}, {label})"));
        if variable["query"].is_object() {
            variable["query"]["refId"] = label.as_str().into();
        }
        list.insert(at + number, variable);
    }
    Ok(())
}

fn query_of(variable: &Value) -> &str {
    let query = if variable["query"].is_object() { &variable["query"]["query"] } else { &variable["query"] };
    query.as_str().unwrap_or_default()
}

fn set_query(variable: &mut Value, query: &str) {
    let field = if variable["query"].is_object() { &mut variable["query"]["query"] } else { &mut variable["query"] };
    *field = query.into();
    variable["definition"] = query.into();
}

fn title(label: &str) -> String {
    let mut characters = label.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
