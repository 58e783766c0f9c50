//! The kept handles: a call of a registered method finds its series by its path.

use std::array;
use std::sync::{LazyLock, OnceLock};

use super::go::GoSeries;
use super::label::{CallType, Direction, GrpcCode, GrpcMethod, GrpcSystem, METHODS};
use super::metrics::GRPC;
use super::outcome::{OUTCOMES, Outcome, Side};
use crate::label::{OVERFLOW, SERVERS, ServerAddress};
use crate::metric::{CappedMap, CounterHandle, GaugeHandle, HistogramHandle};

/// The handles of the series of one method on one side.
#[derive(Debug)]
pub(super) struct MethodSeries {
    side: Side,
    method: GrpcMethod,
    call_type: CallType,
    pub(super) active: GaugeHandle,
    received: CounterHandle,
    sent: CounterHandle,
    outcomes: [OnceLock<Box<CodeSeries>>; OUTCOMES],
    stream_duration: Option<HistogramHandle>,
    go: OnceLock<Box<GoSeries>>,
    /// Only where the type is unknown.
    typed: Option<Box<TypedSeries>>,
}

/// The series of a method whose type was unknown at first.
#[derive(Debug, Default)]
struct TypedSeries {
    /// With the type of a later registration.
    registered: OnceLock<MethodSeries>,
    /// With the type of the streams that passed: client, server, both.
    streamed: [OnceLock<MethodSeries>; 3],
}

/// The series that are recorded at the end of a call with one outcome.
#[derive(Debug)]
struct CodeSeries {
    duration: HistogramHandle,
    /// Only on a server.
    calls: Option<CounterHandle>,
}

impl MethodSeries {
    fn new(side: Side, method: GrpcMethod, call_type: CallType) -> Self {
        let messages = |direction| match &side {
            Side::Server => GRPC.server_messages.with((method, direction)),
            Side::Client(server) => GRPC.client_messages.with((method, server.clone(), direction)),
        };
        let active = match &side {
            Side::Server => GRPC.server_active.with((method,)),
            Side::Client(server) => GRPC.client_active.with((method, server.clone())),
        };
        let streams = matches!(side, Side::Server) && call_type.is_streaming();
        Self {
            active,
            received: messages(Direction::Received),
            sent: messages(Direction::Sent),
            outcomes: array::from_fn(|_| OnceLock::new()),
            stream_duration: streams.then(|| GRPC.server_stream_duration.with((method, call_type))),
            go: OnceLock::new(),
            typed: (call_type == CallType::Unknown).then(Box::default),
            side,
            method,
            call_type,
        }
    }

    /// Completes the series with the type that a later registration knows.
    fn register(&self, call_type: CallType) -> &Self {
        match &self.typed {
            Some(typed) if call_type != CallType::Unknown && self.method != GrpcMethod::FALLBACK => {
                typed.registered.get_or_init(|| self.with_type(call_type))
            }
            _ => self,
        }
    }

    /// Returns the series with the type that was registered last.
    #[inline]
    fn registered(&self) -> &Self {
        self.typed.as_ref().and_then(|typed| typed.registered.get()).unwrap_or(self)
    }

    fn with_type(&self, call_type: CallType) -> Self {
        Self::new(self.side.clone(), self.method, call_type)
    }

    /// Returns whether a call of this method, whose type is unknown, was answered by a stream before.
    pub(super) fn has_streamed(&self) -> bool {
        self.method != GrpcMethod::FALLBACK
            && self.typed.as_ref().is_some_and(|typed| typed.streamed[1].get().is_some())
    }

    /// Returns the type of the method.
    pub(super) const fn call_type(&self) -> CallType {
        self.call_type
    }

    /// Returns the value of the label `rpc_method`.
    pub(super) fn name(&self) -> &'static str {
        self.method.as_str()
    }

    pub(super) fn messages(&self, direction: Direction) -> &CounterHandle {
        match direction {
            Direction::Received => &self.received,
            Direction::Sent => &self.sent,
        }
    }

    /// Returns the series of go-grpc-middleware.
    pub(super) fn go(&self) -> &GoSeries {
        self.go.get_or_init(|| Box::new(GoSeries::new(&self.side, self.method, self.call_type)))
    }

    /// Records the end of a call. `call_type` is its own where that of the method is unknown.
    pub(super) fn record(&self, outcome: Outcome, call_type: CallType, seconds: f64) {
        if let Some(typed) = &self.typed
            && let Some(streamed) = match call_type {
                CallType::ClientStream => Some(&typed.streamed[0]),
                CallType::ServerStream => Some(&typed.streamed[1]),
                CallType::BidiStream => Some(&typed.streamed[2]),
                CallType::Unary | CallType::Unknown => None,
            }
        {
            return streamed.get_or_init(|| self.with_type(call_type)).record(outcome, call_type, seconds);
        }
        let series = self.outcome(outcome);
        series.duration.record(seconds);
        if let Some(calls) = &series.calls {
            calls.increment();
        }
        if let Some(stream_duration) = &self.stream_duration {
            stream_duration.record(seconds);
        }
    }

    fn outcome(&self, outcome: Outcome) -> &CodeSeries {
        self.outcomes[outcome.index()].get_or_init(|| Box::new(self.make_outcome(outcome)))
    }

    #[cold]
    fn make_outcome(&self, outcome: Outcome) -> CodeSeries {
        let (code, error_type) = (outcome.code(), self.side.error_type(outcome));
        match &self.side {
            Side::Server => CodeSeries {
                duration: GRPC.server_duration.with((GrpcSystem::Grpc, self.method, code, error_type)),
                calls: Some(GRPC.server_streams.with((self.method, self.call_type, code))),
            },
            Side::Client(server) => CodeSeries {
                duration: GRPC.client_duration.with((GrpcSystem::Grpc, self.method, server.clone(), code, error_type)),
                calls: None,
            },
        }
    }

    /// Makes the zero series of a registered method exist: a count for every code, and the duration of successes.
    pub(super) fn touch(&self, go: bool) {
        self.active.touch();
        self.received.touch();
        self.sent.touch();
        for code in GrpcCode::ALL {
            if let Some(calls) = &self.outcome(Outcome::Status(code)).calls {
                calls.touch();
            }
        }
        self.outcome(Outcome::Status(GrpcCode::Ok)).duration.touch();
        if let Some(stream_duration) = &self.stream_duration {
            stream_duration.touch();
        }
        if go {
            self.go().touch();
        }
    }
}

