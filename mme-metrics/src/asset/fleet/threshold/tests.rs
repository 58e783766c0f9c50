use super::*;
use crate::asset::FILES;

fn found(expression: &str) -> Vec<&str> {
    numbers(expression).into_iter().map(|range| &expression[range]).collect()
}

#[test]
fn a_threshold_is_a_number_that_an_expression_compares_with() {
    assert_eq!(found("a > 0.5 and b >= 2 and c <1e3"), ["0.5", "2", "1e3"]);
    assert_eq!(found("a > 0 and b == 1 and c > 5 + 2 * d and e < 0.5 * f"), Vec::<&str>::new());
    assert_eq!(found("a{b=\"> 7\"} # > 8\n> 9"), ["9"]);
    assert_eq!(found("a{b='\\'> 7'} > bool 3"), Vec::<&str>::new());
    assert_eq!(found("a >"), Vec::<&str>::new());
    assert_eq!(found("a > é"), Vec::<&str>::new());
}

#[test]
fn names_are_unique() {
    let all = thresholds(FILES);
    let names: std::collections::BTreeSet<_> = all.iter().map(|threshold| &threshold.name).collect();
    assert_eq!(names.len(), all.len());
    let high = all.iter().find(|threshold| threshold.name == "MmeHttpErrorRateHigh").unwrap();
    assert_eq!(high.value, "0.005");
    assert_eq!(high.condition, "job_http_route:http_server_request_errors_per_request:ratio_rate5m > 0.005");
}

#[test]
fn only_the_value_and_what_the_alert_says_of_it_change() {
    let values = [("MmeHttpErrorRateHigh", "0.02"), ("MmeHttpErrorRateHigh.for", "9m")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let file = FILES.iter().find(|file| file.path() == "prometheus/alerts/http.yml").unwrap();
    let text = set_in(file.text(), &values).unwrap().unwrap();
    let changed: Vec<_> = text.lines().filter(|line| !file.text().contains(line)).map(str::trim).collect();
    assert!(changed[0].ends_with("ratio_rate5m > 0.02"), "{changed:#?}");
    assert_eq!(changed[1], "for: '9m'");
    let told = "[threshold MmeHttpErrorRateHigh: 0.02 instead of 0.005, MmeHttpErrorRateHigh.for: 9m instead of 5m]";
    assert!(text.contains(told), "{text}");
    assert_eq!(set_in("groups: []", &values), Ok(None));
}

#[test]
fn a_description_also_says_how_long_an_alert_waits() {
    let values = [("MmeHttpErrorRateHigh.for".to_owned(), "9m".to_owned())];
    let file = FILES.iter().find(|file| file.path() == "prometheus/alerts/http.yml").unwrap();
    let text = set_in(file.text(), &values).unwrap().unwrap();
    assert!(text.contains("[threshold MmeHttpErrorRateHigh.for: 9m instead of 5m]"), "{text}");
    assert_eq!(text.matches("[threshold ").count(), 1);
}

#[test]
fn a_rule_file_that_cannot_be_read_is_refused_without_values_too() {
    let broken = AssetFile::new(AssetKind::Rules, "broken.yml", "groups: [");
    for values in [&[][..], &[("MmeHttpErrorRateHigh".to_owned(), "1".to_owned())]] {
        let files: Vec<_> = FILES.iter().chain([&broken]).cloned().collect();
        assert_eq!(set(&files, values).unwrap_err().0, "broken.yml");
    }
}

#[test]
fn what_is_no_value_is_refused() {
    let set = |name: &str, value: &str| set(FILES, &[(name.to_owned(), value.to_owned())]).unwrap_err().1;
    assert_eq!(set("MmeHttpErorRateHigh", "1"), "unknown threshold: did you mean `MmeHttpErrorRateHigh`?");
    assert_eq!(set("zzz", "1"), "unknown threshold: `mme-metrics assets thresholds` lists them all");
    for hostile in ["", "NaN", "inf", "1 or vector(1)", "0x10", "1\n", "{{ . }}", "１"] {
        assert!(set("MmeHttpErrorRateHigh", hostile).contains("is not a number"), "{hostile:?}");
    }
    for hostile in ["", "5", "-5m", "5m]", "1y'\n", "5 m"] {
        assert!(set("MmeHttpErrorRateHigh.for", hostile).contains("is not a duration"), "{hostile:?}");
    }
}
