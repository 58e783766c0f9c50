//! The outcome of a call, and which outcomes are errors on each side.

use super::label::{GrpcCode, GrpcErrorType};
use crate::label::ServerAddress;
use crate::operation;

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It ended with this status, which was sent or stands for a missing one.
    Status(GrpcCode),
    /// The service panicked.
    Panic,
}

/// The number of outcomes; each has an index.
pub(super) const OUTCOMES: usize = GrpcCode::ALL.len() + 1;

impl Outcome {
    pub(super) fn index(self) -> usize {
        match self {
            Self::Status(code) => code as usize,
            Self::Panic => OUTCOMES - 1,
        }
    }

    /// Returns the code. A panic sends none and counts as `INTERNAL`.
    pub(super) fn code(self) -> GrpcCode {
        match self {
            Self::Status(code) => code,
            Self::Panic => GrpcCode::Internal,
        }
    }

    /// Returns the outcome for listeners: an error by the fault of the caller is not a failure of the service.
    pub(super) fn read(self) -> operation::Outcome {
        match self {
            Self::Panic => operation::Outcome::Panic,
            Self::Status(GrpcCode::Cancelled) => operation::Outcome::Cancelled,
            Self::Status(code) if code.is_server_fault() => operation::Outcome::Error(code.as_str()),
            Self::Status(_) => operation::Outcome::Ok,
        }
    }
}

/// The side of a call on which this process is.
#[derive(Clone, Debug)]
pub(super) enum Side {
    Server,
    Client(ServerAddress),
}

impl Side {
    pub(super) fn error_type(&self, outcome: Outcome) -> GrpcErrorType {
        let failed = match self {
            Self::Server => outcome.code().is_server_fault(),
            Self::Client(_) => outcome.code() != GrpcCode::Ok,
        };
        match outcome {
            Outcome::Panic => GrpcErrorType::Panic,
            Outcome::Status(code) if failed => GrpcErrorType::Code(code),
            Outcome::Status(_) => GrpcErrorType::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_fails_by_six_codes_and_a_client_by_all_but_one() {
        let client = Side::Client(ServerAddress::new("series.example"));
        for code in GrpcCode::ALL {
            let failed = |side: &Side| side.error_type(Outcome::Status(code)) != GrpcErrorType::None;
            assert_eq!(failed(&Side::Server), code.is_server_fault(), "{code:?}");
            assert_eq!(failed(&client), code != GrpcCode::Ok, "{code:?}");
        }
        assert_eq!(Side::Server.error_type(Outcome::Panic), GrpcErrorType::Panic);
    }
}
