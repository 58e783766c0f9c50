//! The documents of one tenant. Requests reach the tables only through this type, and every statement in it names the
//! tenant.

use mme_metrics::LabelValue;
use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};

use super::{Draft, Kind, Progress};
use crate::clock;
use crate::database::Database;
use crate::error::ApiError;

/// Largest number of documents in one list.
pub(super) const PAGE: i64 = 50;

/// A stored document.
#[derive(Clone, Debug, FromRow, Serialize)]
pub(crate) struct Document {
    pub(crate) id: i64,
    #[sqlx(try_from = "String")]
    pub(crate) kind: Kind,
    pub(crate) title: String,
    #[serde(skip)]
    pub(crate) body: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: Progress,
    pub(super) created_at: i64,
}

/// The documents of one tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Documents<'a> {
    database: &'a Database,
    tenant: &'a str,
}

impl<'a> Documents<'a> {
    pub(crate) fn of(database: &'a Database, tenant: &'a str) -> Self {
        Self { database, tenant }
    }

    pub(super) async fn insert(&self, draft: &Draft) -> Result<Document, sqlx::Error> {
        sqlx::query_as(
            "INSERT INTO documents (tenant, kind, title, body, created_at) VALUES ($1, $2, $3, $4, $5)
             RETURNING id, kind, title, body, state, created_at",
        )
        .bind(self.tenant)
        .bind(draft.kind.label_value().into_owned())
        .bind(&draft.title)
        .bind(&draft.body)
        .bind(clock::now())
        .fetch_one(self.database)
        .await
    }

    /// Finds a document. A document of another tenant is not found, like one that does not exist.
    pub(crate) async fn find(&self, id: i64) -> Result<Document, ApiError> {
        sqlx::query_as("SELECT id, kind, title, body, state, created_at FROM documents WHERE tenant = $1 AND id = $2")
            .bind(self.tenant)
            .bind(id)
            .fetch_optional(self.database)
            .await?
            .ok_or(ApiError::NotFound("there is no such document"))
    }

    pub(crate) async fn newest(&self, limit: i64) -> Result<Vec<Document>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, kind, title, body, state, created_at FROM documents WHERE tenant = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(self.tenant)
        .bind(limit)
        .fetch_all(self.database)
        .await
    }

    /// Finds the newest documents with one of these tags.
    pub(crate) async fn tagged(&self, tags: &[String], limit: i64) -> Result<Vec<Document>, sqlx::Error> {
        self.with_tags(tags, limit, |number| format!("tag = ${number}")).await
    }

    /// Finds the newest documents with a tag that begins with one of these stems.
    pub(crate) async fn tagged_like(&self, stems: &[String], limit: i64) -> Result<Vec<Document>, sqlx::Error> {
        self.with_tags(stems, limit, |number| format!("substr(tag, 1, length(${number})) = ${number}")).await
    }

    /// Finds documents by their tags. `condition` gets the number of a parameter and returns the SQL condition for a
    /// tag.
    async fn with_tags(
        &self,
        words: &[String],
        limit: i64,
        condition: impl Fn(usize) -> String,
    ) -> Result<Vec<Document>, sqlx::Error> {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        // Two parameters come before the words. The SQL text depends on the number of words, and never contains a word.
        let conditions: Vec<_> = (3..3 + words.len()).map(condition).collect();
        let sql = format!(
            "SELECT id, kind, title, body, state, created_at FROM documents WHERE tenant = $1 AND id IN
                 (SELECT document FROM tags WHERE tenant = $1 AND ({}))
             ORDER BY id DESC LIMIT $2",
            conditions.join(" OR ")
        );
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(self.tenant).bind(limit);
        // A method path in place of the closure would need types that the compiler infers only from the closure.
        #[allow(clippy::redundant_closure_for_method_calls)]
        let query = words.iter().fold(query, |query, word| query.bind(word));
        query.fetch_all(self.database).await
    }

    /// Stores the result of processing in one transaction.
    pub(super) async fn complete(&self, id: i64, tags: &[String]) -> Result<(), ApiError> {
        let mut transaction = self.database.begin().await?;
        let updated = sqlx::query(
            "UPDATE documents SET state = 'processed' WHERE tenant = $1 AND id = $2 AND state <> 'processed'",
        )
        .bind(self.tenant)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        if updated.rows_affected() == 0 {
            return Err(ApiError::Conflict("the document was processed or deleted meanwhile"));
        }
        for tag in tags {
            sqlx::query("INSERT INTO tags (tenant, tag, document) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(self.tenant)
                .bind(tag)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    pub(super) async fn delete(&self, id: i64) -> Result<(), ApiError> {
        let deleted = sqlx::query("DELETE FROM documents WHERE tenant = $1 AND id = $2")
            .bind(self.tenant)
            .bind(id)
            .execute(self.database)
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(ApiError::NotFound("there is no such document"));
        }
        Ok(())
    }
}
