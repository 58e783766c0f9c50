//! The labels of gRPC metrics, each with its bound.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};

/// Methods that one process tells apart, those of its servers and those its clients call.
pub(super) const METHODS: usize = 1_000;

labels! {
    /// The method that was called, `package.Service/Method`; one that nobody registered is `_OTHER`.
    pub registered GrpcMethod: "rpc_method", budget = METHODS, fallback = "_OTHER";
}

labels! {
    /// The system: gRPC.
    #[non_exhaustive]
    pub closed GrpcSystem: "rpc_system_name" {
        /// gRPC.
        Grpc = "grpc",
    }
}

labels! {
    /// How a call ended, as gRPC numbers it.
    #[non_exhaustive]
    pub closed GrpcCode: "rpc_status_code" {
        /// 0: it succeeded.
        Ok = "OK",
        /// 1: it was cancelled, as a rule by the caller.
        Cancelled = "CANCELLED",
        /// 2: an error that says no more, or no status at all.
        Unknown = "UNKNOWN",
        /// 3: the request can never be right.
        InvalidArgument = "INVALID_ARGUMENT",
        /// 4: it took longer than the caller gave it.
        DeadlineExceeded = "DEADLINE_EXCEEDED",
        /// 5: what was asked for does not exist.
        NotFound = "NOT_FOUND",
        /// 6: what should be made exists.
        AlreadyExists = "ALREADY_EXISTS",
        /// 7: the caller is known and may not do this.
        PermissionDenied = "PERMISSION_DENIED",
        /// 8: a quota or the room ran out.
        ResourceExhausted = "RESOURCE_EXHAUSTED",
        /// 9: the system is not in a state for this.
        FailedPrecondition = "FAILED_PRECONDITION",
        /// 10: it lost against another one.
        Aborted = "ABORTED",
        /// 11: past the end.
        OutOfRange = "OUT_OF_RANGE",
        /// 12: there is no such method.
        Unimplemented = "UNIMPLEMENTED",
        /// 13: something that always holds did not.
        Internal = "INTERNAL",
        /// 14: the service cannot be reached now.
        Unavailable = "UNAVAILABLE",
        /// 15: data was lost.
        DataLoss = "DATA_LOSS",
        /// 16: the caller is not known.
        Unauthenticated = "UNAUTHENTICATED",
    }
}

impl GrpcCode {
    /// Says whether the server was at fault, as OpenTelemetry has it; of the other codes the caller is the cause, or nobody.
    pub const fn is_server_fault(self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::DeadlineExceeded
                | Self::Unimplemented
                | Self::Internal
                | Self::Unavailable
                | Self::DataLoss
        )
    }
}

labels! {
    /// Who sends how many messages; absent where it is not known.
    #[non_exhaustive]
    pub closed CallType: "rpc_type" {
        /// One message each way.
        Unary = "unary",
        /// The client sends a stream.
        ClientStream = "client_stream",
        /// The server sends a stream.
        ServerStream = "server_stream",
        /// Both send a stream.
        BidiStream = "bidi_stream",
        /// Nobody said: the method is not registered.
        Unknown = "",
    }
}

impl CallType {
    /// Returns the type of a method whose sides stream or do not.
    pub const fn new(client_streams: bool, server_streams: bool) -> Self {
        match (client_streams, server_streams) {
            (false, false) => Self::Unary,
            (true, false) => Self::ClientStream,
            (false, true) => Self::ServerStream,
            (true, true) => Self::BidiStream,
        }
    }

    /// Says whether either side sends a stream.
    pub const fn is_streaming(self) -> bool {
        matches!(self, Self::ClientStream | Self::ServerStream | Self::BidiStream)
    }
}

labels! {
    /// Which way a message went, as this process sees it.
    #[non_exhaustive]
    pub closed Direction: "direction" {
        /// It came in.
        Received = "received",
        /// It went out.
        Sent = "sent",
    }
}

/// Why a call failed: its code, or `panic`; empty if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GrpcErrorType {
    /// It did not fail, or not through a fault of this side.
    None,
    /// It ended with this code.
    Code(GrpcCode),
    /// The service panicked.
    Panic,
}

impl LabelValue for GrpcErrorType {
    const KEY: &'static str = "error_type";
    // Every code, a word and nothing.
    const CARDINALITY: Cardinality = Cardinality::Bounded(GrpcCode::ALL.len() + 2);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::None => "",
            Self::Code(code) => code.as_str(),
            Self::Panic => "panic",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_as_grpc_numbers_them() {
        assert!(GrpcCode::ALL.iter().enumerate().all(|(number, code)| *code as usize == number));
        assert_eq!(GrpcCode::ALL.len(), GrpcCode::TEXTS.len());
    }

    #[test]
    fn six_codes_are_the_faults_of_a_server() {
        let faults: Vec<_> =
            GrpcCode::ALL.into_iter().filter(|code| code.is_server_fault()).map(|code| code as u8).collect();
        assert_eq!(faults, [2, 4, 12, 13, 14, 15]);
    }
}
