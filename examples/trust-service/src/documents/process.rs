//! Processing of documents: reads the text, and makes its most frequent words the tags of the document.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mme_metrics::instrument_metrics;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::metrics::Attempt;
use super::{Document, Documents, Kind, Progress};
use crate::business::PROCESSING;
use crate::error::ApiError;
use crate::objectives::RECOGNITION;

/// Number of tags that a document gets.
const TAGS: usize = 5;

/// Length of the shortest word that can be a tag.
const TAG_LENGTH: usize = 5;

/// Longest time that text recognition may take.
const RECOGNITION_TIMEOUT: Duration = Duration::from_millis(900);

/// The result of processing.
#[derive(Debug, Serialize)]
pub(super) struct ProcessingResult {
    words: usize,
    tags: Vec<String>,
    sha256: String,
}

/// Processes a document that was not processed before, and counts every attempt with its outcome.
#[instrument_metrics(name = "process_document")]
#[instrument_metrics(record = PROCESSING.of(document.kind))]
pub(super) async fn process(documents: &Documents<'_>, document: &Document) -> Result<ProcessingResult, ApiError> {
    let attempt = Attempt::start(document.kind);
    attempt.end(read_and_tag(documents, document).await)
}

async fn read_and_tag(documents: &Documents<'_>, document: &Document) -> Result<ProcessingResult, ApiError> {
    if document.state == Progress::Processed {
        return Err(ApiError::Conflict("the document was processed before"));
    }
    if document.kind == Kind::Scan {
        recognize(&document.body).await?;
    }
    let processed = analyse(&document.body)?;
    documents.complete(document.id, &processed.tags).await?;
    Ok(processed)
}

/// Recognizes the text of a scan. It stands in for a real recognition engine, and waits 1 ms for each character.
#[instrument_metrics(concurrent, objective = &RECOGNITION)]
async fn recognize(body: &str) -> Result<(), ApiError> {
    let work = Duration::from_millis(body.len() as u64);
    tokio::time::timeout(RECOGNITION_TIMEOUT, tokio::time::sleep(work))
        .await
        .map_err(|_| ApiError::Timeout("text recognition took too long: scan fewer pages at once"))
}

#[instrument_metrics]
fn analyse(body: &str) -> Result<ProcessingResult, ApiError> {
    let words: Vec<String> = body
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return Err(ApiError::Unprocessable("the document has no text".to_owned()));
    }
    let mut frequency: HashMap<&str, usize> = HashMap::new();
    for word in words.iter().filter(|word| word.chars().count() >= TAG_LENGTH) {
        *frequency.entry(word).or_default() += 1;
    }
    let mut tags: Vec<_> = frequency.into_iter().collect();
    tags.sort_by(|(word, count), (other, others)| others.cmp(count).then(word.cmp(other)));
    let tags = tags.into_iter().take(TAGS).map(|(word, _)| word.to_owned()).collect();
    Ok(ProcessingResult { words: words.len(), tags, sha256: BASE64_STANDARD.encode(Sha256::digest(body)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_long_words_become_tags() {
        let processed = analyse("The ledger, the LEDGER: a storage of the ledger and its storage, apples").unwrap();
        assert_eq!(processed.words, 13);
        assert_eq!(processed.tags, ["ledger", "storage", "apples"]);
    }

    #[test]
    fn a_document_without_text_cannot_be_processed() {
        assert!(matches!(analyse(" … "), Err(ApiError::Unprocessable(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scan_that_is_too_long_is_given_up() {
        assert!(recognize(&"x".repeat(800)).await.is_ok());
        assert!(matches!(recognize(&"x".repeat(1000)).await, Err(ApiError::Timeout(_))));
    }
}
