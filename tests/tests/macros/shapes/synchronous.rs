//! Synchronous functions.

// Macros that hold a `?` or an argument are what is tested here.
#![allow(clippy::useless_vec, clippy::uninlined_format_args)]

use std::fmt::Display;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::rc::Rc;

use mme_metrics::instrument_metrics;
use mme_metrics::operation::Outcome;
use mme_metrics::testing::Emission;

use crate::shapes::{End, Fallible, check, only};

const MODULE: &str = "macros::shapes::synchronous";

#[instrument_metrics]
fn plain(end: End) -> Fallible {
    ends!(end)
}

#[test]
fn a_plain_function() {
    check("plain", plain);
}

#[instrument_metrics]
fn generic<T: Clone>(end: End, value: &T) -> Fallible<T> {
    ends!(end, value.clone())
}

#[test]
fn a_generic_function() {
    check("generic", |end| generic(end, &"text".to_owned()));
}

#[instrument_metrics]
fn const_generic<const N: usize>(end: End) -> Fallible<[u8; N]> {
    ends!(end, [0; N])
}

#[test]
fn a_function_with_a_const_parameter() {
    check("const_generic", const_generic::<3>);
}

#[instrument_metrics]
fn bounded<T>(end: End, value: T) -> Fallible<String>
where
    T: Display,
{
    ends!(end, value.to_string())
}

#[test]
fn a_function_with_a_where_clause() {
    check("bounded", |end| bounded(end, 7));
}

#[instrument_metrics]
fn borrowed<'a>(end: End, left: &'a str, _right: &str) -> Fallible<&'a str> {
    ends!(end, left)
}

#[test]
fn a_function_with_lifetimes() {
    check("borrowed", |end| borrowed(end, "left", "right").map(str::len));
}

#[instrument_metrics]
fn elided(end: End, text: &mut String) -> Fallible<&mut str> {
    ends!(end, text.as_mut_str())
}

#[test]
fn a_function_that_returns_what_it_borrows() {
    check("elided", |end| elided(end, &mut String::new()).map(|text| text.len()));
}

#[instrument_metrics]
fn takes_impl(end: End, value: impl Display) -> Fallible<usize> {
    ends!(end, value.to_string().len())
}

#[test]
fn a_function_that_takes_impl_trait() {
    check("takes_impl", |end| takes_impl(end, 7));
}

#[instrument_metrics]
fn gives_impl(end: End) -> Fallible<impl Display> {
    ends!(end)
}

#[test]
fn a_function_that_returns_impl_trait_in_a_result() {
    check("gives_impl", gives_impl);
}

#[instrument_metrics]
fn bare_impl(count: u32) -> impl Iterator<Item = u32> {
    0..count
}

#[test]
fn a_function_that_returns_impl_trait_is_ok() {
    let emission = Emission::new();
    assert_eq!(emission.record(|| bare_impl(3)).count(), 3);
    only(&emission, MODULE, "bare_impl", Outcome::Ok);
}

#[instrument_metrics]
fn takes_closure(end: End, mut add: impl FnMut(u32)) -> Fallible {
    add(1);
    ends!(end)
}

#[test]
fn a_function_that_calls_its_argument() {
    check("takes_closure", |end| {
        let mut sum = 0;
        takes_closure(end, |amount| sum += amount).map(|_| sum)
    });
}

#[instrument_metrics]
fn takes_dyn(end: End, value: &mut dyn Iterator<Item = u32>) -> Fallible<Option<u32>> {
    ends!(end, value.next())
}

#[test]
fn a_function_that_takes_a_trait_object() {
    check("takes_dyn", |end| takes_dyn(end, &mut (0..3)));
}

#[instrument_metrics]
fn rebinds(end: End, mut count: u32, mut list: Vec<u32>) -> Fallible<Vec<u32>> {
    while count > 0 {
        list.push(count);
        count -= 1;
    }
    ends!(end, list)
}

#[test]
fn a_function_that_changes_its_parameters() {
    check("rebinds", |end| rebinds(end, 3, Vec::new()));
}

#[instrument_metrics]
fn takes_apart(end: End, (left, [first, ..]): (u32, [u32; 3]), _: u8) -> Fallible {
    ends!(end, left + first)
}

#[test]
fn a_function_with_patterns_for_parameters() {
    check("takes_apart", |end| takes_apart(end, (1, [2, 3, 4]), 0));
}

#[instrument_metrics]
fn recurses(end: End, depth: u32) -> Fallible {
    if depth == 0 { ends!(end) } else { recurses(end, depth - 1) }
}

