//! The trait for the drivers of sqlx that can be measured.

use ::sqlx::{Connection, Database};

use crate::database::label::DatabaseSystem;

/// The connect options of a driver.
pub(super) type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

mod sealed {
    pub trait Sealed {}
}

/// A driver of sqlx that can be measured.
///
/// There is one for each of the features `sqlx-postgres`, `sqlx-mysql`, `sqlx-sqlite` and `sqlx-any`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a driver of sqlx that is measured",
    label = "not a driver that is measured",
    note = "turn on the feature `sqlx-postgres`, `sqlx-mysql`, `sqlx-sqlite` or `sqlx-any` of `mme-metrics`"
)]
pub trait Driver: Database + sealed::Sealed {
    /// Returns the product of the database.
    #[doc(hidden)]
    fn system(options: &Options<Self>) -> DatabaseSystem;

    /// Returns the name of the database, the only part of the options that is exported.
    #[doc(hidden)]
    fn namespace(options: &Options<Self>) -> Option<String>;
}

#[cfg(feature = "sqlx-postgres")]
mod postgres {
    use ::sqlx::Postgres;
    use ::sqlx::postgres::PgConnectOptions;

    use super::{DatabaseSystem, Driver, sealed};

    impl sealed::Sealed for Postgres {}

    impl Driver for Postgres {
        fn system(_: &PgConnectOptions) -> DatabaseSystem {
            DatabaseSystem::Postgresql
        }

        // Without a name the server uses the name of the user, which is not exported.
        fn namespace(options: &PgConnectOptions) -> Option<String> {
            options.get_database().map(str::to_owned)
        }
    }
}

#[cfg(feature = "sqlx-mysql")]
mod mysql {
    use ::sqlx::MySql;
    use ::sqlx::mysql::MySqlConnectOptions;

    use super::{DatabaseSystem, Driver, sealed};

    impl sealed::Sealed for MySql {}

    impl Driver for MySql {
        fn system(_: &MySqlConnectOptions) -> DatabaseSystem {
            DatabaseSystem::Mysql
        }

        fn namespace(options: &MySqlConnectOptions) -> Option<String> {
            options.get_database().map(str::to_owned)
        }
    }
}

#[cfg(feature = "sqlx-sqlite")]
mod sqlite {
    use sqlx_sqlite::{Sqlite, SqliteConnectOptions};

    use super::{DatabaseSystem, Driver, file_name, sealed};

    impl sealed::Sealed for Sqlite {}

    impl Driver for Sqlite {
        fn system(_: &SqliteConnectOptions) -> DatabaseSystem {
            DatabaseSystem::Sqlite
        }

        fn namespace(options: &SqliteConnectOptions) -> Option<String> {
            file_name(&options.get_filename().to_string_lossy())
        }
    }
}

#[cfg(feature = "sqlx-any")]
mod any {
    use ::sqlx::Any;
    use ::sqlx::any::AnyConnectOptions;

    use super::{DatabaseSystem, Driver, file_name, sealed};

    impl sealed::Sealed for Any {}

    impl Driver for Any {
        fn system(options: &AnyConnectOptions) -> DatabaseSystem {
            match options.database_url.scheme() {
                "postgres" | "postgresql" => DatabaseSystem::Postgresql,
                "mysql" => DatabaseSystem::Mysql,
                "mariadb" => DatabaseSystem::Mariadb,
                "sqlite" => DatabaseSystem::Sqlite,
                _ => DatabaseSystem::OtherSql,
            }
        }

        fn namespace(options: &AnyConnectOptions) -> Option<String> {
            let path = options.database_url.path();
            if Self::system(options) == DatabaseSystem::Sqlite {
                return file_name(path);
            }
            let name = path.trim_start_matches('/');
            // An escaped name would not be readable, so it is not exported.
            (!name.is_empty() && !name.contains(['/', '%'])).then(|| name.to_owned())
        }
    }
}

/// Returns the name of a file without its directory and extension, or nothing for a database in memory.
#[cfg(any(feature = "sqlx-sqlite", feature = "sqlx-any"))]
fn file_name(path: &str) -> Option<String> {
    let is_memory = path.starts_with("file:") || path.contains(":memory:");
    let name = std::path::Path::new(path).file_stem().filter(|_| !is_memory)?;
    Some(name.to_string_lossy().into_owned())
}
