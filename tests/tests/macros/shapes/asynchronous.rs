//! Asynchronous functions, and functions that return a future.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};

use async_trait::async_trait;
use mme_metrics::instrument_metrics;
use mme_metrics::operation::Outcome;
use mme_metrics::testing::Emission;
use mme_metrics_tests::future::{poll_once, yield_once};

use crate::shapes::{End, Fallible, check_async, only};

#[instrument_metrics]
async fn plain(end: End) -> Fallible {
    yield_once().await;
    ends!(end)
}

#[test]
fn a_plain_function() {
    check_async("plain", plain);
}

#[instrument_metrics]
async fn generic<T, U: Clone>(end: End, value: T, _other: U) -> Fallible<T>
where
    T: Display,
{
    yield_once().await;
    ends!(end, value)
}

#[test]
fn a_generic_function() {
    check_async("generic", |end| generic(end, 7, "text"));
}

#[instrument_metrics]
async fn const_generic<const N: usize>(end: End) -> Fallible<[u8; N]> {
    yield_once().await;
    ends!(end, [0; N])
}

#[test]
fn a_function_with_a_const_parameter() {
    check_async("const_generic", const_generic::<3>);
}

#[instrument_metrics]
async fn borrowed<'a>(end: End, left: &'a str, right: &str) -> Fallible<&'a str> {
    yield_once().await;
    ends!(end, if right.is_empty() { "" } else { left })
}

#[test]
fn a_function_with_lifetimes() {
    check_async("borrowed", |end| borrowed(end, "left", "right"));
}

#[instrument_metrics]
async fn elided(end: End, text: &str) -> Fallible<&str> {
    yield_once().await;
    ends!(end, text)
}

#[test]
fn a_function_that_returns_what_it_borrows() {
    check_async("elided", |end| elided(end, "text"));
}

#[instrument_metrics]
async fn takes_impl(end: End, value: impl Display) -> Fallible<String> {
    yield_once().await;
    ends!(end, value.to_string())
}

#[test]
fn a_function_that_takes_impl_trait() {
    check_async("takes_impl", |end| takes_impl(end, 7));
}

#[instrument_metrics]
async fn gives_impl(end: End) -> Fallible<impl Display> {
    yield_once().await;
    ends!(end)
}

#[test]
fn a_function_that_returns_impl_trait_in_a_result() {
    check_async("gives_impl", gives_impl);
}

#[instrument_metrics]
async fn rebinds(end: End, mut count: u32, (left, _): (u32, u32)) -> Fallible {
    while count > 0 {
        count -= 1;
    }
    yield_once().await;
    ends!(end, count + left)
}

#[test]
fn a_function_that_changes_and_takes_apart_its_parameters() {
    check_async("rebinds", |end| rebinds(end, 3, (1, 2)));
}

#[instrument_metrics]
async fn recurses(end: End, depth: u32) -> Fallible {
    if depth > 0 {
        return Box::pin(recurses(end, depth - 1)).await;
    }
    yield_once().await;
    ends!(end)
}

#[test]
fn a_recursive_function() {
    check_async("recurses", |end| recurses(end, 0));
}

#[instrument_metrics]
fn future_of_its_own(end: End) -> impl Future<Output = Fallible> {
    async move {
        yield_once().await;
        ends!(end)
    }
}

#[test]
fn a_function_that_returns_an_asynchronous_block() {
    check_async("future_of_its_own", future_of_its_own);
}

#[instrument_metrics]
fn boxed_future(end: End) -> Pin<Box<dyn Future<Output = Fallible> + Send>> {
    Box::pin(async move {
        yield_once().await;
        ends!(end)
    })
}

#[test]
fn a_function_that_returns_a_boxed_asynchronous_block() {
    check_async("boxed_future", boxed_future);
}

type PinnedFuture<'a, T = Fallible> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[instrument_metrics]
fn returns_early(end: End) -> PinnedFuture<'static> {
    if end != End::Ok {
        return Box::pin(plain_body(end));
    }
    Box::pin(async move {
        yield_once().await;
        Ok(7)
    })
}

