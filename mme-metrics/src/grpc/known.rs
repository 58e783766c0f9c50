//! The methods that a layer registers at set-up.

use std::error::Error;
use std::fmt;

use prost::Message;
use prost_types::FileDescriptorSet;

use super::label::{CallType, GrpcMethod};
use crate::label::RegisterError;

/// Methods with their types, in the order of their registration.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownMethods(Vec<(GrpcMethod, CallType)>);

impl KnownMethods {
    /// Adds `package.Service/Method`, with or without a leading slash.
    pub(super) fn add(&mut self, name: &str, call_type: CallType) -> Result<(), GrpcMethodError> {
        let name = name.strip_prefix('/').unwrap_or(name);
        let is_complete = |(service, method): (&str, &str)| !service.is_empty() && !method.is_empty();
        if !name.split_once('/').is_some_and(is_complete) || name.matches('/').count() > 1 || name.contains(' ') {
            return Err(GrpcMethodError::new(name, MethodReason::Form));
        }
        self.register(name, call_type).map_err(|error| GrpcMethodError::new(name, MethodReason::Label(error)))
    }

    fn register(&mut self, name: &str, call_type: CallType) -> Result<(), RegisterError> {
        self.0.push((GrpcMethod::register(name)?, call_type));
        Ok(())
    }

    /// Finds a method that was added, by its name with or without a leading slash; `_OTHER` stands for all others.
    pub(super) fn find(&self, name: &str) -> Result<GrpcMethod, GrpcMethodError> {
        let name = name.strip_prefix('/').unwrap_or(name);
        let mut methods = self.iter().map(|(method, _)| method).chain([GrpcMethod::FALLBACK]);
        methods
            .find(|method| method.as_str() == name)
            .ok_or_else(|| GrpcMethodError::new(name, MethodReason::Unregistered))
    }

    /// Adds every method of every service of an encoded `google.protobuf.FileDescriptorSet`.
    pub(super) fn add_descriptors(&mut self, encoded: &[u8]) -> Result<(), GrpcDescriptorError> {
        let set = FileDescriptorSet::decode(encoded).map_err(|error| GrpcDescriptorError(Reason::Malformed(error)))?;
        let before = self.0.len();
        for file in &set.file {
            let package = file.package();
            let dot = if package.is_empty() { "" } else { "." };
            for service in &file.service {
                for method in &service.method {
                    let name = format!("{package}{dot}{}/{}", service.name(), method.name());
                    let call_type = CallType::new(method.client_streaming(), method.server_streaming());
                    self.register(&name, call_type).map_err(|error| GrpcDescriptorError(Reason::Label(error)))?;
                }
            }
        }
        if self.0.len() == before { Err(GrpcDescriptorError(Reason::Empty)) } else { Ok(()) }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (GrpcMethod, CallType)> {
        self.0.iter().copied()
    }
}

/// The error of a gRPC layer that cannot register or find a method. Its message names the method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcMethodError {
    name: String,
    reason: MethodReason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum MethodReason {
    Form,
    Unregistered,
    Label(RegisterError),
}

impl GrpcMethodError {
    fn new(name: &str, reason: MethodReason) -> Self {
        Self { name: name.to_owned(), reason }
    }
}

impl fmt::Display for GrpcMethodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, reason } = self;
        match reason {
            MethodReason::Form => write!(f, "`{name}` is not a method: write `package.Service/Method`"),
            MethodReason::Unregistered => {
                write!(
                    f,
                    "unknown method `{name}`: first register it as `package.Service/Method` with `descriptors` or `method` of this layer"
                )
            }
            MethodReason::Label(_) => write!(
                f,
                "method `{name}` cannot be a label value: use a name of at most 128 bytes, and at most 1000 methods"
            ),
        }
    }
}

impl Error for GrpcMethodError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            MethodReason::Label(error) => Some(error),
            MethodReason::Form | MethodReason::Unregistered => None,
        }
    }
}

/// The error of a descriptor set whose methods cannot be registered.
#[derive(Debug, Clone, PartialEq)]
pub struct GrpcDescriptorError(Reason);

