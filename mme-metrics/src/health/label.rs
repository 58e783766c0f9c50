//! The labels of dependencies, backups and consistency checks, registered at set-up.

use crate::label::labels;

labels! {
    /// The label `dependency`: a name that the service gives to something it depends on.
    pub registered DependencyName: "dependency", budget = 200, fallback = "_other";
    /// The label `backup`: a name that the service gives to a backup.
    pub registered BackupName: "backup", budget = 100, fallback = "_other";
    /// The label `check`: a name that the service gives to a check of its data.
    pub registered CheckName: "check", budget = 200, fallback = "_other";
}

labels! {
    /// The label `kind`: the purpose of a dependency. Alerts select dependencies by it.
    #[non_exhaustive]
    pub closed DependencyKind: "kind" {
        /// Stores data that the service cannot work without.
        Database = "database",
        /// Stores copies of data.
        Cache = "cache",
        /// Stores secrets, as Vault does.
        Secrets = "secrets",
        /// Issues certificates.
        Pki = "pki",
        /// Delivers messages.
        Queue = "queue",
        /// Stores files and objects.
        Storage = "storage",
        /// Authenticates users, as an identity provider does.
        Identity = "identity",
        /// Another service over HTTP.
        Http = "http",
        /// Another service over gRPC.
        Grpc = "grpc",
        /// Anything else.
        Other = "other",
    }
}

labels! {
    /// The label `result`: the result of a consistency check.
    #[non_exhaustive]
    pub closed CheckResult: "result" {
        /// The data is consistent.
        Pass = "pass",
        /// The data is inconsistent.
        Fail = "fail",
        /// The check failed, so the result is unknown. This never counts as a pass.
        Unknown = "unknown",
    }
}