/// The methods of all servers of this process, by path. They stay for the life of the process.
static SERVED: LazyLock<CappedMap<MethodSeries>> =
    LazyLock::new(|| CappedMap::new(METHODS, MethodSeries::new(Side::Server, GrpcMethod::FALLBACK, CallType::Unknown)));

/// Registers a method that is served.
pub(super) fn serve(method: GrpcMethod, call_type: CallType) -> &'static MethodSeries {
    let path = format!("/{}", method.as_str());
    SERVED.get_or_insert_with(&path, |_| MethodSeries::new(Side::Server, method, call_type)).register(call_type)
}

/// Finds the method that a path calls.
pub(super) fn served(path: &str) -> Option<&'static MethodSeries> {
    SERVED.get(path).map(MethodSeries::registered)
}

/// Returns the series of calls of methods that are not registered.
pub(super) fn unserved() -> &'static MethodSeries {
    SERVED.overflow()
}

/// A server that this process calls, and its methods by name.
#[derive(Debug)]
pub(super) struct CalledServer {
    address: ServerAddress,
    methods: CappedMap<MethodSeries>,
}

impl CalledServer {
    fn new(address: ServerAddress) -> Self {
        let other = MethodSeries::new(Side::Client(address.clone()), GrpcMethod::FALLBACK, CallType::Unknown);
        Self { address, methods: CappedMap::new(METHODS, other) }
    }

    /// Finds the server with this host; past the budget of servers, the overflow server.
    pub(super) fn of(host: &str) -> &'static Self {
        static CALLED: LazyLock<CappedMap<CalledServer>> =
            LazyLock::new(|| CappedMap::new(SERVERS, CalledServer::new(ServerAddress::new(OVERFLOW))));
        CALLED.get_or_insert_with(host, |host| Self::new(ServerAddress::new(host.to_owned())))
    }

    /// Registers a method that is called.
    pub(super) fn call(&self, method: GrpcMethod, call_type: CallType) -> &MethodSeries {
        let side = || Side::Client(self.address.clone());
        let series = self.methods.get_or_insert_with(method.as_str(), |_| MethodSeries::new(side(), method, call_type));
        series.register(call_type)
    }

    /// Finds a method by its name, `package.Service/Method`.
    pub(super) fn called(&self, name: &str) -> Option<&MethodSeries> {
        self.methods.get(name).map(MethodSeries::registered)
    }

    /// Returns the series of calls of methods that are not registered.
    pub(super) fn uncalled(&self) -> &MethodSeries {
        self.methods.overflow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_the_method_that_was_registered_for_it() {
        let method = GrpcMethod::register("series.v1.Desk/Ask").expect("it is short and there are few");
        let series = serve(method, CallType::Unary);
        assert!(std::ptr::eq(series, served("/series.v1.Desk/Ask").expect("it was registered")));
        assert!(served("/series.v1.Desk/Sign").is_none() && served("series.v1.Desk/Ask").is_none());
    }

    #[test]
    fn a_later_registration_completes_an_earlier_series() {
        let method = GrpcMethod::register("series.v1.Desk/Late").expect("it is short and there are few");
        let called = CalledServer::of("late.example");
        assert_eq!(called.call(method, CallType::Unknown).call_type(), CallType::Unknown);
        assert_eq!(called.call(method, CallType::ServerStream).call_type(), CallType::ServerStream);
        // The first type that is known stays.
        called.call(method, CallType::Unary);
        called.call(method, CallType::Unknown);
        let found = called.called("series.v1.Desk/Late").map(MethodSeries::call_type);
        assert_eq!(found, Some(CallType::ServerStream));
        serve(method, CallType::Unknown);
        serve(method, CallType::Unary);
        assert_eq!(served("/series.v1.Desk/Late").map(MethodSeries::call_type), Some(CallType::Unary));
    }
}
