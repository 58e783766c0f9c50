//! Which documents to promote for a subject. Three tiers are asked in turn, and the first that knows any answers.

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

/// Most documents that are promoted at once.
const MAX_LIMIT: i64 = 20;

/// Most words that a question may have.
const MAX_WORDS: usize = 16;

/// Letters that two words share to be neighbors: `invoice` and `invoicing`.
const STEM: usize = 4;

/// Where an answer came from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    /// Documents that have one of the words as a tag.
    Direct,
    /// Documents with a tag that begins like one of the words.
    Neighbors,
    /// The newest documents, whatever they are about.
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
    // Counts once, for the tier that answers; left by an error or a client that goes, for the one asked last.
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
            // What a spike trace says of this request, should it become one.
            let notes = Notes::new().tier(tier.name()).attribute("words", &words.len().to_string());
            return Ok((Extension(notes), Json(Promotion { tier, documents: found })));
        }
    }
    request.end(Outcome::OTHER);
    Err(ApiError::NotFound("there is nothing to promote yet: store a document first"))
}

/// Asks one tier.
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

/// Returns the beginning of a word that is long enough to have one.
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