#[derive(Debug, Clone, PartialEq)]
enum Reason {
    Malformed(prost::DecodeError),
    Empty,
    Label(RegisterError),
}

impl fmt::Display for GrpcDescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::Malformed(_) => {
                "the descriptor set cannot be decoded: pass the bytes of `tonic::include_file_descriptor_set!`"
            }
            Reason::Empty => {
                "the descriptor set has no method: pass the set of the files that declare your services"
            }
            Reason::Label(_) => "a method of the descriptor set cannot be a label value: use names of at most 128 bytes, and at most 1000 methods",
        })
    }
}

impl Error for GrpcDescriptorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Reason::Malformed(error) => Some(error),
            Reason::Label(error) => Some(error),
            Reason::Empty => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};

    use super::*;

    fn method(name: &str, client_streaming: bool, server_streaming: bool) -> MethodDescriptorProto {
        MethodDescriptorProto {
            name: Some(name.to_owned()),
            client_streaming: Some(client_streaming),
            server_streaming: Some(server_streaming),
            ..MethodDescriptorProto::default()
        }
    }

    fn set(package: &str, method: Vec<MethodDescriptorProto>) -> Vec<u8> {
        let service =
            ServiceDescriptorProto { name: Some("Desk".to_owned()), method, ..ServiceDescriptorProto::default() };
        let file = FileDescriptorProto {
            package: Some(package.to_owned()),
            service: vec![service],
            ..FileDescriptorProto::default()
        };
        FileDescriptorSet { file: vec![FileDescriptorProto::default(), file] }.encode_to_vec()
    }

    #[test]
    fn every_method_has_the_type_that_its_descriptor_says() {
        let mut known = KnownMethods::default();
        let unary = MethodDescriptorProto { name: Some("Ask".to_owned()), ..MethodDescriptorProto::default() };
        let methods = vec![unary, method("Up", true, false), method("Down", false, true), method("Both", true, true)];
        known.add_descriptors(&set("known.v1", methods)).expect("it is a descriptor set");
        let read: Vec<_> = known.iter().map(|(method, call_type)| (method.as_str(), call_type)).collect();
        let expected = [
            ("known.v1.Desk/Ask", CallType::Unary),
            ("known.v1.Desk/Up", CallType::ClientStream),
            ("known.v1.Desk/Down", CallType::ServerStream),
            ("known.v1.Desk/Both", CallType::BidiStream),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_service_without_a_package_has_no_dot() {
        let mut known = KnownMethods::default();
        known.add_descriptors(&set("", vec![method("Ask", false, false)])).expect("it is a descriptor set");
        assert_eq!(known.iter().next().map(|(method, _)| method.as_str()), Some("Desk/Ask"));
    }

    #[test]
    fn a_method_that_is_misspelt_is_refused_by_its_name() {
        let mut known = KnownMethods::default();
        for name in ["Ask", "known.v1.Desk.Ask", "known.v1.Desk/", "//Ask", "known.v1/Desk/Ask", "Desk/Ask now", ""] {
            let error = known.add(name, CallType::Unary).expect_err(name).to_string();
            assert!(error.contains("is not a method: write `package.Service/Method`"), "{error}");
        }
        known.add("/known.v1.Desk/Find", CallType::Unary).expect("it is a method");
        for name in ["known.v1.Desk/Find", "/known.v1.Desk/Find", "_OTHER"] {
            assert!(known.find(name).is_ok(), "{name}");
        }
        let error = known.find("known.v1.Desk/Fnid").expect_err("it is not registered").to_string();
        assert!(error.contains("unknown method `known.v1.Desk/Fnid`"), "{error}");
    }

    #[test]
    fn what_is_no_descriptor_set_says_what_to_pass() {
        let said = |encoded: &[u8]| KnownMethods::default().add_descriptors(encoded).unwrap_err().to_string();
        assert!(said(b"\xff\xff\xff").contains("include_file_descriptor_set!"));
        assert!(said(b"").contains("has no method"));
        assert!(said(&set("", vec![method(&"x".repeat(200), false, false)])).contains("cannot be a label"));
    }
}
