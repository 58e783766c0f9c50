//! The labels of dependencies, backups and checks: names that the service gives at set-up.

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
    /// The label `kind`: what a dependency is there for. Alerts go by it.
    #[non_exhaustive]
    pub closed DependencyKind: "kind" {
        /// Keeps data: the service can do nothing without it.
        Database = "database",
        /// Keeps copies of data.
        Cache = "cache",
        /// Keeps secrets, such as Vault.
        Secrets = "secrets",
        /// Issues certificates.
        Pki = "pki",
        /// Passes messages on.
        Queue = "queue",
        /// Keeps files and objects.
        Storage = "storage",
        /// Knows who somebody is.
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
    /// The label `result`: what a check of data found.
    #[non_exhaustive]
    pub closed CheckResult: "result" {
        /// They agree.
        Pass = "pass",
        /// They do not.
        Fail = "fail",
        /// It could not be told; this is never taken for a pass.
        Unknown = "unknown",
    }
}