async fn plain_body(end: End) -> Fallible {
    yield_once().await;
    ends!(end)
}

#[instrument_metrics]
fn returns_early_unboxed(end: End) -> impl Future<Output = Fallible> + Send {
    if end != End::Ok {
        return plain_body(end);
    }
    plain_body(End::Ok)
}

#[test]
fn a_future_that_is_returned_early() {
    check_async("returns_early", returns_early);
    check_async("returns_early_unboxed", returns_early_unboxed);
}

#[instrument_metrics]
fn boxes_a_call(end: End) -> Pin<Box<dyn Future<Output = Fallible> + Send>> {
    Box::pin(plain_body(end))
}

#[instrument_metrics]
fn passes_a_call_on(end: End) -> impl Future<Output = Fallible<impl Display>> {
    plain_body(end)
}

/// Boxes as `futures::FutureExt` does.
trait Boxes: Future + Sized {
    fn boxed<'a>(self) -> BoxFuture<'a, Self::Output>
    where
        Self: Send + 'a,
    {
        Box::pin(self)
    }
}

impl<F: Future> Boxes for F {}

type BoxFuture<'a, T> = PinnedFuture<'a, T>;

#[instrument_metrics]
fn boxed_at_the_end(end: End, text: &str) -> BoxFuture<'_, Fallible<&str>> {
    async move {
        yield_once().await;
        ends!(end, text)
    }
    .boxed()
}

#[test]
fn a_future_that_another_function_makes() {
    check_async("boxes_a_call", boxes_a_call);
    check_async("passes_a_call_on", passes_a_call_on);
    check_async("boxed_at_the_end", |end| boxed_at_the_end(end, "text"));
}

#[instrument_metrics]
fn says_no_error_type(_: End) -> Pin<Box<dyn Future<Output = Fallible>>> {
    Box::pin(async { Ok(1) })
}

#[instrument_metrics]
fn says_no_error_type_bare(_: End) -> impl Future<Output = Fallible> {
    async { Ok(1) }
}

#[instrument_metrics]
fn says_no_error_type_by_another_name(_: End) -> PinnedFuture<'static> {
    Box::pin(async { Ok(1) })
}

#[test]
fn the_error_type_is_that_of_the_signature() {
    let emission = Emission::new();
    emission.record(|| {
        assert!(poll_once(says_no_error_type(End::Ok).as_mut()).is_ready());
        assert!(poll_once(pin!(says_no_error_type_bare(End::Ok))).is_ready());
        assert!(poll_once(says_no_error_type_by_another_name(End::Ok).as_mut()).is_ready());
    });
    for function in ["says_no_error_type", "says_no_error_type_bare", "says_no_error_type_by_another_name"] {
        let calls = format!(r#"{function}",module="macros::shapes::asynchronous",result="ok"}} 1"#);
        assert!(emission.recorder().render(mme_metrics::Format::Text).contains(&calls), "{function}");
    }
}

#[derive(Default)]
struct Store {
    entries: Vec<u32>,
}

impl Store {
    #[instrument_metrics]
    async fn reads(&self, end: End) -> Fallible<usize> {
        yield_once().await;
        ends!(end, self.entries.len())
    }

    #[instrument_metrics]
    async fn writes(&mut self, end: End) -> Fallible<&mut u32> {
        yield_once().await;
        self.entries.push(1);
        ends!(end, &mut self.entries[0])
    }

    #[instrument_metrics]
    async fn consumes(mut self, end: End) -> Fallible<Self> {
        self.entries.push(1);
        yield_once().await;
        ends!(end, self)
    }

    #[instrument_metrics]
    async fn boxed(self: Box<Self>, end: End) -> Fallible<Vec<u32>> {
        yield_once().await;
        ends!(end, self.entries)
    }

    #[instrument_metrics]
    async fn pinned(mut self: Pin<&mut Self>, end: End) -> Fallible<usize> {
        yield_once().await;
        self.as_mut().entries.push(3);
        ends!(end, self.entries.len())
    }

    #[instrument_metrics]
    async fn associated(end: End) -> Fallible<Self> {
        yield_once().await;
        ends!(end, Self::default())
    }

    #[instrument_metrics]
    fn hands_on(&mut self, end: End) -> Pin<Box<dyn Future<Output = Fallible<usize>> + Send + '_>> {
        if end == End::Error {
            return Box::pin(self.writes_on(end));
        }
        Box::pin(self.writes_on(end))
    }

    async fn writes_on(&mut self, end: End) -> Fallible<usize> {
        yield_once().await;
        self.entries.push(1);
        ends!(end, self.entries.len())
    }
}

