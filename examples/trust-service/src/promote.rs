//! Selects the documents to promote for a subject. It queries three tiers in turn, and the first that finds any
//! document answers.

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json, Router};
use mme_metrics::business::tier;
use mme_metrics::event::Notes;
use mme_metrics::instrument_metrics;
use mme_metrics::operation::Outcome;
use serde::{Deserialize, Serialize};

use crate::documents::{Document, Documents};
use crate::error::ApiError;
use crate::login::Session;
use crate::state::App;

/// Largest number of documents in one promotion.
const MAX_LIMIT: i64 = 20;

/// Largest number of words in one query.
const MAX_WORDS: usize = 16;

/// Number of first letters that two words share to be neighbors, such as `invoice` and `invoicing`.
const STEM: usize = 4;

/// The tier that an answer came from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    /// Documents with one of the words as a tag.
    Direct,
    /// Documents with a tag that begins with the same letters as one of the words.
    Neighbors,
    /// The newest documents of any subject.
    Recent,
}

impl Tier {
    const fn measured(self) -> &'static tier::Tier {
        match self {
            Self::Direct => &tier::DIRECT,
            Self::Neighbors => &tier::NEIGHBORS,
            Self::Recent => &tier::RECENT,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Neighbors => "neighbors",
            Self::Recent => "recent",
        }
    }
}

#[derive(Deserialize)]
struct Question {
    about: Vec<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
struct Promotion {
    tier: Tier,
    documents: Vec<Document>,
}

/// The routes of this domain.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/promote", post(promote))
}

async fn promote(
    State(app): State<App>,
    session: Session,
    Json(question): Json<Question>,
) -> Result<(Extension<Notes>, Json<Promotion>), ApiError> {
    if question.about.is_empty() || question.about.len() > MAX_WORDS {
        return Err(ApiError::Unprocessable(format!("ask about 1 to {MAX_WORDS} words")));
    }
    let words: Vec<String> = question.about.iter().map(|word| word.to_lowercase()).collect();
    let limit = question.limit.unwrap_or(5).clamp(1, MAX_LIMIT);
    let documents = Documents::of(&app.database, &session.tenant);
    // Counts the request once, for the tier that answers. After an error, or if the client leaves, it counts for the
    // tier that was queried last.
    let mut request = tier::DIRECT.start_request();
    for tier in [Tier::Direct, Tier::Neighbors, Tier::Recent] {
        request.pass_to(tier.measured());
        let found = match ask(tier, documents, &words, limit).await {
            Ok(found) => found,
            Err(error) => {
                request.end(Outcome::OTHER);
                return Err(error.into());
            }
        };
        if !found.is_empty() {
            request.end(Outcome::Ok);
            // Notes for a spike trace, in case this request becomes one.
            let notes = Notes::new().tier(tier.name()).attribute("words", &words.len().to_string());
            return Ok((Extension(notes), Json(Promotion { tier, documents: found })));
        }
    }
    request.end(Outcome::OTHER);
    Err(ApiError::NotFound("there is nothing to promote yet: store a document first"))
}

/// Queries one tier.
#[instrument_metrics(name = "ask_tier")]
async fn ask(tier: Tier, documents: Documents<'_>, words: &[String], limit: i64) -> Result<Vec<Document>, sqlx::Error> {
    match tier {
        Tier::Direct => documents.tagged(words, limit).await,
        Tier::Neighbors => {
            let stems: Vec<String> = words.iter().filter_map(|word| stem(word)).collect();
            documents.tagged_like(&stems, limit).await
        }
        Tier::Recent => documents.newest(limit).await,
    }
}

/// Returns the first letters of a word, if it is long enough.
fn stem(word: &str) -> Option<String> {
    let stem: String = word.chars().take(STEM).collect();
    (stem.chars().count() == STEM).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_too_short_has_no_neighbors() {
        assert_eq!(stem("invoice").as_deref(), Some("invo"));
        assert_eq!(stem("tax"), None);
    }
}
