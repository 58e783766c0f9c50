//! The labels of gRPC metrics and their bounds.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};

/// The most methods with label values of their own in one process, of its servers and clients together.
pub(super) const METHODS: usize = 1_000;

labels! {
    /// The method of a call, `package.Service/Method`; `_OTHER` for methods that are not registered.
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
    /// The status code of a call. The discriminant is the number that gRPC gives it.
    #[non_exhaustive]
    pub closed GrpcCode: "rpc_status_code" {
        /// 0: success.
        Ok = "OK",
        /// 1: the call was cancelled, as a rule by the caller.
        Cancelled = "CANCELLED",
        /// 2: an error without a more specific code, or no status.
        Unknown = "UNKNOWN",
        /// 3: the request is invalid in any state of the system.
        InvalidArgument = "INVALID_ARGUMENT",
        /// 4: the deadline passed before the call ended.
        DeadlineExceeded = "DEADLINE_EXCEEDED",
        /// 5: a requested entity does not exist.
        NotFound = "NOT_FOUND",
        /// 6: the entity to be created exists already.
        AlreadyExists = "ALREADY_EXISTS",
        /// 7: the caller is authenticated and has no permission.
        PermissionDenied = "PERMISSION_DENIED",
        /// 8: a quota or another resource is used up.
        ResourceExhausted = "RESOURCE_EXHAUSTED",
        /// 9: the system is not in the state that the call requires.
        FailedPrecondition = "FAILED_PRECONDITION",
        /// 10: the call was aborted, as a rule by a conflict with another one.
        Aborted = "ABORTED",
        /// 11: the call went past the valid range.
        OutOfRange = "OUT_OF_RANGE",
        /// 12: the server does not implement the method.
        Unimplemented = "UNIMPLEMENTED",
        /// 13: an invariant of the server is broken.
        Internal = "INTERNAL",
        /// 14: the service is not reachable at the moment.
        Unavailable = "UNAVAILABLE",
        /// 15: data is lost or corrupt.
        DataLoss = "DATA_LOSS",
        /// 16: the caller is not authenticated.
        Unauthenticated = "UNAUTHENTICATED",
    }
}

impl GrpcCode {
    /// Returns whether the code is the server's fault, by the conventions of OpenTelemetry.
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
    /// Which sides of a call send a stream; absent if that is unknown.
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
        /// Unknown, because the method is not registered.
        Unknown = "",
    }
}

impl CallType {
    /// Returns the type of a method by which sides send a stream.
    pub const fn new(client_streams: bool, server_streams: bool) -> Self {
        match (client_streams, server_streams) {
            (false, false) => Self::Unary,
            (true, false) => Self::ClientStream,
            (false, true) => Self::ServerStream,
            (true, true) => Self::BidiStream,
        }
    }

    /// Returns whether either side sends a stream.
    pub const fn is_streaming(self) -> bool {
        matches!(self, Self::ClientStream | Self::ServerStream | Self::BidiStream)
    }

    /// Returns whether the server answers with one message, as far as the type is known.
    #[cfg(feature = "grpc")]
    pub(super) const fn has_one_answer(self) -> bool {
        matches!(self, Self::Unary | Self::ClientStream)
    }
}

labels! {
    /// The direction of a message, as seen by this process.
    #[non_exhaustive]
    pub closed Direction: "direction" {
        /// This process received it.
        Received = "received",
        /// This process sent it.
        Sent = "sent",
    }
}

/// The reason why a call failed: its code or `panic`; empty for a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GrpcErrorType {
    /// The call did not fail, or not through the fault of this side.
    None,
    /// The call ended with this code.
    Code(GrpcCode),
    /// The service panicked.
    Panic,
}

impl LabelValue for GrpcErrorType {
    const KEY: &'static str = "error_type";
    // Every code, `panic` and empty.
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
