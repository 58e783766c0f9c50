//! The links of a notification, followed.

use mme_metrics_tests::alertmanager::{Alertmanager, amtool};
use reqwest::Url;

/// Returns the matchers that a link to the form of a silence, or to a list of alerts, fills in.
#[track_caller]
pub fn matchers(link: &str) -> Vec<String> {
    // The filter stands behind the fragment, where no URL library looks.
    let (_, filter) = link.split_once('?').unwrap_or_else(|| panic!("{link} has no filter"));
    let url = Url::parse(&format!("http://example.com/?{filter}")).expect("a query of our own makes a URL");
    let filter = url.query_pairs().find(|(key, _)| key == "filter").expect("a filter").1.into_owned();
    let inner = filter.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.unwrap_or_else(|| panic!("{filter} is not a list of matchers"));
    split(inner)
}

/// Silences what a link of a notification fills in.
#[track_caller]
pub fn silence(alertmanager: &Alertmanager, link: &str) {
    let url = format!("--alertmanager.url={}", alertmanager.url(""));
    let matchers = matchers(link);
    let mut arguments = vec!["silence", "add", &url, "--author=a test", "--comment=it is known", "--duration=1h"];
    arguments.extend(matchers.iter().map(String::as_str));
    amtool(&arguments);
}

/// Splits matchers at the commas between them, which are not those within quotes.
fn split(matchers: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in matchers.chars() {
        if character == ',' && !quoted {
            all.push(String::new());
            continue;
        }
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        all.last_mut().expect("there is one from the beginning").push(character);
    }
    all.into_iter().map(|matcher| matcher.trim().to_owned()).collect()
}
