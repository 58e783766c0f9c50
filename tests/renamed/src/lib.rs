//! The macros where nothing has the name it usually has.
//!
//! The dependency is renamed, there is no prelude, and `Result`, `Ok`, `Option`, `std`, `core` and `metrics` are others.
#![no_implicit_prelude]
#![deny(warnings)]

use ::observed::{LabelValue, instrument_metrics};

/// Not the standard one.
pub mod std {}
/// Not the standard one.
pub mod core {}
/// Not the facade.
pub mod metrics {}
/// Not the dependency.
pub mod mme_metrics {}

/// Not the standard one.
#[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
pub struct Result<T>(pub T);
/// Not the standard one.
#[derive(::core::fmt::Debug)]
pub enum Option {}
/// Not the variant.
#[allow(non_snake_case, reason = "it stands in for the variant")]
pub fn Ok() {}
/// Not the variant.
#[allow(non_snake_case, reason = "it stands in for the variant")]
pub fn Err() {}

/// A label of this crate.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, LabelValue)]
#[label(key = "size", crate = ::observed)]
pub enum Size {
    /// Up to ten.
    Small,
    /// All others.
    Large,
}

/// Returns the shadowing type, which is no error.
#[instrument_metrics(crate = ::observed, labels(if value > 10 { Size::Large } else { Size::Small }), concurrent)]
pub fn shadowed(value: u32) -> Result<u32> {
    Result(value)
}

/// Returns the standard type under its full name.
///
/// # Errors
///
/// When there is no value.
#[instrument_metrics(crate = ::observed)]
pub async fn standard(value: ::core::option::Option<u32>) -> ::core::result::Result<u32, ()> {
    let value = ::core::option::Option::ok_or(value, ())?;
    ::core::result::Result::Ok(value)
}

/// Has a constant of the name that the attribute gives its own.
#[instrument_metrics(crate = "::observed")]
#[track_caller]
pub fn constant() -> u32 {
    SITE
}

const SITE: u32 = 7;

#[cfg(test)]
mod tests {
    use ::core::option::Option::{None, Some};
    use ::core::task::{Context, Poll, Waker};
    use ::core::{assert, assert_eq};
    use ::std::boxed::Box;
    use ::std::future::Future as _;
    use ::std::string::String;

    fn text(emission: &::observed::testing::Emission) -> String {
        emission.recorder().render(::observed::Format::Text)
    }

    #[test]
    fn a_shadowed_result_is_no_error_and_the_label_is_its_own() {
        let emission = ::observed::testing::record(|| assert_eq!(super::shadowed(11), super::Result(11)));
        let calls = r#"{function="shadowed",module="mme_metrics_tests_renamed",result="ok",size="large"} 1"#;
        assert!(text(&emission).contains(calls), "{}", text(&emission));
    }

    #[test]
    fn the_standard_result_is_found_without_its_name() {
        for (value, end) in [(Some(1), r#",result="ok"} 1"#), (None, r#",result="error"} 1"#)] {
            let emission = ::observed::testing::Emission::new();
            let mut future = Box::pin(emission.record_async(super::standard(value)));
            let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(polled, Poll::Ready(value.ok_or(())));
            assert!(text(&emission).contains(end), "{}", text(&emission));
        }
    }

    #[test]
    fn a_name_of_the_crate_is_not_taken_for_one_of_the_attribute() {
        let emission = ::observed::testing::record(|| assert_eq!(super::constant(), 7));
        assert!(text(&emission).contains(r#"{function="constant""#), "{}", text(&emission));
    }
}
