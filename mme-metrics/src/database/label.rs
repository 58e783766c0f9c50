//! The labels of database metrics, each with its maximum cardinality.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};
use crate::operation::Outcome;

/// Maximum number of operation names in a program: those of SQL and those of its other clients.
pub(super) const OPERATIONS: usize = 256;

/// Maximum number of tables and collections in a program.
pub(super) const COLLECTIONS: usize = 1_000;

/// Maximum number of databases in a program.
const NAMESPACES: usize = 64;

labels! {
    /// The name of a connection pool, which the service chooses.
    pub registered PoolName: "db_client_connection_pool_name", budget = 100, fallback = "_other";
    /// The name of a replica, which the service chooses.
    pub registered Replica: "replica", budget = 100, fallback = "_other";
}

labels! {
    /// The product of a database, by its name in the OpenTelemetry conventions.
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
        /// Any other SQL database.
        OtherSql = "other_sql",
        /// Redis and servers that use its protocol.
        Redis = "redis",
        /// MongoDB.
        Mongodb = "mongodb",
        /// Memcached.
        Memcached = "memcached",
        /// Apache Cassandra.
        Cassandra = "cassandra",
        /// Elasticsearch.
        Elasticsearch = "elasticsearch",
        /// Any other database.
        Other = "_OTHER",
    }
}

labels! {
    /// The state of a connection of a pool.
    #[non_exhaustive]
    pub closed ConnectionState: "db_client_connection_state" {
        /// The connection is open and not in use.
        Idle = "idle",
        /// The connection is in use, or it is being opened.
        Used = "used",
    }
}

labels! {
    /// The outcome of a transaction.
    #[non_exhaustive]
    pub closed TransactionOutcome: "outcome" {
        /// The transaction was committed.
        Commit = "commit",
        /// The transaction was rolled back: by a call, because it was dropped, or because its commit failed.
        Rollback = "rollback",
    }
}

labels! {
    /// The name of the database, for instance the part after the last `/` of a URL.
    pub admitted Namespace: "db_namespace", budget = NAMESPACES, fallback = "_other",
        limit = NAMESPACES + 2, none = "";
    /// The name of the operation, such as `SELECT`, `HGETALL` or `find`.
    pub admitted DatabaseOperationName: "db_operation_name", budget = OPERATIONS, fallback = "_OTHER",
        limit = OPERATIONS + 1, none = "";
    /// The table or collection of the operation, if the service registered it.
    pub admitted CollectionName: "db_collection_name", budget = COLLECTIONS, fallback = "_other", none = "";
}

/// The error type of an operation that failed; empty if it succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DatabaseErrorType(&'static str);

impl DatabaseErrorType {
    /// Returns the error type of an outcome. Unlike a cancelled function, a cancelled operation has one, because its
    /// query may have been lost half-way.
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
    // The error types of the program and of sqlx, `panic`, `cancelled`, `other` and the empty text.
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
