//! What texts say of targets that are scraped, and what holds for instances that push too.

/// Each phrase of a bundled file, and what stands in its place.
const PHRASES: [(&str, &str); 8] = [
    ("A service does not answer its scrapes.", "A service neither answers scrapes nor sends metrics."),
    (
        "of the targets of {{ $labels.job }} answer their scrapes.",
        "of the instances of {{ $labels.job }} answer scrapes or send metrics.",
    ),
    (
        "An instance of a service does not answer its scrapes.",
        "An instance of a service neither answers scrapes nor sends metrics.",
    ),
    (
        "has not answered a scrape for 10 minutes; others do.",
        "has neither answered a scrape nor sent metrics for 10 minutes; others do.",
    ),
    ("A service has vanished from the list of targets.", "A service is no target any more and sends no metrics."),
    (
        "is scraped any more, though there was one within a day.",
        "is scraped any more, and none has sent metrics for a day.",
    ),
    ("Whether Prometheus reaches each target now.", "Whether each target answers scrapes or sends metrics now."),
    (
        "Whether Prometheus reaches each instance, over time.",
        "Whether each instance answers scrapes or sends metrics, over time.",
    ),
];

/// Replaces each phrase in a text.
pub(super) fn phrased(text: &str) -> String {
    PHRASES.iter().fold(text.to_owned(), |text, (scraped, both)| text.replace(scraped, both))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::FILES;

    #[test]
    fn every_phrase_stands_in_a_bundled_file() {
        for (scraped, _) in PHRASES {
            assert!(FILES.iter().any(|file| file.text().contains(scraped)), "{scraped}");
        }
    }
}
