//! The labels of database metrics, each with its bound.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};
use crate::operation::Outcome;

/// Names of operations that one program has: those of SQL, and what its other clients call theirs.
pub(super) const OPERATIONS: usize = 256;

/// Tables and collections that one program tells apart.
pub(super) const COLLECTIONS: usize = 1_000;

/// Databases that one program is a client of.
const NAMESPACES: usize = 64;

labels! {
    /// The name of a connection pool, as the service gave it.
    pub registered PoolName: "db_client_connection_pool_name", budget = 100, fallback = "_other";
    /// The name of a replica, as the service gave it.
    pub registered Replica: "replica", budget = 100, fallback = "_other";
}

labels! {
    /// Which product a database is, by its name in the OpenTelemetry conventions.
    #[non_exhaustive]
    pub closed DatabaseSystem: "db_system_name" {
        /// PostgreSQL.
        Postgresql = "postgresql",
        /// MySQL.
        Mysql = "mysql",
        /// MariaDB.
        Mariadb = "mariadb",
        /// SQLite.
        Sqlite = "sqlite",
        /// Microsoft SQL Server.
        MicrosoftSqlServer = "microsoft.sql_server",
        /// Any other that speaks SQL.
        OtherSql = "other_sql",
        /// Redis, and what speaks its protocol.
        Redis = "redis",
        /// MongoDB.
        Mongodb = "mongodb",
        /// Memcached.
        Memcached = "memcached",
        /// Apache Cassandra.
        Cassandra = "cassandra",
        /// Elasticsearch.
        Elasticsearch = "elasticsearch",
        /// Any other.
        Other = "_OTHER",
    }
}

labels! {
    /// What a connection of a pool does.
    #[non_exhaustive]
    pub closed ConnectionState: "db_client_connection_state" {
        /// It waits for somebody who needs it.
        Idle = "idle",
        /// Somebody has it, or it is being opened.
        Used = "used",
    }
}

labels! {
    /// How a transaction ended.
    #[non_exhaustive]
    pub closed TransactionOutcome: "outcome" {
        /// It was committed.
        Commit = "commit",
        /// It was rolled back: when told to, when dropped, or because its commit failed.
        Rollback = "rollback",
    }
}

labels! {
    /// The database within its system, for instance the name after the last `/` of a URL.
    pub admitted Namespace: "db_namespace", budget = NAMESPACES, fallback = "_other",
        limit = NAMESPACES + 2, none = "";
    /// What is done: `SELECT`, `HGETALL`, `find`.
    pub admitted DatabaseOperationName: "db_operation_name", budget = OPERATIONS, fallback = "_OTHER",
        limit = OPERATIONS + 1, none = "";
    /// The table or collection it is done to, if the service registered it.
    pub admitted CollectionName: "db_collection_name", budget = COLLECTIONS, fallback = "_other", none = "";
}

/// Why an operation failed; empty if it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DatabaseErrorType(&'static str);

impl DatabaseErrorType {
    /// Reads how an operation ended. Unlike a function that was cancelled, its query may have been lost half-way.
    pub fn of(outcome: Outcome) -> Self {
        Self(match outcome {
            Outcome::Cancelled => "cancelled",
            other => other.error_word().as_str(),
        })
    }

    /// Returns the exported text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl LabelValue for DatabaseErrorType {
    const KEY: &'static str = "error_type";
    // The words of the program and of sqlx, `panic`, `cancelled`, `other` and nothing.
    const CARDINALITY: Cardinality = Cardinality::Bounded(1028);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_but_a_good_one_is_a_failure() {
        let read = |outcome| DatabaseErrorType::of(outcome).as_str();
        assert_eq!(read(Outcome::Ok), "");
        assert_eq!(read(Outcome::Cancelled), "cancelled");
        assert_eq!(read(Outcome::Panic), "panic");
        assert_eq!(read(Outcome::Error("23")), "23");
        assert_eq!(read(Outcome::OTHER), "other");
    }

    #[test]
    fn names_past_the_budget_read_as_others() {
        for number in 0..NAMESPACES + 5 {
            Namespace::admit(&format!("label-test-{number}"));
        }
        assert_eq!(Namespace::admit("label-test-late").as_str(), "_other");
        assert_eq!(Namespace::admit("label-test-0").as_str(), "label-test-0");
        assert_eq!(Namespace::admit("").as_str(), "");
    }
}
