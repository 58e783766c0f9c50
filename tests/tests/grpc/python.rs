//! Python's grpcio, which is built on the C core, as the client of a tonic server.

use std::process::{Command, Stdio};

use mme_metrics::grpc::{CallType, GrpcCode};
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::desk::{Clerk, METHODS};
use mme_metrics_tests::grpc::{Calls, messages, method, streams};
use tokio::process::Command as TokioCommand;

use crate::wire::Wire;

/// Calls every type of method with every code, by bytes so that nothing has to be generated, and writes what it was told, a line
/// for each call: the method, the code and the number of answers.
const CALL: &str = r#"
import sys, grpc

def order(code=0, answers=0, endless=False):
    return bytes([8, code, 16, answers, 32, int(endless)])

channel = grpc.insecure_channel(sys.argv[1])
service = "/desk.v1.Desk/"
ask = channel.unary_unary(service + "Ask")
upload = channel.stream_unary(service + "Upload")
watch = channel.unary_stream(service + "Watch")
talk = channel.stream_stream(service + "Talk")

# The server's clock may ring before the client's; tonic then says that it was cancelled.
def tell(name, call, late=False):
    count = 0
    try:
        for answer in call():
            count += 1
        code = 0
    except grpc.RpcError as error:
        code = error.code().value[0]
        code = 4 if late and code == 1 else code
    print(name, code, count)

for code in range(17):
    tell("Ask", lambda: [ask(order(code), timeout=60)])
    tell("Upload", lambda: [upload(iter([order(code)] * 3), timeout=60)])
    tell("Watch", lambda: watch(order(code, 2), timeout=60))
    tell("Talk", lambda: talk(iter([order(code, 2)] * 3), timeout=60))

tell("Ask", lambda: [ask(order(endless=True), timeout=0.5)], late=True)
tell("Watch", lambda: watch(order(0, 2, True), timeout=0.5))

stream = watch(order(0, 2, True), timeout=60)
next(stream); next(stream)
stream.cancel()
tell("Watch", lambda: stream)

unknown = channel.unary_unary("/desk.v1.Desk/Invented")
tell("Invented", lambda: [unknown(b"", timeout=60)])
channel.close()
"#;

#[tokio::test]
async fn what_python_is_told_is_what_is_counted() {
    let python = "/usr/bin/python3";
    let has_grpc = Command::new(python).args(["-c", "import grpc"]).stderr(Stdio::null()).status();
    assert!(has_grpc.is_ok_and(|status| status.success()), "grpcio is missing: apt-get install python3-grpcio");
    let clerk = Clerk::default();
    let wire = Wire::serve(DeskServer::new(clerk.clone())).await;
    let output = TokioCommand::new(python).args(["-c", CALL, &wire.address.to_string()]).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    clerk.rest().await;

    let lines: Vec<Vec<&str>> = told.lines().map(|line| line.split(' ').collect()).collect();
    let ended = |name: &str, code: GrpcCode| {
        let code = (code as u8).to_string();
        lines.iter().filter(|line| line[0] == name && line[1] == code).count() as u64
    };
    let mut expectation = wire.emission.expect();
    for (name, kind) in METHODS {
        let (_, short) = name.rsplit_once('/').unwrap();
        let calls = lines.iter().filter(|line| line[0] == short).count() as u64;
        // What the cancelled stream had sent was read before.
        let answers: u64 =
            lines.iter().filter(|line| line[0] == short).map(|line| line[2].parse::<u64>().unwrap()).sum();
        let sent = if short == "Watch" { answers + 2 } else { answers };
        let received = if matches!(kind, CallType::ClientStream | CallType::BidiStream) { 3 * calls } else { calls };
        for code in GrpcCode::ALL {
            assert!(ended(short, code) > 0, "{short} {code:?}: {told}");
            expectation = Calls::new(method(name), kind, code, ended(short, code)).expect(expectation);
        }
        expectation = messages(streams(expectation, method(name), kind, calls), method(name), received, sent);
    }
    let other = mme_metrics::grpc::GrpcMethod::FALLBACK;
    Calls::new(other, CallType::Unknown, GrpcCode::Unimplemented, 1).expect(expectation).only();
}
