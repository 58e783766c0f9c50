//! The labels of the go-grpc-middleware metrics: the same values, spelled as in Go.

use metrics::SharedString;

use super::label::{CallType, GrpcCode, GrpcMethod, METHODS};
use crate::label::{Cardinality, LabelValue};

/// The label `grpc_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoType(pub CallType);

impl LabelValue for GoType {
    const KEY: &'static str = "grpc_type";
    const CARDINALITY: Cardinality = CallType::CARDINALITY;

    fn label_value(&self) -> SharedString {
        self.0.label_value()
    }

    fn ordinal(&self) -> Option<usize> {
        self.0.ordinal()
    }
}

/// The label `grpc_service`: `package.Service`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoService(pub GrpcMethod);

impl LabelValue for GoService {
    const KEY: &'static str = "grpc_service";
    // A method belongs to one service, so the two do not multiply.
    const CARDINALITY: Cardinality = Cardinality::Bounded(METHODS + 1);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(split(self.0).0)
    }
}

/// The label `grpc_method`: the method's name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoMethod(pub GrpcMethod);

impl LabelValue for GoMethod {
    const KEY: &'static str = "grpc_method";
    const CARDINALITY: Cardinality = Cardinality::Bounded(METHODS + 1);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(split(self.0).1)
    }
}

/// Splits `package.Service/Method`; a name without a service is both its own service and method.
fn split(method: GrpcMethod) -> (&'static str, &'static str) {
    method.as_str().rsplit_once('/').unwrap_or((method.as_str(), method.as_str()))
}

/// The label `grpc_code`, in Go's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoCode(pub GrpcCode);

/// By number; Go writes `Canceled` with one l.
const CODES: &[&str] = &[
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

impl LabelValue for GoCode {
    const KEY: &'static str = "grpc_code";
    const CARDINALITY: Cardinality = Cardinality::Closed(CODES);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(CODES[self.0 as usize])
    }

    fn ordinal(&self) -> Option<usize> {
        self.0.ordinal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_go_is_the_same_word_in_other_letters() {
        for code in GrpcCode::ALL.into_iter().filter(|code| *code != GrpcCode::Cancelled) {
            let shouted = code.as_str().replace('_', "");
            assert_eq!(GoCode(code).label_value().to_uppercase(), shouted);
        }
        assert_eq!(&*GoCode(GrpcCode::Cancelled).label_value(), "Canceled");
    }

    #[test]
    fn a_method_is_split_at_its_last_slash() {
        let method = GrpcMethod::register("label.v1.Desk/Sign").expect("it is short and there are few");
        assert_eq!(
            (GoService(method).label_value(), GoMethod(method).label_value()),
            ("label.v1.Desk".into(), "Sign".into())
        );
        assert_eq!(split(GrpcMethod::FALLBACK), ("_OTHER", "_OTHER"));
    }
}