#[test]
fn a_recursive_function_counts_each_call() {
    check("recurses", |end| recurses(end, 0));
    let emission = Emission::new();
    assert!(emission.record(|| recurses(End::Ok, 4)).is_ok());
    assert!(
        emission
            .recorder()
            .render(mme_metrics::Format::Text)
            .contains(r#"recurses",module="macros::shapes::synchronous",result="ok"} 5"#)
    );
}

#[instrument_metrics]
extern "C" fn foreign(left: u32) -> u32 {
    left + 1
}

#[test]
fn a_function_with_another_abi() {
    let emission = Emission::new();
    assert_eq!(emission.record(|| foreign(3)), 4);
    only(&emission, MODULE, "foreign", Outcome::Ok);
}

#[instrument_metrics]
fn r#type(end: End) -> Fallible {
    ends!(end)
}

#[test]
fn a_function_whose_name_is_a_keyword() {
    check("type", r#type);
}

#[instrument_metrics]
fn never() -> ! {
    panic!("on purpose")
}

#[test]
fn a_function_that_never_returns() {
    let emission = Emission::new();
    assert!(emission.record(|| catch_unwind(|| never())).is_err());
    only(&emission, MODULE, "never", Outcome::Panic);
}

#[track_caller]
#[instrument_metrics]
fn tracked(end: End) -> Fallible {
    ends!(end)
}

#[test]
fn a_function_that_tracks_its_caller_is_measured_like_any_other() {
    check("tracked", tracked);
}

#[track_caller]
#[instrument_metrics]
fn location() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn a_measured_body_does_not_see_its_tracked_caller() {
    assert_ne!(location(), line!());
}

/// Leaves as `anyhow::bail!` does.
macro_rules! bail {
    () => {
        return Err(crate::shapes::Failure)
    };
}

#[instrument_metrics]
fn bails(end: End) -> Fallible {
    if end == End::Error {
        bail!();
    }
    if end == End::EarlyReturn {
        return Ok(7);
    }
    let numbers = vec![if end == End::Question { crate::shapes::fails()? } else { 7 }];
    assert!(end != End::Panic, "on purpose");
    Ok(numbers[0])
}

#[test]
fn a_function_that_is_left_by_a_macro() {
    check("bails", bails);
}

#[track_caller]
#[instrument_metrics]
fn tracked_option(found: bool) -> Option<u32> {
    let found = found.then_some(1_u32)?;
    found.checked_sub(2)?;
    Some(found)
}

#[test]
fn nothing_found_for_a_tracked_caller_is_no_error() {
    for found in [true, false] {
        let emission = Emission::new();
        assert!(emission.record(|| tracked_option(found)).is_none());
        only(&emission, MODULE, "tracked_option", Outcome::Ok);
    }
}

/// Left by a macro that goes by a name of the standard library.
mod shadowed {
    macro_rules! dbg {
        () => {
            return Err(crate::shapes::Failure)
        };
    }

    #[track_caller]
    #[mme_metrics::instrument_metrics]
    pub(super) fn early() -> crate::shapes::Fallible {
        if true {
            dbg!();
        }
        Ok(7)
    }
}

#[test]
fn an_end_by_a_macro_of_any_name_is_read_from_what_it_returns() {
    let emission = Emission::new();
    assert!(emission.record(shadowed::early).is_err());
    only(&emission, "macros::shapes::synchronous::shadowed", "early", Outcome::Error("refused"));
}

#[instrument_metrics]
fn coerces(end: End) -> Result<u32, Box<dyn std::error::Error>> {
    if end == End::Question {
        "x".parse::<u32>()?;
    }
    Err("no".into())
}

#[test]
fn an_error_type_without_words_reads_other() {
    for end in [End::Ok, End::Question] {
        let emission = Emission::new();
        assert!(emission.record(|| coerces(end)).is_err());
        only(&emission, MODULE, "coerces", Outcome::OTHER);
    }
}

#[instrument_metrics]
fn maybe(found: bool) -> Option<u32> {
    found.then_some(1_u32)?.checked_add(1)
}

#[test]
fn nothing_found_is_no_error() {
    let emission = Emission::new();
    assert!(emission.record(|| maybe(false)).is_none());
    only(&emission, MODULE, "maybe", Outcome::Ok);
}

#[instrument_metrics]
fn unit(count: &mut u32) {
    *count += 1;
}

#[test]
fn a_function_that_returns_nothing() {
    let (emission, mut count) = (Emission::new(), 0);
    emission.record(|| unit(&mut count));
    assert_eq!(count, 1);
    only(&emission, MODULE, "unit", Outcome::Ok);
}

#[derive(Clone, Default)]
struct Store {
    entries: Vec<u32>,
}

impl Store {
    #[instrument_metrics]
    fn reads(&self, end: End) -> Fallible<usize> {
        ends!(end, self.entries.len())
    }

    #[instrument_metrics]
    fn writes(&mut self, end: End) -> Fallible<&mut u32> {
        self.entries.push(1);
        ends!(end, &mut self.entries[0])
    }

    #[instrument_metrics]
    fn consumes(mut self, end: End) -> Fallible<Self> {
        self.entries.push(2);
        ends!(end, self)
    }

    #[instrument_metrics]
    fn boxed(self: Box<Self>, end: End) -> Fallible<Vec<u32>> {
        ends!(end, self.entries)
    }

    #[instrument_metrics]
    fn shared(self: Rc<Self>, end: End) -> Fallible<usize> {
        ends!(end, self.entries.len())
    }

    #[instrument_metrics]
    fn pinned(mut self: Pin<&mut Self>, end: End) -> Fallible<usize> {
        self.as_mut().entries.push(3);
        ends!(end, self.entries.len())
    }

    #[instrument_metrics]
    fn associated(end: End) -> Fallible<Self> {
        ends!(end, Self::default())
    }
}

#[test]
fn methods_with_every_kind_of_receiver() {
    let store = Store::default;
    check("reads", |end| store().reads(end));
    check("writes", |end| store().writes(end).map(|entry| *entry));
    check("consumes", |end| store().consumes(end));
    check("boxed", |end| Box::new(store()).boxed(end));
    check("shared", |end| Rc::new(store()).shared(end));
    check("pinned", |end| Pin::new(&mut store()).pinned(end));
    check("associated", Store::associated);
}

trait Shelf {
    fn required(&self, end: End) -> Fallible;

    #[instrument_metrics]
    fn provided(&self, end: End) -> Fallible {
        ends!(end)
    }
}

impl Shelf for Store {
    #[instrument_metrics]
    fn required(&self, end: End) -> Fallible {
        ends!(end)
    }
}

#[test]
fn trait_methods_required_and_provided() {
    check("required", |end| Store::default().required(end));
    check("provided", |end| Store::default().provided(end));
}

#[instrument_metrics]
trait Desk {
    fn bare(&self) -> u32;

    fn first(&self, end: End) -> Fallible {
        ends!(end)
    }

    #[instrument_metrics(name = "desk_second")]
    fn second(&self, end: End) -> Fallible
    where
        Self: Sized,
    {
        ends!(end)
    }

    #[instrument_metrics(skip)]
    fn third(&self) -> u32 {
        3
    }
}

impl Desk for Store {
    fn bare(&self) -> u32 {
        4
    }
}

#[test]
fn every_default_method_of_a_trait() {
    check("Desk::first", |end| Store::default().first(end));
    check("desk_second", |end| Store::default().second(end));
    let emission = Emission::new();
    assert_eq!(emission.record(|| (Store::default().bare(), Store::default().third())), (4, 3));
    emission.expect().only();
}

struct Block<T>(T);

#[instrument_metrics]
impl<T: Clone> Block<T> {
    fn first(&self, end: End) -> Fallible<T> {
        ends!(end, self.0.clone())
    }

    #[instrument_metrics(name = "renamed")]
    fn second(&self, end: End) -> Fallible<T> {
        ends!(end, self.0.clone())
    }

    #[instrument_metrics(skip)]
    const fn third(&self) -> &T {
        &self.0
    }
}

#[test]
fn every_method_of_a_block() {
    let block = Block(3);
    check("Block::first", |end| block.first(end));
    check("renamed", |end| block.second(end));
    let emission = Emission::new();
    assert_eq!(emission.record(|| *block.third()), 3);
    emission.expect().only();
}

/// Writes functions the way a service's own macros do.
macro_rules! written {
    ($item:item, $name:ident, $value:ty, $body:block) => {
        #[instrument_metrics]
        $item

        #[instrument_metrics]
        fn $name() -> Fallible<$value> $body
    };
}

written!(
    fn from_item(end: End) -> Fallible {
        ends!(end)
    },
    from_parts,
    u32,
    { Ok(7) }
);

#[test]
fn functions_that_another_macro_writes() {
    check("from_item", from_item);
    let emission = Emission::new();
    assert!(emission.record(from_parts).is_ok());
    only(&emission, MODULE, "from_parts", Outcome::Ok);
}

#[instrument_metrics]
fn unwritten() -> impl Display {
    todo!("on purpose")
}

#[instrument_metrics]
fn unimplemented() -> impl Copy {
    unimplemented!("on purpose");
}

#[test]
fn a_function_that_is_not_written_yet() {
    let emission = Emission::new();
    assert!(emission.record(|| catch_unwind(|| unwritten().to_string())).is_err());
    only(&emission, MODULE, "unwritten", Outcome::Panic);
    let emission = Emission::new();
    assert!(emission.record(|| catch_unwind(unimplemented)).is_err());
    only(&emission, MODULE, "unimplemented", Outcome::Panic);
}
