//! The gRPC service that the tests call. It has a method of each type and answers as the order says.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use mme_metrics::grpc::{CallType, GrpcCode};
use tonic::{Request, Response, Status, Streaming};

/// What the build generates from `proto/desk.proto`.
#[allow(missing_docs, missing_debug_implementations, clippy::pedantic, reason = "it is generated")]
pub mod proto {
    tonic::include_proto!("desk.v1");
}

use self::proto::desk_server::Desk;
use self::proto::{Answer, Order};

/// What the build generates for reflection, and for layers.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("desk.v1");

/// The methods by name, with their types.
pub const METHODS: [(&str, CallType); 4] = [
    ("desk.v1.Desk/Ask", CallType::Unary),
    ("desk.v1.Desk/Upload", CallType::ClientStream),
    ("desk.v1.Desk/Watch", CallType::ServerStream),
    ("desk.v1.Desk/Talk", CallType::BidiStream),
];

/// Answers as the last order says.
#[derive(Clone, Debug, Default)]
pub struct Clerk {
    /// A clone for each call that is being answered.
    calls: Arc<()>,
}

impl Clerk {
    /// Waits until no call is being answered by the server that has the only other clone of this.
    ///
    /// # Panics
    ///
    /// When that takes too long.
    pub async fn rest(&self) {
        let idle = async {
            while Arc::strong_count(&self.calls) > 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, idle).await.expect("the server does not notice that its clients are gone");
    }
}

/// Longest time until a server has noticed.
const PATIENCE: Duration = Duration::from_secs(10);

type Answers = Pin<Box<dyn Stream<Item = Result<Answer, Status>> + Send>>;

impl Order {
    /// Says to end with this code.
    pub fn event(code: GrpcCode) -> Self {
        Self { code: code as i32, ..Self::default() }
    }

    fn status(&self) -> Result<(), Status> {
        if self.code == 0 { Ok(()) } else { Err(Status::new(self.code.into(), "as ordered")) }
    }

    fn answer(&self, orders: u32) -> Answer {
        Answer { orders, payload: vec![7; self.size as usize] }
    }

    async fn wait(&self) {
        if self.endless {
            std::future::pending::<()>().await;
        }
    }

    /// So many answers, and then the status.
    fn answers(self, call: Arc<()>) -> Answers {
        let answers = self.answers;
        let sent = stream::iter((0..answers).map(Ok)).chain(stream::once(async { Err(()) }));
        Box::pin(
            sent.then(move |sent| {
                let (order, _call) = (self.clone(), &call);
                async move {
                    if sent.is_ok() {
                        return Some(Ok(order.answer(1)));
                    }
                    order.wait().await;
                    order.status().err().map(Err)
                }
            })
            .filter_map(std::future::ready),
        )
    }
}

/// Reads orders to their end; returns the last one and how many there were.
async fn read(mut orders: Streaming<Order>) -> Result<(Order, u32), Status> {
    let (mut last, mut count) = (Order::default(), 0);
    while let Some(order) = orders.message().await? {
        (last, count) = (order, count + 1);
    }
    Ok((last, count))
}

#[tonic::async_trait]
impl Desk for Clerk {
    async fn ask(&self, request: Request<Order>) -> Result<Response<Answer>, Status> {
        let _call = Arc::clone(&self.calls);
        let order = request.into_inner();
        order.wait().await;
        order.status()?;
        Ok(Response::new(order.answer(1)))
    }

    async fn upload(&self, request: Request<Streaming<Order>>) -> Result<Response<Answer>, Status> {
        let _call = Arc::clone(&self.calls);
        let (order, orders) = read(request.into_inner()).await?;
        order.wait().await;
        order.status()?;
        Ok(Response::new(order.answer(orders)))
    }

    type WatchStream = Answers;

    async fn watch(&self, request: Request<Order>) -> Result<Response<Answers>, Status> {
        Ok(Response::new(request.into_inner().answers(Arc::clone(&self.calls))))
    }

    type TalkStream = Answers;

    async fn talk(&self, request: Request<Streaming<Order>>) -> Result<Response<Answers>, Status> {
        let (order, _) = read(request.into_inner()).await?;
        Ok(Response::new(order.answers(Arc::clone(&self.calls))))
    }
}
