//! The error type of an sqlx error, for the label `error_type`. Its message is not exported, because it contains
//! statements, values and names of users.

use ::sqlx::Error;

use crate::operation::ErrorWord;

/// The classes of SQLSTATE, from the SQL standard, appendix A of PostgreSQL and the error reference of MySQL.
const CLASSES: &[&str] = &[
    "00", "01", "02", "03", "07", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24",
    "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55",
    "57", "58", "70", "72", "F0", "HV", "HY", "P0", "XA", "XX",
];

/// The primary result codes of SQLite, in the order of their numbers from 1 on: <https://sqlite.org/rescode.html>.
const SQLITE: &[&str] = &[
    "sqlite_error",
    "sqlite_internal",
    "sqlite_perm",
    "sqlite_abort",
    "sqlite_busy",
    "sqlite_locked",
    "sqlite_nomem",
    "sqlite_readonly",
    "sqlite_interrupt",
    "sqlite_ioerr",
    "sqlite_corrupt",
    "sqlite_notfound",
    "sqlite_full",
    "sqlite_cantopen",
    "sqlite_protocol",
    "sqlite_empty",
    "sqlite_schema",
    "sqlite_toobig",
    "sqlite_constraint",
    "sqlite_mismatch",
    "sqlite_misuse",
    "sqlite_nolfs",
    "sqlite_auth",
    "sqlite_format",
    "sqlite_range",
    "sqlite_notadb",
];

/// Returns the label `error_type` of an sqlx error: a class of SQLSTATE, or a word of a closed set.
///
/// | error | word |
/// |---|---|
/// | of PostgreSQL, MySQL or MariaDB | the class of its SQLSTATE: `23` is a broken constraint, `40` a rolled back transaction |
/// | of SQLite | its primary result code, as in `sqlite_busy` |
/// | of a pool | `pool_timeout`, `pool_closed` |
/// | of a connection | `io`, `tls`, `protocol`, `worker_crashed` |
/// | of a value | `encode`, `decode` |
/// | of a call | `configuration`, `invalid_argument`, `transaction`, `row_not_found` |
/// | any other | `database` if the server sent it, else `other` |
pub fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Database(error) => error.code().map_or("database", |code| word(&code)),
        Error::PoolTimedOut => "pool_timeout",
        Error::PoolClosed => "pool_closed",
        Error::Io(_) => "io",
        Error::Tls(_) => "tls",
        Error::Protocol(_) => "protocol",
        Error::WorkerCrashed => "worker_crashed",
        Error::Encode(_) => "encode",
        Error::Decode(_)
        | Error::ColumnDecode { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::TypeNotFound { .. }
        | Error::AnyDriverError(_) => "decode",
        Error::Configuration(_) => "configuration",
        Error::InvalidArgument(_) => "invalid_argument",
        Error::InvalidSavePointStatement | Error::BeginFailed => "transaction",
        Error::RowNotFound => "row_not_found",
        _ => ErrorWord::OTHER,
    }
}

/// Returns the word for an error code of a server, which may be any text.
fn word(code: &str) -> &'static str {
    // No code of SQLite has five digits, and every SQLSTATE has five characters.
    if code.len() == 5 {
        let class = CLASSES.iter().find(|class| code.starts_with(**class));
        return class.copied().unwrap_or("database");
    }
    // The primary code is the lowest byte of an extended one.
    let primary = code.parse::<u32>().map_or(0, |code| code & 0xff) as usize;
    primary.checked_sub(1).and_then(|at| SQLITE.get(at)).copied().unwrap_or("database")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_as_its_class_whatever_a_server_sends() {
        for (code, expected) in [
            ("23505", "23"),
            ("57P01", "57"),
            ("HY000", "HY"),
            ("5", "sqlite_busy"),
            ("1555", "sqlite_constraint"),
            ("26", "sqlite_notadb"),
            ("0", "database"),
            ("255", "database"),
            ("ZZ123", "database"),
            ("password", "database"),
            ("", "database"),
            ("99999999999999999999", "database"),
        ] {
            assert_eq!(word(code), expected, "{code}");
        }
    }

    #[test]
    fn what_the_client_finds_itself_has_words_of_its_own() {
        assert_eq!(error_type(&Error::PoolTimedOut), "pool_timeout");
        assert_eq!(error_type(&Error::Protocol("secret".to_owned())), "protocol");
        assert_eq!(error_type(&Error::ColumnNotFound("secret".to_owned())), "decode");
        assert_eq!(error_type(&Error::RowNotFound), "row_not_found");
    }
}