#[test]
fn methods_with_every_kind_of_receiver() {
    let store = Store::default;
    check_async("reads", |end| async move { store().reads(end).await });
    check_async("writes", |end| async move { store().writes(end).await.map(|entry| *entry) });
    check_async("consumes", |end| store().consumes(end));
    check_async("boxed", |end| Box::new(store()).boxed(end));
    check_async("pinned", |end| async move { Pin::new(&mut store()).pinned(end).await });
    check_async("associated", Store::associated);
    check_async("hands_on", |end| async move { store().hands_on(end).await });
}

trait Shelf {
    fn required(&self, end: End) -> impl Future<Output = Fallible>;

    #[allow(async_fn_in_trait)]
    #[instrument_metrics]
    async fn provided(&self, end: End) -> Fallible {
        yield_once().await;
        ends!(end)
    }
}

impl Shelf for Store {
    #[instrument_metrics]
    async fn required(&self, end: End) -> Fallible {
        yield_once().await;
        ends!(end)
    }
}

#[test]
fn trait_methods_required_and_provided() {
    check_async("required", |end| async move { Store::default().required(end).await });
    check_async("provided", |end| async move { Store::default().provided(end).await });
}

#[async_trait]
trait Cellar {
    async fn outside(&mut self, end: End) -> Fallible<usize>;

    #[instrument_metrics]
    async fn inside(&self, end: End) -> Fallible {
        yield_once().await;
        ends!(end)
    }
}

#[async_trait]
impl Cellar for Store {
    #[instrument_metrics]
    async fn outside(&mut self, end: End) -> Fallible<usize> {
        yield_once().await;
        ends!(end, self.entries.len())
    }
}

struct Attic(u32);

#[instrument_metrics]
#[async_trait]
impl Cellar for Attic {
    async fn outside(&mut self, end: End) -> Fallible<usize> {
        yield_once().await;
        self.0 += 1;
        ends!(end, 0)
    }
}

#[test]
fn async_trait_in_both_orders() {
    check_async("outside", |end| async move { Store::default().outside(end).await });
    check_async("inside", |end| async move { Store::default().inside(end).await });
    check_async("Attic::outside", |end| async move { Attic(0).outside(end).await });
}

#[instrument_metrics]
impl Attic {
    async fn climbs(&self, end: End) -> Fallible {
        yield_once().await;
        ends!(end, self.0)
    }
}

#[test]
fn every_method_of_a_block() {
    check_async("Attic::climbs", |end| async move { Attic(1).climbs(end).await });
}

#[instrument_metrics]
async fn never() -> ! {
    yield_once().await;
    panic!("on purpose")
}

#[test]
fn a_function_that_never_returns() {
    let emission = Emission::new();
    let mut future = Box::pin(emission.record_async(never()));
    assert!(poll_once(future.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()).is_ready())).is_err());
    only(&emission, "macros::shapes::asynchronous", "never", Outcome::Panic);
}

#[instrument_metrics]
async fn unwritten() -> impl Display {
    yield_once().await;
    todo!("on purpose")
}

#[test]
fn a_function_that_is_not_written_yet() {
    let emission = Emission::new();
    let mut future = Box::pin(emission.record_async(unwritten()));
    assert!(poll_once(future.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()).is_ready())).is_err());
    only(&emission, "macros::shapes::asynchronous", "unwritten", Outcome::Panic);
}
